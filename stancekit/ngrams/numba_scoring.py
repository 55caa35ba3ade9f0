"""Score texts by their n-grams, compiled with numba.

Some dozens of texts at a time go through four phases: split all of them into chunks,
look all chunks up in the cache, compute those that are missing, add up. Within a phase
nothing waits for what was read last, so the processor reads ahead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from stancekit.ngrams.numba_counting import (
    EIGHT,
    HALF,
    LAST_BYTE,
    LOW_5,
    ONE,
    THREE,
    TWO,
    ZERO,
    Plan,
    Scratch,
    Source,
    U,
    compiled,
    decode,
    find_characters,
    find_words,
    load,
    make_plan,
    make_scratch,
    make_source,
    pair_bucket,
    split_text,
)

if TYPE_CHECKING:
    from stancekit.ngrams.definition import NgramMap
    from stancekit.ngrams.scorer import NgramTable

# How many chunks are worked on together.
ROOM = 4096
# In bytes. Longer chunks rarely come again.
LONGEST_CACHED = U(64)

CACHE_LINE = 64
LOW_HALF = U(0xFFFFFFFF)
ALL_BITS = U(0xFFFFFFFFFFFFFFFF)
LONG_CHUNK = U(0xFF << 56)
KEY_1, KEY_2 = U(0x9FB21C651E98DF25), U(0xA0761D6478BD642F)


class Table(NamedTuple):
    """The known buckets of a block: a bitmap with ranks, and a row for each.

    A number of the index holds 32 buckets: in its high half a bit for each that is
    known, in its low half how many are known before.
    """

    index: np.ndarray
    rows: np.ndarray


class Model(NamedTuple):
    """What does not change from text to text."""

    plan: Plan
    words: Table
    characters: Table


class Workspace(NamedTuple):
    """The chunk cache of one thread, and the chunks it works on.

    The rows of `keys` and `sums` are the slots of the cache, in sets of two, and then
    a slot for each chunk at work. A row of `keys` is two numbers for the chunk and the
    hashes of its first and last word. `recent` tells which slot of a set was used
    last. `slots` tells where each chunk at work is found.
    """

    keys: np.ndarray
    sums: np.ndarray
    recent: np.ndarray
    shift: np.uint64
    spans: np.ndarray
    slots: np.ndarray
    missing: np.ndarray
    first_of_text: np.ndarray
    total: np.ndarray


def aligned_zeros(n_rows: int, n_columns: int, dtype: Any) -> np.ndarray:
    """Return zeros of which no row stands in more cache lines than it must."""
    size = n_rows * n_columns * np.dtype(dtype).itemsize
    raw = np.zeros(size + CACHE_LINE, dtype=np.uint8)
    start = -raw.ctypes.data % CACHE_LINE
    return raw[start : start + size].view(dtype).reshape(n_rows, n_columns)


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


def make_workspace(width: int, n_slots: int, room: int) -> Workspace:
    """Allocate an empty cache and room for some chunks."""
    return Workspace(
        keys=aligned_zeros(n_slots + room, 4, U),
        sums=aligned_zeros(n_slots + room, width, np.float32),
        recent=np.zeros(n_slots // 2, dtype=np.uint8),
        shift=U(65 - (n_slots // 2).bit_length()),
        spans=np.zeros((room, 2), dtype=U),
        slots=np.zeros(room, dtype=U),
        missing=np.zeros(room, dtype=np.int64),
        first_of_text=np.zeros(room + 1, dtype=np.int64),
        total=np.zeros(width),
    )


@intrinsic
def prefetch(context: Any, array: Any, row: Any) -> Any:
    """Ask for a row of an array that will be read soon."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        struct = context.make_array(signature.args[0])(context, builder, arguments[0])
        stride = cgutils.unpack_tuple(builder, struct.strides)[0]
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        start = builder.bitcast(struct.data, pointer)
        address = builder.gep(start, [builder.mul(stride, arguments[1])])
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        function = builder.module.declare_intrinsic("llvm.prefetch", [pointer], kind)
        builder.call(function, [address, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, row), generate


@compiled
def low_bytes(count: np.uint64) -> np.uint64:
    """Return a mask of the first 1 to 8 bytes."""
    return ALL_BITS >> ((EIGHT - count) << THREE)


@compiled
def chunk_key(
    eights: np.ndarray, start: np.uint64, end: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Return two numbers: the chunk itself up to 15 bytes, else a hash of 120 bits."""
    length = end - start
    if length <= EIGHT:
        return load(eights, start) & low_bytes(length), length << LAST_BYTE
    if length < U(16):
        rest = load(eights, start + EIGHT) & low_bytes(length - EIGHT)
        return load(eights, start), rest | (length << LAST_BYTE)
    first, second = length, length * KEY_1
    for at in range(start, end, EIGHT):
        eight = load(eights, at) & low_bytes(min(end - at, EIGHT))
        first = (first ^ eight) * KEY_2
        first ^= first >> HALF
        second = (second + eight) * KEY_1
        second ^= second >> U(29)
    return first, second | LONG_CHUNK


@compiled
def first_slot(space: Workspace, first: np.uint64, second: np.uint64) -> np.uint64:
    """Return the first slot of the set that a chunk belongs to."""
    number = (first ^ (second * KEY_1)) * KEY_2
    return (((number ^ (number >> HALF)) * KEY_1) >> space.shift) << ONE


@compiled
def own_slot(space: Workspace, chunk: int) -> int:
    """Return the slot of a chunk at work that is not in the cache."""
    return 2 * len(space.recent) + chunk


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
def look_up(eights: np.ndarray, space: Workspace, count: int) -> int:
    """Find the slot of each chunk; list those not in the cache, return how many."""
    keys = space.keys
    for chunk in range(count):
        first, second = chunk_key(eights, space.spans[chunk, 0], space.spans[chunk, 1])
        slot = first_slot(space, first, second)
        prefetch(keys, slot)
        space.slots[chunk] = slot
        keys[own_slot(space, chunk), 0] = first
        keys[own_slot(space, chunk), 1] = second
    n_missing = 0
    for chunk in range(count):
        own, slot = own_slot(space, chunk), space.slots[chunk]
        first, second = keys[own, 0], keys[own, 1]
        if keys[slot, 0] != first or keys[slot, 1] != second:
            slot += ONE
        if keys[slot, 0] == first and keys[slot, 1] == second:
            prefetch(space.sums, slot)
            space.recent[slot >> ONE] = slot & ONE
            space.slots[chunk] = slot
        else:
            space.slots[chunk] = U(own)
            space.missing[n_missing] = chunk
            n_missing += 1
    return n_missing


@compiled
def count_bits(number: np.uint64) -> np.uint64:
    """Return how many of the low 32 bits are set."""
    number = number - ((number >> ONE) & U(0x55555555))
    number = (number & U(0x33333333)) + ((number >> TWO) & U(0x33333333))
    number = (number + (number >> U(4))) & U(0x0F0F0F0F)
    return ((number * U(0x01010101)) & LOW_HALF) >> U(24)


@compiled
def keep_known(table: Table, buckets: np.ndarray, count: int) -> int:
    """Turn buckets to rows in place, without the unknown ones; return how many."""
    known = 0
    for k in range(count):
        entry = table.index[buckets[k] >> U(5)]
        bits, place = entry >> HALF, buckets[k] & LOW_5
        row = (entry & LOW_HALF) + count_bits(bits & ((ONE << place) - ONE))
        prefetch(table.rows, row)
        buckets[known] = row
        known += np.int64((bits >> place) & ONE)
    return known


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
def add_known(
    table: Table, buckets: np.ndarray, count: int, total: np.ndarray, offset: int
) -> None:
    """Add the rows of the buckets that are known."""
    known = keep_known(table, buckets, count)
    add_rows(table.rows, buckets, (0, known), total, offset)


@compiled
def compute(
    model: Model, source: Source, chunk: int, space: Workspace, scratch: Scratch
) -> None:
    """Compute the outer words and the sums of a chunk."""
    slot, total, buckets = own_slot(space, chunk), space.total, scratch.buckets
    start, end = space.spans[chunk, 0], space.spans[chunk, 1]
    size = decode(model.plan, source.data, start, end, scratch)
    total[:] = 0.0
    count, first, last = find_words(model.plan, scratch, size)
    add_known(model.words, buckets, count, total, 0)
    count = find_characters(model.plan, scratch, size)
    add_known(model.characters, buckets, count, total, len(total) // 2)
    space.keys[slot, 2] = first
    space.keys[slot, 3] = last
    for column in range(len(total)):
        space.sums[slot, column] = total[column]


@compiled
def remember(space: Workspace, chunk: int) -> None:
    """Copy a short chunk into the slot of its set that was not used last."""
    if space.spans[chunk, 1] - space.spans[chunk, 0] > LONGEST_CACHED:
        return
    own = own_slot(space, chunk)
    slot = first_slot(space, space.keys[own, 0], space.keys[own, 1])
    way = ONE - U(space.recent[slot >> ONE])
    space.recent[slot >> ONE] = way
    for column in range(4):
        space.keys[slot + way, column] = space.keys[own, column]
    for column in range(space.sums.shape[1]):
        space.sums[slot + way, column] = space.sums[own, column]


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
    space.total[:] = 0.0
    add_rows(space.sums, space.slots, (start, stop), space.total, 0)
    count = find_pairs(model.plan, space, start, stop, scratch.buckets)
    add_known(model.words, scratch.buckets, count, space.total, 0)


@compiled
def divide(total: np.ndarray, text: int, scores: np.ndarray) -> int:
    """Divide the sums of each block by its norm; return how many n-grams were known."""
    n_scores, width = scores.shape[1], len(total) // 2
    for offset in (0, width):
        squared = total[offset + n_scores]
        factor = 1.0 / np.sqrt(squared) if squared > 0.0 else 0.0
        for column in range(n_scores):
            scores[text, column] += total[offset + column] * factor
    return np.int64(total[n_scores + 1] + total[width + n_scores + 1])


@compiled
def score(
    model: Model,
    source: Source,
    space: Workspace,
    scores: np.ndarray,
    evidence: np.ndarray,
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
            evidence[text] = divide(space.total, text, scores)
        for k in range(n_missing):
            remember(space, space.missing[k])


class NumbaEngine:
    """Scores blocks of texts."""

    def __init__(
        self,
        ngram_map: NgramMap,
        words: NgramTable,
        characters: NgramTable,
        n_slots: int,
    ) -> None:
        # Scores, squared norm and number of n-grams, up to a multiple of four.
        width = -(-(words.weights.shape[1] + 2) // 4) * 4
        tables = (
            make_table(ngram_map.n_buckets, table.buckets, table.to_rows(width))
            for table in (words, characters)
        )
        self.model = Model(make_plan(ngram_map), *tables)
        self.n_slots = n_slots
        self.width = 2 * width

    def make_space(self, room: int = ROOM) -> Workspace:
        """Return an empty cache and room for some chunks."""
        return make_workspace(self.width, self.n_slots, room)

    def score(
        self, block: Any, space: Workspace, scores: np.ndarray, evidence: np.ndarray
    ) -> None:
        """Write scores and evidence of a block of texts into arrays of zeros."""
        source = make_source(block)
        most = int(np.diff(source.bounds).max(initial=0)) // 2 + 1
        if most > len(space.slots):
            space = self.make_space(most)
        score(self.model, source, space, scores, evidence)
