"""Predict comments with models that saw nothing of their article."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from stancekit.evaluation.baselines import baseline_models, fit_clone
from stancekit.evaluation.own_folds import own_split
from stancekit.evaluation.predicting import predict_rows
from stancekit.evaluation.result import (
    BASELINE_PREFIX,
    FOLD,
    GROUP,
    REPEAT,
    Evaluation,
)
from stancekit.threads import PREDICTED, STANCE, is_hidden, missing_column, with_context
from stancekit.threads.folds import Folds, split_comments


def evaluate(
    model: BaseEstimator,
    table: Any,
    label_column: str = STANCE,
    *,
    n_splits: int = 8,
    n_repeats: int = 1,
    folds: Iterable[tuple[Any, Any]] | None = None,
    baselines: Sequence[str | tuple[str, BaseEstimator]] = ("majority", "words"),
    confidence_level: float = 0.95,
    random_state: int = 0,
) -> Evaluation:
    """Evaluate a model on folds that keep articles, else threads, whole.

    Parameters
    ----------
    model : classifier
        Trained anew on every fold (a clone of it is); it takes comment tables. A
        pipeline of scikit-learn is trained on the labelled comments alone.
    table : DataFrame
        Comments. Those without a label stand beside the others as context.
    label_column : str, default="stance"
        The human labels.
    n_splits : int, default=8
        Folds.
    n_repeats : int, default=1
        How many times the comments are split anew.
    folds : iterable of (train, test), optional
        Positions of rows: folds of your own instead of those, for instance from
        :func:`~stancekit.time_split`. Comments in no test part are not scored.
    baselines : sequence of str or (str, classifier), default=("majority", "words")
        What to compare with on the same folds: also "words_and_characters", or a
        model of your own with a name for it, trained as `model` is.
    confidence_level : float, default=0.95
        Of the intervals.
    random_state : int, default=0
        Repeat r splits with ``random_state + r``.

    Returns
    -------
    Evaluation

    Raises
    ------
    TypeError, ValueError
        If the column is missing, the labels do not allow two folds, there is no such
        baseline, or the folds are no positions, overlap or have no labelled comment.

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
    models = {PREDICTED: model} | {
        BASELINE_PREFIX + name: other
        for name, other in baseline_models(baselines).items()
    }
    if folds is None:
        seeds = range(random_state, random_state + n_repeats)
        splits = [split_comments(table, y, n_splits, random_state=s) for s in seeds]
    else:
        splits = [own_split(table, folds)]
    parts = [
        _out_of_fold(models, table, y, split.folds).assign(
            **{
                GROUP: lambda part, split=split: split.groups[part.index],
                REPEAT: repeat,
            }
        )
        for repeat, split in enumerate(splits)
    ]
    predictions = pd.concat(parts)
    shown = table.iloc[predictions.index].drop(
        columns=predictions.columns, errors="ignore"
    )
    return Evaluation(
        pd.concat(
            [frame.reset_index(drop=True) for frame in (shown, predictions)], axis=1
        ),
        _labels_in(predictions, models),
        splits[0].unit,
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
    models: dict[str, BaseEstimator], table: pd.DataFrame, y: np.ndarray, folds: Folds
) -> pd.DataFrame:
    """Predict the labelled rows of the test parts; indexed by position, in order."""
    labels = sorted(set(y[pd.notna(y)]))
    parts = []
    for fold, (train, test) in enumerate(folds):
        fitted = {
            column: fit_clone(model, table.iloc[train], y[train])
            for column, model in models.items()
        }
        part = predict_rows(fitted.pop(PREDICTED), table, test, labels)
        for column, baseline in fitted.items():
            part[column] = baseline.predict(table.iloc[test])
        parts.append(part.assign(**{FOLD: fold}))
    predictions = pd.concat(parts).sort_index()
    predictions.insert(0, STANCE, y[predictions.index])
    predictions = predictions[predictions[STANCE].notna()]
    if predictions.empty:
        raise ValueError("No comment in the test parts has a label: nothing to score.")
    return predictions


def _labels_in(predictions: pd.DataFrame, models: Iterable[str]) -> tuple[str, ...]:
    """Return the labels that some comment has or some model gives it.

    One that stands only in a training part would count as an F1 of 0.
    """
    found = [set(predictions[column]) for column in (STANCE, *models)]
    return tuple(sorted(set().union(*found)))
