"""Decide for labels by their probabilities."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from stancekit.classifier.calibration import tune_decision_weights
from stancekit.classifier.knowing import Judgement
from stancekit.classifier.labelled import Labelled, labelled_comments

# Probabilities of 0 keep a finite log.
TINY = np.finfo(float).tiny


class JudgingClassifier(ClassifierMixin, BaseEstimator, metaclass=ABCMeta):
    """What classifiers share that judge comments; a subclass sets `classes_`."""

    classes_: np.ndarray

    @abstractmethod
    def judge(self, X: Any) -> Judgement:
        """Return the probabilities and how much of each comment is known.

        Parameters
        ----------
        X : DataFrame or sequence of str
            n comments.

        Returns
        -------
        Judgement
            ``proba`` (n, K); ``known`` (n,), the share of a comment's words that stood
            in the labelled comments; ``is_foreign`` (n,), whether that share, of five
            words or more, is below the bound which 95 % of the labelled comments reach
            by the words of the others. The less is known below it, the nearer the
            probabilities are to the shares of the labels in training; ``decided`` (n,),
            the position in `classes_` of what `predict` returns.
        """

    def predict(self, X: Any) -> np.ndarray:
        """Return the label of each comment, shape (n,)."""
        decided = self.judge(X).decided  # says so first where it is not fitted
        return self.classes_[decided]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each label, shape (n, K), ordered as `classes_`."""
        return self.judge(X).proba


class DecidingClassifier(JudgingClassifier):
    """What classifiers share that decide by probability times weight.

    A subclass also sets `decision_weights_`.
    """

    decision_weights_: np.ndarray
    # What a parameter is made of when parameters of its own are set.
    _usual_parts: ClassVar[dict[str, Callable[[], Any]]] = {}

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the natural logarithm of `predict_proba`, shape (n, K)."""
        return np.log(np.maximum(self.predict_proba(X), TINY))

    def decision_function(self, X: Any) -> np.ndarray:
        """Return log(probability) + log(decision weight); the largest is taken.

        Shape (n, K); for two classes, as scikit-learn has it, shape (n,): the second
        minus the first.
        """
        decision = self.predict_log_proba(X) + np.log(self.decision_weights_)
        return decision if len(self.classes_) > 2 else decision[:, 1] - decision[:, 0]

    def decide(self, proba: np.ndarray) -> np.ndarray:
        """Return which of the classes is decided for, by given probabilities (n, K)."""
        return (proba * self.decision_weights_).argmax(axis=1)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy on the labelled comments; the others are context.

        Raises
        ------
        ValueError
            If lengths differ or no comment is labelled.
        """
        labelled = labelled_comments(X, y, sample_weight=sample_weight)
        right = self.predict(X)[labelled.rows] == labelled.classes[labelled.y]
        return float(np.average(right, weights=labelled.weight))

    def set_params(self, **params: Any) -> DecidingClassifier:
        """Set parameters, also of a part that is None and so stands for a usual one."""
        for name in {key.partition("__")[0] for key in params if "__" in key}:
            if name in self._usual_parts and getattr(self, name) is None:
                setattr(self, name, self._usual_parts[name]())
        return super().set_params(**params)


def decision_weights(
    decision: str | Sequence[Any],
    proba: np.ndarray,
    labelled: Labelled,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """Return the weights that `decision` asks for, from out-of-fold probabilities."""
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
    """Return where labels stand among the classes; the argument is named in errors."""
    positions = {label: position for position, label in enumerate(classes.tolist())}
    unknown = [label for label in labels if label not in positions]
    if unknown:
        raise ValueError(
            f"{argument}= names labels that are not in the data: {unknown}. "
            f"The data have: {classes.tolist()}."
        )
    return [positions[label] for label in labels]
