"""Pick the labelled comments of a table and put them into an order of their own."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.errors import DataWarning, name_rows
from stancekit.folds import Folds, group_ids, thread_folds
from stancekit.labels import clean_labels, warn_of_odd_labels
from stancekit.threads import has_no_text, with_context, with_replies

logger = logging.getLogger("stancekit")

NO_TEXT = "The labelled comments hold no text to learn from. Fill in their texts."


@dataclass(frozen=True, eq=False)
class Labelled:
    """The n labelled comments of a table, in an order that depends on them alone."""

    table: pd.DataFrame  # with context
    rows: np.ndarray  # where each of them stands in the table that was given
    classes: np.ndarray  # the different labels, sorted
    y: np.ndarray  # position of each label in `classes`
    groups: np.ndarray | None  # what not to tear apart; None for articles and threads
    weight: np.ndarray  # how much each counts; 1 on average

    def take(self, rows: np.ndarray) -> Labelled:
        """Return some of the comments."""
        return Labelled(
            self.table.iloc[rows],
            self.rows[rows],
            self.classes,
            self.y[rows],
            None if self.groups is None else self.groups[rows],
            self.weight[rows],
        )

    def folds(self, n_splits: int, random_state: int | None) -> Folds:
        """Split the comments as :func:`thread_folds` does."""
        labels = self.classes[self.y]
        return thread_folds(
            self.table, labels, n_splits, groups=self.groups, random_state=random_state
        )

    def group_ids(self) -> np.ndarray:
        """Return what folds keep whole."""
        return group_ids(self.table) if self.groups is None else self.groups


def labelled_comments(
    X: Any,
    y: Any,
    groups: Any = None,
    sample_weight: Any = None,
    *,
    n_folds: int = 0,
) -> Labelled:
    """Return the comments with a label and a text; how many have none is logged.

    With `n_folds`, odd labels and those on fewer comments than folds are warned of.
    """
    table = with_replies(with_context(X))
    index = X.index if isinstance(X, (pd.DataFrame, pd.Series)) else None
    given = _column(y, len(table), "labels", index)
    if n_folds:
        warn_of_odd_labels(given, stacklevel=4)
    given = clean_labels(given)
    known = pd.notna(given) & ~has_no_text(table)
    if not known.any():
        if pd.notna(given).any():
            raise ValueError(NO_TEXT)
        raise ValueError(
            f"None of the {len(table)} comments has a label. Label some of them first."
        )
    if not known.all():
        logger.info(
            "%d of %d comments are unlabelled; only the other %d count.",
            len(known) - known.sum(),
            len(known),
            known.sum(),
        )
    rows = np.flatnonzero(known)
    classes, codes = np.unique(_plain(given[rows]), return_inverse=True)
    _warn_of_rare(classes, np.bincount(codes), n_folds)
    weight = np.ones(len(rows))
    if sample_weight is not None:
        weight = _column(sample_weight, len(table), "weights", index)[rows]
        weight = _proportions(weight.astype(float), table.index[rows])
    order = np.lexsort((weight, codes, _content_keys(table.iloc[rows])))
    rows, codes, weight = rows[order], codes[order], weight[order]
    return Labelled(
        table.iloc[rows],
        rows,
        classes,
        codes,
        None if groups is None else _column(groups, len(table), "groups", index)[rows],
        weight,
    )


def _column(values: Any, n: int, what: str, index: pd.Index | None) -> np.ndarray:
    column = np.asarray(values, dtype=object)
    if column.shape not in ((n,), (n, 1)):
        raise ValueError(f"There are {n} comments, but {what} of shape {column.shape}.")
    own_index = getattr(values, "index", None)
    if index is not None and isinstance(own_index, pd.Index):
        if not own_index.equals(index):
            warnings.warn(
                f"The {what} have another index than the comments and are taken by "
                "position. If their order differs, sort them: series.loc[table.index].",
                DataWarning,
                stacklevel=4,
            )
    return column.ravel()


def _warn_of_rare(labels: np.ndarray, counts: np.ndarray, n_folds: int) -> None:
    rare = labels[(counts > 1) & (counts < n_folds)]  # a single one is refused
    if len(rare):
        warnings.warn(
            f"Labels on fewer comments than the {n_folds} folds: {name_rows(rare)}. "
            "If they are no misspellings, label more of these comments.",
            DataWarning,
            stacklevel=4,
        )


def _proportions(weight: np.ndarray, rows: pd.Index) -> np.ndarray:
    """Return weights with a mean of 1: only their proportions are to count."""
    wrong = ~(np.isfinite(weight) & (weight >= 0))
    if wrong.any():
        raise ValueError(
            f"sample_weight holds {name_rows(weight[wrong])} in rows "
            f"{name_rows(rows[wrong])}. Weights are finite numbers from 0 upwards."
        )
    if not weight.any():
        raise ValueError("All of sample_weight is 0. Some comments must count.")
    return weight / weight.mean()


def _plain(labels: np.ndarray) -> np.ndarray:
    """Return labels as a plain array of strings or numbers, which can be sorted."""
    kinds = {type(label) for label in labels}
    if len(kinds) > 1 and any(issubclass(kind, str) for kind in kinds):
        raise ValueError(
            f"Labels mix {' and '.join(sorted(kind.__name__ for kind in kinds))}. "
            "Make them all strings."
        )
    return np.array(labels.tolist())


def _content_keys(table: pd.DataFrame) -> np.ndarray:
    """Return numbers by which rows sort the same, in whichever order they come."""
    names = [col.COMMENT_ID, col.ARTICLE_ID, col.PARENT_TEXT, col.TEXT]
    content = table[[name for name in names if name in table.columns]]
    return pd.util.hash_pandas_object(content, index=False).to_numpy()
