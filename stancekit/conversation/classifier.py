"""Classify the stance of comments with what the rest of the thread says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from stancekit import columns as col
from stancekit.classifier import StanceClassifier
from stancekit.classifier.calibration import cap, highest_borne_out
from stancekit.classifier.deciding import DecidingClassifier, decision_weights
from stancekit.classifier.encoding import warn_if_useless
from stancekit.classifier.knowing import Judgement, known_share, lean
from stancekit.classifier.labelled import Labelled, labelled_comments
from stancekit.classifier.parts import below, from_parts, to_parts
from stancekit.conversation.field import Edges, Field, fit_field
from stancekit.conversation.neighbours import (
    answer_pairs,
    author_codes,
    author_pairs,
    author_places,
    grandparent_pairs,
    hide_authors,
    reply_pairs,
)
from stancekit.features import remember_columns
from stancekit.threads import with_context, with_replies

# In training the authors of this share of the articles are hidden, so that the model
# learns to do without names where a source has none.
HIDDEN_SHARE = 0.3

# A smaller probability counts as this one, so that its log is finite.
LEAST = 1e-12

OTHER_STANCE, SAME_STANCE = 0, 1


def _says_what_belongs_to_first(init: Callable[..., None]) -> Callable[..., None]:
    """Answer an argument of the classifier of single comments with its place."""

    @wraps(init)
    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        of_first = {*kwargs} & {*StanceClassifier().get_params(deep=False)}
        for name in sorted(of_first - {"n_jobs", "random_state"}):
            raise TypeError(
                f"{name}= belongs to the classifier of single comments: "
                f"ConversationClassifier(StanceClassifier({name}=...))."
            )
        init(self, *args, **kwargs)

    return checked


class ConversationClassifier(DecidingClassifier):
    """A classifier that lets what the thread says inform each comment.

    People answer each other, and stay with their opinion. Two classifiers of single
    comments give, for each comment, log-odds of the labels and, for each reply, the
    log-odds that it takes its parent's stance. A small conditional random field
    (:mod:`stancekit.conversation.field`) joins them along three kinds of edges:
    between parent and reply, between comments of one author under one article, and,
    where names are missing, between grandparent and reply.

    **The answer for a comment depends on which other comments are in the table.** Give
    it whole articles. Neighbours of which nothing is known change nothing, however
    many there are, and names such as "Gast" or "[deleted]" join no comments.

    Parameters
    ----------
    first : StanceClassifier, optional
        The classifier of single comments; by default ``StanceClassifier()``.
    n_jobs : int, optional
        How many processes train and how many threads score.
    random_state : int, default=0
        Seed of folds and solvers.

    Attributes
    ----------
    classes_ : array of shape (K,)
        The labels, sorted; the order of all columns.
    first_, relation_ : StanceClassifier
        The two classifiers; `relation_` is None if too few replies were labelled.
    field_ : Field
        What joins them.
    decision_weights_ : array of shape (K,)
        `predict` takes the largest of probability times weight, as in
        :class:`~stancekit.StanceClassifier`, whose `decision` says what for.
    n_labelled_ : int
        How many comments it was trained on.

    Notes
    -----
    The field is trained on out-of-fold log-odds, from folds that keep articles whole,
    and on edges between labelled comments only. Unlabelled comments count when they
    stand in the table given to `predict`.

    Examples
    --------
    >>> from stancekit.datasets import load_corpus
    >>> corpus = load_corpus().head(300)
    >>> classifier = ConversationClassifier(StanceClassifier(cv=2))
    >>> classifier.fit(corpus, corpus["stance"]).predict_proba(corpus).shape
    (300, 4)
    """

    _usual_parts: ClassVar = {"first": StanceClassifier}

    @_says_what_belongs_to_first
    def __init__(
        self,
        first: StanceClassifier | None = None,
        *,
        n_jobs: int | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.first = first
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(
        self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None
    ) -> ConversationClassifier:
        """Train on the labelled comments.

        Parameters
        ----------
        X : DataFrame or sequence of str
            n comments, as :func:`~stancekit.check_comments` takes them.
        y : array-like of shape (n,)
            Labels; missing means unlabelled.
        groups : array-like of shape (n,), optional
            What folds keep whole, instead of articles and threads.
        sample_weight : array-like of shape (n,), optional
            How much each comment counts for the two classifiers.

        Returns
        -------
        ConversationClassifier
            Itself.

        Raises
        ------
        ValueError
            As :meth:`StanceClassifier.fit`.
        """
        self.first_ = self._new_first()
        remember_columns(self, X)
        labelled = labelled_comments(
            X, y, groups, sample_weight, n_folds=self.first_.cv
        )
        # N-grams are counted once for both classifiers.
        described = self.first_.describe(labelled)
        proba = self.first_.fit_described(described, labelled)
        warn_if_useless(self.first_.encoder, self.first_.encoder_weight_)
        shares = self.first_.class_shares_
        inputs = _inputs(labelled.table, proba, shares)
        relation = self._fit_relation(labelled, described)
        edges = _edges(hide_authors(labelled.table, HIDDEN_SHARE), relation)
        self.field_ = fit_field(inputs, labelled.y, edges, shares)
        self.classes_ = labelled.classes
        self.n_labelled_ = len(labelled.y)
        proba = self.field_.marginals(inputs, _edges(labelled.table, relation))
        self.highest_ = highest_borne_out(proba, labelled.y)
        self.decision_weights_ = decision_weights(self.first_.decision, proba, labelled)
        return self

    def input_weight(self, *, is_reply: bool) -> float:
        """Return how much the log-odds of `first_` weigh, of a reply or another."""
        of_replies, of_others = self.field_.input_weights
        return float(of_replies if is_reply else of_others)

    @property
    def languages_(self) -> tuple[str, ...]:
        """The languages of the comments it was trained on, as `first_` has them."""
        return self.first_.languages_

    def judge(self, X: Any) -> Judgement:
        """Return probabilities and how much of each comment is known, as above."""
        check_is_fitted(self)
        table = with_context(X)
        if self.first_.features_.replies_weight:
            table = with_replies(table)  # once for all
        encoded = self.first_.encode(table)
        proba, words, trusted = self.first_.judge_encoded(table, encoded)
        inputs = _inputs(table, proba, self.field_.shares)
        edges = _edges(table, self._relation(table, encoded))
        joined = self.field_.marginals(inputs, edges)
        joined = cap(lean(joined, trusted, self.first_.class_shares_), self.highest_)
        foreign = self.first_.is_foreign(words)
        return Judgement(joined, known_share(words), foreign, self.decide(joined))

    def in_training(self, X: Any) -> np.ndarray:
        """Tell which comments the model was trained on, shape (n,).

        They are known by hashes of their text with that of the comment they answer.
        """
        check_is_fitted(self)
        return self.first_.in_training(X)

    def to_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return the trained model as JSON values and plain arrays."""
        settings: dict[str, Any] = {
            "classes": self.classes_.tolist(),
            "n_labelled": self.n_labelled_,
            "random_state": self.random_state,
        }
        arrays = {
            "decision_weights": self.decision_weights_,
            "highest": np.array(self.highest_),
            "field/inputs": self.field_.input_weights,
            "field/shares": self.field_.shares,
        }
        for name, potential in self.field_.potentials.items():
            arrays[f"field/{name}"] = potential
        models = {"first": self.first_, "relation": self.relation_}
        settings["parts"], own = to_parts({k: m for k, m in models.items() if m})
        return settings, arrays | own

    @classmethod
    def from_state(
        cls,
        settings: dict[str, Any],
        arrays: dict[str, np.ndarray],
        *,
        encoder: Any = None,
    ) -> ConversationClassifier:
        """Return the model that :meth:`to_state` described, as its parts do."""
        parts = from_parts(settings["parts"], arrays, encoder)
        model = cls(clone(parts["first"]), random_state=settings["random_state"])
        model.first_, model.relation_ = parts["first"], parts.get("relation")
        model.classes_ = np.array(settings["classes"])
        model.n_labelled_ = settings["n_labelled"]
        model.decision_weights_ = arrays["decision_weights"]
        model.highest_ = float(arrays["highest"])
        field = below("field", arrays)
        weights, shares = field.pop("inputs"), field.pop("shares")
        model.field_ = Field(weights, shares, {name: field[name] for name in KINDS})
        return model

    def _new_first(self) -> StanceClassifier:
        first = StanceClassifier() if self.first is None else clone(self.first)
        return first.set_params(n_jobs=self.n_jobs, random_state=self.random_state)

    def _fit_relation(self, labelled: Labelled, described: csr_matrix) -> np.ndarray:
        """Learn which replies take their parent's stance; return it out of fold."""
        parent, reply = reply_pairs(labelled.table)
        same = (labelled.y[parent] == labelled.y[reply]).astype(int)
        relation = np.zeros(len(labelled.y))
        self.relation_: StanceClassifier | None = None
        # Each fold needs one of either kind.
        if min(np.bincount(same, minlength=2)) < self.first_.cv:
            return relation
        # With these given, nothing is searched for again.
        self.relation_ = self._new_first().set_params(
            features=clone(self.first_.features_), C=self.first_.C_, decision="argmax"
        )
        if isinstance(self.relation_.class_weight, dict):  # of other labels
            self.relation_.set_params(class_weight="balanced")
        replies = replace(
            labelled.take(reply), classes=np.array([OTHER_STANCE, SAME_STANCE]), y=same
        )
        proba = self.relation_.fit_described(described[reply], replies)
        relation[reply] = _log_odds_of_same(proba)
        return relation

    def _relation(self, table: pd.DataFrame, encoded: np.ndarray) -> np.ndarray:
        """Return for each reply the log-odds that it takes its parent's stance."""
        relation = np.zeros(len(table))
        _, reply = reply_pairs(table)
        if self.relation_ is not None and len(reply):
            proba, *_ = self.relation_.judge_encoded(table.iloc[reply], encoded[reply])
            relation[reply] = _log_odds_of_same(proba)
        return relation


