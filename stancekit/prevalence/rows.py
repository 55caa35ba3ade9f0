"""Take from a comment table the arrays that shares are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import compress
from typing import Any

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.errors import name_rows
from stancekit.labels import clean_labels, warn_of_odd_labels
from stancekit.prevalence.grouping import PERIODS, group_rows, pool_groups
from stancekit.threads import add_context, check_unique, has_no_text

Threads = Callable[[], tuple[str, np.ndarray]]

UNITS = ("comment", "author", "thread")


@dataclass(frozen=True)
class Design:
    """How the labels came about, for those who write it up."""

    # "complete", where nothing was drawn; "assumed", where no column tells the
    # probabilities; else "equal" or "unequal", as these are.
    sampling: str
    # Comments drawn for labelling, if the table tells; those of them without a label.
    n_drawn: int
    n_skipped: int
    n_rounds: int
    # In which the comments were predicted, 0 if the table does not tell.
    n_folds: int


@dataclass(frozen=True)
class Rows:
    """The n comments that a share is about, as arrays; k labels."""

    labels: list[str]
    # Of the cells, each with shares of its own.
    groups: list[Any]
    # A column, or "comment".
    clusters: str
    # Positions of each comment's group, cluster, label (-1 for none) and prediction.
    cell: np.ndarray
    cluster: np.ndarray
    label: np.ndarray
    predicted: np.ndarray
    # Weight in the share, probability of having been drawn for labelling.
    weight: np.ndarray
    prob: np.ndarray
    # Probability of each label, (n, k).
    predictions: np.ndarray
    # Comments left out: deleted or removed, without text, without a group.
    n_hidden: int
    n_without_text: int
    n_without_group: int
    design: Design
    # Groups with too few labels, left out or put together.
    without_labels: list[Any]
    pooled: list[Any]


def take_rows(
    table: Any,
    label_column: str,
    proba_columns: Sequence[str] | Mapping[str, str] | None,
    *,
    by: str | None,
    unit: str,
    group: str,
    sampling_prob: str | None,
    min_labelled: int,
    pool: bool,
) -> Rows:
    """Return the arrays for the arguments of :func:`estimate_prevalence`."""
    table = _as_table(table)
    columns = _label_columns(table, proba_columns)
    label = _label_codes(table, label_column, list(columns))
    groups, names = group_rows(table, by)
    visible = ~has_no_text(table)
    if col.TEXT not in table and col.PREDICTED in table:
        # A comment without text has no prediction either.
        visible &= table[col.PREDICTED].notna().to_numpy()
    n_hidden = int(has_no_text(table.drop(columns=col.TEXT, errors="ignore")).sum())
    counted = visible & (groups >= 0)
    labelled = counted & (label >= 0)
    counts = np.bincount(groups[labelled], minlength=len(names))
    _refuse_too_few(counts, label_column, min_labelled)
    _refuse_in_training(table[labelled])
    pooled = [*compress(names, counts < min_labelled)] if pool else []
    if pooled:
        in_order = by in PERIODS and by not in table.columns
        place, names = pool_groups(names, counts, min_labelled, in_order=in_order)
        groups = np.where(groups >= 0, place[groups], -1)
    enough = np.bincount(groups[labelled], minlength=len(names)) >= min_labelled
    n_comments = np.bincount(groups[counted], minlength=len(names))
    kept = counted & enough[groups]
    rows, label = table[kept], label[kept]
    # Reply chains are followed over the whole table, and only where needed.
    threads = cache(lambda: _threads(table, kept))
    _, cell = np.unique(groups[kept], return_inverse=True)
    predictions = _predictions(rows, list(columns.values()))
    prob_column = _sampling_column(rows, sampling_prob)
    prob = _sampling_probs(rows, prob_column, cell, label)
    clusters, cluster = _clusters(rows, group, cell, threads)
    return Rows(
        labels=list(columns),
        groups=[*compress(names, enough)],
        clusters=clusters,
        cell=cell,
        cluster=cluster,
        label=label,
        predicted=_predicted(rows, list(columns), predictions),
        weight=_weights(rows, unit, cell, threads),
        prob=prob,
        predictions=predictions,
        n_hidden=n_hidden,
        n_without_text=int((~visible).sum()) - n_hidden,
        n_without_group=int((visible & (groups < 0)).sum()),
        design=_design(rows, label >= 0, prob, prob_column is not None),
        without_labels=[*compress(names, (n_comments > 0) & ~enough)],
        pooled=pooled,
    )


def _refuse_too_few(counts: np.ndarray, label_column: str, least: int) -> None:
    if not counts.any():
        raise ValueError(
            f"No comment has a label in column {label_column!r}, so the predictions "
            "cannot be corrected. Draw some comments at random, label them, and "
            "estimate again."
        )
    if counts.max() < least:
        raise ValueError(
            f"min_labelled={least}, but no group has so many labelled comments; the "
            f"largest has {counts.max()}. Ask for fewer, or group more coarsely."
        )


def _design(
    rows: pd.DataFrame, is_labelled: np.ndarray, prob: np.ndarray, recorded: bool
) -> Design:
    nothing = pd.Series(np.nan, rows.index)
    rounds = pd.to_numeric(rows.get(col.SAMPLING_ROUND, nothing))
    drawn = rounds.notna().to_numpy()
    # After several random rounds equal ones differ by rounding.
    alike = np.ptp(prob[is_labelled]) < 1e-9
    sampling = "assumed" if not recorded else "equal" if alike else "unequal"
    return Design(
        sampling="complete" if is_labelled.all() else sampling,
        n_drawn=int(drawn.sum()),
        n_skipped=int((drawn & ~is_labelled).sum()),
        # Round 0 is what was labelled before the first.
        n_rounds=rounds[rounds > 0].nunique(),
        n_folds=rows.get(col.FOLD, nothing).nunique(),
    )


def _as_table(table: Any) -> pd.DataFrame:
    if hasattr(table, "to_pandas"):
        table = table.to_pandas()
    if not isinstance(table, pd.DataFrame):
        raise TypeError(
            "Shares are estimated from a comment table with labels and predictions; "
            f"found {type(table).__name__}."
        )
    if col.COMMENT_ID in table.columns:  # a merge may have doubled comments
        check_unique(table[col.COMMENT_ID])
    if col.TEXT in table.columns:
        return table.assign(**{col.TEXT: table[col.TEXT].fillna("").astype("str")})
    return table


def _label_columns(
    table: pd.DataFrame, given: Sequence[str] | Mapping[str, str] | None
) -> dict[str, str]:
    """Return the column of predicted probabilities for each label."""
    if given is None and not (given := col.probas_in(table.columns)):
        raise ValueError(
            f"There are no columns {col.PROBA_PREFIX}<label>. Make them with "
            "stancekit.cross_fit(model, table), or name them in proba_columns."
        )
    if not isinstance(given, Mapping):
        given = {name.removeprefix(col.PROBA_PREFIX): name for name in given}
    col.require(table.columns, *given.values())
    if len(given) < 2:
        raise ValueError(
            "Shares need the probabilities of two labels or more; found "
            f"{name_rows(given)}."
        )
    return dict(given)


def _label_codes(table: pd.DataFrame, column: str, labels: list[str]) -> np.ndarray:
    col.require(table.columns, column)
    warn_of_odd_labels(table[column], stacklevel=4)
    given = clean_labels(table[column])
    known = pd.notna(given)
    found = pd.Series(given[known], table.index[known]).astype(str)
    codes = pd.Index(labels).get_indexer(found)
    if (codes < 0).any():
        unknown = found[codes < 0]
        raise ValueError(
            f"Column {column!r} has labels without a column of probabilities: "
            f"{name_rows(unknown.unique())} (rows {name_rows(unknown.index)}). There "
            f"are probabilities of: {name_rows(labels, most=20)}. Add the column, or "
            "empty these labels."
        )
    result = np.full(len(table), -1)
    result[known] = codes
    return result


def _refuse_in_training(labelled: pd.DataFrame) -> None:
    """Raise ValueError if predictions were made by a model that knew the label."""
    known = col.is_true(labelled, col.IN_TRAINING)
    if known.any():
        raise ValueError(
            f"{known.sum()} of {len(labelled)} labelled comments are among those the "
            f"model was trained on: rows {name_rows(labelled.index[known])}. It is "
            "better on them than on others, so they cannot tell its errors; predict "
            "the table with stancekit.cross_fit(model, table) instead, which trains "
            "the model's recipe anew for each fold."
        )


def _threads(table: pd.DataFrame, kept: np.ndarray) -> tuple[str, np.ndarray]:
    """Return what threads are here, and the number of each kept row's thread."""
    if col.THREAD_ID in table.columns:
        return col.THREAD_ID, _codes(table.loc[kept, col.THREAD_ID])
    if {col.COMMENT_ID, col.PARENT_ID} <= set(table.columns):
        ids = add_context(
            table[[col.COMMENT_ID, col.PARENT_ID]].assign(**{col.TEXT: ""})
        )
        return col.THREAD_ID, _codes(ids.loc[kept, col.THREAD_ID])
    return "comment", np.arange(kept.sum())


