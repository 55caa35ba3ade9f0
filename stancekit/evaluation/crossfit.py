"""Predict every comment with a model that saw nothing of its article."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from stancekit.evaluation.baselines import fit_clone
from stancekit.evaluation.crossval import labels_of
from stancekit.evaluation.predicting import predict_rows
from stancekit.evaluation.result import FOLD
from stancekit.threads import (
    ABSTAINED,
    EVIDENCE,
    PREDICTED,
    PROBA_PREFIX,
    STANCE,
    check_comments,
    is_hidden,
    with_context,
)
from stancekit.threads.folds import Folds, split_comments


def cross_fit(
    model: BaseEstimator,
    table: Any,
    label_column: str = STANCE,
    *,
    n_splits: int = 5,
    random_state: int = 0,
) -> pd.DataFrame:
    """Predict every comment with a model that saw nothing of its article.

    This is what :func:`~stancekit.estimate_prevalence` needs: predictions as good, or
    as bad, on the labelled comments as on the others.

    Parameters
    ----------
    model : classifier
        Clones of it are trained: one for each fold, one on all labelled comments.
    table : DataFrame
        Comments, some of them labelled.
    label_column : str, default="stance"
        The human labels.
    n_splits : int, default=5
        Folds; they keep articles, else threads, whole.
    random_state : int, default=0
        Shuffles the articles.

    Returns
    -------
    DataFrame
        The table as it was given, and

        - ``predicted``, ``confidence`` and ``proba_<label>``: for the comments of an
          article with labels, by a model trained on the other folds; for all others,
          by one trained on all labelled comments;
        - ``fold``: which fold the comment was tested in; NA for the others.

        Columns of predictions that were there are replaced. Deleted and removed
        comments get NA in all of them.

    Raises
    ------
    ValueError
        If the column is missing, or the labels do not allow two folds.

    Warns
    -----
    DataWarning
        If there are fewer folds than wanted, or articles had to be divided.

    Notes
    -----
    An unlabelled comment beside labelled ones is predicted by the model of its fold
    too. The model of all labels knows its article, its authors and its neighbours: it
    would be better there than on any labelled comment, and the correction of shares,
    which rests on the labelled ones, would miss the difference.

    Examples
    --------
    >>> from stancekit.classifier import StanceClassifier
    >>> table = pd.DataFrame({
    ...     "text": ["Erst reden", "Redet!", "Reden", "Liefern", "Liefert!", "Waffen!"],
    ...     "stance": ["talks", "talks", "talks", "arms", "arms", "arms"],
    ... })
    >>> model = StanceClassifier(cv=2)
    >>> cross_fit(model, table, n_splits=3).columns.tolist()
    ['text', 'stance', 'predicted', 'confidence', 'proba_arms', 'proba_talks', 'fold']
    """
    given = check_comments(table)
    comments = with_context(given)
    y = labels_of(comments, label_column)
    split = split_comments(comments, y, n_splits, random_state=random_state)
    found = _predict_all(model, comments, y, split.folds)
    found[FOLD] = found[FOLD].astype("Int64")
    found[PREDICTED] = pd.Categorical(
        found[PREDICTED], categories=sorted(set(y[pd.notna(y)]))
    )
    found.loc[is_hidden(comments)] = pd.NA
    found.index = given.index
    kept = [column for column in given.columns if not _is_prediction(str(column))]
    return pd.concat(
        [given[kept].drop(columns=found.columns, errors="ignore"), found], axis=1
    )


def _predict_all(
    model: BaseEstimator, table: pd.DataFrame, y: np.ndarray, folds: Folds
) -> pd.DataFrame:
    """Predict the test part of each fold, then what is in none; in table order."""
    everything = np.arange(len(table))
    tested = np.concatenate([test for _, test in folds])
    rest = np.setdiff1d(everything, tested)
    tasks: list[tuple[Any, np.ndarray, np.ndarray]] = [
        (fold, train, test) for fold, (train, test) in enumerate(folds)
    ]
    if len(rest):
        tasks.append((None, everything, rest))
    labels = sorted(set(y[pd.notna(y)]))
    parts = []
    for fold, train, rows in tasks:
        fitted = fit_clone(model, table.iloc[train], y[train])
        part = predict_rows(fitted, table, rows, labels)
        parts.append(part.assign(**{FOLD: pd.array([fold] * len(rows), "Int64")}))
    return pd.concat(parts).sort_index()


def _is_prediction(column: str) -> bool:
    return column in (ABSTAINED, EVIDENCE) or column.startswith(PROBA_PREFIX)