KINDS = ("answer", "author", "grandparent")


def _inputs(table: pd.DataFrame, proba: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return what probabilities say beyond the shares, for replies and others apart.

    The parent's words tell something of a reply only.
    """
    told = np.log(np.maximum(proba, LEAST)) - np.log(shares)
    reply = table[col.DEPTH].to_numpy()[:, None] > 0
    return np.stack([np.where(reply, told, 0), np.where(reply, 0, told)])


def _edges(table: pd.DataFrame, relation: np.ndarray) -> dict[str, Edges]:
    """Return the edges of all kinds between the comments of a table.

    They weigh so that all edges of a kind at a comment weigh 1 together: however many
    replies or comments by one name there are, they cannot outshout its own words.
    """
    author = author_codes(table)
    parent, reply = answer_pairs(table, author)
    weight = 1 / np.bincount(parent)[parent]
    deep = table[col.DEPTH].to_numpy()[reply] > 1
    answers = np.column_stack([weight, weight * relation[reply], weight * deep])
    above, below = grandparent_pairs(table, author)
    first, second = author_pairs(table, author)
    places = author_places(table, author)
    others = np.bincount(places[places >= 0])[places[first], None] - 1
    return {
        "answer": Edges(parent, reply, answers),
        "author": Edges(first, second, 1 / others),
        "grandparent": Edges(above, below, 1 / np.bincount(above)[above][:, None]),
    }


def _log_odds_of_same(proba: np.ndarray) -> np.ndarray:
    return np.log(proba[:, SAME_STANCE]) - np.log(proba[:, OTHER_STANCE])
