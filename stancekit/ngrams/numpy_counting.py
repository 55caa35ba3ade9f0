"""Find the n-grams of texts, and where they stand, with numpy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
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
from stancekit.ngrams.packing import as_strings

INVERSE = pow(BASE, -1, 2**64)


class Letters(NamedTuple):
    """The code points of some rows (texts or chunks).

    White space is a mark, and each row starts behind a mark and ends before one.
    """

    codes: np.ndarray
    is_mark: np.ndarray
    is_alnum: np.ndarray
    rows: np.ndarray


class Occurrences(NamedTuple):
    """N-grams by the row they stand in, ascending, and their 64-bit hash."""

    rows: np.ndarray
    numbers: np.ndarray


class Places(NamedTuple):
    """Where the n-grams of a block start and end in the text, and their buckets."""

    starts: np.ndarray
    ends: np.ndarray
    buckets: np.ndarray  # int32, as those of an NgramTable


def find_keys(ngram_map: NgramMap, block: Sequence[str]) -> list[np.ndarray]:
    """Return words and characters of some texts as ``text * n_buckets + bucket``."""
    letters = read_letters(as_strings(block))
    words = word_ngrams(ngram_map, hash_words(letters))
    return [
        _to_keys(ngram_map, found) for found in (words, char_ngrams(ngram_map, letters))
    ]


def place_ngrams(ngram_map: NgramMap, text: str) -> tuple[Places, Places]:
    """Return what :meth:`NgramMap.enumerate` lists, as arrays and much faster.

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


def read_letters(texts: Sequence[str]) -> Letters:
    """Return the code points of texts, with a mark in front, between and behind."""
    joined = "\n".join(["", *texts, ""]).encode("utf-32-le", "surrogatepass")
    entries = character_table()[np.frombuffer(joined, dtype="<u4")]
    is_mark = (entries & np.uint32(SPACE)) != 0
    codes = np.where(is_mark, np.uint32(MARK), entries & np.uint32(CODE))
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    # The mark in front of a text counts as part of it.
    lengths = np.append(lengths + 1, 1)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    return Letters(codes, is_mark, (entries & np.uint32(ALNUM)) != 0, rows)


def find_runs(inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where each run of True starts and ends; the last value is False."""
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    return edges[::2], edges[1::2]


def hash_runs(letters: Letters, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the polynomial hash of each run, from sums over all that precede it."""
    size = len(letters.codes)
    values = letters.codes.astype(np.uint64) + np.uint64(1)
    sums = np.cumsum(values * _powers(BASE, size))
    return (sums[ends - 1] - sums[starts - 1]) * _powers(INVERSE, size)[starts]


def hash_words(letters: Letters) -> Occurrences:
    """Return the words."""
    starts, ends = find_runs(letters.is_alnum)
    return Occurrences(letters.rows[starts], hash_runs(letters, starts, ends))


def pair_words(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the hashes of pairs of words."""
    return first * np.uint64(PAIR) + second


def word_ngrams(ngram_map: NgramMap, words: Occurrences) -> Iterator[Occurrences]:
    """Yield the words, if they are asked for, and the pairs of words in a row."""
    shortest, longest = ngram_map.word_ngrams
    if shortest == 1:
        yield words
    if longest == 2:
        together = np.flatnonzero(words.rows[:-1] == words.rows[1:])
        pairs = pair_words(words.numbers[together], words.numbers[together + 1])
        yield Occurrences(words.rows[together], pairs)


def char_ngrams(ngram_map: NgramMap, letters: Letters) -> Iterator[Occurrences]:
    """Yield the character n-grams within chunks, of one length after the other."""
    shortest, longest = ngram_map.char_ngrams
    for length, starts, numbers in _windows(letters, longest):
        if length >= shortest:
            yield Occurrences(letters.rows[starts], numbers[starts])


def to_buckets(ngram_map: NgramMap, numbers: np.ndarray) -> np.ndarray:
    """Return the buckets of hashes."""
    mixed = (numbers ^ (numbers >> np.uint64(32))) * np.uint64(MIXER)
    return (mixed >> np.uint64(64 - ngram_map.bucket_bits)).astype(np.int64)


def _windows(
    letters: Letters, longest: int
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield each length, where windows of it lie within a chunk, and all hashes."""
    inside, size = ~letters.is_mark, len(letters.codes)
    values = letters.codes.astype(np.uint64) + np.uint64(1)
    numbers = np.zeros(size, dtype=np.uint64)
    # Marks may stand at the ends of a window only.
    is_valid = np.ones(size, dtype=bool)
    for length in range(1, longest + 1):
        width = size - length + 1
        power = np.uint64(pow(BASE, length - 1, 2**64))
        numbers = numbers[:width] + values[length - 1 :] * power
        if length < 3:
            is_valid = inside[:width] | inside[length - 1 :]
        elif length == 3:
            is_valid = inside[1:-1]
        else:
            is_valid = is_valid[:width] & inside[length - 2 : size - 1]
        yield length, np.flatnonzero(is_valid), numbers


def _powers(base: int, count: int) -> np.ndarray:
    """Return the first powers of a number modulo 2**64."""
    return _many_powers(base, count.bit_length())[:count]


@lru_cache(maxsize=4)
def _many_powers(base: int, bits: int) -> np.ndarray:
    """Return the first 2**bits powers of a number modulo 2**64."""
    factors = np.full(2**bits, base, dtype=np.uint64)
    factors[0] = 1
    return np.cumprod(factors)


def _to_keys(ngram_map: NgramMap, found: Iterable[Occurrences]) -> np.ndarray:
    """Return n-grams as ``row * n_buckets + bucket``."""
    keys = [np.empty(0, np.uint32)]
    for rows, numbers in found:
        starts = (rows * ngram_map.n_buckets).astype(np.uint32)
        keys.append(starts + to_buckets(ngram_map, numbers).astype(np.uint32))
    return np.concatenate(keys)


def _join(ngram_map: NgramMap, parts: Sequence[tuple[np.ndarray, ...]]) -> Places:
    none = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint64))
    starts, ends, numbers = map(np.concatenate, zip(none, *parts, strict=True))
    # A mark stands in front of the text.
    buckets = to_buckets(ngram_map, numbers).astype(np.int32)
    return Places(starts - 1, ends - 1, buckets)
