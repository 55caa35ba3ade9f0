"""Rank the labels that look wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.errors import name_rows
from stancekit.folds import text_keys
from stancekit.labels import Codebook, clean_labels, warn_of_odd_labels
from stancekit.threads import has_no_text


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
        All labelled rows that have a text, the most doubtful first. Before their
        columns stand ``given_label`` and ``predicted_label``; ``label_quality``, the
        probability of the given label (NaN where the model did not know it); and
        ``is_label_issue``, whether the model is confident of another label.

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
    # Either is taken: the table may come from cross_fit, or from a file.
    rows = getattr(evaluation, "predictions", evaluation)
    col.require(rows.columns, col.STANCE, col.PREDICTED)
    warn_of_odd_labels(rows[col.STANCE], stacklevel=3)
    given = clean_labels(rows[col.STANCE])
    counts = pd.notna(given) & ~has_no_text(rows)
    rows, given = rows[counts], given[counts].astype(str).astype(object)
    labels, proba = _probabilities(rows, given)
    own = proba[np.arange(len(rows)), pd.Index(labels).get_indexer(given)]
    confident = _confident_label(labels, proba, given)
    found = {
        "given_label": given,
        "predicted_label": rows[col.PREDICTED],
        "label_quality": own,
        "is_label_issue": pd.notna(confident) & (confident != given),
    }
    ranked = pd.concat([pd.DataFrame(found, index=rows.index), rows], axis=1)
    # Stable, so that equals stay in the order of the table.
    return ranked.iloc[np.argsort(own, kind="stable")]


def _probabilities(
    rows: pd.DataFrame, given: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels that have a probability column, and the probabilities."""
    columns = col.probas_in(rows.columns)
    unknown = sorted(set(given) - set(columns))
    if unknown:
        raise ValueError(
            f"There is no probability column for the labels {name_rows(unknown)}. "
            f"Found: {name_rows(columns.values(), most=20) or 'none'}."
        )
    proba = rows[[*columns.values()]].to_numpy(dtype=float)
    return np.array([*columns], dtype=object), proba


def _confident_label(
    labels: np.ndarray, proba: np.ndarray, given: np.ndarray
) -> np.ndarray:
    """Return for each row the label that the model is confident of, or None."""
    if not len(given):
        return given
    # A label that nobody gave has no mean; nobody is confident of it.
    own = pd.DataFrame(proba).where(given[:, None] == labels)
    reached = np.where(proba >= own.mean().to_numpy(), proba, -np.inf)
    best = labels[reached.argmax(axis=1)]
    best[np.isneginf(reached.max(axis=1))] = None
    return best


def doubtful_labels(evaluation: Any, codebook: Codebook | None = None) -> pd.DataFrame:
    """Return the labels to be read again, the most doubtful first; none is changed.

    These are the issues of :func:`label_issues`, and those of comments with all the
    words of another one, five or more, that has another label. ``doubt`` says what
    speaks against the label, ``rule`` what the codebook says of the labels concerned.
    """
    ranked = label_issues(evaluation)
    given, predicted = ranked["given_label"], ranked["predicted_label"].astype(str)
    keys = pd.Series(text_keys(ranked[col.TEXT]), ranked.index, dtype=object)
    has_twin = given.groupby(keys).transform("nunique") > 1
    named = ranked.get(col.COMMENT_ID, ranked.index.to_series()).astype(str)
    twins = (named + " " + given).groupby(keys).transform(", ".join)
    by_model = ("the model says " + predicted).where(ranked["is_label_issue"], "")
    by_twin = ("same words, other labels: " + twins).where(has_twin, "")
    rules = [_rule(codebook, pair) for pair in zip(given, predicted, strict=True)]
    ranked.insert(0, "doubt", (by_model + "; " + by_twin).str.strip("; "))
    ranked.insert(1, "rule", rules)
    return ranked[ranked["doubt"] != ""]


def _rule(codebook: Codebook | None, labels: tuple[str, str]) -> str:
    """Return the rules that name both labels; where there is none, what they mean."""
    if codebook is None:
        return ""
    names = [{label, codebook.title(label)} for label in dict.fromkeys(labels)]
    rules = [
        rule
        for rule in codebook.rules
        if all(any(name in rule for name in either) for either in names)
    ]
    meant = [
        f"{p.label}: {p.definition}" for p in codebook.positions if p.label in labels
    ]
    return " ".join(rules or meant)
