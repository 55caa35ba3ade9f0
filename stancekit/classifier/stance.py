"""Classify the stance of comments, one by one, with a calibrated linear model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.svm import LinearSVC
from sklearn.utils.validation import check_is_fitted

from stancekit.classifier.calibration import (
    Calibration,
    fit_calibration,
    tune_decision_weights,
)
from stancekit.classifier.labelled import Labelled, labelled_comments
from stancekit.features import CommentFeatures, Counts, LinearScorer, expect_shape
from stancekit.threads import thread_folds, with_context


class StanceClassifier(ClassifierMixin, BaseEstimator):
    """A calibrated linear classifier of comments and replies.

    Each comment is judged by its own words, the words of the comment it answers, and
    its shape (:class:`~stancekit.features.CommentFeatures`). The scores of a linear
    support vector machine become probabilities on folds that keep articles, else
    threads, whole.

    Parameters
    ----------
    features : CommentFeatures, optional
        The features; by default ``CommentFeatures()``.
    C : float, default=0.3
        How closely the model follows the labels; the inverse of regularisation.
    class_weight : "balanced", dict or None, default="balanced"
        Weight of the labels in training. Balanced weights are inverse to how often a
        label stands; the probabilities are corrected for them.
    decision : {"macro_f1", "argmax"} or sequence of labels, default="macro_f1"
        What `predict` is tuned for: the mean F1 of all labels, plain accuracy (then
        it takes the most probable label), or the mean F1 of the labels named.
    cv : int, default=5
        Folds for the probabilities and the decision.
    n_jobs : int, optional
        How many processes train and how many threads score. The result is the same
        for any number.
    random_state : int, default=0
        Seed of folds and solver.

    Attributes
    ----------
    classes_ : array of shape (K,)
        The labels, sorted; the order of all columns.
    calibration_ : Calibration
        Maps scores to probabilities.
    decision_weights_ : array of shape (K,)
        `predict` takes the largest of probability times weight.
    class_shares_ : array of shape (K,)
        Shares of the labels in training, which a comment gets as its probabilities
        if nothing in it is known.
    scorer_ : LinearScorer
        The linear model.
    n_labelled_ : int
        How many comments it was trained on.

    Notes
    -----
    With ``decision="macro_f1"`` the predicted label need not be the most probable
    one: a rare label is decided for earlier than its probability alone would say.
    For shares of labels use the probabilities, never counts of predicted labels.

    Examples
    --------
    >>> texts = ["Erst reden!", "Reden, nicht schießen", "Liefern!", "Mehr liefern"]
    >>> labels = ["talks", "talks", "arms", "arms"]
    >>> classifier = StanceClassifier(cv=2).fit(texts, labels)
    >>> classifier.predict(["Wir müssen reden", "Waffen liefern"]).tolist()
    ['talks', 'arms']
    >>> classifier.predict_proba(["?"]).round(2)  # nothing known: shares of the labels
    array([[0.5, 0.5]])
    """

    def __init__(
        self,
        features: CommentFeatures | None = None,
        *,
        C: float = 0.3,
        class_weight: str | dict | None = "balanced",
        decision: str | Sequence[Any] = "macro_f1",
        cv: int = 5,
        n_jobs: int | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.features = features
        self.C = C
        self.class_weight = class_weight
        self.decision = decision
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(
        self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None
    ) -> StanceClassifier:
        """Train on the labelled comments.

        Parameters
        ----------
        X : DataFrame or sequence of str
            n comments, as :func:`~stancekit.check_comments` takes them.
        y : array-like of shape (n,)
            Labels; missing means unlabelled: not trained on.
        groups : array-like of shape (n,), optional
            What folds keep whole, instead of articles and threads.
        sample_weight : array-like of shape (n,), optional
            How much each comment counts.

        Returns
        -------
        StanceClassifier
            Itself.

        Raises
        ------
        ValueError
            If the comments are no comment table, lengths differ, fewer than two
            labels are there, or a label stands on one comment only.
        """
        self._fit(labelled_comments(X, y, groups, sample_weight))
        return self

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

    def predict_with_evidence(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the probabilities and on how much of each comment they rest.

        Returns
        -------
        proba : array of shape (n, K)
        evidence : array of int, shape (n,)
            Occurrences of n-grams known from training. Where there are none, the
            probabilities are the shares of the labels in training.
        """
        check_is_fitted(self)
        scores, evidence = self._scores(with_context(X))
        proba = self.calibration_.probabilities(scores)
        proba[evidence == 0] = self.class_shares_
        return proba, evidence

    def to_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return the trained model as JSON values and plain arrays."""
        features = CommentFeatures() if self.features is None else self.features
        parameters = self.get_params(deep=False) | {"features": features.get_params()}
        del parameters["n_jobs"]  # the machine's matter, not the model's
        settings = {
            "parameters": parameters,
            "classes": self.classes_.tolist(),
            "n_labelled": self.n_labelled_,
        }
        arrays = {
            "calibration/slope": np.array(self.calibration_.slope),
            "calibration/bias": self.calibration_.bias,
            "decision_weights": self.decision_weights_,
            "class_shares": self.class_shares_,
            **self.scorer_.to_arrays(),
        }
        return settings, arrays

    @classmethod
    def from_state(
        cls, settings: dict[str, Any], arrays: dict[str, np.ndarray]
    ) -> StanceClassifier:
        """Return the model that :meth:`to_state` described.

        Raises
        ------
        KeyError, TypeError, ValueError
            If something is missing, unknown or of another shape.
        """
        parameters = dict(settings["parameters"])
        features = CommentFeatures(**parameters.pop("features"))
        model = cls(features, **parameters)
        model.classes_ = np.array(settings["classes"])
        model.n_labelled_ = settings["n_labelled"]
        n_classes = len(model.classes_)
        bias = expect_shape(arrays, "calibration/bias", (n_classes,))
        model.calibration_ = Calibration(float(arrays["calibration/slope"]), bias)
        model.decision_weights_ = expect_shape(arrays, "decision_weights", (n_classes,))
        model.class_shares_ = expect_shape(arrays, "class_shares", (n_classes,))
        model.scorer_ = LinearScorer.from_arrays(
            features.ngram_map, arrays, n_classes, kernel=features.kernel
        )
        return model

    def _fit(self, labelled: Labelled) -> np.ndarray:
        """Train; return the out-of-fold scores of the labelled comments."""
        features = CommentFeatures() if self.features is None else clone(self.features)
        folds = thread_folds(
            labelled.table,
            labelled.classes[labelled.y],
            self.cv,
            groups=labelled.groups,
            random_state=self.random_state,
        )
        counts = features.count(labelled.table)
        scores = self._out_of_fold(features, counts, labelled, folds)
        matrix = features.learn(counts).weigh(counts)
        self.scorer_ = features.scorer(*self._fit_linear(matrix, labelled))
        self.classes_ = labelled.classes
        self.n_labelled_ = len(labelled.y)
        class_weight = np.bincount(labelled.y, labelled.weight)
        self.class_shares_ = class_weight / class_weight.sum()
        self.calibration_ = fit_calibration(scores, labelled.y, labelled.weight)
        proba = self.calibration_.probabilities(scores)
        self.decision_weights_ = self._decision_weights(proba, labelled)
        return scores

    def _out_of_fold(
        self,
        features: CommentFeatures,
        counts: Counts,
        labelled: Labelled,
        folds: list[tuple[np.ndarray, np.ndarray]],
    ) -> np.ndarray:
        """Score each labelled comment by a model that saw nothing of its group."""

        def score(train: np.ndarray, test: np.ndarray) -> np.ndarray:
            learnt = clone(features).learn(counts.take(train))
            matrix = learnt.weigh(counts.take(train))
            coef, intercept = self._fit_linear(matrix, labelled, train)
            return learnt.weigh(counts.take(test)) @ coef.T + intercept

        # Processes, not threads: the solver draws from one generator a process, so
        # that threads would disturb each other's order.
        parts = Parallel(n_jobs=self.n_jobs)(
            delayed(score)(train, test) for train, test in folds
        )
        scores = np.empty((len(labelled.y), len(labelled.classes)))
        for (_, test), part in zip(folds, parts, strict=True):
            scores[test] = part
        return scores

    def _fit_linear(
        self, matrix: csr_matrix, labelled: Labelled, rows: Any = slice(None)
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return coefficients (K, n_features) and intercepts (K,)."""
        model = LinearSVC(
            C=self.C,
            class_weight=self.class_weight,
            random_state=self.random_state,
            max_iter=10_000,
            tol=0.01,
        )
        y = labelled.classes[labelled.y[rows]]
        model.fit(matrix, y, sample_weight=labelled.weight[rows])
        if len(labelled.classes) == 2:  # one weight vector stands for both
            return np.vstack([-model.coef_, model.coef_]), np.concatenate(
                [-model.intercept_, model.intercept_]
            )
        return model.coef_, model.intercept_

    def _decision_weights(self, proba: np.ndarray, labelled: Labelled) -> np.ndarray:
        if isinstance(self.decision, str):
            if self.decision == "argmax":
                return np.ones(len(labelled.classes))
            if self.decision != "macro_f1":
                raise ValueError(
                    f"decision={self.decision!r}: it takes 'macro_f1', 'argmax', or a "
                    "list of the labels whose F1 counts."
                )
            targets = None
        else:
            targets = _positions(self.decision, labelled.classes)
        return tune_decision_weights(proba, labelled.y, targets, labelled.weight)

    def _scores(self, table: Any) -> tuple[np.ndarray, np.ndarray]:
        return self.scorer_.score(table, n_threads=effective_n_jobs(self.n_jobs))


def _positions(labels: Sequence[Any], classes: np.ndarray) -> list[int]:
    positions = {label: position for position, label in enumerate(classes.tolist())}
    unknown = [label for label in labels if label not in positions]
    if unknown:
        raise ValueError(
            f"decision= names labels that are not in the data: {unknown}. "
            f"The data have: {classes.tolist()}."
        )
    return [positions[label] for label in labels]
