"""Train a model on one's own labels, and tell how far to trust it."""

from __future__ import annotations

from typing import Any

from stancekit.classifier import StanceClassifier
from stancekit.evaluation import Evaluation, evaluate
from stancekit.evaluation.crossval import labels_of
from stancekit.labels import Codebook
from stancekit.threads import STANCE, with_context


def train_model(
    table: Any,
    label_column: str = STANCE,
    *,
    codebook: Codebook | None = None,
    n_splits: int = 5,
    n_jobs: int | None = None,
    random_state: int = 0,
) -> tuple[StanceClassifier, Evaluation]:
    """Train a model on the labelled comments of a table and evaluate it.

    This is what ``stancekit train`` does.

    Parameters
    ----------
    table : DataFrame
        Comments. Those without a label stand beside the others as context.
    label_column : str, default="stance"
        The human labels.
    codebook : Codebook, optional
        Labels that it does not have are refused.
    n_splits : int, default=5
        Folds of the evaluation.
    n_jobs : int, optional
        How many processes train.
    random_state : int, default=0
        Seed of folds and solver.

    Returns
    -------
    model : StanceClassifier
        Trained on all labelled comments.
    evaluation : Evaluation
        Of models trained on parts of them, on articles they had not seen.

    Raises
    ------
    ValueError
        If there are too few labels, or labels the codebook does not have.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "text": ["Erst reden", "Redet!", "Reden", "Liefern", "Liefert!", "Mehr"],
    ...     "stance": ["talks"] * 3 + ["arms"] * 3,
    ... })
    >>> model, evaluation = train_model(table, n_splits=3)
    >>> model.classes_.tolist(), evaluation.n_comments
    (['arms', 'talks'], 6)
    """
    table = with_context(table)
    y = labels_of(table, label_column)
    if codebook is not None:
        codebook.check_labels(y)
    model = StanceClassifier(n_jobs=n_jobs, random_state=random_state)
    evaluation = evaluate(
        model, table, label_column, n_splits=n_splits, random_state=random_state
    )
    return model.fit(table, y), evaluation
