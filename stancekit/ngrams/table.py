"""Hold what a model knows about the buckets of n-grams."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class NgramTable:
    """What a model knows about one block: its known buckets and their weights.

    Attributes
    ----------
    buckets : ndarray of int32 of shape (n_known,)
        In ascending order.
    idf : ndarray of float32 of shape (n_known,)
        How rare each is.
    weights : ndarray of float32 of shape (n_known, n_scores)
        What each adds to a score, per unit of the feature.
    """

    buckets: np.ndarray
    idf: np.ndarray
    weights: np.ndarray

    def __post_init__(self) -> None:
        n_known = len(self.buckets)
        if len(self.idf) != n_known or self.weights.shape[:1] != (n_known,):
            raise ValueError(
                f"There are {n_known} buckets, {len(self.idf)} idf values and weights "
                f"of shape {self.weights.shape}. Each bucket needs one of each."
            )
        if n_known and (self.buckets[0] < 0 or np.any(np.diff(self.buckets) <= 0)):
            raise ValueError("The buckets are not in ascending order from 0 on.")

    @classmethod
    def from_dense(cls, idf: np.ndarray, weights: np.ndarray) -> NgramTable:
        """Keep the known buckets, those whose idf is not 0.

        Parameters
        ----------
        idf : ndarray of shape (n_buckets,)
        weights : ndarray of shape (n_buckets, n_scores)

        Returns
        -------
        NgramTable

        Examples
        --------
        >>> idf, weights = np.array([0.0, 1.5]), np.array([[0.0], [2.0]])
        >>> NgramTable.from_dense(idf, weights).buckets
        array([1], dtype=int32)
        """
        known = np.flatnonzero(idf)
        return cls(
            known.astype(np.int32),
            np.asarray(idf, dtype=np.float32)[known],
            np.asarray(weights, dtype=np.float32)[known],
        )

    def to_rows(self, width: int) -> np.ndarray:
        """Return what one occurrence adds up to: scores, squared norm, zeros.

        Parameters
        ----------
        width : int
            Number of columns, at least ``n_scores + 1``.

        Returns
        -------
        ndarray of float32 of shape (n_known, width)
        """
        n_scores = self.weights.shape[1]
        rows = np.zeros((len(self.buckets), width), dtype=np.float32)
        idf = self.idf.astype(np.float32)
        rows[:, :n_scores] = idf[:, None] * self.weights
        rows[:, n_scores] = idf**2
        return rows
