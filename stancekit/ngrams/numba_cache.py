"""Keep what was computed for chunks of text, compiled with numba.

A chunk of up to 15 bytes is its own key. A longer one has a hash of 120 bits for a key:
if two chunks shared it, one would get the sums of the other. Among a million different
chunks the chance of that is below 1e-23.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from stancekit.ngrams.compiling import compiled
from stancekit.ngrams.numba_counting import (
    EIGHT,
    HALF,
    LAST_BYTE,
    ONE,
    THREE,
    U,
    load,
)

# In bytes. Longer chunks rarely come again.
LONGEST_CACHED = U(64)

CACHE_LINE = 64
ALL_BITS = U(0xFFFFFFFFFFFFFFFF)
LONG_CHUNK = U(0xFF << 56)
KEY_1, KEY_2 = U(0x9FB21C651E98DF25), U(0xA0761D6478BD642F)


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


def _prefetch(context: Any, array: Any, row: Any) -> Any:
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


prefetch: Any = intrinsic(_prefetch)


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
    while start < end:
        eight = load(eights, start) & low_bytes(min(end - start, EIGHT))
        first = (first ^ eight) * KEY_2
        first ^= first >> HALF
        second = (second + eight) * KEY_1
        second ^= second >> U(29)
        start += EIGHT
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
