"""Tell where in a text each of its hashed n-grams stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from stancekit.ngrams.definition import NgramMap
from stancekit.ngrams.numpy_counting import (
    char_ngrams,
    find_runs,
    hash_runs,
    pair_words,
    read_letters,
    to_buckets,
)


class Places(NamedTuple):
    """Where the n-grams of a block start and end in the text, and their buckets.

    The buckets are int32, as those of an :class:`NgramTable`.
    """

    starts: np.ndarray
    ends: np.ndarray
    buckets: np.ndarray


def place_ngrams(ngram_map: NgramMap, text: str) -> tuple[Places, Places]:
    """Return what :meth:`NgramMap.enumerate` lists, as arrays and much faster.

    Parameters
    ----------
    ngram_map : NgramMap
    text : str

    Returns
    -------
    words, characters : Places
        One entry for each occurrence, in offsets of the text as it was given.

    Examples
    --------
    >>> words, _ = place_ngrams(NgramMap(), "Ja, ja!")
    >>> words.starts.tolist(), words.ends.tolist()
    ([0, 4, 0], [2, 6, 6])
    """
    letters = read_letters([text])
    starts, ends = find_runs(letters.is_alnum)
    numbers = hash_runs(letters, starts, ends)
    shortest, longest = ngram_map.word_ngrams
    words = []
    if shortest == 1:
        words.append((starts, ends, numbers))
    if longest == 2:
        pairs = pair_words(numbers[:-1], numbers[1:])
        words.append((starts[:-1], ends[1:], pairs))
    # With letters that are rows of their own, each n-gram tells where it starts.
    own_rows = letters._replace(rows=np.arange(len(letters.codes)))
    shortest, longest = ngram_map.char_ngrams
    lengths = range(max(shortest, 1), longest + 1)
    found = zip(lengths, char_ngrams(ngram_map, own_rows), strict=True)
    characters = [
        # The marks around a chunk are no characters of it.
        (at + letters.is_mark[at], at + n - letters.is_mark[at + n - 1], numbers)
        for n, (at, numbers) in found
    ]
    return _join(ngram_map, words), _join(ngram_map, characters)


def _join(ngram_map: NgramMap, parts: Sequence[tuple[np.ndarray, ...]]) -> Places:
    none = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint64))
    starts, ends, numbers = map(np.concatenate, zip(none, *parts, strict=True))
    # A mark stands in front of the text.
    buckets = to_buckets(ngram_map, numbers).astype(np.int32)
    return Places(starts - 1, ends - 1, buckets)
