"""Split the scores of a linear model into what each stretch of text adds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from stancekit import columns as col
from stancekit.classifier import StanceClassifier
from stancekit.conversation import ConversationClassifier
from stancekit.features.views import SHAPE_COLUMNS, VIEWS, shape_matrix
from stancekit.ngrams import NgramScorer, place_ngrams

CHUNK = re.compile(r"\S+")


@dataclass(frozen=True, eq=False)
class Block:
    """A text of a comment (its own, its parent's ...) and what each chunk of it adds.

    The chunks, from `starts` to `ends`, are what stands between white space;
    `weights`, of shape (n_chunks, K), are log-odds of the K labels.
    """

    name: str
    text: str
    starts: np.ndarray
    ends: np.ndarray
    weights: np.ndarray

    @property
    def words(self) -> list[str]:
        """The chunks themselves."""
        spans = zip(self.starts, self.ends, strict=True)
        return [self.text[start:end] for start, end in spans]


# What gives log-odds (K,) without standing on a character.
Facts = dict[str, np.ndarray]


class Part(NamedTuple):
    """A linear model behind a decision, how much it says, and log-odds beside it."""

    model: StanceClassifier
    factor: float
    beside: np.ndarray

    @property
    def strength(self) -> float:
        """What makes log-odds of its scores."""
        return self.factor * self.model.calibration_.slope


def check_explainable(model: Any) -> None:
    """Raise an error if it is no trained classifier of this library."""
    if not isinstance(model, (StanceClassifier, ConversationClassifier)):
        raise TypeError(
            f"A {type(model).__name__} cannot be explained: only of a StanceClassifier "
            "or a ConversationClassifier the weights are known. Train one of them, or "
            "take a part that is one."
        )
    check_is_fitted(model)


def linear_part(
    model: StanceClassifier | ConversationClassifier, *, is_reply: bool
) -> Part:
    """Return the linear model behind a classifier, with how much it says."""
    if isinstance(model, StanceClassifier):
        return Part(model, 1.0, np.zeros(len(model.classes_)))
    factor = model.input_weight(is_reply=is_reply)
    return Part(model.first_, factor, (1 - factor) * np.log(model.field_.shares))


def weigh(model: Any, table: pd.DataFrame) -> Iterator[tuple[list[Block], Facts]]:
    """Yield what the texts of each comment with context add, and what stands beside."""
    # In a second pass replies and other comments have weights of their own.
    both = [linear_part(model, is_reply=is_reply) for is_reply in (False, True)]
    linear = both[0].model
    views = list(linear.scorer_.views)
    texts = [VIEWS[view](table).tolist() for view in views]
    shape, encoded = shape_matrix(table), linear.encode(table)
    for row, is_reply in enumerate(table[col.DEPTH] > 0):
        part = both[is_reply]
        blocks = [
            _weigh_text(view, of_rows[row], part)
            for view, of_rows in zip(views, texts, strict=True)
        ]
        facts = _weigh_beside(part, shape[row], encoded[row])
        yield [block for block in blocks if len(block.starts)], facts


def _weigh_text(view: str, text: str, part: Part) -> Block:
    found = [chunk.span() for chunk in CHUNK.finditer(text)]
    starts, ends = np.array(found, dtype=np.int64).reshape(-1, 2).T
    added = _weigh_chunks(text, starts, part.model.scorer_.views[view])
    return Block(view, text, starts, ends, part.strength * added)


def _weigh_chunks(text: str, starts: np.ndarray, scorer: NgramScorer) -> np.ndarray:
    """Return what each chunk adds to the scores of a text.

    An n-gram of characters stands within a chunk; a pair of words may stand in two,
    which get half of it each.
    """
    added = np.zeros((len(starts), scorer.n_scores))
    tables = (scorer.words, scorer.characters)
    for places, table in zip(place_ngrams(scorer.ngram_map, text), tables, strict=True):
        if not len(table.buckets):
            continue
        # A bucket that is not known has another, or none, where it should be.
        # Searched without the last one, no bucket stands beyond the end.
        rows = np.searchsorted(table.buckets[:-1], places.buckets)
        known = np.flatnonzero(table.buckets[rows] == places.buckets)
        rows = rows[known]
        idf = table.idf[rows].astype(float)
        norm = np.sqrt((idf**2).sum()) or 1.0
        halves = idf[:, None] * table.weights[rows] / (2 * norm)
        for at in (places.starts[known], places.ends[known] - 1):
            np.add.at(added, np.searchsorted(starts, at, side="right") - 1, halves)
    return added


def _weigh_beside(part: Part, shape: np.ndarray, encoded: np.ndarray) -> Facts:
    """Return the log-odds that stand on no character, by what gives them."""
    scorer, calibration = part.model.scorer_, part.model.calibration_
    bias = part.strength * scorer.intercept + part.factor * calibration.bias
    facts = {
        "bias": bias + part.beside,
        "encoder": part.strength * (encoded @ part.model.encoder_coef_),
    }
    of_shape = shape[: len(scorer.shape_weights), None] * scorer.shape_weights
    for name, value in zip(SHAPE_COLUMNS, part.strength * of_shape, strict=False):
        facts[f"shape: {name}"] = value
    return facts
