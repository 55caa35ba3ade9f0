"""Score texts by their n-grams with numpy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from stancekit.ngrams.counting import NgramTable
from stancekit.ngrams.definition import BASE, MIXER, NgramMap
from stancekit.ngrams.numpy_counting import (
    Letters,
    Occurrences,
    char_ngrams,
    find_runs,
    hash_runs,
    hash_words,
    pair_words,
    read_letters,
    to_buckets,
    word_ngrams,
)
from stancekit.ngrams.packing import as_strings

LONGEST_CACHED = 64
# How many chunks that are not in the cache have room behind it.
ROOM = 2**13


class Sums(NamedTuple):
    """Chunks: key, hashes of the first and last word, sums of the two blocks.

    The last sum of the words' block is how many words there are, that of the
    characters' how many of them are known.

    The key is a hash of 64 bits of the letters and their number. If two chunks shared
    it, one would get the sums of the other; among a million different chunks the
    chance of that is below 1e-7.
    """

    keys: np.ndarray
    outer_words: np.ndarray
    sums: np.ndarray


class NumpyEngine:
    """Scores blocks of texts."""

    def __init__(
        self,
        ngram_map: NgramMap,
        words: NgramTable,
        characters: NgramTable,
        is_known: np.ndarray,
        n_slots: int,
    ) -> None:
        self.ngram_map = ngram_map
        self.is_known = is_known
        self.n_slots = n_slots
        self.n_scores = words.weights.shape[1]
        self.width = self.n_scores + 2
        self.words = _Lookup(ngram_map, words, self.width)
        self.characters = _Lookup(ngram_map, characters, self.width)

    def make_space(self) -> Sums:
        """Return an empty cache, and room for chunks behind it."""
        return _empty_sums(self.n_slots + ROOM, 2 * self.width)

    def score(
        self, block: Any, space: Sums, scores: np.ndarray, words: np.ndarray
    ) -> None:
        """Write scores of a block of texts, and counts of words."""
        letters = read_letters(as_strings(block))
        starts, ends = find_runs(~letters.is_mark)
        rows, lengths = letters.rows[starts], ends - starts
        keys = hash_runs(letters, starts, ends) * np.uint64(BASE)
        keys += lengths.astype(np.uint64)
        slots = self._slots(keys)
        missing = np.flatnonzero(space.keys[slots] != keys)
        new_keys, first, again = np.unique(
            keys[missing], return_index=True, return_inverse=True
        )
        which = missing[first]
        new = self._compute(letters, starts[which], ends[which], new_keys)
        slots[missing] = self.n_slots + again
        chunks = self._put_behind(space, new)
        sums = _add_up(rows, slots, chunks.sums, len(block))
        if self.ngram_map.word_ngrams[1] == 2:
            pairs = _outer_pairs(rows, chunks.outer_words[slots])
            sums[:, : self.width] += self.words.add_up([pairs], len(block))
        self._remember(space, new, lengths[which] <= LONGEST_CACHED)
        words[:] = sums[:, self.width - 1 :: self.width]
        _divide(sums, scores)

    def _slots(self, keys: np.ndarray) -> np.ndarray:
        """Return the slot that a chunk may have in the cache."""
        mixed = (keys ^ (keys >> np.uint64(32))) * np.uint64(MIXER)
        return (mixed >> np.uint64(65 - self.n_slots.bit_length())).astype(np.int32)

    def _compute(
        self, letters: Letters, starts: np.ndarray, ends: np.ndarray, keys: np.ndarray
    ) -> Sums:
        """Compute chunks from their letters."""
        chunks = _copy_runs(letters, starts - 1, ends + 1)
        words = hash_words(chunks)
        computed = _empty_sums(len(keys), 2 * self.width)
        computed.keys[:] = keys
        # The last of several values at an index stays.
        computed.outer_words[words.rows[::-1], 0] = words.numbers[::-1]
        computed.outer_words[words.rows, 1] = words.numbers
        found = word_ngrams(self.ngram_map, words)
        computed.sums[:, : self.width] = self.words.add_up(found, len(keys))
        found = char_ngrams(self.ngram_map, chunks)
        computed.sums[:, self.width :] = self.characters.add_up(found, len(keys))
        is_known = self.is_known[to_buckets(self.ngram_map, words.numbers)]
        computed.sums[:, self.width - 1] = np.bincount(words.rows, minlength=len(keys))
        computed.sums[:, -1] = np.bincount(words.rows, is_known, len(keys))
        return computed

    def _put_behind(self, space: Sums, new: Sums) -> Sums:
        """Return the cache with new chunks behind it, in its room if they fit."""
        end = self.n_slots + len(new.keys)
        if end > len(space.keys):
            return Sums(
                *(
                    np.concatenate([part[: self.n_slots], added])
                    for part, added in zip(space, new, strict=True)
                )
            )
        for part, added in zip(space, new, strict=True):
            part[self.n_slots : end] = added
        return space

    def _remember(self, space: Sums, new: Sums, is_short: np.ndarray) -> None:
        """Put short chunks into the cache, one for each slot."""
        short = np.flatnonzero(is_short)
        slots, first = np.unique(self._slots(new.keys[short]), return_index=True)
        for part, added in zip(space, new, strict=True):
            part[slots] = added[short[first]]


class _Lookup:
    """The rows of the known buckets of a block."""

    def __init__(self, ngram_map: NgramMap, table: NgramTable, width: int) -> None:
        self.ngram_map = ngram_map
        self.row_of = np.full(ngram_map.n_buckets, -1, dtype=np.int32)
        self.row_of[table.buckets] = np.arange(len(table.buckets))
        self.rows = table.to_rows(width).astype(np.float64)

    def add_up(self, found: Iterable[Occurrences], n_rows: int) -> np.ndarray:
        """Sum the rows of n-grams by the row in which they stand."""
        total = np.zeros((n_rows, self.rows.shape[1]))
        for rows, numbers in found:
            which = self.row_of[to_buckets(self.ngram_map, numbers)]
            known = np.flatnonzero(which >= 0)
            total += _add_up(rows[known], which[known], self.rows, n_rows)
        return total


def _add_up(
    rows: np.ndarray, which: np.ndarray, values: np.ndarray, n_rows: int
) -> np.ndarray:
    """Sum values by row, in the order given; the rows ascend."""
    starts = np.zeros(n_rows + 1, dtype=np.int32)
    np.cumsum(np.bincount(rows, minlength=n_rows), out=starts[1:])
    parts = (np.ones(len(which)), which, starts)
    return csr_matrix(parts, shape=(n_rows, len(values))) @ values


def _empty_sums(count: int, width: int) -> Sums:
    """Return chunks in which nothing is known."""
    return Sums(
        np.zeros(count, np.uint64),
        np.zeros((count, 2), np.uint64),
        np.zeros((count, width)),
    )


def _copy_runs(letters: Letters, starts: np.ndarray, ends: np.ndarray) -> Letters:
    """Return some runs of letters as rows of their own."""
    lengths = ends - starts
    rows = np.repeat(np.arange(len(starts)), lengths)
    firsts = np.cumsum(lengths) - lengths
    at = np.arange(len(rows)) + (starts - firsts)[rows]
    return Letters(letters.codes[at], letters.is_mark[at], letters.is_alnum[at], rows)


def _outer_pairs(rows: np.ndarray, outer_words: np.ndarray) -> Occurrences:
    """Return the pairs of words across the chunks of a row."""
    has_words = outer_words[:, 0] != 0
    rows, outer_words = rows[has_words], outer_words[has_words]
    together = np.flatnonzero(rows[:-1] == rows[1:])
    pairs = pair_words(outer_words[together, 1], outer_words[together + 1, 0])
    return Occurrences(rows[together], pairs)


def _divide(sums: np.ndarray, scores: np.ndarray) -> None:
    """Divide the sums of each block by its norm, and add the blocks."""
    n_scores, width = scores.shape[1], sums.shape[1] // 2
    scores[:] = 0
    for part in (sums[:, :width], sums[:, width:]):
        norms = np.sqrt(part[:, n_scores])
        norms[norms == 0] = 1
        scores += part[:, :n_scores] / norms[:, None]
