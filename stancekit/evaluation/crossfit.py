"""Predict every comment with a model that saw nothing of its article."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from stancekit import columns as col
from stancekit.evaluation.crossval import labels_of
from stancekit.evaluation.predicting import Part, predict_parts
from stancekit.folds import split_comments
from stancekit.threads import check_comments, has_no_text, with_context


def cross_fit(
    model: BaseEstimator,
    table: Any,
    label_column: str = col.STANCE,
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
    n_splits, random_state : int
        Folds, which keep articles, else threads, whole; shuffles the articles.

    Returns
    -------
    DataFrame
        The table as it was given, and

        - ``predicted``, ``confidence`` and ``proba_<label>``: for the comments of an
          article with labels, by a model trained on the other folds; for all others,
          by one trained on all labelled comments;
        - ``in_training``: False throughout;
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
    >>> found = cross_fit(model, table, n_splits=3)
    >>> found.columns.drop(["text", "stance"]).tolist()
    ['predicted', 'confidence', 'proba_arms', 'proba_talks', 'in_training', 'fold']
    """
    given = check_comments(table)
    comments = with_context(given)
    y = labels_of(comments, label_column)
    # Folds are made of the labelled comments; what none of them tests is the rest.
    split = split_comments(comments, y, n_splits, random_state=random_state)
    everything = np.arange(len(comments))
    rest = np.setdiff1d(everything, np.concatenate([test for _, test in split.folds]))
    parts: list[Part] = list(enumerate(split.folds))
    if len(rest):
        parts.append((None, (everything, rest)))
    found = predict_parts(model, comments, y, parts).drop(columns=col.FOREIGN)
    in_training = pd.array([False] * len(found), "boolean")
    # Else the mark of an earlier prediction would stand beside these.
    found.insert(found.shape[1] - 1, col.IN_TRAINING, in_training)
    found[col.PREDICTED] = pd.Categorical(
        found[col.PREDICTED], categories=sorted(set(y[pd.notna(y)]))
    )
    found.loc[has_no_text(comments)] = pd.NA
    # The table keeps its index, whatever it is; folds count rows.
    found.index = given.index
    earlier = [
        *(col.ABSTAINED, col.KNOWN, *found.columns),
        *col.probas_in(given.columns).values(),
    ]
    return pd.concat([given.drop(columns=earlier, errors="ignore"), found], axis=1)
