"""Take from a comment table the arrays that shares are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from stancekit.threads import (
    ARTICLE_ID,
    AUTHOR,
    COMMENT_ID,
    CREATED_AT,
    PARENT_ID,
    PREDICTED,
    PROBA_PREFIX,
    SAMPLING_PROB,
    TEXT,
    THREAD_ID,
    add_context,
    is_hidden,
    missing_column,
    name_rows,
)

Threads = Callable[[], tuple[str, np.ndarray]]

UNITS = ("comment", "author", "thread")
PERIODS = ("day", "week", "month")


@dataclass(frozen=True)
class Rows:
    """The comments that a share is about, as arrays of equal length n.

    Parameters
    ----------
    labels : list of str
        The k labels.
    groups : list
        Names of the cells.
    clusters : str
        What the clusters are: the name of a column, or "comment".
    cell, cluster, label, predicted : array of int, shape (n,)
        Position of each comment's group, cluster, label (-1 where it has none) and
        predicted label.
    weight, prob : array of shape (n,)
        Weight in the share; probability of having been drawn for labelling.
    predictions : array of shape (n, k)
        Predicted probability of each label.
    n_hidden, n_without_group : int
        Comments left out: deleted or removed; without a value to group by.
    without_labels : list
        Groups that have comments but no label.
    """

    labels: list[str]
    groups: list[Any]
    clusters: str
    cell: np.ndarray
    cluster: np.ndarray
    label: np.ndarray
    predicted: np.ndarray
    weight: np.ndarray
    prob: np.ndarray
    predictions: np.ndarray
    n_hidden: int
    n_without_group: int
    without_labels: list[Any]


def take_rows(
    table: Any,
    label_column: str,
    proba_columns: Sequence[str] | Mapping[str, str] | None,
    *,
    by: str | None,
    unit: str,
    group: str,
    sampling_prob: str | None,
) -> Rows:
    """Return the arrays for the arguments of :func:`estimate_prevalence`."""
    table = _as_table(table)
    columns = _label_columns(table, proba_columns)
    label = _label_codes(table, label_column, list(columns))
    groups, names = _groups(table, by)
    visible = ~is_hidden(table)
    counted = visible & (groups >= 0)
    n_labels = np.bincount(groups[counted & (label >= 0)], minlength=len(names))
    n_comments = np.bincount(groups[counted], minlength=len(names))
    if not n_labels.any():
        raise ValueError(
            f"No comment has a label in column {label_column!r}, so the predictions "
            "cannot be corrected. Draw some comments at random, label them, and "
            "estimate again."
        )
    kept = counted & (n_labels[groups] > 0)
    rows, label = table[kept], label[kept]
    # Reply chains are followed over the whole table, and only where needed.
    threads = cache(lambda: _threads(table, kept))
    _, cell = np.unique(groups[kept], return_inverse=True)
    predictions = _predictions(rows, list(columns.values()))
    clusters, cluster = _clusters(rows, group, cell, threads)
    return Rows(
        labels=list(columns),
        groups=[name for name, n in zip(names, n_labels, strict=True) if n],
        clusters=clusters,
        cell=cell,
        cluster=cluster,
        label=label,
        predicted=_predicted(rows, list(columns), predictions),
        weight=_weights(rows, unit, cell, threads),
        prob=_sampling_probs(rows, sampling_prob, cell, label),
        predictions=predictions,
        n_hidden=int((~visible).sum()),
        n_without_group=int((visible & (groups < 0)).sum()),
        without_labels=[
            name
            for name, n, labelled in zip(names, n_comments, n_labels, strict=True)
            if n and not labelled
        ],
    )


def _as_table(table: Any) -> pd.DataFrame:
    if hasattr(table, "to_pandas"):
        table = table.to_pandas()
    if not isinstance(table, pd.DataFrame):
        raise TypeError(
            "Shares are estimated from a comment table with labels and predictions; "
            f"found {type(table).__name__}."
        )
    return table.drop(columns=TEXT, errors="ignore")


def _label_columns(
    table: pd.DataFrame, given: Sequence[str] | Mapping[str, str] | None
) -> dict[str, str]:
    """Return the column of predicted probabilities for each label."""
    if given is None:
        given = [
            name for name in map(str, table.columns) if name.startswith(PROBA_PREFIX)
        ]
        if not given:
            raise ValueError(
                f"There are no columns {PROBA_PREFIX}<label>. Make them with "
                "stancekit.cross_fit(model, table), or name them in proba_columns."
            )
    if not isinstance(given, Mapping):
        given = {name.removeprefix(PROBA_PREFIX): name for name in given}
    for name in given.values():
        if name not in table.columns:
            raise missing_column(name, table.columns)
    if len(given) < 2:
        raise ValueError(
            "Shares need the probabilities of two labels or more; found "
            f"{name_rows(given)}."
        )
    return dict(given)


def _label_codes(table: pd.DataFrame, column: str, labels: list[str]) -> np.ndarray:
    if column not in table.columns:
        raise missing_column(column, table.columns)
    found = table[column].dropna().astype(str)
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
    result[table[column].notna().to_numpy()] = codes
    return result


def _groups(table: pd.DataFrame, by: str | None) -> tuple[np.ndarray, list[Any]]:
    """Return for each row the position of its group, -1 for none, and the names."""
    if by is None:
        return np.zeros(len(table), dtype=np.int64), ["all"]
    if by in table.columns:
        codes, names = pd.factorize(table[by], sort=True)
        return codes, list(names)
    if by not in PERIODS:
        raise missing_column(by, table.columns)
    if CREATED_AT not in table.columns:
        raise missing_column(CREATED_AT, table.columns)
    codes, starts = pd.factorize(_period_starts(table[CREATED_AT], by), sort=True)
    return codes, list(starts.strftime("%Y-%m" if by == "month" else "%Y-%m-%d"))


def _period_starts(created: pd.Series, period: str) -> pd.DatetimeIndex:
    """Return the first day of each time's day, week (Monday) or month."""
    try:
        days = pd.DatetimeIndex(pd.to_datetime(created, utc=True)).normalize()
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Column {CREATED_AT!r} holds something that is no time: {error}"
        ) from error
    if period == "week":
        return days - pd.to_timedelta(days.day_of_week, unit="D")
    if period == "month":
        return days - pd.to_timedelta(days.day - 1, unit="D")
    return days


