"""Define the hashed n-grams of a text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

WORD = "word"
CHARACTER = "character"

# The boundary mark of a chunk is the first number that is no code point.
MARK = 0x110000
REPLACEMENT = 0xFFFD

# Odd numbers without visible structure; changing one changes every model.
BASE = 0x9E3779B97F4A7C15
PAIR = 0xC2B2AE3D27D4EB4F
MIXER = 0xE7037ED1A0B428DB
MASK = 0xFFFFFFFFFFFFFFFF

# What a code point is, above the 21 bits of its lower case.
SPACE = 1 << 30
ALNUM = 1 << 29
CODE = (1 << 21) - 1

LONGEST_WORD_NGRAM = 2
LONGEST_CHAR_NGRAM = 6
MOST_BUCKET_BITS = 22

# No plane above the third has white space, letters or digits.
END_OF_LETTERS = 0x40000


class Ngram(NamedTuple):
    """One occurrence of an n-gram in a text."""

    kind: str  # the block it counts in: "word" or "character"
    # Where it stands in the original text. A pair of words spans from the start of the
    # first to the end of the second.
    start: int
    end: int
    text: str  # in lower case, a boundary of a chunk as a space
    bucket: int  # its column in the block


@dataclass(frozen=True)
class NgramMap:
    """The map from a text to its hashed word and character n-grams.

    A text is lower-cased code point by code point and split at white space into
    chunks. Words are the runs of letters and digits inside a chunk; pairs of words
    run across chunks. Character n-grams stay within a chunk, which has one boundary
    mark on either side. Each n-gram falls into one of `n_buckets` columns of its
    block by a 64-bit polynomial hash. The two blocks have columns of their own.

    Parameters
    ----------
    word_ngrams : tuple of int, default=(1, 2)
        Shortest and longest word n-gram, within 1 and 2; (0, 0) or None for none.
    char_ngrams : tuple of int, default=(2, 5)
        Shortest and longest character n-gram, within 1 and 6; (0, 0) or None for
        none.
    n_buckets : int, default=1048576
        Columns of each block, a power of two up to 2**22.

    Raises
    ------
    ValueError
        If a range or the number of buckets is not one of those.

    Examples
    --------
    >>> ngram_map = NgramMap(char_ngrams=(3, 3))
    >>> [ngram.text for ngram in ngram_map.enumerate("Ja, ja!")]
    ['ja', 'ja', 'ja ja', ' ja', 'ja,', 'a, ', ' ja', 'ja!', 'a! ']
    """

    word_ngrams: tuple[int, int] = (1, 2)
    char_ngrams: tuple[int, int] = (2, 5)
    n_buckets: int = 2**20

    def __post_init__(self) -> None:
        for name, longest in (
            ("word_ngrams", LONGEST_WORD_NGRAM),
            ("char_ngrams", LONGEST_CHAR_NGRAM),
        ):
            checked = _check_range(name, getattr(self, name), longest)
            object.__setattr__(self, name, checked)
        if self.n_buckets not in {2**bits for bits in range(1, MOST_BUCKET_BITS + 1)}:
            raise ValueError(
                f"n_buckets is {self.n_buckets!r}. It must be a power of two from 2 "
                f"to {2**MOST_BUCKET_BITS}."
            )
        object.__setattr__(self, "n_buckets", int(self.n_buckets))

    @property
    def bucket_bits(self) -> int:
        """How many bits of a hash name its bucket."""
        return self.n_buckets.bit_length() - 1

    def enumerate(self, text: str) -> list[Ngram]:
        """List words, pairs of words, then character n-grams, each in reading order.

        This plain form is the definition; the kernels agree with it.
        """
        codes = [int(code) for code in character_table()[_code_points(text)]]
        chunks = list(_runs([not code & SPACE for code in codes]))
        found = list(self._word_ngrams(codes))
        for start, end in chunks:
            found.extend(self._char_ngrams(codes, start, end))
        return found

    def bucket(self, number: int) -> int:
        """Return the bucket of a 64-bit hash."""
        return (((number ^ (number >> 32)) * MIXER) & MASK) >> (64 - self.bucket_bits)

    def _word_ngrams(self, codes: list[int]) -> Iterator[Ngram]:
        """List the words, then the pairs of words."""
        shortest, longest = self.word_ngrams
        words = []
        for start, end in _runs([bool(code & ALNUM) for code in codes]):
            letters = [code & CODE for code in codes[start:end]]
            words.append((start, end, _spell(letters), polynomial(letters)))
        if shortest == 1:
            for start, end, text, number in words:
                yield Ngram(WORD, start, end, text, self.bucket(number))
        if longest == 2:
            for first, second in pairwise(words):
                number = (first[3] * PAIR + second[3]) & MASK
                text = f"{first[2]} {second[2]}"
                yield Ngram(WORD, first[0], second[1], text, self.bucket(number))

    def _char_ngrams(self, codes: list[int], start: int, end: int) -> Iterator[Ngram]:
        """List the character n-grams of one chunk, short ones first."""
        padded = [MARK, *(code & CODE for code in codes[start:end]), MARK]
        shortest, longest = self.char_ngrams
        for length in range(max(shortest, 1), longest + 1):
            for at in range(len(padded) - length + 1):
                letters = padded[at : at + length]
                if letters == [MARK]:
                    continue
                first, last = (
                    max(start + at - 1, start),
                    min(start + at - 1 + length, end),
                )
                bucket = self.bucket(polynomial(letters))
                yield Ngram(CHARACTER, first, last, _spell(letters), bucket)


@cache
def character_table() -> np.ndarray:
    """Return, for each code point, its lower case and whether it is space or alnum."""
    table = np.arange(MARK, dtype=np.uint32)
    table[0xD800:0xE000] = REPLACEMENT
    letters = table[:END_OF_LETTERS]
    characters = letters.copy().view("U1")
    cased = np.char.isupper(characters) | np.char.istitle(characters)
    for code in np.flatnonzero(cased):
        lower = chr(code).lower()
        letters[code] = ord(lower) if len(lower) == 1 else code
    letters[np.char.isspace(characters)] |= np.uint32(SPACE)
    letters[np.char.isalnum(characters)] |= np.uint32(ALNUM)
    table.flags.writeable = False
    return table


def polynomial(letters: list[int]) -> int:
    """Return the 64-bit polynomial hash of some code points."""
    number = 0
    for letter in reversed(letters):
        number = (number * BASE + letter + 1) & MASK
    return number


def _check_range(name: str, given: Any, longest: int) -> tuple[int, int]:
    """Return a range of lengths as two numbers."""
    found = (0, 0) if given is None else tuple(given)
    if found == (0, 0) or (len(found) == 2 and 1 <= found[0] <= found[1] <= longest):
        return int(found[0]), int(found[1])
    raise ValueError(
        f"{name} is {given!r}. Give the shortest and the longest n-gram, within 1 and "
        f"{longest}, or None to leave the block out."
    )


def _code_points(text: str) -> np.ndarray:
    """Return the code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _spell(letters: list[int]) -> str:
    """Write code points as text, the boundary mark as a space."""
    return "".join(" " if letter == MARK else chr(letter) for letter in letters)


def _runs(inside: list[bool]) -> Iterator[tuple[int, int]]:
    """Find start and end of each run of True."""
    start = None
    for at, is_inside in enumerate([*inside, False]):
        if is_inside and start is None:
            start = at
        elif not is_inside and start is not None:
            yield start, at
            start = None
