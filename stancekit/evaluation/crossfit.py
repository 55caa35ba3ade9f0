"""Predict every comment with a model that saw nothing of its article."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from tqdm import tqdm

from stancekit import columns as col
from stancekit.folds import split_comments
from stancekit.labels import clean_labels, warn_of_odd_labels
from stancekit.threads import check_comments, has_no_text, with_context

Part = tuple[Any, tuple[np.ndarray, np.ndarray]]


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
    # Where nothing is said, there is no position.
    found.loc[has_no_text(comments)] = pd.NA
    # The table keeps its index, whatever it is; folds count rows.
    found.index = given.index
    earlier = [
        *(col.ABSTAINED, col.KNOWN, *found.columns),
        *col.probas_in(given.columns).values(),
    ]
    return pd.concat([given.drop(columns=earlier, errors="ignore"), found], axis=1)


def labels_of(table: pd.DataFrame, label_column: str) -> np.ndarray:
    """Return the labels as strings, None where a comment has none or is silent."""
    col.require(table, label_column)
    warn_of_odd_labels(table[label_column], stacklevel=4)
    labels = clean_labels(table[label_column])
    labels[has_no_text(table)] = None
    return np.array([None if y is None else str(y) for y in labels], dtype=object)


def predict_parts(
    model: BaseEstimator,
    table: pd.DataFrame,
    y: np.ndarray,
    parts: Iterable[Part],
    *,
    proba: bool = True,
) -> pd.DataFrame:
    """Predict the test rows of each part with a clone trained on its training rows.

    Parts are (name, (train, test)). The table is indexed by position, in order, with
    the columns ``predicted`` and ``fold``, the name of the part; where probabilities
    are wanted, also ``confidence`` and ``proba_<label>``.
    """
    labels = sorted(set(y[pd.notna(y)]))
    found = []
    # On a terminal, if it takes long: how many are done, and how long the others take.
    settings: dict[str, Any] = {"delay": 2, "leave": False, "disable": None}
    for name, (train, test) in tqdm([*parts], "Folds", unit="fold", **settings):
        fitted = _fit_clone(model, table.iloc[train], y[train])
        part = _predict_rows(fitted, table.iloc[test], labels if proba else ())
        part.index = pd.Index(test)
        found.append(part.assign(**{col.FOLD: pd.array([name] * len(test), "Int64")}))
    return pd.concat(found).sort_index()


def _fit_clone(model: BaseEstimator, table: pd.DataFrame, y: np.ndarray) -> Any:
    """Train a clone of a model on comments, some of them without a label."""
    # A pipeline of scikit-learn has no place for missing labels; any other model gets
    # these comments too, as context.
    if isinstance(model, Pipeline):
        known = pd.notna(y)
        table, y = table[known], y[known]
    return clone(model).fit(table, y)


def _predict_rows(
    model: Any, rows: pd.DataFrame, labels: Sequence[Any]
) -> pd.DataFrame:
    """Return what a model predicts; labels that it never saw have probability 0."""
    if not labels:
        return pd.DataFrame({col.PREDICTED: np.asarray(model.predict(rows), object)})
    if hasattr(model, "judge"):
        proba, _, is_foreign, position = model.judge(rows)
    else:
        proba, is_foreign = model.predict_proba(rows), np.zeros(len(rows), dtype=bool)
        position = pd.Index(model.classes_).get_indexer(model.predict(rows))
    classes = np.asarray(model.classes_, dtype=object)
    found = {
        col.PREDICTED: classes[position],
        # The label a model decides for need not be its most probable one.
        col.CONFIDENCE: proba[np.arange(len(rows)), position],
        col.FOREIGN: is_foreign,
    }
    of_label = dict(zip(classes, proba.T, strict=True))
    for label, column in zip(labels, col.proba_columns(labels), strict=True):
        found[column] = of_label.get(label, np.zeros(len(rows)))
    return pd.DataFrame(found)
