"""Tell whether a model knows enough words of a comment to judge it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from stancekit import columns as col
from stancekit.folds import Folds
from stancekit.ngrams import NgramMap, count_ngrams

# Of a shorter comment the share of known words tells little.
FEWEST_WORDS = 5
# So many comments like those of training have fewer known words than the bound.
BELOW_BOUND = 0.05


class Judgement(NamedTuple):
    """What a classifier says of n comments, and how much of them it knows."""

    proba: np.ndarray  # (n, K)
    known: np.ndarray  # (n,), share of the words that it met in training
    is_foreign: np.ndarray  # (n,), five words or more, and too few of them known
    decided: np.ndarray  # (n,), which of the classes is decided for


def languages(table: pd.DataFrame) -> tuple[str, ...]:
    """Return the languages of comments by their column, the most frequent first."""
    if col.LANG not in table.columns:
        return ()
    return tuple(table[col.LANG].dropna().astype(str).value_counts().index)


def count_words(texts: pd.Series, n_buckets: int, kernel: str) -> csr_matrix:
    """Return how often each bucket holds a word, shape (n, n_buckets)."""
    single = NgramMap((1, 1), (0, 0), n_buckets)
    return count_ngrams(single, texts, kernel=kernel)[0]


def known_out_of_fold(counts: csr_matrix, folds: Folds) -> np.ndarray:
    """Return how many words comments have, and how many the other folds know.

    >>> counts = csr_matrix([[1, 1, 0], [1, 0, 0], [0, 2, 1]])
    >>> folds = [(np.array([1]), np.array([0, 2])), (np.array([0, 2]), np.array([1]))]
    >>> known_out_of_fold(counts, folds).tolist()
    [[2, 1], [1, 1], [3, 0]]
    """
    words = np.zeros((counts.shape[0], 2), dtype=np.int64)
    words[:, 0] = np.ravel(counts.sum(axis=1))
    for train, test in folds:
        words[test, 1] = counts[test] @ (counts[train].getnnz(axis=0) > 0)
    return words


def known_share(words: np.ndarray) -> np.ndarray:
    """Return which share of their words, shape (n, 2), is known; 0 without words."""
    return words[:, 1] / np.maximum(words[:, 0], 1)


def fit_bound(words: np.ndarray) -> float:
    """Return the share of known words that most comments reach out of fold."""
    long = known_share(words[words[:, 0] >= FEWEST_WORDS])
    return float(np.quantile(long, BELOW_BOUND)) if len(long) else 0.0


def trust(words: np.ndarray, bound: float) -> np.ndarray:
    """Return how far to believe what is said of comments, from 0 to 1, shape (n,).

    All the way from the bound on, less below it. Words missing to five count as
    known, but nothing is believed of a comment without any known word.

    >>> trust(np.array([[10, 9], [10, 4], [2, 1], [1, 0], [0, 0]]), 0.8).tolist()
    [1.0, 0.5, 1.0, 0.0, 0.0]
    """
    missing = np.maximum(FEWEST_WORDS - words[:, 0], 0)
    share = (words[:, 1] + missing) / (words[:, 0] + missing)
    believed = np.minimum(share / bound, 1.0) if bound else np.ones(len(words))
    return np.where(words[:, 1] > 0, believed, 0.0)


def lean(proba: np.ndarray, trusted: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Move probabilities (n, K) towards the shares of the classes, where untrusted."""
    return trusted[:, None] * proba + (1 - trusted[:, None]) * shares
