"""Bring texts of any container to blocks of strings, and those to UTF-8 bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

TEXTS_PER_BLOCK = 1024
CHARACTERS_PER_BLOCK = 2**20

# The kernel reads eight bytes at a time, up to sixteen past the end of a text.
PADDING = 24
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class PackedTexts(NamedTuple):
    """Some texts as UTF-8, one after the other."""

    data: np.ndarray  # the texts, then PADDING zeros or more up to a multiple of eight
    bounds: np.ndarray  # int64 (n + 1,): where each starts, and the last one ends


def as_sequence(texts: Any) -> Any:
    """Return texts as something that has a length and can be sliced."""
    if isinstance(texts, str):
        raise TypeError(f"Expected many texts, found one string: {texts[:40]!r}.")
    column = _arrow_column(texts)
    if column is not None:
        if column.null_count:
            raise TypeError(
                f"{column.null_count} of {len(column)} texts are missing. Drop those "
                "rows, or fill them with ''."
            )
        return column
    if isinstance(texts, (list, tuple, np.ndarray)):
        return texts
    return texts.to_numpy() if hasattr(texts, "to_numpy") else list(texts)


def split_blocks(texts: Any) -> Iterator[tuple[int, Any]]:
    """Yield blocks of a sequence of texts, each with the number of its first text."""
    for start in range(0, len(texts), TEXTS_PER_BLOCK):
        block = texts[start : start + TEXTS_PER_BLOCK]
        if isinstance(block, np.ndarray):
            block = block.tolist()
        yield from _halve(start, block)


def as_strings(block: Any) -> Any:
    """Return a block of texts as Python strings."""
    return block if isinstance(block, (list, tuple)) else block.to_pylist()


def pack(block: Any) -> PackedTexts:
    """Return a block of texts as UTF-8."""
    if isinstance(block, (list, tuple)):
        return _pack_strings(block)
    return _pack_arrow(block)


def _arrow_column(texts: Any) -> Any:
    """Return the Arrow column behind a Series, or None if there is none."""
    if type(texts).__module__.partition(".")[0] == "pyarrow":
        column = texts
    else:
        array = getattr(texts, "array", None)
        dtype = getattr(array, "dtype", None)
        if not isinstance(dtype, pd.ArrowDtype) and (
            getattr(dtype, "storage", None) != "pyarrow"
        ):
            return None
        column = array.__arrow_array__()  # type: ignore[union-attr]
    if str(column.type) not in ("string", "large_string"):
        column = column.cast("large_string")
    return column


def _halve(start: int, block: Any) -> Iterator[tuple[int, Any]]:
    """Yield a block, in parts if it is too long."""
    if len(block) < 2 or _size(start, block) <= CHARACTERS_PER_BLOCK:
        yield start, block
        return
    middle = len(block) // 2
    yield from _halve(start, block[:middle])
    yield from _halve(start + middle, block[middle:])


def _size(start: int, block: Any) -> int:
    """Return the number of characters of a block, of bytes if it is Arrow."""
    if not isinstance(block, (list, tuple)):
        return block.nbytes
    try:
        return sum(map(str.__len__, block))
    except TypeError:
        at = next(i for i, text in enumerate(block) if not isinstance(text, str))
        raise TypeError(
            f"Text {start + at} is {block[at]!r}, of type {type(block[at]).__name__}. "
            "Every text must be a string: drop the row, or fill it with ''."
        ) from None


def _pack_strings(block: Any) -> PackedTexts:
    """Encode strings."""
    try:
        encoded = list(map(str.encode, block))
    except UnicodeEncodeError:
        encoded = [LONE_SURROGATE.sub("\ufffd", text).encode() for text in block]
    bounds = np.zeros(len(encoded) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=bounds[1:])
    encoded.append(bytes(PADDING + -int(bounds[-1]) % 8))
    return PackedTexts(np.frombuffer(b"".join(encoded), dtype=np.uint8), bounds)


def _pack_arrow(block: Any) -> PackedTexts:
    """Take the bytes of an Arrow column, without making strings of them."""
    parts = [_read_arrow(array) for array in getattr(block, "chunks", [block])]
    lengths = np.concatenate([np.zeros(1, np.int64), *(part[1] for part in parts)])
    bounds = np.cumsum(lengths)
    padding = np.zeros(PADDING + -int(bounds[-1]) % 8, dtype=np.uint8)
    data = np.concatenate([*(part[0] for part in parts), padding])
    # As the bytes of strings are, or the kernel would be compiled a second time.
    data.flags.writeable = False
    return PackedTexts(data, bounds)


def _read_arrow(array: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the bytes of one Arrow array and the length of each text."""
    _, offsets, data = array.buffers()
    dtype = np.int64 if str(array.type) == "large_string" else np.int32
    if len(array) == 0:
        return np.empty(0, np.uint8), np.empty(0, np.int64)
    ends = np.frombuffer(offsets, dtype)[array.offset : array.offset + len(array) + 1]
    if data is None:
        return np.empty(0, np.uint8), np.diff(ends).astype(np.int64)
    used = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
    return used, np.diff(ends).astype(np.int64)
