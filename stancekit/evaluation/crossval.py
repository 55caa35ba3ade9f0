"""Evaluate a model on folds that keep articles, else threads, whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from stancekit import columns as col
from stancekit.evaluation.baselines import baseline_models
from stancekit.evaluation.crossfit import labels_of, predict_parts
from stancekit.evaluation.result import BASELINE_PREFIX, GROUP, REPEAT, Evaluation
from stancekit.evaluation.shared_texts import count_repeated
from stancekit.folds import Folds, Split, group_ids, split_comments
from stancekit.labels import clean_labels
from stancekit.threads import has_no_text, with_context

# The fair ones: unbalanced words alone are hardly better than the majority where labels
# are rare.
BASELINES = ("majority", "words_and_characters")


def evaluate(
    model: BaseEstimator,
    table: Any,
    label_column: str = col.STANCE,
    *,
    n_splits: int = 8,
    n_repeats: int = 1,
    folds: Iterable[tuple[Any, Any]] | None = None,
    baselines: Sequence[str | tuple[str, BaseEstimator]] = BASELINES,
    confidence_level: float = 0.95,
    random_state: int = 0,
) -> Evaluation:
    """Evaluate a model on folds that keep articles, else threads, whole.

    Parameters
    ----------
    model : classifier
        A clone of it is trained on every fold; it takes comment tables. A pipeline of
        scikit-learn is trained on the labelled comments alone.
    table : DataFrame
        Comments. Those without a label stand beside the others as context.
    label_column : str, default="stance"
        The human labels. Blanks, "NA" and the like are no labels, and comments without
        text count nowhere.
    n_splits : int, default=8
        Folds.
    n_repeats : int, default=1
        How many times the comments are split anew.
    folds : iterable of (train, test), optional
        Positions of rows: folds of your own instead of those, for instance from
        :func:`~stancekit.time_split`. Comments in no test part are not scored.
    baselines : sequence of str or (str, classifier)
        What to compare with on the same folds; by default "majority" and the balanced
        "words_and_characters". Also "words", or a model of your own with a name for
        it, trained as `model` is.
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
    # Labels of all kinds become strings, as columns are named after them.
    y = labels_of(table, label_column)
    models = {col.PREDICTED: model} | {
        BASELINE_PREFIX + name: other
        for name, other in baseline_models(baselines).items()
    }
    if folds is None:
        # Each repeat may be had alone, by its own seed.
        seeds = range(random_state, random_state + n_repeats)
        splits = [split_comments(table, y, n_splits, random_state=s) for s in seeds]
    else:
        splits = [_own_split(table, folds)]
    parts = [
        _out_of_fold(models, table, y, split).assign(**{REPEAT: repeat})
        for repeat, split in enumerate(splits)
    ]
    predictions = pd.concat(parts)
    # With repeats a comment stands here several times; its old predictions would stand
    # beside the new ones.
    shown = table.iloc[predictions.index].drop(
        columns=predictions.columns, errors="ignore"
    )
    predictions = pd.concat(
        [frame.reset_index(drop=True) for frame in (shown, predictions)], axis=1
    )
    # A label that stands only in a training part would count as an F1 of 0.
    labels = set().union(*(predictions[name] for name in (col.STANCE, *models)))
    return Evaluation(
        predictions,
        tuple(sorted(labels)),
        splits[0].kept_whole,
        confidence_level=confidence_level,
        random_state=random_state,
        notes=tuple(_notes(table, label_column, predictions)),
    )


def _out_of_fold(
    models: dict[str, BaseEstimator], table: pd.DataFrame, y: np.ndarray, split: Split
) -> pd.DataFrame:
    """Predict the labelled rows of the test parts; indexed by position, in order."""
    named = list(enumerate(split.folds))
    predictions = predict_parts(models[col.PREDICTED], table, y, named)
    for column in [name for name in models if name != col.PREDICTED]:
        # Baselines are scored by F1 alone, and an SVM has no probabilities.
        found = predict_parts(models[column], table, y, named, proba=False)
        predictions[column] = found[col.PREDICTED]
    predictions.insert(0, col.STANCE, y[predictions.index])
    predictions = predictions[predictions[col.STANCE].notna()]
    if predictions.empty:
        raise ValueError("No comment in the test parts has a label: nothing to score.")
    return predictions.assign(**{GROUP: _clusters(table, split)[predictions.index]})