def _codes(ids: pd.Series) -> np.ndarray:
    """Return a number for each id; a row without one is alone."""
    codes, names = pd.factorize(ids)
    without = codes < 0
    codes[without] = len(names) + np.flatnonzero(without)
    return codes


def _clusters(
    rows: pd.DataFrame, group: str, cell: np.ndarray, threads: Threads
) -> tuple[str, np.ndarray]:
    """Return what the clusters are, and the number of each row's cluster."""
    if group not in rows.columns and group in (col.ARTICLE_ID, col.THREAD_ID):
        return threads()
    col.require(rows.columns, group)
    codes, names = pd.factorize(rows[group])
    without = codes < 0
    if without.any():
        codes[without] = len(names) + threads()[1][without]
    # One article in each cell would not show how much articles differ.
    if group == col.ARTICLE_ID and len(_pairs(cell, codes)[0]) == cell.max() + 1:
        return threads()
    return group, codes


def _pairs(
    cell: np.ndarray, codes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the distinct pairs, the pair of each row, and the size of each pair."""
    key = cell.astype(np.int64) * (int(codes.max()) + 1) + codes
    pairs, row, size = np.unique(key, return_inverse=True, return_counts=True)
    return pairs, row, size


def _weights(
    rows: pd.DataFrame, unit: str, cell: np.ndarray, threads: Threads
) -> np.ndarray:
    """Return weights by which each unit counts once in its cell."""
    if unit not in UNITS:
        raise ValueError(f"unit={unit!r} is none of {name_rows(UNITS)}.")
    if unit == "comment":
        return np.ones(len(rows))
    if unit == "author":
        col.require(rows.columns, col.AUTHOR)
    units = threads()[1] if unit == "thread" else _codes(rows[col.AUTHOR])
    _, pair, size = _pairs(cell, units)
    return 1 / size[pair]


def _sampling_column(rows: pd.DataFrame, column: str | None) -> str | None:
    """Return the column of probabilities to be labelled, None where there is none."""
    if column is not None:
        col.require(rows.columns, column)
    elif col.SAMPLING_PROB in rows.columns and rows[col.SAMPLING_PROB].notna().any():
        return col.SAMPLING_PROB
    elif {col.SAMPLING_PROB, col.SAMPLING_ROUND} <= {*rows.columns}:
        # A spreadsheet program may have written them in a way that nobody reads.
        if rows[col.SAMPLING_ROUND].notna().any():
            raise ValueError(
                f"{col.SAMPLING_ROUND!r} says that comments were drawn, but "
                f"{col.SAMPLING_PROB!r} holds no number. Write it with decimal points, "
                "as in 0.25, or take the table as it was written by suggest."
            )
    return column


def _sampling_probs(
    rows: pd.DataFrame, column: str | None, cell: np.ndarray, label: np.ndarray
) -> np.ndarray:
    """Return the probability of each row to be labelled."""
    if column is None:
        return np.ones(len(rows))
    probs = rows[column].to_numpy(dtype=float, na_value=np.nan)
    is_labelled = label >= 0
    _check_probs(probs, is_labelled, rows.index, column)
    # Where every comment of a cell is labelled, nothing was drawn.
    complete = np.bincount(cell[~is_labelled], minlength=cell.max() + 1) == 0
    return np.where(is_labelled & ~complete[cell], probs, 1.0)


def _check_probs(
    probs: np.ndarray, is_labelled: np.ndarray, index: pd.Index, column: str
) -> None:
    missing = index[is_labelled & np.isnan(probs)]
    if len(missing):
        raise ValueError(
            f"Column {column!r} is empty for labelled comments: rows "
            f"{name_rows(missing)}. Give the probability with which each was drawn for "
            "labelling; 1 if it was labelled in any case. If all had the same one, "
            "drop the column."
        )
    outside = index[(probs <= 0) | (probs > 1)]
    if len(outside):
        raise ValueError(
            f"Column {column!r} must hold probabilities above 0, up to 1; see rows "
            f"{name_rows(outside)}. Comments that could never be drawn are beyond what "
            "the labels can tell: leave them out of the table."
        )


def _predictions(rows: pd.DataFrame, columns: list[str]) -> np.ndarray:
    values = rows[columns].to_numpy(dtype=float, na_value=np.nan)
    # Written so that a missing value fails too.
    # Sums of probabilities may round to a little more than 1.
    wrong = ~((values >= -1e-9) & (values <= 1 + 1e-9)).all(axis=1)
    if wrong.any():
        raise ValueError(
            f"Columns {name_rows(columns, most=20)} must hold a probability for every "
            f"comment; see rows {name_rows(rows.index[wrong])}. Predict these comments "
            "too, or leave them out of the table."
        )
    return values


def _predicted(
    rows: pd.DataFrame, labels: list[str], predictions: np.ndarray
) -> np.ndarray:
    """Return the predicted label, or the most probable one, as its position."""
    if col.PREDICTED in rows.columns:
        codes = pd.Index(labels).get_indexer(rows[col.PREDICTED].astype(str))
        if (codes >= 0).all():
            return codes
    return predictions.argmax(axis=1)
