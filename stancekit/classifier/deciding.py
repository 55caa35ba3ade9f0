"""Decide for labels by their probabilities."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from stancekit.classifier.calibration import tune_decision_weights
from stancekit.classifier.labelled import Labelled


class DecidingClassifier(ClassifierMixin, BaseEstimator):
    """What classifiers share that decide by probability times weight.

    A subclass sets `classes_` and `decision_weights_` when fitted.
    """

    classes_: np.ndarray
    decision_weights_: np.ndarray

    @abstractmethod
    def predict_with_evidence(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the probabilities and on how much of each comment they rest.

        Parameters
        ----------
        X : DataFrame or sequence of str
            n comments.

        Returns
        -------
        proba : array of shape (n, K)
        evidence : array of int, shape (n,)
            Occurrences of n-grams known from training. Where there are none, and no
            encoder says anything, the probabilities are the shares of the labels in
            training.
        """

    def predict(self, X: Any) -> np.ndarray:
        """Return the label of each comment, shape (n,)."""
        position = self.decision_function(X).argmax(axis=1)
        return self.classes_[position]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each label, shape (n, K), ordered as `classes_`."""
        proba, _ = self.predict_with_evidence(X)
        return proba

    def decision_function(self, X: Any) -> np.ndarray:
        """Return log(probability) + log(decision weight), shape (n, K).

        `predict` takes the largest.
        """
        return self.decide(self.predict_proba(X))

    def decide(self, proba: np.ndarray) -> np.ndarray:
        """Return for given probabilities what `decision_function` returns."""
        with np.errstate(divide="ignore"):  # a probability may be 0
            return np.log(proba) + np.log(self.decision_weights_)


def decision_weights(
    decision: str | Sequence[Any],
    proba: np.ndarray,
    labelled: Labelled,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """Return the weights that `decision` asks for, from out-of-fold probabilities.

    Parameters
    ----------
    decision : {"macro_f1", "argmax"} or sequence of labels
    proba : array of shape (n, K)
    labelled : Labelled
        The n comments.
    start : array of shape (K,), optional
        Weights to start from.

    Returns
    -------
    array of shape (K,)

    Raises
    ------
    ValueError
        If it is none of them, or a label is not in the data.
    """
    targets = None
    if not isinstance(decision, str):
        targets = label_positions(decision, labelled.classes, "decision")
    elif decision == "argmax":
        return np.ones(len(labelled.classes))
    elif decision != "macro_f1":
        raise ValueError(
            f"decision={decision!r}: it takes 'macro_f1', 'argmax', or a list of the "
            "labels whose F1 counts."
        )
    return tune_decision_weights(
        proba, labelled.y, start=start, targets=targets, weight=labelled.weight
    )


def label_positions(
    labels: Iterable[Any], classes: np.ndarray, argument: str
) -> list[int]:
    """Return where labels stand among the classes.

    Raises
    ------
    ValueError
        If one is none of them; it names the argument.
    """
    positions = {label: position for position, label in enumerate(classes.tolist())}
    unknown = [label for label in labels if label not in positions]
    if unknown:
        raise ValueError(
            f"{argument}= names labels that are not in the data: {unknown}. "
            f"The data have: {classes.tolist()}."
        )
    return [positions[label] for label in labels]
