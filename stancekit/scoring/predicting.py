"""Predict the positions of comments, as labels or as a table."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from stancekit import columns as col
from stancekit.classifier.knowing import Judgement
from stancekit.datasets import default_model
from stancekit.errors import DataWarning
from stancekit.threads import (
    check_comments,
    has_no_text,
    part_table,
    positions,
    with_context,
)

ABSTAIN_BELOW = 0.4
# About how many comments are judged at a time.
PART = 50_000
# A table of which a greater share is of unknown words is said to be foreign.
MOST_FOREIGN = 0.5


def predict(comments: Any, model: BaseEstimator | None = None) -> np.ndarray:
    """Return the position of each comment.

    Parameters
    ----------
    comments : sequence of str or DataFrame
        n texts, or a comment table.
    model : classifier, optional
        By default the one trained on the bundled corpus.

    Returns
    -------
    array of str, shape (n,)

    Raises
    ------
    TypeError, ValueError
        If the comments are no comment table; see :func:`~stancekit.check_comments`.

    Examples
    --------
    >>> predict(["Endlich Waffen liefern, und zwar schnell!"]).tolist()
    ['pro_support']
    """
    model = default_model() if model is None else model
    return model.predict(comments)


def predict_comments(
    table: Any,
    model: BaseEstimator | None = None,
    *,
    abstain_below: float = ABSTAIN_BELOW,
) -> pd.DataFrame:
    """Return the table with the position of each comment beside it.

    Parameters
    ----------
    table : DataFrame or sequence of str
        n comments, as :func:`~stancekit.check_comments` takes them.
    model : classifier, optional
        By default the one trained on the bundled corpus. Any classifier of
        scikit-learn with probabilities will do: one that was trained on a table gets
        the table, one that was trained on texts gets their column.
    abstain_below : float, default=0.4
        The model abstains where its label is less probable than this.

    Returns
    -------
    DataFrame
        The table as it was given, and

        - ``predicted``: the label, also where the model abstains;
        - ``confidence``: its probability;
        - ``abstained``: whether that is below the threshold, or the comment is of
          words that the model mostly does not know;
        - ``known``: the share of the comment's words that stood in the comments the
          model was trained on; NA where the model does not tell;
        - ``in_training``: whether the model was trained on this very comment, so that
          its prediction is better than on others; only for models that know it;
        - ``proba_<label>``: the probability of each label.

        Columns of these names that were there are replaced. Deleted and removed
        comments get NA in all of them. ``stance``, the human label, stays as it is.

    Raises
    ------
    TypeError, ValueError
        If the table is no comment table, the model gives no probabilities, or the
        threshold is not in [0, 1].

    Warns
    -----
    DataWarning
        If most comments are of words that the model mostly does not know.

    Examples
    --------
    >>> scored = predict_comments(["Verhandeln statt Waffen liefern!", None])
    >>> scored[["predicted", "abstained", "known"]]
               predicted  abstained  known
    0  negotiation_first      False    1.0
    1                NaN       <NA>   <NA>
    """
    if not 0 <= abstain_below <= 1:
        raise ValueError(f"abstain_below={abstain_below!r} is no probability.")
    model = default_model() if model is None else model
    table = check_comments(table)
    judged, in_training = _judge_in_parts(model, table)
    proba, decided = judged.proba, judged.decided
    confidence = np.take_along_axis(proba, decided[:, None], axis=1)[:, 0]
    silent, unsure = has_no_text(table), confidence < abstain_below
    _warn_if_foreign(model, judged.is_foreign & ~silent, (~silent).sum())
    columns = {
        col.PREDICTED: pd.Categorical.from_codes(
            np.where(silent, -1, decided), categories=model.classes_.tolist()
        ),
        col.CONFIDENCE: confidence,
        col.ABSTAINED: pd.array(unsure | judged.is_foreign, dtype="boolean"),
        col.KNOWN: pd.array(judged.known, dtype="Float64"),
        **in_training,
        **dict(zip(col.proba_columns(model.classes_), proba.T, strict=True)),
    }
    scored = table.assign(**columns)
    if silent.any():
        scored.loc[silent, list(columns)] = pd.NA
    return scored


def _warn_if_foreign(model: Any, is_foreign: np.ndarray, n: int) -> None:
    """Say for the caller's caller that a model does not know what it reads."""
    if is_foreign.sum() <= MOST_FOREIGN * n:
        return
    spoken = ", ".join(getattr(model, "languages_", ()))
    trained = f"was trained on comments in {spoken} and " if spoken else ""
    warnings.warn(
        f"{is_foreign.sum():,} of {n:,} comments are mostly of words that the model "
        f"has not met: it {trained}abstains on them. If these comments are in another "
        "language or on another subject, train on labels of your own.",
        DataWarning,
        stacklevel=3,
    )


def _judge_in_parts(model: Any, table: pd.DataFrame) -> tuple[Judgement, dict]:
    """Return what the model says of a table, and the column ``in_training``.

    In parts, for memory's sake. A model that does not tell has no such column.
    """
    is_ours = hasattr(model, "judge")
    rows = _parts(table) if is_ours else [np.arange(len(table))]
    judgements, flags = [], []
    for each in rows:
        part = table.iloc[each] if len(rows) > 1 else table
        # Once for all that is asked of the model.
        part = with_context(part) if is_ours else part
        judgements.append(_judge(model, part))
        if hasattr(model, "in_training"):
            flags.append(model.in_training(part))
    order = np.argsort(np.concatenate(rows))
    joined = (np.concatenate(each)[order] for each in zip(*judgements, strict=True))
    if not flags:
        return Judgement(*joined), {}
    in_training = pd.array(np.concatenate(flags)[order], dtype="boolean")
    return Judgement(*joined), {col.IN_TRAINING: in_training}


def _parts(table: pd.DataFrame) -> list[np.ndarray]:
    """Return the rows of each part; comments that belong together are in one."""
    if len(table) <= PART:
        return [np.arange(len(table))]
    nobody = pd.Series(None, table.index, dtype="str")
    ids = table.get(col.COMMENT_ID, nobody)
    parent = positions(table.get(col.PARENT_ID, nobody), ids)
    article, _ = pd.factorize(table.get(col.ARTICLE_ID, nobody))
    first = np.full(len(table), -1)
    # From the end, so that the first row of each article stays.
    known = np.flatnonzero(article >= 0)[::-1]
    first[article[known]] = known
    part = part_table(parent, np.where(article < 0, -1, first[article]), PART)
    return np.split(np.argsort(part, kind="stable"), np.cumsum(np.bincount(part))[:-1])


def _judge(model: Any, table: pd.DataFrame) -> Judgement:
    """Return what the model says, also one that is not of this library."""
    if hasattr(model, "judge"):
        return model.judge(table)
    if not hasattr(model, "predict_proba"):
        raise TypeError(
            f"A {type(model).__name__} gives no probabilities, which the columns need. "
            "Wrap it in scikit-learn's CalibratedClassifierCV before training, or take "
            "labels alone: predict(comments, model)."
        )
    # As scikit-learn has it, what was trained on columns knows their names.
    X = table if hasattr(model, "feature_names_in_") else table[col.TEXT]
    if not len(table):  # which many do not take
        none = (np.empty(0, dtype) for dtype in (float, bool, int))
        return Judgement(np.empty((0, len(model.classes_))), *none)
    decided = pd.Index(model.classes_).get_indexer(model.predict(X))
    untold, not_foreign = np.full(len(table), np.nan), np.zeros(len(table), bool)
    return Judgement(model.predict_proba(X), untold, not_foreign, decided)
