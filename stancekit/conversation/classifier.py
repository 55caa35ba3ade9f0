"""Classify the stance of comments with what the rest of the thread says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from stancekit.classifier import StanceClassifier
from stancekit.classifier.deciding import DecidingClassifier, decision_weights
from stancekit.classifier.labelled import Labelled, labelled_comments
from stancekit.classifier.linear import Described
from stancekit.conversation.field import Edges, Field, fit_field
from stancekit.conversation.neighbours import (
    answer_pairs,
    author_pairs,
    grandparent_pairs,
    hide_authors,
    reply_pairs,
)
from stancekit.threads import with_context

# In training the authors of this share of the articles are hidden, so that the model
# learns to do without names where a source has none.
HIDDEN_SHARE = 0.3

OTHER_STANCE, SAME_STANCE = 0, 1


class ConversationClassifier(DecidingClassifier):
    """A classifier that lets what the thread says inform each comment.

    People answer each other, and stay with their opinion. Three classifiers of single
    comments give, for each comment, log-odds of the labels from its words and its
    parent's, the same from its own words alone, and, for each reply, the log-odds
    that it takes its parent's stance. A small conditional random field
    (:mod:`stancekit.conversation.field`) joins them along three kinds of edges:
    between parent and reply, between comments of one author under one article, and,
    where names are missing, between grandparent and reply.

    **The answer for a comment depends on which other comments are in the table.** Give
    it whole articles. A comment without any neighbour gets the answer of the first
    classifier.

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
    first_, own_words_, relation_ : StanceClassifier
        The three classifiers; `relation_` is None if too few replies were labelled.
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
            How much each comment counts for the three classifiers.

        Returns
        -------
        ConversationClassifier
            Itself.

        Raises
        ------
        ValueError
            As :meth:`StanceClassifier.fit`.
        """
        labelled = labelled_comments(X, y, groups, sample_weight)
        self.first_ = self._new_first()
        described = self.first_._describe(labelled)
        scores = self.first_._fit(labelled, described, score_all=True)
        self.own_words_ = self._new_part(own_words_only=True)
        own_scores = self.own_words_._fit(labelled, described, score_all=True)
        inputs = np.stack(
            [_log_odds(self.first_, scores), _log_odds(self.own_words_, own_scores)]
        )
        relation = self._fit_relation(labelled, described)
        edges = _edges(hide_authors(labelled.table, HIDDEN_SHARE), relation)
        self.field_ = fit_field(inputs, labelled.y, edges)
        self.classes_ = labelled.classes
        self.n_labelled_ = len(labelled.y)
        proba = _join(self.field_, inputs, _edges(labelled.table, relation))
        self.decision_weights_ = decision_weights(self.first_.decision, proba, labelled)
        return self

    def predict_with_evidence(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return probabilities (n, K) and evidence (n,), as described above."""
        check_is_fitted(self)
        table = with_context(X)
        encoded = self.first_._encode(table)
        proba, evidence = self.first_._predict(table, encoded)
        own_proba, _ = self.own_words_._predict(table, encoded)
        inputs = np.log(np.stack([proba, own_proba]))
        edges = _edges(table, self._relation(table, encoded))
        joined = _join(self.field_, inputs, edges)
        joined[self.first_._unknown(evidence, encoded)] = self.first_.class_shares_
        return joined, evidence

    def to_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return the trained model as JSON values and plain arrays."""
        settings: dict[str, Any] = {
            "classes": self.classes_.tolist(),
            "n_labelled": self.n_labelled_,
            "random_state": self.random_state,
            "parts": {},
        }
        arrays = {
            "decision_weights": self.decision_weights_,
            "field/inputs": self.field_.input_weights,
            "field/bias": self.field_.bias,
        }
        for name, potential in self.field_.potentials.items():
            arrays[f"field/{name}"] = potential
        for name in ("first", "own_words", "relation"):
            part = getattr(self, f"{name}_")
            if part is not None:
                settings["parts"][name], own = part.to_state()
                arrays |= {f"{name}/{key}": array for key, array in own.items()}
        return settings, arrays

    @classmethod
    def from_state(
        cls,
        settings: dict[str, Any],
        arrays: dict[str, np.ndarray],
        *,
        encoder: Any = None,
    ) -> ConversationClassifier:
        """Return the model that :meth:`to_state` described.

        Raises
        ------
        KeyError, TypeError, ValueError
            If something is missing, unknown or of another shape.
        ModelFileError
            If the encoder is not the one that the model was trained with.
        """
        parts = {
            name: StanceClassifier.from_state(
                own, _below(name, arrays), encoder=encoder
            )
            for name, own in settings["parts"].items()
        }
        model = cls(clone(parts["first"]), random_state=settings["random_state"])
        model.first_, model.own_words_ = parts["first"], parts["own_words"]
        model.relation_ = parts.get("relation")
        model.classes_ = np.array(settings["classes"])
        model.n_labelled_ = settings["n_labelled"]
        model.decision_weights_ = arrays["decision_weights"]
        field = _below("field", arrays)
        weights, bias = field.pop("inputs"), field.pop("bias")
        model.field_ = Field(weights, bias, {name: field[name] for name in KINDS})
        return model

    def _new_first(self) -> StanceClassifier:
        first = StanceClassifier() if self.first is None else clone(self.first)
        return first.set_params(n_jobs=self.n_jobs, random_state=self.random_state)

    def _new_part(self, *, own_words_only: bool = False) -> StanceClassifier:
        """Return a classifier made like the first one, for another question."""
        features = clone(self.first_.features_)
        if own_words_only:
            features.set_params(parent_weight=0, opening_weight=0, shape_weight=0)
        return self._new_first().set_params(features=features, C=self.first_.C_)

    def _fit_relation(self, labelled: Labelled, described: Described) -> np.ndarray:
        """Learn which replies take their parent's stance; return it out of fold."""
        parent, reply = reply_pairs(labelled.table)
        same = (labelled.y[parent] == labelled.y[reply]).astype(int)
        relation = np.zeros(len(labelled.y))
        self.relation_: StanceClassifier | None = None
        if min(np.bincount(same, minlength=2)) < self.first_.cv:
            return relation
        self.relation_ = self._new_part().set_params(decision="argmax")
        if isinstance(self.relation_.class_weight, dict):  # of other labels
            self.relation_.set_params(class_weight="balanced")
        replies = replace(
            labelled.take(reply), classes=np.array([OTHER_STANCE, SAME_STANCE]), y=same
        )
        scores = self.relation_._fit(replies, described.take(reply), score_all=True)
        odds = _log_odds(self.relation_, scores)
        relation[reply] = odds[:, SAME_STANCE] - odds[:, OTHER_STANCE]
        return relation

    def _relation(self, table: pd.DataFrame, encoded: np.ndarray) -> np.ndarray:
        """Return for each reply the log-odds that it takes its parent's stance."""
        relation = np.zeros(len(table))
        _, reply = reply_pairs(table)
        if self.relation_ is not None and len(reply):
            proba, _ = self.relation_._predict(table.iloc[reply], encoded[reply])
            odds = np.log(proba)
            relation[reply] = odds[:, SAME_STANCE] - odds[:, OTHER_STANCE]
        return relation


