"""Read the comments of blogs out of XML exports: Disqus and WordPress (WXR)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError, iterparse
from xml.parsers import expat

from stancekit.errors import ReadError
from stancekit.readers.heads import describe
from stancekit.readers.markup import html_to_text
from stancekit.readers.records import columns_of
from stancekit.readers.sources import Format, Head, Source
from stancekit.threads import (
    ARTICLE_ID,
    AUTHOR,
    COMMENT_ID,
    CREATED_AT,
    HEADLINE,
    KIND,
    PARENT_ID,
    STATUS,
    TEXT,
    URL,
)

# An export has five levels; more than this are an attack.
MOST_LEVELS = 100
PIECE = 1 << 16

DISQUS_NAMES = (COMMENT_ID, PARENT_ID, ARTICLE_ID, AUTHOR, CREATED_AT, TEXT, STATUS)
DISQUS_START = re.compile(r"<(?:\w+:)?disqus[\s>]")

WXR_NAMES = (*DISQUS_NAMES, HEADLINE, URL, KIND)
WXR_START = re.compile(r"""["']https?://wordpress\.org/export/""")
APPROVALS = {
    "1": "visible",
    "0": "pending",
    "spam": "removed",
    "trash": "removed",
    "post-trashed": "removed",
}


def recognise_disqus(head: Head) -> bool:
    """Tell whether this is XML with the root of a Disqus export."""
    return _is_xml(head) and DISQUS_START.search(head.text) is not None


def read_disqus(source: Source) -> dict[str, list[Any]]:
    """Return the posts of a Disqus export; their threads are told apart by id.

    Raises
    ------
    ReadError
        If it is no such export, has a DOCTYPE, or is damaged.
    """
    threads: dict[str, tuple[str, str]] = {}
    columns = columns_of(_disqus_rows(source, threads), DISQUS_NAMES)
    unknown = sum(name not in threads for name in columns[ARTICLE_ID])
    if unknown:
        source.notes.guesses.append(
            f"{unknown:,} comments stand under threads that are not in the file, so "
            "they have no headline."
        )
    found = [threads.get(name, ("", "")) for name in columns[ARTICLE_ID]]
    columns[HEADLINE] = [title for title, _ in found]
    columns[URL] = [link for _, link in found]
    return columns


def _disqus_rows(
    source: Source, threads: dict[str, tuple[str, str]]
) -> Iterator[dict[str, Any]]:
    for element in _elements(source, "disqus", 1):
        kind = _local(element.tag)
        if kind == "thread":
            parts = _parts(element)
            about = _value(parts, "title"), _value(parts, "link")
            threads[_reference(element)] = about
        elif kind == "post":
            yield _disqus_row(element)


def _disqus_row(post: Element) -> dict[str, Any]:
    parts = _parts(post)
    author = _parts(parts.get("author"))
    spam, deleted = (_value(parts, name) == "true" for name in ("isSpam", "isDeleted"))
    return {
        COMMENT_ID: _reference(post),
        PARENT_ID: _reference(parts.get("parent")),
        ARTICLE_ID: _reference(parts.get("thread")),
        AUTHOR: _value(author, "name") or _value(author, "username"),
        CREATED_AT: _value(parts, "createdAt"),
        TEXT: html_to_text(_value(parts, "message")),
        STATUS: "removed" if spam else "deleted" if deleted else "visible",
    }


def recognise_wxr(head: Head) -> bool:
    """Tell whether this is XML in the namespace of WordPress exports."""
    return _is_xml(head) and WXR_START.search(head.text) is not None


def read_wxr(source: Source) -> dict[str, list[Any]]:
    """Return the comments of a WordPress export, pingbacks included.

    Ids of comments may repeat from post to post, so they begin with that of the post.

    Raises
    ------
    ReadError
        If it is no such export, has a DOCTYPE, or is damaged.
    """
    return columns_of(_wxr_rows(source), WXR_NAMES)


def _wxr_rows(source: Source) -> Iterator[dict[str, Any]]:
    number = 0
    for item in _elements(source, "rss", 2):
        if _local(item.tag) != "item":
            continue
        number += 1
        parts = _parts(item)
        post = _value(parts, "post_id") or f"item{number}"
        about = {
            ARTICLE_ID: post,
            HEADLINE: html_to_text(_value(parts, "title")),
            URL: _value(parts, "link"),
        }
        for child in item:
            if _local(child.tag) == "comment":
                yield about | _wxr_row(child, post)


