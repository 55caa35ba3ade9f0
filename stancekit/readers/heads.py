"""Recognise what a source is from its first bytes."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stancekit.errors import name_rows

# The mark of UTF-32 (little endian) begins with that of UTF-16.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Files with these first bytes are no text.
SIGNATURES = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0", "an old Office document (.xls, .doc)"),
    (b"\x7fELF", "a program"),
)
CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b"))
HTML_START = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?(<!--(?:(?!-->).)*-->\s*)*<(!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)
LIST_START = re.compile(r'(?:(?:\{\s*"\w+"\s*:\s*)?\[\s*)?(?=\{)')
XML_START = re.compile(r"\s*<(\?xml|!doctype|[a-z][\w:.-]*[\s>/])", re.I)

# What stands in place of large files where a repository was cloned without Git LFS.
LFS = "version https://git-lfs.github.com/spec"
# JSON that is known and not read, by words in it, and what can be done.
UNREAD = (
    (
        r'"(?:string_map_data|media_list_data)"',
        "an export of Instagram, which holds no threads. Make a table with a column "
        "for the text (and ids and parents, if you have them)",
    ),
    (
        r'"CommentsList"\s*:',
        "an export of TikTok, which holds one user's comments without what they "
        "answer. Make a table with a column for the text",
    ),
    (
        r'"post_stream"\s*:\s*\{',
        "a topic of Discourse in JSON. Save the page of the topic as HTML, with "
        "?print=true at the end of its address, and read that",
    ),
    (
        r'"comments"\s*:\s*\[\s*\{\s*"comment"\s*:\s*\{',
        "an answer of Lemmy. Make a table of comment.id, comment.path, comment.content "
        "and creator.name",
    ),
    (
        r'"quota_max"\s*:|"comment_id"\s*:\s*\d+\s*,\s*"post_id"\s*:\s*\d+\s*,\s*"content_',
        "an answer of Stack Exchange. Make a table of its items: comment_id, body, "
        "owner.display_name, creation_date",
    ),
)


@dataclass(frozen=True)
class Head:
    """The beginning of a source, by which its format is recognised.

    ``data`` holds the first bytes, decompressed; ``complete`` says that there are no
    more; ``name`` is the file's name or empty; ``files`` are the names in a folder,
    None where the source is no folder; ``data`` is then the beginning of the first
    JSON file in it.
    """

    data: bytes
    complete: bool = True
    name: str = ""
    files: tuple[str, ...] | None = None

    @cached_property
    def is_binary(self) -> bool:
        """Whether this is no text in any encoding."""
        if any(self.data.startswith(start) for start, _ in SIGNATURES):
            return True
        if encoding_marked(self.data):
            return False
        controls = len(self.data) - len(self.data.translate(None, CONTROL_BYTES))
        # A few stand in texts as well.
        return controls > 0.02 * len(self.data)

    @cached_property
    def text(self) -> str:
        """The first characters, empty for binary data."""
        if self.is_binary:
            return ""
        try:
            encoding = encoding_marked(self.data) or "utf-8"
            # The beginning may end within a character.
            return codecs.getincrementaldecoder(encoding)().decode(self.data)
        except UnicodeDecodeError:
            return self.data.decode("cp1252", "replace")

    @cached_property
    def is_html(self) -> bool:
        """Whether this is an HTML page."""
        return HTML_START.match(self.text) is not None

    @cached_property
    def is_json(self) -> bool:
        """Whether this starts like JSON or JSON lines."""
        return self.text.lstrip()[:1] in ("{", "[")

    @cached_property
    def record(self) -> dict[str, Any] | None:
        """The first line, if it is a whole JSON object: then these are JSON lines."""
        line = self.text.strip().split("\n", 1)[0].rstrip()
        record, end = _first_object(line)
        return record if end == len(line) else None

    @cached_property
    def first_object(self) -> dict[str, Any] | None:
        """The first JSON object: of lines, of a list, or of a list under one key."""
        text = self.text.lstrip()
        start = LIST_START.match(text)
        return _first_object(text[start.end() :])[0] if start else None


def _first_object(text: str) -> tuple[dict[str, Any] | None, int]:
    """Return the JSON object that a text begins with, and where it ends."""
    try:
        record, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None, 0
    return (record if isinstance(record, dict) else None), end


def encoding_marked(data: bytes) -> str | None:
    """Return the encoding that the first bytes show, None where they show none."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return encoding
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = data[offset::2].count(0), data[1 - offset :: 2].count(0)
        # In UTF-16 every other byte of Latin text is zero.
        if zeros > 0.4 * (len(data) // 2) and others < 0.1 * (len(data) // 2):
            return encoding
    return None


def describe(head: Head) -> str:
    """Say what a source looks like, for an error message."""
    if head.files is not None:
        listed = name_rows(head.files)
        return f"a folder with {listed}" if head.files else "an empty folder"
    if head.complete and not head.is_binary and not head.text.strip():
        return "an empty file"
    if head.is_binary:
        known = (name for start, name in SIGNATURES if head.data.startswith(start))
        return next(known, "binary data")
    if head.is_json:
        return "JSON lines" if head.record and "\n{" in head.text else "JSON"
    if head.is_html:
        return "an HTML page"
    return "XML" if XML_START.match(head.text) else "plain text"


def known_unread(head: Head) -> str | None:
    """Say what a source is that is known and not read, and the way out."""
    if head.text.startswith(LFS):
        return "a Git LFS pointer, not the file itself. Fetch that with 'git lfs pull'"
    if not head.is_json:
        return None
    found = (said for sign, said in UNREAD if re.search(sign, head.text))
    return next(found, None)