def _threads(table: pd.DataFrame, kept: np.ndarray) -> tuple[str, np.ndarray]:
    """Return what threads are here, and the number of each kept row's thread."""
    if THREAD_ID in table.columns:
        return THREAD_ID, _codes(table.loc[kept, THREAD_ID])
    if {COMMENT_ID, PARENT_ID} <= set(table.columns):
        ids = add_context(table[[COMMENT_ID, PARENT_ID]].assign(**{TEXT: ""}))
        return THREAD_ID, _codes(ids.loc[kept, THREAD_ID])
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
    if group not in rows.columns:
        if group not in (ARTICLE_ID, THREAD_ID):
            raise missing_column(group, rows.columns)
        return threads()
    codes, names = pd.factorize(rows[group])
    without = codes < 0
    if without.any():
        codes[without] = len(names) + threads()[1][without]
    if group == ARTICLE_ID and len(_pairs(cell, codes)[0]) == cell.max() + 1:
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
    if unit == "author" and AUTHOR not in rows.columns:
        raise missing_column(AUTHOR, rows.columns)
    units = threads()[1] if unit == "thread" else _codes(rows[AUTHOR])
    _, pair, size = _pairs(cell, units)
    return 1 / size[pair]


def _sampling_probs(
    rows: pd.DataFrame, column: str | None, cell: np.ndarray, label: np.ndarray
) -> np.ndarray:
    """Return the probability of each row to be labelled."""
    if column is None:
        column = SAMPLING_PROB
        if column not in rows.columns or rows[column].isna().all():
            return np.ones(len(rows))
    if column not in rows.columns:
        raise missing_column(column, rows.columns)
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
    if PREDICTED in rows.columns:
        codes = pd.Index(labels).get_indexer(rows[PREDICTED].astype(str))
        if (codes >= 0).all():
            return codes
    return predictions.argmax(axis=1)