KINDS = ("answer", "author", "grandparent")


def _edges(table: pd.DataFrame, relation: np.ndarray) -> dict[str, Edges]:
    """Return the edges of all kinds between the comments of a table."""
    parent, reply = answer_pairs(table)
    answers = np.column_stack([np.ones(len(reply)), relation[reply]])
    edges = {"answer": Edges(parent, reply, answers)}
    for name, pairs in (
        ("author", author_pairs(table)),
        ("grandparent", grandparent_pairs(table)),
    ):
        edges[name] = Edges(*pairs, np.ones((len(pairs[0]), 1)))
    return edges


def _join(field: Field, inputs: np.ndarray, edges: dict[str, Edges]) -> np.ndarray:
    """Return the joint answers; a comment alone gets that of the first input."""
    proba = field.marginals(inputs, edges)
    alone = np.ones(len(proba), dtype=bool)
    for kind in edges.values():
        alone[kind.first] = alone[kind.second] = False
    proba[alone] = np.exp(inputs[0, alone])
    return proba


def _log_odds(classifier: StanceClassifier, scores: np.ndarray) -> np.ndarray:
    return np.log(classifier.calibration_.probabilities(scores))


def _below(name: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays whose names begin with a part's, without it."""
    return {
        key.removeprefix(f"{name}/"): array
        for key, array in arrays.items()
        if key.startswith(f"{name}/")
    }
