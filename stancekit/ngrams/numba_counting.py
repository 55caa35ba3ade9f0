"""Find the n-grams in the UTF-8 bytes of texts, compiled with numba.

All arithmetic is on unsigned 64-bit numbers. Numba makes a float of a signed and an
unsigned number together, hence the constants of that type.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from stancekit.ngrams.compiling import call_compiled, compiled, drop_stale_code
from stancekit.ngrams.definition import (
    ALNUM,
    BASE,
    CODE,
    LONGEST_CHAR_NGRAM,
    MARK,
    MIXER,
    PAIR,
    REPLACEMENT,
    SPACE,
    NgramMap,
    character_table,
)
from stancekit.ngrams.packing import pack

U = np.uint64
ZERO, ONE, TWO, THREE, SIX, SEVEN, EIGHT = map(U, (0, 1, 2, 3, 6, 7, 8))
LOW_3, LOW_4, LOW_5, LOW_6 = map(U, (7, 15, 31, 63))
HALF, LAST_BYTE, LAST_BIT = map(U, (32, 56, 63))
BIT_0_OF_EACH = U(0x0101010101010101)
BIT_7_OF_EACH = U(0x8080808080808080)
ABOVE_SPACE = U(0x2121212121212121)
BASE_U, PAIR_U, MIXER_U, CODE_U, ALNUM_U = map(U, (BASE, PAIR, MIXER, CODE, ALNUM))
MARK_VALUE = U(MARK + 1)
POWERS = np.array([pow(BASE, k, 2**64) for k in range(LONGEST_CHAR_NGRAM)], dtype=U)


class Plan(NamedTuple):
    """The map as numbers, and what each code point is."""

    shortest_word: int
    longest_word: int
    shortest_char: int
    longest_char: int
    shift: np.uint64
    characters: np.ndarray
    may_be_space: np.ndarray


class Source(NamedTuple):
    """Packed texts as bytes, the same as numbers of eight bytes, and their bounds."""

    data: np.ndarray
    eights: np.ndarray
    bounds: np.ndarray


class Scratch(NamedTuple):
    """Room for the letters and words of one chunk, and for the n-grams of one text."""

    values: np.ndarray
    is_alnum: np.ndarray
    words: np.ndarray
    buckets: np.ndarray
    rows: np.ndarray


@cache
def make_plan(ngram_map: NgramMap) -> Plan:
    """Turn a map to numbers."""
    characters = character_table()
    may_be_space = np.zeros(256, dtype=np.bool_)
    for code in np.flatnonzero(characters & np.uint32(SPACE)):
        may_be_space[chr(code).encode()[0]] = True
    shift = U(64 - ngram_map.bucket_bits)
    ranges = (*ngram_map.word_ngrams, *ngram_map.char_ngrams)
    return Plan(*ranges, shift, characters, may_be_space)


def make_source(block: Any) -> Source:
    """Pack a block of texts."""
    data, bounds = pack(block)
    return Source(data, data.view(U), bounds)


@compiled
def make_scratch(bounds: np.ndarray) -> Scratch:
    """Allocate for the longest text."""
    longest = 2
    for text in range(len(bounds) - 1):
        longest = max(longest, bounds[text + 1] - bounds[text] + 2)
    return Scratch(
        np.empty(longest, np.uint64),
        np.empty(longest, np.bool_),
        np.empty(longest, np.uint64),
        np.empty(longest * LONGEST_CHAR_NGRAM, np.uint64),
        np.empty(longest * (LONGEST_CHAR_NGRAM + 2), np.uint64),
    )


@compiled
def load(eights: np.ndarray, at: np.uint64) -> np.uint64:
    """Read eight bytes from any place."""
    index, shift = at >> THREE, (at & LOW_3) << THREE
    return (eights[index] >> shift) | (
        (eights[index + ONE] << ONE) << (LAST_BIT - shift)
    )


@compiled
def next_stop(eights: np.ndarray, at: np.uint64) -> np.uint64:
    """Find the next byte that is white space, a control or not ASCII."""
    while True:
        eight = load(eights, at)
        stops = (((eight - ABOVE_SPACE) & ~eight) | eight) & BIT_7_OF_EACH
        if stops != ZERO:
            below = ((stops & (~stops + ONE)) >> SEVEN) - ONE
            return at + (((below & BIT_0_OF_EACH) * BIT_0_OF_EACH) >> LAST_BYTE)
        at += EIGHT


@compiled
def decode_one(data: np.ndarray, at: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return the code point at a place and its number of bytes."""
    lead = U(data[at])
    if lead < U(0x80):
        return lead, ONE
    second = U(data[at + ONE]) & LOW_6
    if lead < U(0xE0):
        return ((lead & LOW_5) << SIX) | second, TWO
    third = U(data[at + TWO]) & LOW_6
    if lead < U(0xF0):
        return ((lead & LOW_4) << U(12)) | (second << SIX) | third, THREE
    fourth = U(data[at + THREE]) & LOW_6
    code = ((lead & LOW_3) << U(18)) | (second << U(12)) | (third << SIX) | fourth
    # An Arrow file may promise UTF-8 and hold something else.
    return (code if code < U(MARK) else U(REPLACEMENT)), U(4)


@compiled
def space_width(plan: Plan, data: np.ndarray, at: np.uint64) -> np.uint64:
    """Return how many bytes the white space at a place has, 0 if there is none."""
    if not plan.may_be_space[data[at]]:
        return ZERO
    code, width = decode_one(data, at)
    return width if plan.characters[code] & np.uint32(SPACE) else ZERO


