"""Predict comments with models that saw nothing of their article."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone

from stancekit.evaluation.baselines import make_baseline
from stancekit.evaluation.result import (
    BASELINE_PREFIX,
    FOLD,
    GROUP,
    REPEAT,
    Evaluation,
)
from stancekit.threads import (
    CONFIDENCE,
    PREDICTED,
    STANCE,
    is_hidden,
    missing_column,
    proba_columns,
    with_context,
)
from stancekit.threads.folds import Folds, split_comments


def evaluate(
    model: BaseEstimator,
    table: Any,
    label_column: str = STANCE,
    *,
    n_splits: int = 8,
    n_repeats: int = 1,
    baselines: Sequence[str] = ("majority", "words"),
    confidence_level: float = 0.95,
    random_state: int = 0,
) -> Evaluation:
    """Evaluate a model on folds that keep articles, else threads, whole.

    Parameters
    ----------
    model : classifier
        Trained anew on every fold (a clone of it is); it takes comment tables.
    table : DataFrame
        Comments. Those without a label stand beside the others as context.
    label_column : str, default="stance"
        The human labels.
    n_splits : int, default=8
        Folds.
    n_repeats : int, default=1
        How many times the comments are split anew.
    baselines : sequence of str, default=("majority", "words")
        What to compare with on the same folds; also "words_and_characters".
    confidence_level : float, default=0.95
        Of the intervals.
    random_state : int, default=0
        Repeat r splits with ``random_state + r``.

    Returns
    -------
    Evaluation

    Raises
    ------
    ValueError
        If the column is missing, or the labels do not allow two folds.

    Examples
    --------
    >>> from stancekit.classifier import StanceClassifier
    >>> table = pd.DataFrame({
    ...     "text": ["Erst reden", "Redet!", "Reden", "Liefern", "Liefert!", "Mehr"],
    ...     "stance": ["talks"] * 3 + ["arms"] * 3,
    ... })
    >>> evaluation = evaluate(StanceClassifier(cv=2), table, n_splits=3)
    >>> evaluation.n_comments, evaluation.labels
    (6, ('arms', 'talks'))
    """
    table = with_context(table)
    y = labels_of(table, label_column)
    labelled = pd.notna(y)
    parts = []
    for repeat in range(n_repeats):
        split = split_comments(table, y, n_splits, random_state=random_state + repeat)
        predicted = _out_of_fold(model, table, y, split.folds, baselines)
        predicted[GROUP] = split.groups
        predicted[REPEAT] = repeat
        parts.append(predicted[labelled])
    predictions = pd.concat(parts, ignore_index=True)
    columns = [name for name in table.columns if name not in predictions.columns]
    shown = pd.concat([table.loc[labelled, columns]] * n_repeats, ignore_index=True)
    return Evaluation(
        pd.concat([shown, predictions], axis=1),
        tuple(sorted(set(y[labelled]))),
        split.unit,
        confidence_level=confidence_level,
        random_state=random_state,
    )


def labels_of(table: pd.DataFrame, label_column: str) -> np.ndarray:
    """Return the labels as strings, None where a comment has none or is hidden."""
    if label_column not in table.columns:
        raise missing_column(label_column, table.columns)
    labels = table[label_column].astype(object)
    found = labels.astype(str).to_numpy(dtype=object)
    found[labels.isna().to_numpy() | is_hidden(table)] = None
    return found


def _out_of_fold(
    model: BaseEstimator,
    table: pd.DataFrame,
    y: np.ndarray,
    folds: Folds,
    baselines: Sequence[str],
) -> pd.DataFrame:
    """Predict every row that is in a test part; the others stay NA."""
    labels = np.unique(y[pd.notna(y)].astype(str))
    predictions = pd.DataFrame({STANCE: y, PREDICTED: None, CONFIDENCE: np.nan})
    predictions[proba_columns(labels)] = np.nan
    for fold, (train, test) in enumerate(folds):
        fitted = clone(model).fit(table.iloc[train], y[train])
        proba = fitted.predict_proba(table.iloc[test])
        decided = fitted.predict(table.iloc[test])
        columns = proba_columns(fitted.classes_)
        predictions.loc[test, columns] = proba
        predictions.loc[test, PREDICTED] = decided
        predictions.loc[test, CONFIDENCE] = _proba_of(proba, fitted.classes_, decided)
        predictions.loc[test, FOLD] = fold
        known = train[pd.notna(y[train])]
        for name in baselines:
            baseline = make_baseline(name).fit(table.iloc[known], y[known])
            column = BASELINE_PREFIX + name
            predictions.loc[test, column] = baseline.predict(table.iloc[test])
    return predictions


def _proba_of(proba: np.ndarray, classes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the probability of the label given to each row."""
    position = pd.Index(classes).get_indexer(labels)
    return proba[np.arange(len(proba)), position]
