"""Train a model on one's own labels, and tell how far to trust it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.classifier import StanceClassifier, TargetClassifier
from stancekit.classifier.beside import BesideClassifier
from stancekit.classifier.trained_on import TrainedOn
from stancekit.conversation import ConversationClassifier
from stancekit.errors import DataWarning
from stancekit.evaluation import Evaluation, cross_fit, evaluate
from stancekit.evaluation.crossfit import labels_of
from stancekit.evaluation.crossval import BASELINES
from stancekit.features import CommentFeatures
from stancekit.labels import Codebook
from stancekit.threads import with_context, with_replies

SINGLE = "single comments"
OWN = "own comments only"
ONE = "one model for all"
NO_HELP = (
    "The comments beside did not lower the log loss of one's own on the folds and are "
    "left out."
)
# How much a comment beside may count: as much as one's own, or less.
BESIDE_WEIGHTS = (0.03, 0.2, 1.0)
LEAST = 1e-12
# Below this many labelled replies there is no thread to learn from.
FEWEST_REPLIES = 50


def train_model(
    table: Any,
    label_column: str = col.STANCE,
    *,
    codebook: Codebook | None = None,
    encoder: Any = None,
    beside: pd.DataFrame | None = None,
    by: str | None = None,
    n_splits: int = 5,
    n_jobs: int | None = None,
    random_state: int = 0,
) -> tuple[StanceClassifier | ConversationClassifier | TargetClassifier, Evaluation]:
    """Train a model on the labelled comments of a table and evaluate it.

    This is what ``stancekit train`` does. Where 50 labelled comments or more are
    replies, a :class:`~stancekit.ConversationClassifier` and a
    :class:`~stancekit.StanceClassifier` are evaluated on the same folds, and the one
    with the lower log loss is trained.

    Parameters
    ----------
    table : DataFrame
        Comments. Those without a label stand beside the others as context.
    label_column : str, default="stance"
        The human labels.
    codebook : Codebook, optional
        Labels that it does not have are refused.
    encoder : object, optional
        Describes each comment's text, as :class:`~stancekit.StanceClassifier` says.
    beside : DataFrame, optional
        Other labelled comments to train on as well, such as
        :func:`~stancekit.load_corpus` returns; comments that are in `table` are left
        out of them. How much each of them counts is chosen by the log loss of one's own
        comments on folds; where they do not lower it, they are left out and that is
        said. Single comments are judged, then, and no `encoder` is taken.
    by : str, optional
        The column that names the target of each comment: each target gets a model of
        its own (:class:`~stancekit.TargetClassifier`), of single comments. The
        evaluation compares them with one model for all.
    n_splits : int, default=5
        Folds of the evaluation.
    n_jobs : int, optional
        How many processes train.
    random_state : int, default=0
        Seed of folds and solver.

    Returns
    -------
    model : StanceClassifier, ConversationClassifier or TargetClassifier
        Trained on all labelled comments.
    evaluation : Evaluation
        Of models trained on parts of them, on articles they had not seen. For a
        conversation classifier its baselines tell what the threads add to
        "single comments".

    Raises
    ------
    ValueError
        If there are too few labels, labels the codebook does not have, some that none
        of the comments beside has, or `beside` with `encoder` or `by`.

    Warns
    -----
    DataWarning
        If the comments beside do not help.

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
    _check_apart(beside, encoder=encoder, by=by)
    table = with_context(table)
    y = labels_of(table, label_column)
    if codebook is not None:
        codebook.check_labels(y)
    single = StanceClassifier(encoder=encoder, n_jobs=n_jobs, random_state=random_state)
    joined = ConversationClassifier(single, n_jobs=n_jobs, random_state=random_state)

    def evaluated(model: Any, *others: Any) -> Evaluation:
        return evaluate(
            model,
            table,
            label_column,
            n_splits=n_splits,
            baselines=(*BASELINES, *others),
            random_state=random_state,
        )

    if by is not None:
        targets = TargetClassifier(single, by=by)
        return targets.fit(table, y), evaluated(targets, (ONE, single))
    if beside is not None:
        own = table.assign(**{label_column: y})
        helped = _best_beside(single, own, label_column, beside, random_state)
        if helped is not None:
            return helped.fit_plain(table, y), evaluated(helped, (OWN, single))
        warnings.warn(NO_HELP, DataWarning, stacklevel=2)
    alone = evaluated(single)
    is_reply = table[col.PARENT_FOUND].to_numpy(dtype=bool)
    if (is_reply & pd.notna(y)).sum() >= FEWEST_REPLIES:
        together = evaluated(joined, (SINGLE, single))  # on the same folds
        losses = [_log_loss(each.predictions) for each in (together, alone)]
        if losses[0] < losses[1]:
            return joined.fit(table, y), together
    return single.fit(table, y), alone


def _check_apart(beside: Any, **others: Any) -> None:
    for name, other in others.items():
        if beside is not None and other is not None:
            raise ValueError(
                f"beside= and {name}= do not go together. Leave one of them out."
            )


def _best_beside(
    single: StanceClassifier,
    table: pd.DataFrame,
    label_column: str,
    others: pd.DataFrame,
    random_state: int,
) -> BesideClassifier | None:
    """Return what trains on others too, as heavy as helps most; None if none helps."""
    unknown = {*table[label_column].dropna()} - {*others[col.STANCE].dropna()}
    if unknown:
        raise ValueError(
            f"No comment beside has the labels {', '.join(sorted(unknown))}: with "
            "another codebook they cannot help. Train without them."
        )
    # A comment would be tested by a model that knows it.
    others = with_replies(with_context(others))
    others = others[~TrainedOn.learn(table).includes(others)]

    def loss(model: StanceClassifier) -> float:
        scored = cross_fit(
            model, table, label_column, n_splits=3, random_state=random_state
        )
        return _log_loss(scored[scored[label_column].notna()], label_column)

    candidates = [None, *(_beside(single, others, w) for w in BESIDE_WEIGHTS)]
    return min(candidates, key=lambda model: loss(model or single))


def _log_loss(predictions: pd.DataFrame, label_column: str = col.STANCE) -> float:
    """Return the mean loss of predictions of labelled comments, in nats."""
    columns = col.proba_columns(predictions[label_column])
    rows = range(len(predictions))
    found = [
        predictions[name].iat[row] for row, name in zip(rows, columns, strict=True)
    ]
    return -float(np.log(np.maximum(found, LEAST)).mean())


def _beside(
    single: StanceClassifier, others: pd.DataFrame, weight: float
) -> BesideClassifier:
    # As the bundled recipe has them: of these comments there are many more.
    features = CommentFeatures(parent_weight=0.5, replies_weight=0.5)
    settings = {"n_jobs": single.n_jobs, "random_state": single.random_state}
    return BesideClassifier(others, weight, features, C=0.2, cv=2, **settings)