def _wxr_row(comment: Element, post: str) -> dict[str, Any]:
    parts = _parts(comment)
    name, parent, time, approved = (
        _value(parts, f"comment_{part}")
        for part in ("id", "parent", "date_gmt", "approved")
    )
    return {
        COMMENT_ID: f"{post}/{name}" if name else None,
        PARENT_ID: None if parent in ("", "0") else f"{post}/{parent}",
        AUTHOR: _value(parts, "comment_author"),
        CREATED_AT: None if time.startswith("0000") else time,
        TEXT: html_to_text(_value(parts, "comment_content"), keep_lines=True),
        STATUS: APPROVALS.get(approved, approved),
        KIND: _value(parts, "comment_type") or "comment",
    }


def _is_xml(head: Head) -> bool:
    return head.text.lstrip().startswith("<") and not head.is_html


def _elements(source: Source, root: str, level: int) -> Iterator[Element]:
    """Yield each element so many levels below the root, then drop it."""
    if not _is_xml(source.head):
        raise ReadError(f"{source.name} looks like {describe(source.head)}, not XML.")
    _refuse_doctype(source)
    above: list[Element] = []
    with source.open() as stream:
        try:
            for event, element in iterparse(stream, ("start", "end")):
                if event == "start":
                    above.append(element)
                    _check_level(len(above), source)
                    if len(above) == 1:
                        _check_root(element, root, source)
                    continue
                above.pop()
                if len(above) == level:
                    yield element
                    above[-1].remove(element)
        except ParseError as error:
            raise _not_xml(source, error.position[0], error) from error


def _check_root(element: Element, root: str, source: Source) -> None:
    found = _local(element.tag)
    if found != root:
        raise ReadError(
            f"{source.name} is XML, but begins with <{found}>, not with <{root}>. "
            "Another format can be named: format=."
        )


def _check_level(level: int, source: Source) -> None:
    if level > MOST_LEVELS:
        raise ReadError(
            f"{source.name}: the XML is nested more than {MOST_LEVELS} levels deep, "
            "as no export of comments is. Nothing was read."
        )


def _refuse_doctype(source: Source) -> None:
    """Raise ReadError for a DOCTYPE, before anything it declares is used."""
    started: list[str] = []

    def refuse(*declared: Any) -> None:
        raise ReadError(
            f"{source.name}, line {parser.CurrentLineNumber}: there is a DOCTYPE. "
            "Exports of comments have none, and it can be used for attacks. Nothing "
            "was read. If you trust the file, delete the DOCTYPE."
        )

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: started.append(name)
    with source.open() as stream:
        try:
            # None can follow once the first element has begun.
            while not started and (piece := stream.read(PIECE)):
                parser.Parse(piece)
        except ReadError:
            raise
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise _not_xml(source, parser.CurrentLineNumber, error) from error


def _not_xml(source: Source, line: int, error: Exception) -> ReadError:
    return ReadError(
        f"{source.name}, line {line}: not valid XML ({error}). Nothing was read. The "
        "file may be cut off; export it again."
    )


def _local(name: str) -> str:
    """Return a name without its namespace."""
    return name.rpartition("}")[2]


def _parts(element: Element | None) -> dict[str, Element]:
    """Return the first child of each name."""
    children = [] if element is None else list(element)
    return {_local(child.tag): child for child in reversed(children)}


def _value(parts: dict[str, Element], name: str) -> str:
    """Return the text of a child, an empty one where there is none."""
    child = parts.get(name)
    return "" if child is None else "".join(child.itertext()).strip()


def _reference(element: Element | None) -> str:
    """Return the attribute ``id``, whatever its namespace."""
    attributes = {} if element is None else element.attrib
    return next((v for k, v in attributes.items() if _local(k) == "id"), "")


FORMATS = {
    "disqus": Format("a Disqus export", recognise_disqus, read_disqus),
    "wxr": Format("a WordPress export", recognise_wxr, read_wxr),
}
