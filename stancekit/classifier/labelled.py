"""Pick the labelled comments of a table and put them into an order of their own."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stancekit.threads import (
    ARTICLE_ID,
    COMMENT_ID,
    PARENT_TEXT,
    TEXT,
    is_hidden,
    with_context,
)

logger = logging.getLogger("stancekit")


@dataclass(frozen=True, eq=False)
class Labelled:
    """The labelled comments of a table, in an order that depends on them alone.

    Parameters
    ----------
    table : DataFrame of n comments
        With its context columns.
    rows : array of int, shape (n,)
        Where each of them stands in the table that was given.
    classes : array of shape (K,)
        The different labels, sorted.
    y : array of int, shape (n,)
        Position of each label in `classes`.
    groups : array of shape (n,), optional
        What must not be torn apart; None for articles and threads.
    weight : array of float, shape (n,)
        How much each comment counts.
    """

    table: pd.DataFrame
    rows: np.ndarray
    classes: np.ndarray
    y: np.ndarray
    groups: np.ndarray | None
    weight: np.ndarray

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


def labelled_comments(
    X: Any, y: Any, groups: Any = None, sample_weight: Any = None
) -> Labelled:
    """Return the comments with a label; how many have none is logged.

    Parameters
    ----------
    X : DataFrame or sequence of str
        All comments.
    y : array-like of shape (n,)
        Their labels, missing where unlabelled. Deleted and removed comments count as
        unlabelled.
    groups, sample_weight : array-like of shape (n,), optional

    Returns
    -------
    Labelled

    Raises
    ------
    ValueError
        If lengths differ or no comment is labelled.
    """
    table = with_context(X)
    given = pd.Series(_column(y, len(table), "labels"))
    known = given.notna().to_numpy() & ~is_hidden(table)
    if not known.any():
        raise ValueError(
            f"None of the {len(table)} comments has a label. Label some of them first."
        )
    if not known.all():
        logger.info(
            "%d of %d comments are unlabelled; training on the other %d.",
            len(known) - known.sum(),
            len(known),
            known.sum(),
        )
    rows = np.flatnonzero(known)
    classes, codes = np.unique(_plain(given.to_numpy()[rows]), return_inverse=True)
    weight = np.ones(len(table)) if sample_weight is None else sample_weight
    weight = _column(weight, len(table), "weights").astype(float)
    order = np.lexsort((weight[rows], codes, _content_keys(table.iloc[rows])))
    rows, codes = rows[order], codes[order]
    return Labelled(
        table.iloc[rows],
        rows,
        classes,
        codes,
        None if groups is None else _column(groups, len(table), "groups")[rows],
        weight[rows],
    )


def _column(values: Any, n: int, what: str) -> np.ndarray:
    column = np.asarray(values, dtype=object)
    if column.shape != (n,):
        raise ValueError(f"There are {n} comments, but {what} of shape {column.shape}.")
    return column


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
    names = [COMMENT_ID, ARTICLE_ID, PARENT_TEXT, TEXT]
    content = table[[name for name in names if name in table.columns]]
    return pd.util.hash_pandas_object(content, index=False).to_numpy()
