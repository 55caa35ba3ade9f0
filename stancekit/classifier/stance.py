"""Classify the stance of comments, one by one, with a calibrated linear model."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from joblib import effective_n_jobs
from scipy.sparse import csr_matrix, hstack
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from stancekit import columns as col
from stancekit.classifier.calibration import cap
from stancekit.classifier.deciding import decision_weights
from stancekit.classifier.encoding import encode_texts, warn_if_useless
from stancekit.classifier.knowing import (
    FEWEST_WORDS,
    Judgement,
    count_words,
    fit_bound,
    known_out_of_fold,
    known_share,
    languages,
    lean,
    trust,
)
from stancekit.classifier.labelled import Labelled, labelled_comments
from stancekit.classifier.search import (
    Trial,
    are_many,
    both_sides,
    choose_recipe,
    make_recipe,
    possible_blocks,
    try_recipe,
)
from stancekit.classifier.state import SavedClassifier
from stancekit.classifier.trained_on import TrainedOn
from stancekit.features import CommentFeatures, remember_columns
from stancekit.folds import Folds
from stancekit.threads import with_context, with_replies

# How many comments are scored at a time.
BATCH = 100_000


class StanceClassifier(SavedClassifier):
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
    known_bound_ : float
        What share of their words 95 % of the labelled comments have in common with
        those of other folds.
    scorer_ : LinearScorer
        The linear model of the features.
    encoder_coef_ : array of shape (d, K)
        The linear model of what the encoder gives.
    n_labelled_ : int
        How many comments it was trained on.
    languages_ : tuple of str
        Their languages by the column ``lang``, the most frequent first; empty without
        that column.
    n_features_in_, feature_names_in_ : int, array of str
        Columns of the table that it was trained on; not there after bare texts.
    trained_on_ : TrainedOn
        Hashes of these comments.

    Notes
    -----
    Up to 40,000 labelled comments the support vector machine is solved exactly, by the
    dual coordinate descent of [1]_, with a squared hinge loss; without shape columns,
    n-grams that tell a class from the others count a little more, in the manner of
    [2]_. Above, it is trained by stochastic gradient descent [3]_ with a plain hinge
    loss, and two folds give the probabilities.

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

    _usual_parts: ClassVar = {"features": CommentFeatures}

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
            labels are there, a label stands on one comment only, or weights are
            negative or not finite.

        Warns
        -----
        DataWarning
            If labels stand on fewer comments than folds, or have another index than
            the comments, or the encoder does not help.
        """
        remember_columns(self, X)
        labelled = labelled_comments(X, y, groups, sample_weight, n_folds=self.cv)
        self.fit_described(self.describe(labelled), labelled)
        warn_if_useless(self.encoder, self.encoder_weight_)
        return self

    def judge(self, X: Any) -> Judgement:
        """Return probabilities and how much of each comment is known, as above."""
        check_is_fitted(self)
        table = with_context(X)
        if self.features_.replies_weight:
            table = with_replies(table)
        proba = np.empty((len(table), len(self.classes_)))
        words = np.empty((len(table), 2), dtype=np.int64)
        for start in range(0, len(table), BATCH):  # few at a time, for memory's sake
            rows = slice(start, start + BATCH)
            part = table.iloc[rows]
            proba[rows], words[rows], _ = self.judge_encoded(part, self.encode(part))
        proba = cap(proba, self.calibration_.highest)
        foreign = self.is_foreign(words)
        return Judgement(proba, known_share(words), foreign, self.decide(proba))

    def is_foreign(self, words: np.ndarray) -> np.ndarray:
        """Tell of which comments, by their words (n, 2), too few are known."""
        long = words[:, 0] >= FEWEST_WORDS
        return long & (known_share(words) < self.known_bound_)

    def describe(self, labelled: Labelled) -> csr_matrix:
        """Return all that training needs of comments, in one matrix.

        These are n-grams and shape, as :meth:`CommentFeatures.count` returns them, and
        the rows of the encoder.
        """
        features = self._plainest_features()
        if self.features is None:
            blocks = possible_blocks(labelled)
            features.set_params(**{f"{name}_weight": 1.0 for name in blocks})
        encoded = csr_matrix(self.encode(labelled.table))
        return hstack([features.count(labelled.table), encoded], format="csr")

    def fit_described(self, X: csr_matrix, labelled: Labelled) -> np.ndarray:
        """Train on comments that :meth:`describe` has seen to.

        Returns
        -------
        array of shape (n, K)
            Probabilities of each of them by a model trained on other folds.
        """
        # Of many comments half teach as much as four fifths, and sooner.
        n_folds = min(self.cv, 2) if are_many(labelled) else self.cv
        folds = labelled.folds(n_folds, self.random_state)
        features, compact = self._plainest_features().compacted(X)
        recipe = make_recipe(
            features,
            self.C,
            labelled,
            n_encoded=compact.shape[1] - features.n_counted,
            class_weight=self.class_weight,
            random_state=self.random_state,
        )
        recipe = choose_recipe(
            recipe,
            compact,
            labelled,
            len(folds),
            C_is_free=self.C is None,
            blocks_are_free=self.features is None,
            n_jobs=self.n_jobs,
        )
        trial = try_recipe(recipe, compact, labelled, folds, n_jobs=self.n_jobs)
        self._keep(trial, X, labelled, folds)
        return trial.proba

    def encode(self, table: pd.DataFrame) -> np.ndarray:
        """Return what the encoder gives comments, shape (n, d); d = 0 without one."""
        return encode_texts(self.encoder, table[col.TEXT])

    def judge_encoded(
        self, table: pd.DataFrame, encoded: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what is said of n comments with context, once they are encoded.

        These are the probabilities (n, K), not capped; the number of words and of
        known ones (n, 2); and how far the probabilities are trusted (n,).
        """
        n_threads = effective_n_jobs(self.n_jobs)
        scores, words = self.scorer_.score(table, n_threads=n_threads)
        scores += encoded @ self.encoder_coef_
        trusted = trust(words, self.known_bound_)
        # An encoder may know other words as well. Whether it does nobody has shown, so
        # the comment is abstained on all the same.
        trusted[encoded.any(axis=1)] = 1.0
        proba = self.calibration_.probabilities(scores)
        return lean(proba, trusted, self.class_shares_), words, trusted

    def in_training(self, X: Any) -> np.ndarray:
        """Tell which comments the model was trained on, shape (n,).

        They are known by hashes of their text with that of the comment they answer.
        """
        check_is_fitted(self)
        return self.trained_on_.includes(with_context(X))

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

    def _plainest_features(self) -> CommentFeatures:
        if self.features is not None:
            return clone(self.features)
        return CommentFeatures(parent_weight=0.0)

    def _keep(
        self, trial: Trial, X: csr_matrix, labelled: Labelled, folds: Folds
    ) -> None:
        """Train what was chosen on all comments and keep what predicts."""
        self.calibration_ = trial.calibration
        # The solver's own decision, with its balanced class weights, comes near.
        start = np.exp(-trial.calibration.bias)
        self.decision_weights_ = decision_weights(
            self.decision, trial.proba, labelled, start
        )
        whole = self._plainest_features()
        recipe = clone(trial.recipe).set_params(
            features__counted__n_buckets=whole.n_buckets,
            features__encoded__start=whole.n_counted,
        )
        recipe.fit(X, labelled.y, svm__sample_weight=labelled.weight)
        (_, counted), (_, encoded) = recipe["features"].transformer_list
        svm = recipe["svm"]
        self.features_, self.C_ = clone(counted), svm.C
        self.encoder_weight_ = encoded.weight
        coef, intercept = both_sides(svm.coef_.T), both_sides(svm.intercept_)
        of_words, of_encoder = np.split(coef, [counted.n_features_out_])
        self.encoder_coef_ = encoded.factor_ * of_encoder
        intercept = intercept - encoded.mean_ @ self.encoder_coef_
        words = count_words(labelled.table[col.TEXT], counted.n_buckets, counted.kernel)
        self.scorer_ = counted.scorer(of_words.T, intercept, words.getnnz(axis=0) > 0)
        self.known_bound_ = fit_bound(known_out_of_fold(words, folds))
        self.classes_ = labelled.classes
        self.n_labelled_ = len(labelled.y)
        self.languages_ = languages(labelled.table)
        self.trained_on_ = TrainedOn.learn(labelled.table)
        self.class_shares_ = np.bincount(labelled.y, labelled.weight) / sum(
            labelled.weight
        )
