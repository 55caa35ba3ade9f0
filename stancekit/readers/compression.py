"""Decompress a file as a stream, within a limit."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from functools import partial
from typing import IO, Any, cast

from stancekit.errors import ReadError, missing_extra

MAX_BYTES = 2_000_000_000
# Comments shrink to a tenth or so, to a hundredth only where one thing is repeated.
MAX_RATIO = 100
# What so much holds may be anything; in memory it becomes ten times as large.
SMALL_SIZE = 100_000_000
# Bytes read at a time.
PIECE = 1 << 20
# Small pieces, since each may grow by a factor of 30,000.
ZSTD_PIECE = 2048
# Reddit's dumps are packed with windows of this size, which the package refuses else.
ZSTD_WINDOW = 2**31


def decompressed(file: IO[bytes], name: str, limit: int | None) -> IO[bytes]:
    """Return the bytes of an open file, decompressed if they are compressed.

    Reading more than ``limit`` bytes of them, or damaged ones, raises ReadError.
    Without a limit it is 2 GB, or less where they were compressed to next to nothing.
    """
    try:
        start = file.read(8)
        file.seek(0)
    except OSError:
        file.close()
        raise
    pieces = _pieces(file, start)
    if pieces is None:
        return file
    return io.BufferedReader(_LimitedStream(pieces, file, name, limit), PIECE)


def too_long(name: str, limit: int) -> ReadError:
    """Return the error for a source that holds more than is allowed."""
    return ReadError(
        f"{name} holds more than {limit:,} bytes. If that is what you expect, allow "
        "more with max_bytes=."
    )


def _pieces(file: IO[bytes], start: bytes) -> Iterator[bytes] | None:
    """Return what a file holds, piece by piece, None if it is not compressed."""
    # A zstandard file may begin with a frame of metadata.
    skippable = start[1:4] == b"\x2a\x4d\x18" and 0x50 <= start[0] <= 0x5F
    if skippable or start.startswith(b"\x28\xb5\x2f\xfd"):
        return _zstd_pieces(file)
    for magic, module in ((b"\x1f\x8b", gzip), (b"BZh", bz2), (b"\xfd7zXZ\0", lzma)):
        if start.startswith(magic):
            stream = cast("Any", module).open(file)
            return iter(partial(stream.read, PIECE), b"")
    return None


def _zstd_pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Yield what is in the frames; the package's own stream overlooks a cut."""
    try:
        import zstandard
    except ImportError as error:
        raise missing_extra("zstandard", "tables", "Reading .zst") from error
    new = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj
    frame: Any = None
    while piece := file.read(ZSTD_PIECE):
        while piece:
            frame = frame or new()
            try:
                yield frame.decompress(piece)
            except zstandard.ZstdError as error:
                raise EOFError(str(error)) from error
            piece = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("the last frame is not finished")


class _LimitedStream(io.RawIOBase):
    """What a decompressor yields; too much of it, or damage, raises ReadError."""

    def __init__(
        self, pieces: Iterator[bytes], file: IO[bytes], name: str, limit: int | None
    ) -> None:
        self._pieces, self._file = pieces, file
        self._name, self._limit = name, limit
        self._count, self._rest = 0, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest and (piece := self._next()) is not None:
            self._rest = memoryview(piece)
        n = min(len(buffer), len(self._rest))
        buffer[:n], self._rest = self._rest[:n], self._rest[n:]
        return n

    def _next(self) -> bytes | None:
        try:
            piece = next(self._pieces, None)
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise ReadError(
                f"{self._name} is compressed, but cut off or damaged ({error}). "
                "Nothing was read. Download it again."
            ) from error
        self._count += len(piece or b"")
        usual = max(SMALL_SIZE, MAX_RATIO * self._file.tell())
        limit = self._limit or min(usual, MAX_BYTES)
        if self._count > limit:
            raise too_long(self._name, limit)
        return piece

    def close(self) -> None:
        self._file.close()
        super().close()
