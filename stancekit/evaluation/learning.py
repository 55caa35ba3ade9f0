"""Tell how a model gets better with more labels."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from stancekit import columns as col
from stancekit.errors import DataWarning
from stancekit.evaluation.crossfit import labels_of
from stancekit.evaluation.crossval import evaluate
from stancekit.folds import split_comments
from stancekit.threads import with_context

# Below, most models have labels on a single comment; then twice as many each time.
FIRST_SIZE = 50


def learning_curve(
    model: BaseEstimator,
    table: Any,
    label_column: str = col.STANCE,
    *,
    sizes: Sequence[int] | None = None,
    n_splits: int = 5,
    confidence_level: float = 0.95,
    random_state: int = 0,
) -> pd.DataFrame:
    """Tell how well a model does with so many labels, on articles it has not seen.

    Parameters
    ----------
    model : classifier
        A clone of it is trained on every part.
    table : DataFrame
        Comments. Those without a label stand beside the others as context.
    label_column : str, default="stance"
        The human labels.
    sizes : sequence of int, optional
        Numbers of labelled comments to train on. By default 50, 100, 200 and so on,
        and all of a training part.
    n_splits : int, default=5
        Folds, which keep articles, else threads, whole.
    confidence_level : float, default=0.95
        Of the intervals.
    random_state : int, default=0
        Shuffles the articles, by which the training parts grow.

    Returns
    -------
    DataFrame
        One row for each size: ``n_labelled``, ``macro_f1`` with ``low`` and ``high``
        (bootstrap over groups), ``n`` (comments tested, the same for each size) and
        ``n_groups``.

    Raises
    ------
    ValueError
        If a size is below 4, or larger than a training part.

    Notes
    -----
    Each training part begins with the comments of the smaller ones. A label that it has
    on a single comment is left out of it, since nothing can be learnt from that.

    Examples
    --------
    >>> from stancekit.classifier import StanceClassifier
    >>> table = pd.DataFrame({
    ...     "text": ["Erst reden", "Liefern", "Redet!", "Liefert!"] * 4,
    ...     "stance": ["talks", "arms"] * 8,
    ... })
    >>> curve = learning_curve(StanceClassifier(cv=2), table, sizes=[8], n_splits=2)
    >>> curve[["n_labelled", "n"]].values.tolist()
    [[8, 16]]
    """
    table = with_context(table)
    y = labels_of(table, label_column)
    split = split_comments(table, y, n_splits, random_state=random_state)
    known = pd.notna(y)
    most = min(int(known[train].sum()) for train, _ in split.folds)
    rows = []
    for size in _sizes(most) if sizes is None else sizes:
        # A model needs two labels, and no label on a single comment is kept.
        if not 4 <= size <= most:
            raise ValueError(
                f"sizes: {size} labels are not between 4 and {most}, the labels of the "
                "smallest training part."
            )
        folds = [
            (_first(train, y, split.groups, size, random_state), test)
            for train, test in split.folds
        ]
        with warnings.catch_warnings():
            # That few labels allow few folds inside is what the curve shows.
            warnings.simplefilter("ignore", DataWarning)
            found = evaluate(
                model,
                table,
                label_column,
                folds=folds,
                baselines=(),
                confidence_level=confidence_level,
                random_state=random_state,
            )
        f1 = found.macro_f1
        rows.append((size, f1.estimate, f1.low, f1.high, found.n_comments, f1.n))
    columns = ["n_labelled", "macro_f1", "low", "high", "n", "n_groups"]
    return pd.DataFrame(rows, columns=columns)


def _sizes(most: int) -> list[int]:
    sizes = [FIRST_SIZE * 2**k for k in range(most.bit_length())]
    return [*(size for size in sizes if size < most), most]


def _first(
    train: np.ndarray, y: np.ndarray, groups: np.ndarray, size: int, seed: int
) -> np.ndarray:
    """Return so many labelled rows, group after group, with all unlabelled ones."""
    known = pd.notna(y[train])
    labelled, rest = train[known], train[~known]
    codes, names = pd.factorize(groups[labelled], sort=True)
    place = np.random.default_rng(seed).permutation(len(names))[codes]
    first = labelled[np.argsort(place, kind="stable")[:size]]
    counts = pd.Series(y[first]).map(pd.Series(y[first]).value_counts())
    return np.sort(np.concatenate([first[(counts > 1).to_numpy()], rest]))
