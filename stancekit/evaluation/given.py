"""Evaluate predictions that were made before."""

from __future__ import annotations

import pandas as pd

from stancekit import columns as col
from stancekit.evaluation.crossval import labels_of
from stancekit.evaluation.result import GROUP, REPEAT, Evaluation
from stancekit.folds import group_ids
from stancekit.threads import with_context


def evaluate_predictions(
    scored: pd.DataFrame,
    label_column: str = col.STANCE,
    *,
    confidence_level: float = 0.95,
    random_state: int = 0,
) -> Evaluation:
    """Evaluate the predictions of a fitted model by the labels beside them.

    Nothing is trained: this tells how good a model that is there, such as the bundled
    one, is on comments of your own. Their texts need not be in the table.

    Parameters
    ----------
    scored : DataFrame
        Comments as :func:`~stancekit.predict_comments` returns them, some labelled.
    label_column : str, default="stance"
        The human labels, which the model must not have been trained on. Blanks, "NA"
        and the like are no labels.
    confidence_level : float, default=0.95
        Of the intervals.
    random_state : int, default=0
        Seed of the intervals.

    Returns
    -------
    Evaluation
        Without baselines. Labelled comments that the column ``in_training`` marks are
        left out, and counted in its notes.

    Raises
    ------
    ValueError
        If a column is missing, or no comment with a prediction has a label.

    Examples
    --------
    >>> scored = pd.DataFrame({
    ...     "stance": ["talks", "talks", "arms", None],
    ...     "predicted": ["talks", "arms", "arms", "arms"],
    ...     "confidence": [0.9, 0.6, 0.8, 0.7],
    ...     "proba_arms": [0.1, 0.6, 0.8, 0.7],
    ...     "proba_talks": [0.9, 0.4, 0.2, 0.3],
    ... })
    >>> evaluation = evaluate_predictions(scored)
    >>> evaluation.n_comments, round(evaluation.accuracy.estimate, 2)
    (3, 0.67)
    """
    col.require(scored, label_column)
    if missing := [n for n in (col.PREDICTED, col.CONFIDENCE) if n not in scored]:
        raise ValueError(
            f"Column {missing[0]!r} is missing: have the comments predicted first, by "
            "predict_comments or stancekit predict."
        )
    has_texts = col.TEXT in scored.columns
    table = with_context(scored if has_texts else scored.assign(**{col.TEXT: "?"}))
    y = labels_of(table, label_column)
    labelled, predicted = pd.notna(y), table[col.PREDICTED].notna().to_numpy()
    seen = labelled & col.is_true(table, col.IN_TRAINING)
    kept = labelled & predicted & ~seen
    notes = _notes(seen.sum(), (labelled & ~predicted).sum())
    if not kept.any():
        raise ValueError(
            f"No comment has a label in {label_column!r} and a prediction to score. "
            + " ".join(notes)
        )
    rows = table[kept].drop(columns=[] if has_texts else col.TEXT)
    predictions = rows.assign(
        **{
            col.STANCE: y[kept],
            col.PREDICTED: rows[col.PREDICTED].astype(str).to_numpy(dtype=object),
            # Whatever the model abstained on stays abstained on.
            col.FOREIGN: col.is_true(rows, col.ABSTAINED),
            GROUP: group_ids(rows),
            col.FOLD: 0,
            REPEAT: 0,
        }
    ).reset_index(drop=True)
    labels = sorted({*predictions[col.STANCE], *predictions[col.PREDICTED]})
    # Of a label that the model does not have.
    unknown = dict.fromkeys({*col.proba_columns(labels)} - {*predictions.columns}, 0.0)
    return Evaluation(
        predictions.assign(**unknown),
        tuple(labels),
        "",
        confidence_level=confidence_level,
        random_state=random_state,
        notes=tuple(notes),
    )


def _notes(n_seen: int, n_unpredicted: int) -> list[str]:
    found = {
        "that the model was trained on": n_seen,
        "without a prediction": n_unpredicted,
    }
    return [
        f"Not counted: {n} labelled comments {what}." for what, n in found.items() if n
    ]
