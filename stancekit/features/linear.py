"""Score comments with a linear model without building their features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stancekit.features.shape import shape_matrix
from stancekit.features.views import VIEWS, unique_texts
from stancekit.ngrams import NgramMap, NgramScorer, NgramTable

KINDS = ("words", "characters")


@dataclass(frozen=True, eq=False)
class LinearScorer:
    """A linear model over the blocks of :class:`CommentFeatures`.

    Parameters
    ----------
    views : dict of str to NgramScorer
        The weights of the n-grams of each view, block weights included.
    shape_weights : array of shape (n_shape, n_scores)
        Weights of the unscaled shape columns.
    intercept : array of shape (n_scores,)
        What every comment gets.
    """

    views: dict[str, NgramScorer]
    shape_weights: np.ndarray
    intercept: np.ndarray

    def score(
        self, table: pd.DataFrame, *, n_threads: int = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the scores of comments and on how many n-grams they rest.

        Parameters
        ----------
        table : DataFrame of n comments
            With its context columns.
        n_threads : int, default=1
            How many threads share the comments; the result is the same.

        Returns
        -------
        scores : array of float, shape (n, n_scores)
        evidence : array of int, shape (n,)
            Occurrences of known n-grams in the comment's own text.
        """
        scores = np.tile(self.intercept, (len(table), 1))
        evidence = np.zeros(len(table), dtype=np.int64)
        for name, scorer in self.views.items():
            texts = VIEWS[name](table)
            if name == "own":
                added, evidence = scorer.score(texts, n_threads=n_threads)
                scores += added
            else:
                codes, different = unique_texts(texts)
                added, _ = scorer.score(different, n_threads=n_threads)
                scores += added[codes]
        if len(self.shape_weights):
            scores += shape_matrix(table) @ self.shape_weights
        return scores, evidence

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the weights as plain arrays by name.

        Nothing is lost: idf and weights have half precision since training.
        """
        arrays = {"shape_weights": self.shape_weights, "intercept": self.intercept}
        for view, scorer in self.views.items():
            for kind, table in zip(
                KINDS, (scorer.words, scorer.characters), strict=True
            ):
                name = f"{view}/{kind}"
                steps = np.diff(table.buckets, prepend=np.int32(0))
                smallest = np.min_scalar_type(steps.max(initial=0))
                arrays[f"{name}/steps"] = steps.astype(smallest)
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
        """Return the scorer that :meth:`to_arrays` described.

        Parameters
        ----------
        maps : dict of str to NgramMap
            For each view, how its texts become n-grams.
        arrays : dict of str to array
        n_scores : int
        kernel : {"auto", "numpy", "numba"}, default="auto"

        Raises
        ------
        KeyError, ValueError
            If an array is missing or of another shape.
        """
        views = {}
        for view, ngram_map in maps.items():
            tables = [_table(arrays, f"{view}/{kind}", n_scores) for kind in KINDS]
            views[view] = NgramScorer(ngram_map, *tables, kernel=kernel)
        shape_weights = arrays["shape_weights"]
        expect_shape(arrays, "shape_weights", (len(shape_weights), n_scores))
        return cls(views, shape_weights, expect_shape(arrays, "intercept", (n_scores,)))


def to_half(values: np.ndarray) -> np.ndarray:
    """Round to half precision, which a model file holds, and return as float32."""
    return values.astype(np.float16).astype(np.float32)


def _table(arrays: dict[str, np.ndarray], name: str, n_scores: int) -> NgramTable:
    steps = arrays[f"{name}/steps"]
    return NgramTable(
        np.cumsum(steps, dtype=np.int32),
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
