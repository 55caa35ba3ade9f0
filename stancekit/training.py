"""Train a model on one's own labels, and tell how far to trust it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stancekit.classifier import StanceClassifier
from stancekit.conversation import ConversationClassifier
from stancekit.evaluation import Evaluation, evaluate
from stancekit.evaluation.crossval import labels_of
from stancekit.labels import Codebook
from stancekit.threads import PARENT_FOUND, STANCE, with_context

SINGLE = "single comments"
# Below this many labelled replies there is no thread to learn from.
FEWEST_REPLIES = 50


def train_model(
    table: Any,
    label_column: str = STANCE,
    *,
    codebook: Codebook | None = None,
    n_splits: int = 5,
    n_jobs: int | None = None,
    random_state: int = 0,
) -> tuple[StanceClassifier | ConversationClassifier, Evaluation]:
    """Train a model on the labelled comments of a table and evaluate it.

    This is what ``stancekit train`` does. Where 50 labelled comments or more are
    replies, a :class:`~stancekit.ConversationClassifier` and a
    :class:`~stancekit.StanceClassifier` are evaluated on the same folds, and the
    better one is trained.

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
    model : StanceClassifier or ConversationClassifier
        Trained on all labelled comments.
    evaluation : Evaluation
        Of models trained on parts of them, on articles they had not seen. For a
        conversation classifier its baselines tell what the threads add to
        "single comments".

    Raises
    ------
    ValueError
        If there are too few labels, or labels the codebook does not have.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "text": ["Erst reden", "Redet!", "Liefern", "Liefert!"] * 5,
    ...     "stance": ["talks", "talks", "arms", "arms"] * 5,
    ... })
    >>> model, evaluation = train_model(table, n_splits=3)
    >>> model.classes_.tolist(), evaluation.n_comments
    (['arms', 'talks'], 20)
    """
    table = with_context(table)
    y = labels_of(table, label_column)
    if codebook is not None:
        codebook.check_labels(y)
    single = StanceClassifier(n_jobs=n_jobs, random_state=random_state)
    joined = ConversationClassifier(single, n_jobs=n_jobs, random_state=random_state)

    def evaluated(model: Any, *others: Any) -> Evaluation:
        return evaluate(
            model,
            table,
            label_column,
            n_splits=n_splits,
            baselines=("majority", "words", *others),
            random_state=random_state,
        )

    if _n_labelled_replies(table, y) >= FEWEST_REPLIES:
        evaluation = evaluated(joined, (SINGLE, single))
        if evaluation.baselines.loc[SINGLE, "difference"] > 0:
            return joined.fit(table, y), evaluation
    return single.fit(table, y), evaluated(single)


def _n_labelled_replies(table: pd.DataFrame, y: np.ndarray) -> int:
    return int((table[PARENT_FOUND].to_numpy(dtype=bool) & pd.notna(y)).sum())
