"""Score texts by their n-grams, compiled with numba.

Some dozens of texts at a time go through four phases: split all of them into chunks,
look all chunks up in the cache, compute those that are missing, add up. Within a phase
nothing waits for what was read last, so the processor reads ahead.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from stancekit.ngrams.compiling import call_compiled, compiled
from stancekit.ngrams.counting import NgramTable
from stancekit.ngrams.definition import NgramMap
from stancekit.ngrams.numba_cache import (
    Workspace,
    aligned_zeros,
    look_up,
    make_workspace,
    own_slot,
    prefetch,
    remember,
)
from stancekit.ngrams.numba_counting import (
    HALF,
    LAST_BYTE,
    LOW_5,
    ONE,
    TWO,
    ZERO,
    Plan,
    Scratch,
    Source,
    U,
    decode,
    find_characters,
    find_words,
    make_plan,
    make_scratch,
    make_source,
    pair_bucket,
    split_text,
)

# How many chunks are worked on together.
ROOM = 4096
LOW_HALF = U(0xFFFFFFFF)


class Table(NamedTuple):
    """The known buckets of a block: a bitmap with ranks, and a row for each.

    A number of the bitmap holds 32 buckets: in its high half a bit for each that is
    known, in its low half how many are known before.
    """

    bitmap: np.ndarray
    rows: np.ndarray


class Model(NamedTuple):
    """What does not change from text to text."""

    plan: Plan
    words: Table
    characters: Table
    is_known: np.ndarray


def make_table(n_buckets: int, buckets: np.ndarray, rows: np.ndarray) -> Table:
    """Index the known buckets."""
    is_known = np.zeros(max(n_buckets, 32), dtype=np.uint8)
    is_known[buckets] = 1
    bits = np.packbits(is_known, bitorder="little").view("<u4").astype(U)
    counts = is_known.reshape(-1, 32).sum(axis=1, dtype=U)
    # One more row, so that the rank of an unknown bucket is a row as well.
    aligned = aligned_zeros(len(rows) + 1, rows.shape[1], np.float32)
    aligned[:-1] = rows
    return Table((bits << HALF) | (np.cumsum(counts) - counts), aligned)


@compiled
def next_block(bounds: np.ndarray, first: int, room: int) -> int:
    """Return how far texts surely fit into the room: a chunk takes two bytes."""
    last = first + 1
    while last < len(bounds) - 1:
        n_texts, n_bytes = last + 1 - first, bounds[last + 1] - bounds[first]
        if n_texts + n_bytes // 2 > room:
            break
        last += 1
    return last


@compiled
def split(plan: Plan, source: Source, first: int, last: int, space: Workspace) -> int:
    """Find the chunks of some texts; return how many."""
    count = 0
    for text in range(first, last):
        space.first_of_text[text - first] = count
        count = split_text(plan, source, text, space.spans, count)
    space.first_of_text[last - first] = count
    return count


@compiled
def count_bits(number: np.uint64) -> np.uint64:
    """Return how many bits are set, in steps that the processor joins."""
    number = number - ((number >> ONE) & U(0x5555555555555555))
    twos = U(0x3333333333333333)
    number = (number & twos) + ((number >> TWO) & twos)
    number = (number + (number >> U(4))) & U(0x0F0F0F0F0F0F0F0F)
    return (number * U(0x0101010101010101)) >> LAST_BYTE


@compiled
def find_rows(table: Table, scratch: Scratch, count: int, at: int) -> int:
    """Write the rows of the buckets that are known; return where they end."""
    buckets, rows = scratch.buckets, scratch.rows
    for k in range(count):
        entry = table.bitmap[buckets[k] >> U(5)]
        bits, place = entry >> HALF, buckets[k] & LOW_5
        row = (entry & LOW_HALF) + count_bits(bits & ((ONE << place) - ONE))
        prefetch(table.rows, row)
        # The row of an unknown bucket is overwritten by the next one.
        rows[at] = row
        at += 1 if (bits >> place) & ONE else 0
    return at


@compiled
def add_rows(
    rows: np.ndarray, which: np.ndarray, span: Any, total: np.ndarray, offset: int
) -> None:
    """Add some rows to a total; four columns at a time stay in registers."""
    for column in range(0, rows.shape[1], 4):
        a = b = c = d = 0.0
        for k in range(span[0], span[1]):
            row = which[k]
            a += rows[row, column]
            b += rows[row, column + 1]
            c += rows[row, column + 2]
            d += rows[row, column + 3]
        total[offset + column] += a
        total[offset + column + 1] += b
        total[offset + column + 2] += c
        total[offset + column + 3] += d


@compiled
def compute(
    model: Model, source: Source, chunk: int, space: Workspace, scratch: Scratch
) -> None:
    """Compute the outer words and the sums of a chunk."""
    slot, total = own_slot(space, chunk), space.total
    start, end = space.spans[chunk, 0], space.spans[chunk, 1]
    size = decode(model.plan, source.data, start, end, scratch)
    n_words, count, first, last = find_words(model.plan, scratch, size)
    middle = find_rows(model.words, scratch, count, 0)
    count = find_characters(model.plan, scratch, size)
    stop = find_rows(model.characters, scratch, count, middle)
    total[:] = 0.0
    add_rows(model.words.rows, scratch.rows, (0, middle), total, 0)
    half = len(total) // 2
    add_rows(model.characters.rows, scratch.rows, (middle, stop), total, half)
    total[half - 1] = n_words
    for k in range(n_words):
        total[-1] += model.is_known[scratch.words[k]]
    space.keys[slot, 2] = first
    space.keys[slot, 3] = last
    for column in range(len(total)):
        space.sums[slot, column] = total[column]


@compiled
def find_pairs(
    plan: Plan, space: Workspace, start: int, stop: int, buckets: np.ndarray
) -> int:
    """Write the buckets of the pairs of words across chunks; return how many."""
    if plan.longest_word < 2:
        return 0
    previous = ZERO
    count = 0
    for chunk in range(start, stop):
        first = space.keys[space.slots[chunk], 2]
        if first == ZERO:
            continue
        if previous != ZERO:
            buckets[count] = pair_bucket(plan, previous, first)
            count += 1
        previous = space.keys[space.slots[chunk], 3]
    return count


@compiled
def add_up(model: Model, text: int, space: Workspace, scratch: Scratch) -> None:
    """Sum a text over its chunks and the pairs of words across them."""
    start, stop = space.first_of_text[text], space.first_of_text[text + 1]
    count = find_pairs(model.plan, space, start, stop, scratch.buckets)
    known = find_rows(model.words, scratch, count, 0)
    space.total[:] = 0.0
    add_rows(space.sums, space.slots, (start, stop), space.total, 0)
    add_rows(model.words.rows, scratch.rows, (0, known), space.total, 0)


@compiled
def divide(total: np.ndarray, text: int, scores: np.ndarray) -> None:
    """Divide the sums of each block by its norm."""
    n_scores, width = scores.shape[1], len(total) // 2
    for offset in (0, width):
        squared = total[offset + n_scores]
        factor = 1.0 / np.sqrt(squared) if squared > 0.0 else 0.0
        for column in range(n_scores):
            scores[text, column] += total[offset + column] * factor


@compiled
def score(
    model: Model,
    source: Source,
    space: Workspace,
    scores: np.ndarray,
    words: np.ndarray,
) -> None:
    """Score texts into arrays of zeros."""
    scratch = make_scratch(source.bounds)
    last = 0
    while last < len(source.bounds) - 1:
        first, last = last, next_block(source.bounds, last, len(space.slots))
        count = split(model.plan, source, first, last, space)
        n_missing = look_up(source.eights, space, count)
        for k in range(n_missing):
            compute(model, source, space.missing[k], space, scratch)
        for text in range(first, last):
            add_up(model, text - first, space, scratch)
            divide(space.total, text, scores)
            words[text, 0] = space.total[len(space.total) // 2 - 1]
            words[text, 1] = space.total[-1]
        for k in range(n_missing):
            remember(space, space.missing[k])


class NumbaEngine:
    """Scores blocks of texts."""

    def __init__(
        self,
        ngram_map: NgramMap,
        words: NgramTable,
        characters: NgramTable,
        is_known: np.ndarray,
        n_slots: int,
    ) -> None:
        # Scores, squared norm, fill up to a multiple of four, and last, of the words'
        # block, how many words there are and, of the characters', how many are known.
        width = -(-(words.weights.shape[1] + 2) // 4) * 4
        first, second = (
            make_table(ngram_map.n_buckets, table.buckets, table.to_rows(width))
            for table in (words, characters)
        )
        self.model = Model(make_plan(ngram_map), first, second, is_known)
        self.n_slots = n_slots
        self.width = 2 * width

    def make_space(self, room: int = ROOM) -> Workspace:
        """Return an empty cache and room for some chunks."""
        return make_workspace(self.width, self.n_slots, room)

    def score(
        self, block: Any, space: Workspace, scores: np.ndarray, words: np.ndarray
    ) -> None:
        """Write scores of a block of texts, and counts of words, into zeros."""
        source = make_source(block)
        most = int(np.diff(source.bounds).max(initial=0)) // 2 + 1
        if most > len(space.slots):
            space = self.make_space(most)
        call_compiled(score, self.model, source, space, scores, words)
