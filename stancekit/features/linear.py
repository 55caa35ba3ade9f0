"""Score comments with a linear model without building their features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stancekit.features.views import VIEWS, shape_matrix
from stancekit.ngrams import NgramMap, NgramScorer, NgramTable

KINDS = ("words", "characters")


@dataclass(frozen=True, eq=False)
class LinearScorer:
    """A linear model over the blocks of :class:`CommentFeatures`."""

    views: dict[str, NgramScorer]  # block weights included
    shape_weights: np.ndarray  # (n_shape, n_scores), of the unscaled columns
    intercept: np.ndarray

    def score(
        self, table: pd.DataFrame, *, n_threads: int = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the scores (n, n_scores) of comments with context, and their words.

        Those are how many words each comment's own text has, and how many of them
        are known, shape (n, 2).
        """
        scores = np.tile(self.intercept, (len(table), 1))
        for name, scorer in self.views.items():
            texts = VIEWS[name](table)
            if name == "own":
                added, words = scorer.score(texts, n_threads=n_threads)
                scores += added
            else:
                # A parent is the parent of many.
                codes, different = pd.factorize(texts)
                added, _ = scorer.score(different, n_threads=n_threads)
                scores += added[codes]
        if len(self.shape_weights):
            scores += shape_matrix(table) @ self.shape_weights
        return scores, words

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the weights as plain arrays by name.

        Nothing is lost: idf and weights have half precision since training.
        """
        known = np.flatnonzero(self.views["own"].is_known)
        arrays = {
            "shape_weights": self.shape_weights,
            "intercept": self.intercept,
            "known/steps": _steps(known),
        }
        for view, scorer in self.views.items():
            for kind, table in zip(
                KINDS, (scorer.words, scorer.characters), strict=True
            ):
                name = f"{view}/{kind}"
                arrays[f"{name}/steps"] = _steps(table.buckets)
                arrays[f"{name}/idf"] = table.idf.astype(np.float16)
                arrays[f"{name}/weights"] = table.weights.astype(np.float16)
        return arrays

    @classmethod
    def from_arrays(
        cls,
        maps: dict[str, NgramMap],
        arrays: dict[str, np.ndarray],
        n_scores: int,
        *,
        kernel: str = "auto",
    ) -> LinearScorer:
        """Return the scorer that :meth:`to_arrays` described, by the map of each view.

        Raises KeyError or ValueError if an array is missing or of another shape.
        """
        views = {}
        for view, ngram_map in maps.items():
            tables = [_table(arrays, f"{view}/{kind}", n_scores) for kind in KINDS]
            is_known = np.zeros(ngram_map.n_buckets, dtype=bool)
            if view == "own":
                is_known[_buckets(arrays, "known", ngram_map.n_buckets)] = True
            views[view] = NgramScorer(
                ngram_map, *tables, is_known=is_known, kernel=kernel
            )
        shape_weights = arrays["shape_weights"]
        expect_shape(arrays, "shape_weights", (len(shape_weights), n_scores))
        return cls(views, shape_weights, expect_shape(arrays, "intercept", (n_scores,)))


def to_half(values: np.ndarray) -> np.ndarray:
    """Round to half precision, which a model file holds, and return as float32."""
    return values.astype(np.float16).astype(np.float32)


def _steps(buckets: np.ndarray) -> np.ndarray:
    """Return from each bucket the step to it, in as few bytes as they need."""
    steps = np.diff(buckets, prepend=buckets.dtype.type(0))
    return steps.astype(np.min_scalar_type(steps.max(initial=0)))


def _buckets(arrays: dict[str, np.ndarray], name: str, end: int) -> np.ndarray:
    """Return the buckets that :func:`_steps` led to; ValueError if one is too large."""
    buckets = np.cumsum(arrays[f"{name}/steps"], dtype=np.int64)
    if len(buckets) and buckets[-1] >= end:
        raise ValueError(f"{name} has bucket {buckets[-1]} of {end}")
    return buckets


def _table(arrays: dict[str, np.ndarray], name: str, n_scores: int) -> NgramTable:
    steps = arrays[f"{name}/steps"]
    return NgramTable(
        _buckets(arrays, name, 2**31).astype(np.int32),
        expect_shape(arrays, f"{name}/idf", steps.shape).astype(np.float32),
        expect_shape(arrays, f"{name}/weights", (len(steps), n_scores)).astype(
            np.float32
        ),
    )


def expect_shape(
    arrays: dict[str, np.ndarray], name: str, shape: tuple[int, ...]
) -> np.ndarray:
    """Return an array, or raise ValueError if its shape is another one."""
    if arrays[name].shape != shape:
        raise ValueError(f"{name} has shape {arrays[name].shape}, not {shape}")
    return arrays[name]
