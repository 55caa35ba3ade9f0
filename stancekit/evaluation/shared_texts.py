"""Find comments that repeat or quote each other's text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, triu

from stancekit.folds import FEWEST_WORDS, WORD, text_keys

# Two texts are near-duplicates if they share this much of their runs (Jaccard).
SAME_SHARE = 0.5
# A passage is taken from a comment that has this share of its runs.
QUOTED_SHARE = 0.8
# A run that stands in more comments than this is a set phrase. It also bounds the cost:
# no run is compared more than MOST_COMMENTS² / 2 times.
MOST_COMMENTS = 50
# Finding near-duplicates takes some seconds for so many texts; more of them are looked
# through for equal words only.
MOST_TEXTS = 50_000

QUOTE = re.compile(
    r"(?:^[ \t]*>.*\n?)+|„[^„“”]+[“”\"]|“[^“”]+”|»[^»«]+«|«[^»«]+»|\"[^\"]+\"",
    re.MULTILINE,
)
# 2^64 by the golden ratio, which spreads neighbouring numbers over all bits.
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def count_repeated(texts: Sequence[str], fold: np.ndarray) -> tuple[int, int]:
    """Count comments whose words stand elsewhere, and nearly so in another fold."""
    keys = pd.Series(text_keys(texts), dtype=object)
    n_folds = pd.Series(fold).groupby(keys).transform("nunique")
    alike = np.array(n_folds > 1, dtype=bool)
    if len(texts) <= MOST_TEXTS:
        pairs = near_duplicates(texts)
        alike[pairs[fold[pairs[:, 0]] != fold[pairs[:, 1]]]] = True
    return int(keys[keys.notna()].duplicated(keep=False).sum()), int(alike.sum())


def near_duplicates(texts: Sequence[str]) -> np.ndarray:
    """Return pairs of texts (n_pairs, 2) that share half of their runs, or more.

    Copies of a text that stands more than 50 times are not found here;
    :func:`~stancekit.folds.text_keys` tells them.

    >>> near_duplicates([
    ...     "Wir brauchen jetzt Gespräche und keine neuen Waffen für den Krieg",
    ...     "Ganz etwas anderes, das mit keinem der beiden zu tun hat",
    ...     "Wir brauchen jetzt Gespräche und keine neuen Waffen für diesen Krieg!",
    ... ]).tolist()
    [[0, 2]]
    """
    runs = word_runs(texts)
    size = runs.getnnz(axis=1)
    telling = runs[:, _telling(runs, least=2)]
    pairs = triu(telling @ telling.T, k=1).tocoo()
    first, second = pairs.row, pairs.col
    alike = np.minimum(size[first], size[second]) >= SAME_SHARE * np.maximum(
        size[first], size[second]
    )
    first, second = first[alike], second[alike]
    common = np.asarray(runs[first].multiply(runs[second]).sum(axis=1)).ravel()
    same = common >= SAME_SHARE * (size[first] + size[second] - common)
    return _sorted(first[same], second[same])


def quotations(texts: Sequence[str]) -> np.ndarray:
    """Return pairs of texts (n_pairs, 2), the first quoting five words or more.

    Passages are lines that begin with ">" and what stands in quotation marks.

    >>> quotations([
    ...     "Ohne Waffen gibt es bald nichts mehr zu verhandeln.",
    ...     "„Ohne Waffen gibt es bald nichts mehr“ - das höre ich seit Jahren.",
    ... ]).tolist()
    [[1, 0]]
    """
    passages = [QUOTE.findall(text) for text in texts]
    owner = np.repeat(np.arange(len(texts)), [len(found) for found in passages])
    runs = word_runs([*texts, *chain.from_iterable(passages)])
    runs = runs[:, _telling(runs[: len(texts)], least=1)]
    quoted, sources = runs[len(texts) :], runs[: len(texts)]
    common = (quoted @ sources.T).tocoo()
    enough = common.data >= QUOTED_SHARE * quoted.getnnz(axis=1)[common.row]
    quoting, source = owner[common.row[enough]], common.col[enough]
    other = quoting != source
    return _sorted(quoting[other], source[other])


def word_runs(texts: Sequence[str]) -> csr_matrix:
    """Return which runs of five words each text has, shape (n, n_runs), 0 or 1.

    A run is known by a 64-bit hash of the numbers of its words.
    """
    words = [WORD.findall(text.lower()) for text in texts]
    row = np.repeat(np.arange(len(texts)), [len(each) for each in words])
    numbers, _ = pd.factorize(np.array(list(chain.from_iterable(words)), dtype=object))
    n_runs = max(len(row) - FEWEST_WORDS + 1, 0)
    hashes = np.zeros(n_runs, dtype=np.uint64)
    for place in range(FEWEST_WORDS):
        hashes = hashes * MULTIPLIER + numbers[place : place + n_runs].astype(np.uint64)
    inside = row[:n_runs] == row[len(row) - n_runs :]
    columns, names = pd.factorize(hashes[inside])
    once = pd.DataFrame({"row": row[:n_runs][inside], "run": columns}).drop_duplicates()
    return csr_matrix(
        (np.ones(len(once), dtype=np.int64), (once["row"], once["run"])),
        shape=(len(texts), len(names)),
    )


def _telling(runs: csr_matrix, least: int) -> np.ndarray:
    """Return the runs that stand in at least so many texts, but in no crowd."""
    n_texts = runs.getnnz(axis=0)
    return np.flatnonzero((n_texts >= least) & (n_texts <= MOST_COMMENTS))


def _sorted(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.unique(np.column_stack([first, second]).astype(np.int64), axis=0)
