"""Find the n-grams of many texts with numpy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from stancekit.ngrams.definition import (
    ALNUM,
    BASE,
    CODE,
    MARK,
    MIXER,
    PAIR,
    SPACE,
    NgramMap,
    character_table,
)

INVERSE = pow(BASE, -1, 2**64)


class Occurrences(NamedTuple):
    """Which text holds an n-gram of which bucket."""

    rows: np.ndarray
    buckets: np.ndarray


class Letters(NamedTuple):
    """The code points of some texts, with marks around each text and chunk."""

    codes: np.ndarray
    is_mark: np.ndarray
    is_alnum: np.ndarray
    rows: np.ndarray


def find_ngrams(ngram_map: NgramMap, texts: Sequence[str]) -> tuple[Occurrences, Occurrences]:
    """Return the word and the character n-grams of some texts."""
    letters = read_letters(texts)
    return _word_ngrams(ngram_map, letters), _char_ngrams(ngram_map, letters)


def read_letters(texts: Sequence[str]) -> Letters:
    """Return the code points of texts as one array, white space as marks."""
    joined = "\n".join(["", *texts, ""]).encode("utf-32-le", "surrogatepass")
    entries = character_table()[np.frombuffer(joined, dtype="<u4")]
    is_mark = (entries & np.uint32(SPACE)) != 0
    codes = np.where(is_mark, np.uint32(MARK), entries & np.uint32(CODE))
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    rows = np.repeat(np.arange(len(texts), dtype=np.int64), lengths + 1)
    rows = np.concatenate([[0], rows])
    return Letters(codes, is_mark, (entries & np.uint32(ALNUM)) != 0, rows)


def _word_ngrams(ngram_map: NgramMap, letters: Letters) -> Occurrences:
    """Return the words and pairs of words."""
    shortest, longest = ngram_map.word_ngrams
    edges = np.diff(letters.is_alnum.astype(np.int8), prepend=0)
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    numbers = _hash_runs(letters.codes, starts, ends)
    rows = letters.rows[starts]
    found = []
    if shortest == 1:
        found.append((rows, numbers))
    if longest == 2:
        pairs = numbers[:-1] * np.uint64(PAIR) + numbers[1:]
        together = rows[:-1] == rows[1:]
        found.append((rows[:-1][together], pairs[together]))
    return _join(ngram_map, found)


def _char_ngrams(ngram_map: NgramMap, letters: Letters) -> Occurrences:
    """Return the character n-grams within chunks."""
    found = []
    for length, inside, numbers in hash_windows(letters, ngram_map.char_ngrams[1]):
        if length >= max(ngram_map.char_ngrams[0], 1):
            starts = np.flatnonzero(inside)
            # A leading mark may stand in front of the text.
            rows = letters.rows[starts + letters.is_mark[starts]]
            found.append((rows, numbers[starts]))
    return _join(ngram_map, found)


def hash_windows(
    letters: Letters, longest: int
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield each length, where a window of it lies in one chunk, and the hashes."""
    size = len(letters.codes)
    values = letters.codes.astype(np.uint64) + np.uint64(1)
    outside = letters.is_mark
    numbers = np.zeros(size, dtype=np.uint64)
    inner = np.ones(size, dtype=bool)
    power = 1
    for length in range(1, longest + 1):
        width = size - length + 1
        numbers = numbers[:width] + values[length - 1 :] * np.uint64(power)
        power = power * BASE % 2**64
        if length == 1:
            yield length, ~outside, numbers
            continue
        if length > 2:
            inner = inner[:width] & ~outside[length - 2 : size - 1]
        inside = inner[:width] & ~(outside[:width] & outside[length - 1 :]) if length == 2 else inner
        yield length, inside, numbers


def _hash_runs(codes: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the polynomial hash of each run, from sums over all that precede it."""
    values = codes.astype(np.uint64) + np.uint64(1)
    sums = np.concatenate([[np.uint64(0)], np.cumsum(values * _powers(BASE, len(codes)))])
    return (sums[ends] - sums[starts]) * _powers(INVERSE, len(codes))[starts]


def _powers(base: int, count: int) -> np.ndarray:
    """Return the first powers of a number modulo 2**64."""
    factors = np.full(count, base, dtype=np.uint64)
    factors[:1] = 1
    return np.cumprod(factors)


def _join(ngram_map: NgramMap, found: list[tuple[np.ndarray, np.ndarray]]) -> Occurrences:
    """Put occurrences one after the other and turn their hashes to buckets."""
    if not found:
        return Occurrences(np.empty(0, np.int64), np.empty(0, np.int64))
    rows, numbers = (np.concatenate(parts) for parts in zip(*found, strict=True))
    mixed = (numbers ^ (numbers >> np.uint64(32))) * np.uint64(MIXER)
    return Occurrences(rows, (mixed >> np.uint64(64 - ngram_map.bucket_bits)).astype(np.int64))
