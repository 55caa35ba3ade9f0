"""Rank the labels that look wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stancekit.threads import PREDICTED, PROBA_PREFIX, STANCE, missing_column, name_rows

GIVEN_LABEL = "given_label"
PREDICTED_LABEL = "predicted_label"
LABEL_QUALITY = "label_quality"
IS_LABEL_ISSUE = "is_label_issue"


def label_issues(evaluation: Any) -> pd.DataFrame:
    r"""Rank labelled comments by how little the model believes their label.

    A low rank is a reason to read the comment again, not to drop it: deleting what the
    model gets wrong makes every score look better than it is. Nothing is dropped.

    Parameters
    ----------
    evaluation : Evaluation or DataFrame
        An evaluation, or its out-of-fold predictions: ``stance``, ``predicted`` and
        one ``proba_<label>`` column for each label.

    Returns
    -------
    DataFrame
        All labelled rows with all their columns, the most doubtful first, and before
        these

        - ``given_label``, ``predicted_label``: the human's and the model's;
        - ``label_quality``: the probability that the model gives to the given label,
          0 to 1, by a model that did not see the comment; NaN where that model did not
          know the label;
        - ``is_label_issue``: whether the model is confident of another label.

    Raises
    ------
    ValueError
        If a column is missing, or a label has no probability column.

    Notes
    -----
    Let :math:`\hat p_k(x)` be the out-of-fold probability of label k, and
    :math:`t_k` its mean over the comments labelled k. A comment is confidently of
    label k if :math:`\hat p_k(x) \ge t_k`; of several such labels the most probable
    counts. It is an issue if this is not the label given [1]_.

    References
    ----------
    .. [1] Northcutt, C., Jiang, L., Chuang, I. (2021). Confident learning: estimating
       uncertainty in dataset labels. Journal of Artificial Intelligence Research 70,
       1373-1411.

    Examples
    --------
    The thresholds are t_pro = (0.9 + 0.8 + 0.1) / 3 = 0.6 and t_contra = 0.7:

    >>> predictions = pd.DataFrame({
    ...     "comment_id": ["c1", "c2", "c3", "c4"],
    ...     "stance": ["pro", "pro", "pro", "contra"],
    ...     "predicted": ["pro", "pro", "contra", "contra"],
    ...     "proba_contra": [0.1, 0.2, 0.9, 0.7],
    ...     "proba_pro": [0.9, 0.8, 0.1, 0.3],
    ... })
    >>> label_issues(predictions)[["comment_id", "label_quality", "is_label_issue"]]
      comment_id  label_quality  is_label_issue
    2         c3            0.1            True
    3         c4            0.7           False
    1         c2            0.8           False
    0         c1            0.9           False
    """
    rows = getattr(evaluation, "predictions", evaluation)
    for name in (STANCE, PREDICTED):
        if name not in rows.columns:
            raise missing_column(name, rows.columns)
    rows = rows[rows[STANCE].notna()]
    given = rows[STANCE].astype(str).to_numpy(dtype=object)
    labels, proba = _probabilities(rows, given)
    own = proba[np.arange(len(rows)), pd.Index(labels).get_indexer(given)]
    confident = _confident_label(labels, proba, given)
    ranked = rows.copy()
    found = {
        GIVEN_LABEL: rows[STANCE],
        PREDICTED_LABEL: rows[PREDICTED],
        LABEL_QUALITY: own,
        IS_LABEL_ISSUE: pd.notna(confident) & (confident != given),
    }
    for place, (name, values) in enumerate(found.items()):
        ranked.insert(place, name, values)
    order = np.lexsort((np.arange(len(own)), np.where(np.isnan(own), np.inf, own)))
    return ranked.iloc[order]


def _probabilities(
    rows: pd.DataFrame, given: np.ndarray
) -> tuple[list[str], np.ndarray]:
    """Return the labels that have a probability column, and the probabilities."""
    columns = [name for name in rows.columns if str(name).startswith(PROBA_PREFIX)]
    labels = [name.removeprefix(PROBA_PREFIX) for name in columns]
    unknown = sorted(set(given) - set(labels), key=str)
    if unknown:
        raise ValueError(
            f"There is no probability column for the labels {name_rows(unknown)}. "
            f"Found: {name_rows(columns, most=20) or 'none'}."
        )
    return labels, rows[columns].to_numpy(dtype=float)


def _confident_label(
    labels: list[str], proba: np.ndarray, given: np.ndarray
) -> np.ndarray:
    """Return for each row the label that the model is confident of, or None."""
    known = np.nan_to_num(proba, nan=-1.0)
    reached = np.full(proba.shape, -np.inf)
    for column, label in enumerate(labels):
        own = proba[given == label, column]
        own = own[~np.isnan(own)]
        if len(own):
            enough = known[:, column] >= own.mean()
            reached[enough, column] = known[enough, column]
    if not labels:
        return np.full(len(given), None, dtype=object)
    best = np.array(labels, dtype=object)[reached.argmax(axis=1)]
    best[~np.isfinite(reached.max(axis=1))] = None
    return best
