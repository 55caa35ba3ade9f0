"""Predict the positions of comments, as labels or as a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from stancekit.datasets import default_model
from stancekit.threads import (
    ABSTAINED,
    CONFIDENCE,
    EVIDENCE,
    PREDICTED,
    check_comments,
    is_hidden,
    proba_columns,
)

ABSTAIN_BELOW = 0.4


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
        By default the one trained on the bundled corpus.
    abstain_below : float, default=0.4
        The model abstains where its label is less probable than this.

    Returns
    -------
    DataFrame
        The table as it was given, and

        - ``predicted``: the label, also where the model abstains;
        - ``confidence``: its probability;
        - ``abstained``: whether that is below the threshold;
        - ``evidence``: how many known n-grams the comment has;
        - ``proba_<label>``: the probability of each label.

        Columns of these names that were there are replaced. Deleted and removed
        comments get NA in all of them. ``stance``, the human label, stays as it is.

    Raises
    ------
    TypeError, ValueError
        If the table is no comment table, or the threshold is not in [0, 1].

    Examples
    --------
    >>> scored = predict_comments(["Verhandeln statt Waffen liefern!", None])
    >>> scored[["predicted", "abstained", "evidence"]]
               predicted  abstained  evidence
    0  negotiation_first      False       ...
    1                ...       True         0
    """
    if not 0 <= abstain_below <= 1:
        raise ValueError(f"abstain_below={abstain_below!r} is no probability.")
    model = default_model() if model is None else model
    table = check_comments(table)
    if len(table):
        proba, evidence = model.predict_with_evidence(table)
        position = model.decide(proba).argmax(axis=1)
    else:
        proba, evidence = np.empty((0, len(model.classes_))), np.empty(0, dtype=int)
        position = np.empty(0, dtype=int)
    confidence = np.take_along_axis(proba, position[:, None], axis=1)[:, 0]
    hidden = is_hidden(table)
    columns = {
        PREDICTED: pd.Categorical.from_codes(
            np.where(hidden, -1, position), categories=model.classes_.tolist()
        ),
        CONFIDENCE: confidence,
        ABSTAINED: pd.array(confidence < abstain_below, dtype="boolean"),
        EVIDENCE: pd.array(evidence, dtype="Int64"),
        **dict(zip(proba_columns(model.classes_), proba.T, strict=True)),
    }
    scored = table.assign(**columns)
    if hidden.any():
        scored.loc[hidden, list(columns)] = pd.NA
    return scored
