"""Classify the stance of comments, one by one, with a calibrated linear model."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd
from joblib import effective_n_jobs
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from stancekit.classifier.calibration import Calibration
from stancekit.classifier.deciding import DecidingClassifier
from stancekit.classifier.encoding import (
    check_encoder,
    describe_encoder,
    encode_texts,
)
from stancekit.classifier.labelled import Labelled, labelled_comments
from stancekit.classifier.linear import Described, Recipe
from stancekit.classifier.search import (
    Search,
    all_features,
    are_many,
    possible_recipes,
)
from stancekit.features import CommentFeatures, LinearScorer, expect_shape
from stancekit.threads import (
    PARENT_ID,
    TEXT,
    check_comments,
    thread_folds,
    with_context,
)

# How many comments are scored at a time.
BATCH = 100_000


class StanceClassifier(DecidingClassifier):
    """A calibrated linear classifier of comments and replies.

    Each comment is judged by its own words, the words of the comment it answers, and
    its shape (:class:`~stancekit.features.CommentFeatures`). The scores of a linear
    support vector machine become probabilities on folds that keep articles, else
    threads, whole.

    Parameters
    ----------
    features : CommentFeatures, optional
        The features. By default ``CommentFeatures()``, or, if the folds show that
        it helps, with openings (where there are headlines) or with shape columns
        (where there are replies).
    C : float, optional
        How closely the model follows the labels; the inverse of regularisation. By
        default 0.5, with openings 0.05 and with shape columns 0.02.
    class_weight : "balanced", dict or None, default="balanced"
        Weight of the labels in training. Balanced weights are inverse to how often a
        label stands, a label that a dict does not name has 1; the probabilities are
        corrected for them.
    encoder : object, optional
        Describes each comment's text by a row of numbers beside the features: any
        object with ``encode(list of str)``, as those of sentence-transformers and
        model2vec, or a scikit-learn transformer of texts, already fitted. Its weight
        is chosen on the folds. It is not saved with the model: :func:`load_model`
        takes it again.
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
    features_, C_, encoder_weight_ : CommentFeatures, float, float
        What was chosen; the weight is 0 without an encoder.
    calibration_ : Calibration
        Maps scores to probabilities.
    decision_weights_ : array of shape (K,)
        `predict` takes the largest of probability times weight.
    class_shares_ : array of shape (K,)
        Shares of the labels in training, which a comment gets as its probabilities
        if nothing in it is known.
    scorer_ : LinearScorer
        The linear model of the features.
    encoder_coef_ : array of shape (d, K)
        The linear model of what the encoder gives.
    n_labelled_ : int
        How many comments it was trained on.

    Notes
    -----
    Up to 40,000 labelled comments the support vector machine is solved exactly, by the
    dual coordinate descent of [1]_, with a squared hinge loss; without shape columns,
    n-grams that tell a class from the others count a little more, in the manner of
    [2]_. Above, it is trained by stochastic gradient descent [3]_ with a plain hinge
    loss, for as long as the macro-F1 on one fold rises, which also gives the
    probabilities.

    With ``decision="macro_f1"`` the predicted label need not be the most probable
    one: a rare label is decided for earlier than its probability alone would say.
    For shares of labels use the probabilities, never counts of predicted labels.

    References
    ----------
    .. [1] Hsieh, C.-J., Chang, K.-W., Lin, C.-J., Keerthi, S. S., Sundararajan, S.
       (2008). A dual coordinate descent method for large-scale linear SVM. ICML.
    .. [2] Wang, S., Manning, C. D. (2012). Baselines and bigrams: simple, good
       sentiment and topic classification. ACL.
    .. [3] Bottou, L. (2012). Stochastic gradient descent tricks. In: Neural Networks:
       Tricks of the Trade, 421-436. Springer.

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
        C: float | None = None,
        class_weight: str | dict | None = "balanced",
        encoder: Any = None,
        decision: str | Sequence[Any] = "macro_f1",
        cv: int = 5,
        n_jobs: int | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.features = features
        self.C = C
        self.class_weight = class_weight
        self.encoder = encoder
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

    def predict_with_evidence(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return probabilities (n, K) and evidence (n,), as described above."""
        check_is_fitted(self)
        table = check_comments(X)
        if PARENT_ID in table.columns:
            table = with_context(table)
        proba = np.empty((len(table), len(self.classes_)))
        evidence = np.empty(len(table), dtype=np.int64)
        for start in range(0, len(table), BATCH):  # few at a time, for memory's sake
            rows = slice(start, start + BATCH)
            part = with_context(table.iloc[rows])
            proba[rows], evidence[rows] = self._predict(part, self._encode(part))
        return proba, evidence

    def to_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return the trained model as JSON values and plain arrays."""
        parameters = self.get_params(deep=False)
        del parameters["n_jobs"], parameters["encoder"]  # not the model's own
        if isinstance(self.class_weight, dict):  # JSON would make strings of the keys
            pairs = [(np.array(k).item(), w) for k, w in self.class_weight.items()]
            parameters["class_weight"] = pairs
        chosen = {"features": self.features_.get_params(), "C": self.C_}
        encoder = None if self.encoder is None else describe_encoder(self.encoder)
        settings = {
            "parameters": parameters | chosen,
            "encoder": encoder,
            "encoder_weight": self.encoder_weight_,
            "classes": self.classes_.tolist(),
            "n_labelled": self.n_labelled_,
        }
        arrays = {
            "calibration/slope": np.array(self.calibration_.slope),
            "calibration/bias": self.calibration_.bias,
            "decision_weights": self.decision_weights_,
            "class_shares": self.class_shares_,
            "encoder_coef": self.encoder_coef_,
            **self.scorer_.to_arrays(),
        }
        return settings, arrays

    @classmethod
    def from_state(
        cls,
        settings: dict[str, Any],
        arrays: dict[str, np.ndarray],
        *,
        encoder: Any = None,
    ) -> StanceClassifier:
        """Return the model that :meth:`to_state` described.

        Raises
        ------
        KeyError, TypeError, ValueError
            If something is missing, unknown or of another shape.
        ModelFileError
            If the encoder is not the one that the model was trained with.
        """
        check_encoder(encoder, settings["encoder"])
        parameters = dict(settings["parameters"])
        if isinstance(parameters["class_weight"], list):
            parameters["class_weight"] = dict(parameters["class_weight"])
        features = CommentFeatures(**parameters.pop("features"))
        model = cls(features, encoder=encoder, **parameters)
        model.encoder_weight_ = settings["encoder_weight"]
        model.features_, model.C_ = features, parameters["C"]
        model.classes_ = np.array(settings["classes"])
        model.n_labelled_ = settings["n_labelled"]
        n_classes = len(model.classes_)
        bias = expect_shape(arrays, "calibration/bias", (n_classes,))
        model.calibration_ = Calibration(float(arrays["calibration/slope"]), bias)
        model.decision_weights_ = expect_shape(arrays, "decision_weights", (n_classes,))
        model.class_shares_ = expect_shape(arrays, "class_shares", (n_classes,))
        model.scorer_ = LinearScorer.from_arrays(
            features.maps, arrays, n_classes, kernel=features.kernel
        )
        model.encoder_coef_ = expect_shape(
            arrays, "encoder_coef", (len(arrays["encoder_coef"]), n_classes)
        )
        return model

    def __sklearn_clone__(self) -> StanceClassifier:
        """Copy the parameters; the encoder is shared, for a copy were not fitted."""
        parameters = {
            name: value if name == "encoder" else clone(value, safe=False)
            for name, value in self.get_params(deep=False).items()
        }
        copied = type(self)(**parameters)
        if hasattr(self, "_metadata_request"):
            copied._metadata_request = deepcopy(self._metadata_request)
        return copied

    def _predict(
        self, table: pd.DataFrame, encoded: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return probabilities and evidence of comments that are already encoded."""
        n_threads = effective_n_jobs(self.n_jobs)
        scores, evidence = self.scorer_.score(table, n_threads=n_threads)
        scores += encoded @ self.encoder_coef_
        proba = self.calibration_.probabilities(scores)
        proba[self._unknown(evidence, encoded)] = self.class_shares_
        return proba, evidence

    @staticmethod
    def _unknown(evidence: np.ndarray, encoded: np.ndarray) -> np.ndarray:
        """Return of which comments nothing is known."""
        return (evidence == 0) & ~encoded.any(axis=1)

    def _encode(self, table: pd.DataFrame) -> np.ndarray:
        return encode_texts(self.encoder, table[TEXT])

    def _fit(
        self,
        labelled: Labelled,
        described: Described | None = None,
        *,
        score_all: bool = False,
    ) -> np.ndarray:
        """Train; return scores of the labelled comments by models of other folds.

        Of many comments those of one fold are enough, unless all are wanted.
        """
        folds = thread_folds(
            labelled.table,
            labelled.classes[labelled.y],
            self.cv,
            groups=labelled.groups,
            random_state=self.random_state,
        )
        if are_many(labelled) and not score_all:
            folds = folds[:1]
        if described is None:
            described = self._describe(labelled)
        search = Search(described, labelled, folds, self.decision, self.n_jobs)
        chosen = search.best(self._recipes(labelled))
        if self.encoder is not None:
            chosen = search.best_encoder_weight(chosen)
        recipe, held_out = chosen.recipe, chosen.held_out
        self.features_, self.C_ = recipe.features, recipe.machine.C
        self.encoder_weight_ = recipe.encoder_weight
        self.calibration_ = chosen.calibration
        self.decision_weights_ = chosen.decision_weights
        self.scorer_, self.encoder_coef_ = recipe.fit(
            described, labelled.y, labelled.weight, held_out.n_epochs
        )
        self.classes_ = labelled.classes
        self.n_labelled_ = len(labelled.y)
        class_weight = np.bincount(labelled.y, labelled.weight)
        self.class_shares_ = class_weight / class_weight.sum()
        return held_out.scores

    def _recipes(self, labelled: Labelled) -> list[Recipe]:
        return possible_recipes(
            labelled,
            features=self.features,
            C=self.C,
            class_weight=self.class_weight,
            random_state=self.random_state,
        )

    def _describe(self, labelled: Labelled) -> Described:
        """Count all that any of the recipes needs, and encode."""
        counts = all_features(self._recipes(labelled)).count(labelled.table)
        return Described(counts, self._encode(labelled.table))