def _notes(
    table: pd.DataFrame, label_column: str, predictions: pd.DataFrame
) -> Iterator[str]:
    """Say what was left out, and what may make the scores too good."""
    silent = has_no_text(table) & pd.notna(clean_labels(table[label_column]))
    if silent.any():
        yield (
            f"Not counted: {silent.sum()} labelled comments that are deleted, removed "
            "or without text."
        )
    # The other repeats hold the same comments.
    first = predictions[predictions[REPEAT] == 0]
    same, alike = count_repeated(first[col.TEXT].tolist(), first[col.FOLD].to_numpy())
    if same:
        yield f"{same} comments have the words of another one."
    if alike:
        yield (
            f"{alike} comments have the words, or nearly the words, of one in another "
            "fold: the scores may be too good. stancekit.audit_leakage names them."
        )


def _clusters(table: pd.DataFrame, split: Split) -> np.ndarray:
    """Return that from which intervals are drawn: articles, if there are several.

    Comments of one article resemble each other, also where folds had to divide it.
    """
    groups = group_ids(table)
    return groups if _has_articles(table) and len(set(groups)) > 1 else split.groups


def _has_articles(table: pd.DataFrame) -> bool:
    return col.ARTICLE_ID in table.columns and bool(table[col.ARTICLE_ID].notna().any())


def _own_split(table: pd.DataFrame, folds: Iterable[tuple[Any, Any]]) -> Split:
    """Return checked folds with what they keep whole."""
    checked = [
        (_positions(train, len(table)), _positions(test, len(table)))
        for train, test in folds
    ]
    if not checked:
        raise ValueError("There are no folds: give pairs (train, test) of positions.")
    _check_apart(checked)
    groups = group_ids(table)
    wholes = {"articles" if _has_articles(table) else "threads": groups}
    # Folds that divide articles may still keep threads whole.
    wholes.setdefault("threads", table[col.THREAD_ID].to_numpy(dtype=object))
    for whole, ids in wholes.items():
        if _kept_whole(ids, checked):
            return Split(checked, whole, groups)
    return Split(checked, "single comments", groups)


def _positions(rows: Any, n: int) -> np.ndarray:
    # Also masks and names would index the table, but mean something else.
    rows = np.asarray(rows)
    if not np.issubdtype(rows.dtype, np.integer) and len(rows):
        raise TypeError(
            f"Folds are pairs of positions of rows, whole numbers; found {rows.dtype}."
        )
    if not len(rows):
        raise ValueError("A fold has an empty part: it needs comments on both sides.")
    if rows.min() < 0 or rows.max() >= n:
        raise ValueError(
            f"Folds name the rows {rows.min()} to {rows.max()}; the table has {n}."
        )
    return rows


def _check_apart(folds: Folds) -> None:
    for fold, (train, test) in enumerate(folds):
        both = np.intersect1d(train, test)
        if len(both):
            raise ValueError(
                f"{len(both)} comments are in both parts of fold {fold}, for instance "
                f"row {both[0]}. A model must not be tested on what it was trained on."
            )
    rows, times = np.unique(
        np.concatenate([test for _, test in folds]), return_counts=True
    )
    if times.max() > 1:
        raise ValueError(
            f"{(times > 1).sum()} comments are in several test parts, for instance row "
            f"{rows[times.argmax()]}. Each comment is tested once at most."
        )


def _kept_whole(groups: np.ndarray, folds: Folds) -> bool:
    return not any(np.isin(groups[test], groups[train]).any() for train, test in folds)
