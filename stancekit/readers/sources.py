"""Open, decompress and decode a source of comments, within limits."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import IO, Any

from stancekit.errors import ReadError
from stancekit.readers.compression import MAX_BYTES, PIECE, decompressed, too_long
from stancekit.readers.heads import Head, describe, encoding_marked
from stancekit.readers.report import Notes

HEAD_SIZE = 1 << 18
# A small archive may hold one line of 600 MB, which would fill the memory.
MAX_LINE = 10_000_000

SURROGATE = re.compile("[\ud800-\udfff]")
NOT_ASCII = re.compile(r"[^\x00-\x7f]")
NOT_SPACE = re.compile(r"\S")
# Hidden files, such as those that other systems add, are none.
JSON_NAME = re.compile(r"[^.].*\.(?:json|jsonl|ndjson)(?:\.(?:gz|zst|bz2|xz))?", re.I)


@dataclass
class Source:
    """What is read, and how the caller wants it read.

    ``max_bytes`` is None where the caller left it to the format; ``columns`` maps
    column names of the source to ours, ``sheet`` is that of a workbook.
    """

    name: str
    path: Path | None = None
    data: bytes | None = None
    max_bytes: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    skip_bad_lines: bool = False
    sheet: str | None = None
    notes: Notes = field(default_factory=Notes)

    def open(self) -> IO[bytes]:
        """Open the bytes, decompressed; too many of them raise ReadError."""
        if self.path is None:
            return decompressed(io.BytesIO(self.data or b""), self.name, self.max_bytes)
        try:
            # A pipe would be waited for, a device has no end.
            if not self.path.is_file():
                raise OSError("it is no file but a pipe, a device or a socket")
            return decompressed(self.path.open("rb"), self.name, self.max_bytes)
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
        try:
            names = tuple(sorted(os.listdir(folder)))
        except OSError as error:
            raise _unreadable(self.name, error) from error
        first = Head(b"")
        for name in [*filter(JSON_NAME.fullmatch, names)][:1]:
            first = replace(self, name=str(folder / name), path=folder / name).head
        return replace(first, name=folder.name, files=names)

    def json_files(self) -> list[Source]:
        """Return this source, or the JSON files of this folder by their names."""
        if self.head.files is None:
            return [self]
        names = [*filter(JSON_NAME.fullmatch, self.head.files)]
        if not names:
            raise ReadError(
                f"{self.name} is {describe(self.head)}; no file in it ends in .json."
            )
        return [*map(self.member, names)]

    def files(self) -> list[Path]:
        """Return the files of this folder by their names, hidden ones left out."""
        if self.path is None or self.head.files is None:
            return []
        shown = (self.path / name for name in self.head.files if name[0] != ".")
        return [path for path in shown if path.is_file()]

    def member(self, name: str) -> Source:
        """Return a file of this folder, to be read with the same wishes and notes."""
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
        if marked or self._is_utf8():
            return marked or "utf-8"
        wrong, right, line = self._broken_bytes()
        # In cp1252 hardly a sign beyond ASCII happens to be UTF-8 as well.
        is_utf8 = right >= wrong
        self.notes.warnings.append(
            f"{self.name}, line {line}: {wrong:,} bytes are not UTF-8 (the first "
            "here), but the rest is; '\ufffd' stands in their place."
            if is_utf8
            else f"{self.name} is not UTF-8 and was read as cp1252 (Western European); "
            "if umlauts look wrong, save it as UTF-8."
        )
        return "utf-8" if is_utf8 else "cp1252"

    def _is_utf8(self) -> bool:
        with io.TextIOWrapper(self.open(), "utf-8", newline="") as stream:
            try:
                return all(iter(partial(stream.read, PIECE), ""))
            except UnicodeDecodeError:
                return False

    def _broken_bytes(self) -> tuple[int, int, int]:
        """Return how many bytes are not UTF-8, how many signs are, the first line."""
        wrong, right, first = 0, 0, 0
        # A byte that is not UTF-8 becomes a lone surrogate.
        text = io.TextIOWrapper(self.open(), "utf-8", "surrogateescape", "\n")
        with text as stream:
            for number, line in enumerate(stream, 1):
                bad = len(SURROGATE.findall(line))
                first = first or (bad and number)
                wrong, right = wrong + bad, right + len(NOT_ASCII.findall(line)) - bad
        return wrong, right, first

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
            read = iter(partial(stream.readline, MAX_LINE + 1), "")
            for number, line in enumerate(read, 1):
                if len(line) <= MAX_LINE:
                    yield number, line
                    continue
                while line and not line.endswith("\n"):
                    line = stream.readline(MAX_LINE)
                problem = f"the line is longer than {MAX_LINE:,} characters"
                self.bad_line(number, problem)

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
        """Return the JSON value that a text of this source is."""
        try:
            return _decode(text)
        except (ValueError, RecursionError) as error:
            raise self._bad_json(error) from error

    def json_values(self) -> Iterator[Any]:
        """Yield the JSON values that stand one after the other, on any lines."""
        self._check_json()
        text = _whole_characters(self.read_text())
        end = 0
        while start := NOT_SPACE.search(text, end):
            try:
                value, end = JSON.raw_decode(text, start.start())
            except (ValueError, RecursionError) as error:
                raise self._bad_json(error) from error
            yield value

    def _bad_json(self, error: Exception) -> ReadError:
        line = f", line {error.lineno}" if hasattr(error, "lineno") else ""
        return broken(f"{self.name}{line}", _json_problem(error))


@dataclass(frozen=True)
class Format:
    """One kind of source: how it is called, recognised and read.

    ``read`` returns raw values by column name, all of one length. ``takes_columns``
    says whether ``columns=`` means something here, ``takes_folders`` whether the
    source may be a folder. ``in_parts`` are ways to read a large source as tables of
    pyarrow, every column as it has it, the quicker one first.
    """

    title: str
    recognise: Callable[[Head], bool]
    read: Callable[[Source], dict[str, list[Any]]]
    takes_columns: bool = False
    takes_folders: bool = False
    in_parts: tuple[Callable[[Source], Iterator[Any]], ...] = ()


TableFormat = partial(Format, takes_columns=True)
FolderFormat = partial(Format, takes_folders=True)


def open_source(
    given: Any,
    *,
    max_bytes: int | None = None,
    columns: Mapping[str, str] | None = None,
    skip_bad_lines: bool = False,
    sheet: str | None = None,
) -> Source:
    """Return the source for a path, ``-`` (standard input), bytes or an open file."""
    name, path, data = _locate(given, max_bytes)
    return Source(name, path, data, max_bytes, columns or {}, skip_bad_lines, sheet)


def _locate(given: Any, limit: int | None) -> tuple[str, Path | None, bytes | None]:
    if isinstance(given, (bytes, bytearray)):
        return "<bytes>", None, bytes(given)
    if isinstance(given, str) and given == "-":
        if sys.stdin is None:
            raise ReadError("Standard input is closed. Name a file instead of '-'.")
        return "<stdin>", None, _read_stream(sys.stdin.buffer, "<stdin>", limit)
    name = str(given)
    if isinstance(given, (str, os.PathLike)):
        path = _existing(given)
        if not path.is_fifo():
            return name, path, None
        # A pipe can be read only once.
        with path.open("rb") as stream:
            return name, None, _read_stream(stream, name, limit)
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
    if re.match("https?://", str(given), re.I):
        raise ReadError(
            f"{given} is an address, and nothing is downloaded. Save the page first, "
            "or copy it into a text file, and read that file."
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


def _read_stream(stream: IO[Any], name: str, limit: int | None) -> bytes:
    """Return what a stream holds; it may give less than asked for before it ends."""
    limit = limit or MAX_BYTES
    pieces, size = [], 0
    while piece := stream.read(PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise too_long(name, limit)
    # So says a stream that does not wait and has no byte yet.
    if piece is None:
        raise ReadError(
            "An open file that does not wait for its bytes is read in part."
        )
    if pieces and isinstance(pieces[0], str):
        return replace_surrogates("".join(pieces)).encode()
    return b"".join(pieces)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Else the last value would stand for all of them, without a word.
    record = dict(pairs)
    if len(record) < len(pairs):
        # An empty one is a placeholder, which some exports leave in place.
        counts = Counter(name for name, value in pairs if value not in ([], {}, None))
        twice, times = counts.most_common(1)[0] if counts else ("", 1)
        if times == 1:
            return dict(sorted(pairs, key=lambda pair: pair[1] not in ([], {}, None)))
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return record


JSON = json.JSONDecoder(object_pairs_hook=_unique_keys)
HALF = re.compile(r"\\u[dD][89a-fA-F]")
ESCAPED = re.compile(
    r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]|(u[dD][89a-fA-F]..)|.)", re.S
)


def _whole_characters(text: str) -> str:
    """Return JSON with U+FFFD for halves of characters, which no file can hold."""
    if HALF.search(text) is None:
        return text
    return ESCAPED.sub(lambda found: "\\ufffd" if found[1] else found[0], text)


def _decode(text: str) -> Any:
    """Return the JSON value of a text; a third faster than ``decode`` on lines."""
    text = _whole_characters(text.strip())
    value, end = JSON.raw_decode(text)
    if end < len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return value


def _json_problem(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "the JSON is nested too deeply to be comments"
    if isinstance(error, json.JSONDecodeError):
        is_end = error.pos >= len(error.doc.rstrip())
        is_cut = is_end or error.msg.startswith("Unterminated")
        cut = "; the file seems to be cut off" * is_cut
        return f"not valid JSON ({error.msg}, column {error.colno}){cut}"
    return f"not usable JSON ({error})"


def broken(place: str, problem: str) -> ReadError:
    """Return the error for a file that is not as its format wants it."""
    return ReadError(
        f"{place}: {problem}. Nothing was read. Export or download the file again."
    )


def key_of(words: str) -> str:
    """Return eight signs that stand for a text in the ids made up for its comments."""
    # Of a thousand pages two get the same key once in 8,600 times.
    return hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=4).hexdigest()


def replace_surrogates(text: str) -> str:
    """Return the text with U+FFFD for halves of characters, which no file can hold."""
    # Encoding is the fastest way to find one.
    try:
        text.encode()
    except UnicodeEncodeError:
        # By UTF-16, where two halves that belong together become one character again.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