@compiled
def split_text(
    plan: Plan, source: Source, text: int, spans: np.ndarray, count: int
) -> int:
    """Add the chunks of a text to those found before; return how many there are."""
    start, end = U(source.bounds[text]), U(source.bounds[text + 1])
    at = start
    while start < end:
        at = min(next_stop(source.eights, at), end)
        width = ONE if at == end else space_width(plan, source.data, at)
        if width == ZERO:
            at += ONE
            continue
        if at > start:
            spans[count, 0] = start
            spans[count, 1] = at
            count += 1
        at += width
        start = at
    return count


@compiled
def decode(
    plan: Plan, data: np.ndarray, start: np.uint64, end: np.uint64, scratch: Scratch
) -> int:
    """Write the letters of a chunk with a mark on either side; return how many."""
    scratch.values[0] = MARK_VALUE
    count = 1
    while start < end:
        code, width = decode_one(data, start)
        entry = U(plan.characters[code])
        scratch.values[count] = (entry & CODE_U) + ONE
        scratch.is_alnum[count] = (entry & ALNUM_U) != ZERO
        start += width
        count += 1
    scratch.values[count] = MARK_VALUE
    scratch.is_alnum[count] = False
    return count + 1


@compiled
def to_bucket(plan: Plan, number: np.uint64) -> np.uint64:
    """Return the bucket of a hash."""
    return ((number ^ (number >> HALF)) * MIXER_U) >> plan.shift


@compiled
def pair_bucket(plan: Plan, first: np.uint64, second: np.uint64) -> np.uint64:
    """Return the bucket of a pair of words."""
    return to_bucket(plan, first * PAIR_U + second)


@compiled
def find_words(
    plan: Plan, scratch: Scratch, size: int
) -> tuple[int, int, np.uint64, np.uint64]:
    """Write the buckets of a chunk's words, and those of its n-grams of words.

    Returns how many of both, and the hashes of the first and the last word.
    """
    first = last = ZERO
    n_words, count, at = 0, 0, 1
    while at < size:
        word, power = ZERO, ONE
        while scratch.is_alnum[at]:
            word += scratch.values[at] * power
            power *= BASE_U
            at += 1
        at += 1
        if power == ONE:
            continue
        scratch.words[n_words] = to_bucket(plan, word)
        if plan.shortest_word == 1:
            scratch.buckets[count] = scratch.words[n_words]
            count += 1
        n_words += 1
        if first == ZERO:
            first = word
        elif plan.longest_word == 2:
            scratch.buckets[count] = pair_bucket(plan, last, word)
            count += 1
        last = word
    return n_words, count, first, last


@compiled
def find_characters(plan: Plan, scratch: Scratch, size: int) -> int:
    """Write the buckets of a chunk's character n-grams; return how many."""
    count = 0
    for at in range(size - 1):
        number = ZERO
        for length in range(1, min(plan.longest_char, size - at) + 1):
            number += scratch.values[at + length - 1] * POWERS[length - 1]
            if length >= plan.shortest_char and (length > 1 or at > 0):
                scratch.buckets[count] = to_bucket(plan, number)
                count += 1
    return count


@compiled
def write(keys: np.ndarray, at: int, base: np.uint64, buckets: Any, count: int) -> int:
    """Write buckets of a text as keys; return where the next one goes."""
    for k in range(count):
        keys[at + k] = base + buckets[k]
    return at + count


@compiled
def write_keys(
    plan: Plan, source: Source, word_keys: np.ndarray, char_keys: np.ndarray
) -> tuple[int, int]:
    """Write all n-grams as ``text * n_buckets + bucket``; return how many."""
    scratch = make_scratch(source.bounds)
    spans = np.empty((len(scratch.values), 2), np.uint64)
    buckets = scratch.buckets
    n_words = n_chars = 0
    for text in range(len(source.bounds) - 1):
        base = U(text) << (U(64) - plan.shift)
        previous = ZERO
        for chunk in range(split_text(plan, source, text, spans, 0)):
            size = decode(plan, source.data, spans[chunk, 0], spans[chunk, 1], scratch)
            _, count, first, last = find_words(plan, scratch, size)
            n_words = write(word_keys, n_words, base, buckets, count)
            if previous != ZERO and first != ZERO and plan.longest_word == 2:
                word_keys[n_words] = base + pair_bucket(plan, previous, first)
                n_words += 1
            previous = last if last != ZERO else previous
            count = find_characters(plan, scratch, size)
            n_chars = write(char_keys, n_chars, base, buckets, count)
    return n_words, n_chars


def find_keys(ngram_map: NgramMap, block: Any) -> list[np.ndarray]:
    """Return words and characters of some texts as ``text * n_buckets + bucket``."""
    source = make_source(block)
    size = int(source.bounds[-1])
    # Each byte starts at most one word and one pair. A chunk of n bytes has up to
    # n + 1 character n-grams of a length, and takes n + 1 bytes unless it is the last.
    word_keys = np.empty(2 * size, np.uint32)
    longest = ngram_map.char_ngrams[1]
    char_keys = np.empty((size + len(source.bounds)) * longest, np.uint32)
    counts = call_compiled(
        write_keys, make_plan(ngram_map), source, word_keys, char_keys
    )
    return [word_keys[: counts[0]], char_keys[: counts[1]]]


drop_stale_code(write_keys)
