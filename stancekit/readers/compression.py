"""Decompress a file as a stream, within a limit."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
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
    stream = _decompressor(start)
    if stream is None:
        return file
    limited = _LimitedStream(stream(file), file, name, limit)
    return io.BufferedReader(limited, PIECE)


def too_long(name: str, limit: int) -> ReadError:
    """Return the error for a source that holds more than is allowed."""
    return ReadError(
        f"{name} holds more than {limit:,} bytes. If that is what you expect, allow "
        "more with max_bytes=."
    )


def _decompressor(start: bytes) -> Callable[[IO[bytes]], Any] | None:
    # A zstandard file may begin with a frame of metadata.
    skippable = start[1:4] == b"\x2a\x4d\x18" and 0x50 <= start[0] <= 0x5F
    if skippable or start.startswith(b"\x28\xb5\x2f\xfd"):
        return _ZstdStream
    streams: dict[bytes, Callable[[IO[bytes]], Any]]
    streams = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
    return next((s for magic, s in streams.items() if start.startswith(magic)), None)


class _ZstdStream(io.RawIOBase):
    """The frames of a zstandard file; the package's own stream overlooks a cut."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            import zstandard
        except ImportError as error:
            raise missing_extra("zstandard", "tables", "Reading .zst") from error
        self._new = zstandard.ZstdDecompressor(
            max_window_size=ZSTD_WINDOW
        ).decompressobj
        self._damage = zstandard.ZstdError
        self._file = file
        self._frame: Any = None
        self._pending = memoryview(b"")

    def readinto(self, buffer: Any) -> int:
        while not self._pending:
            piece = self._next_piece()
            if not piece:
                return 0
            self._pending = memoryview(self._decompress(piece))
        n = min(len(buffer), len(self._pending))
        buffer[:n] = self._pending[:n]
        self._pending = self._pending[n:]
        return n

    def _next_piece(self) -> bytes:
        if self._frame is not None and self._frame.eof:
            rest, self._frame = self._frame.unused_data, None
            if rest:
                return cast("bytes", rest)
        piece = self._file.read(ZSTD_PIECE)
        if not piece and self._frame is not None:
            raise EOFError("the last frame is not finished")
        return piece

    def _decompress(self, piece: bytes) -> bytes:
        if self._frame is None:
            self._frame = self._new()
        try:
            return cast("bytes", self._frame.decompress(piece))
        except self._damage as error:
            raise EOFError(str(error)) from error


class _LimitedStream(io.RawIOBase):
    """The output of a decompressor; too much of it, or damage, raises ReadError."""

    def __init__(
        self, stream: Any, file: IO[bytes], name: str, limit: int | None
    ) -> None:
        self._stream = stream
        self._file = file
        self._name = name
        self._limit = limit
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            n = int(self._stream.readinto(buffer))
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise ReadError(
                f"{self._name} is compressed, but cut off or damaged ({error}). "
                "Nothing was read. Download it again."
            ) from error
        self._count += n
        usual = max(SMALL_SIZE, MAX_RATIO * self._file.tell())
        limit = self._limit or min(usual, MAX_BYTES)
        if self._count > limit:
            raise too_long(self._name, limit)
        return n

    def close(self) -> None:
        self._stream.close()
        self._file.close()
        super().close()
