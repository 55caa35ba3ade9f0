"""Open, decompress and decode a source of comments, within limits."""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any, cast

from stancekit.errors import ReadError
from stancekit.readers.compression import decompressed, too_long
from stancekit.readers.heads import Head, describe, encoding_marked

HEAD_SIZE = 1 << 18
MAX_BYTES = 2_000_000_000
MAX_LINE = 10_000_000

SURROGATE = re.compile("[\ud800-\udfff]")
NOT_SPACE = re.compile(r"\S")
# Hidden files, such as those that other systems add, are none.
JSON_NAME = re.compile(r"[^.].*\.(?:json|jsonl|ndjson)(?:\.(?:gz|zst|bz2|xz))?", re.I)


@dataclass
class Notes:
    """What a reader has to say besides the comments.

    ``claimed`` is the number of comments the source says it has, ``guesses`` are
    sentences for the report, ``warnings`` sentences that are also issued as
    DataWarning, ``skipped_lines`` the numbers of lines left out.
    """

    claimed: int | None = None
    guesses: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    skipped_lines: list[int] = field(default_factory=list)


@dataclass
class Source:
    """What is read, and how the caller wants it read.

    ``max_bytes`` is None where the caller left it to the format; ``columns`` maps
    column names of the source to ours.
    """

    name: str
    path: Path | None = None
    data: bytes | None = None
    max_bytes: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    skip_bad_lines: bool = False
    notes: Notes = field(default_factory=Notes)

    def open(self) -> IO[bytes]:
        """Open the bytes, decompressed; too many of them raise ReadError."""
        return decompressed(self._open_raw(), self.name, self.max_bytes or MAX_BYTES)

    def _open_raw(self) -> IO[bytes]:
        if self.path is None:
            return io.BytesIO(self.data or b"")
        try:
            return self.path.open("rb")
        except OSError as error:
            raise _unreadable(self.name, error) from error

    @cached_property
    def head(self) -> Head:
        """The beginning of the source."""
        if self.path is not None and self.path.is_dir():
            return self._folder_head(self.path)
        with self.open() as stream:
            data = stream.read(HEAD_SIZE)
            complete = not stream.read(1)
        return Head(data, complete, self.path.name if self.path else "")

    def _folder_head(self, folder: Path) -> Head:
        names = tuple(sorted(os.listdir(folder)))
        json_names = [name for name in names if JSON_NAME.fullmatch(name)]
        first = None
        if json_names:
            path = folder / json_names[0]
            first = replace(self, name=str(path), path=path).head
        return Head(b"", name=folder.name, files=names, first=first)

    def json_files(self) -> list[Source]:
        """Return this source, or the JSON files of this folder in the order of names.

        Raises
        ------
        ReadError
            If the folder has no such file.
        """
        if self.head.files is None:
            return [self]
        names = [name for name in self.head.files if JSON_NAME.fullmatch(name)]
        if not names:
            raise ReadError(
                f"{self.name} is {describe(self.head)}; no file in it ends in .json."
            )
        return [self.member(name) for name in names]

    def member(self, name: str) -> Source:
        """Return a file of this folder, to be read with the same wishes and notes.

        Raises
        ------
        ReadError
            If the folder has no such file.
        """
        found = self.head.files or ()
        if self.path is None or name not in found:
            raise ReadError(
                f"{self.name} is {describe(self.head)}, not a folder with {name!r}."
            )
        path = self.path / name
        return replace(self, name=str(path), path=path)

    @cached_property
    def encoding(self) -> str:
        """The encoding of the text; cp1252 with a warning where it is not UTF-8."""
        marked = encoding_marked(self.head.data)
        if marked:
            return marked
        if self._is_utf8():
            return "utf-8"
        self.notes.warnings.append(
            f"{self.name} is not UTF-8 and was read as cp1252 (Western European); if "
            "umlauts look wrong, save it as UTF-8."
        )
        return "cp1252"

    def _is_utf8(self) -> bool:
        decoder = codecs.getincrementaldecoder("utf-8")()
        with self.open() as stream:
            try:
                while piece := stream.read(1 << 20):
                    decoder.decode(piece)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return False
        return True

    def read_bytes(self) -> bytes:
        """Return all bytes, decompressed."""
        with self.open() as stream:
            return stream.read()

    def open_text(self, newline: str | None = None) -> io.TextIOWrapper:
        """Open the text; ``newline`` as for :func:`open`."""
        encoding = self.encoding
        return io.TextIOWrapper(self.open(), encoding, "replace", newline)

    def read_text(self) -> str:
        """Return the whole text, with line ends as newlines."""
        with self.open_text() as stream:
            return stream.read()

    def lines(self) -> Iterator[tuple[int, str]]:
        r"""Yield number and text of each line; lines end at ``\n`` and nowhere else."""
        with self.open_text(newline="\n") as stream:
            number = 0
            while line := stream.readline(MAX_LINE + 1):
                number += 1
                if len(line) <= MAX_LINE:
                    yield number, line
                    continue
                while not line.endswith("\n") and (line := stream.readline(MAX_LINE)):
                    pass
                self.bad_line(
                    number, f"the line is longer than {MAX_LINE:,} characters"
                )

    def bad_line(self, number: int, problem: str) -> None:
        """Raise ReadError for a line, or note it where the caller wants it skipped."""
        if not self.skip_bad_lines:
            raise ReadError(
                f"{self.name}, line {number}: {problem}. Nothing was read. Repair the "
                "line, or leave such lines out with skip_bad_lines=True."
            )
        self.notes.skipped_lines.append(number)

    def json_lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield number and record of each line that is not blank."""
        self._check_json()
        for number, line in self.lines():
            if line.isspace():
                continue
            try:
                record = _decode(line)
            except (ValueError, RecursionError) as error:
                self.bad_line(number, _json_problem(error))
                continue
            if isinstance(record, dict):
                yield number, record
            else:
                self.bad_line(number, f"not a JSON object but {type(record).__name__}")

    def _check_json(self) -> None:
        if not self.head.is_json:
            looks = describe(self.head)
            raise ReadError(f"{self.name} looks like {looks}, not like JSON.")

    def read_json(self) -> Any:
        """Return the whole source as one JSON value."""
        self._check_json()
        return self.parse_json(self.read_text())

    def parse_json(self, text: str) -> Any:
        """Return the JSON value that a text of this source is.

        Raises
        ------
        ReadError
            If it is not valid JSON, or nested too deeply.
        """
        try:
            return _decode(text)
        except (ValueError, RecursionError) as error:
            raise self._bad_json(error) from error

    def json_values(self) -> Iterator[Any]:
        """Yield the JSON values that stand one after the other, on any lines."""
        self._check_json()
        text = self.read_text()
        end = 0
        while start := NOT_SPACE.search(text, end):
            try:
                value, end = JSON.raw_decode(text, start.start())
            except (ValueError, RecursionError) as error:
                raise self._bad_json(error) from error
            yield value

    def _bad_json(self, error: Exception) -> ReadError:
        lines = f", line {error.lineno}" if hasattr(error, "lineno") else ""
        return ReadError(
            f"{self.name}{lines}: {_json_problem(error)}. Nothing was read. "
            "Export or download the file again."
        )


@dataclass(frozen=True)
class Format:
    """One kind of source: how it is called, recognised and read.

    ``read`` returns raw values by column name, all of one length. ``takes_columns``
    says whether ``columns=`` means something here.
    """

    title: str
    recognise: Callable[[Head], bool]
    read: Callable[[Source], dict[str, list[Any]]]
    takes_columns: bool = False


def open_source(
    given: Any,
    *,
    max_bytes: int | None = None,
    columns: Mapping[str, str] | None = None,
    skip_bad_lines: bool = False,
) -> Source:
    """Return the source for a path, ``-`` (standard input), bytes or an open file.

    Raises
    ------
    TypeError
        If it is none of these.
    ReadError
        If there is no such file.
    """
    name, path, data = _locate(given, max_bytes or MAX_BYTES)
    return Source(name, path, data, max_bytes, columns or {}, skip_bad_lines)


def _locate(given: Any, limit: int) -> tuple[str, Path | None, bytes | None]:
    if isinstance(given, (bytes, bytearray)):
        return "<bytes>", None, bytes(given)
    if isinstance(given, str) and given == "-":
        return "<stdin>", None, _read_stream(sys.stdin.buffer, "<stdin>", limit)
    if isinstance(given, (str, os.PathLike)):
        path = _existing(given)
        if path.is_file() or path.is_dir():
            return str(given), path, None
        # A pipe can be read only once.
        with path.open("rb") as stream:
            return str(given), None, _read_stream(stream, str(given), limit)
    if hasattr(given, "read"):
        name = str(getattr(given, "name", "<file>"))
        return name, None, _read_stream(given, name, limit)
    raise TypeError(
        f"Comments are read from a path, '-', bytes, an open file or a DataFrame; "
        f"found {type(given).__name__}."
    )


def _existing(given: str | os.PathLike[str]) -> Path:
    if "\n" in str(given):
        raise ReadError(
            "A string names a file, but this one has several lines. To read the text "
            "itself, pass text.encode()."
        )
    path = Path(given)
    try:
        path.stat()
    except (OSError, ValueError) as error:
        raise _unreadable(str(given), error) from error
    return path


def _unreadable(name: str, error: Exception) -> ReadError:
    reason = getattr(error, "strerror", None) or str(error)
    return ReadError(
        f"{name} cannot be read: {reason}. Check the path and its permissions."
    )


def _read_stream(stream: IO[Any], name: str, limit: int) -> bytes:
    content = stream.read(limit + 1)
    if len(content) > limit:
        raise too_long(name, limit)
    if isinstance(content, str):
        return replace_surrogates(content).encode()
    return cast("bytes", content)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return record


JSON = json.JSONDecoder(object_pairs_hook=_unique_keys)


def _decode(text: str) -> Any:
    """Return the JSON value of a text; a third faster than ``decode`` on lines."""
    text = text.strip()
    value, end = JSON.raw_decode(text)
    if end < len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return value


def _json_problem(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "the JSON is nested too deeply to be comments"
    if isinstance(error, json.JSONDecodeError):
        end = error.pos >= len(error.doc.rstrip()) or error.msg.startswith(
            "Unterminated"
        )
        cut = "; the file seems to be cut off" if end else ""
        return f"not valid JSON ({error.msg}, column {error.colno}){cut}"
    return f"not usable JSON ({error})"


def replace_surrogates(text: str) -> str:
    """Return the text with U+FFFD for halves of characters, which no file can hold."""
    if SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
