"""Read the comments of blogs out of XML exports: Disqus and WordPress (WXR)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DTDForbidden
from defusedxml.ElementTree import XMLParser, iterparse

from stancekit import columns as col
from stancekit.errors import ReadError
from stancekit.readers import records as rec
from stancekit.readers.heads import Head, describe
from stancekit.readers.markup import html_to_text
from stancekit.readers.sources import Format, Source

# An export has five levels; more than this are an attack.
MOST_LEVELS = 100


def _read_disqus(source: Source) -> rec.Columns:
    """Return the posts; threads are told apart by id, since titles recur."""
    threads: dict[str, rec.Record] = {}
    columns = rec.columns_at(source, _posts(source, threads), DISQUS)
    source.notes.count(
        sum(name not in threads for name in columns[col.ARTICLE_ID]),
        "comments stand under threads that are not in the file, so they have no "
        "headline.",
    )
    for name, key in ((col.HEADLINE, "title"), (col.URL, "link")):
        columns[name] = [
            rec.text_at(threads.get(thread), key) for thread in columns[col.ARTICLE_ID]
        ]
    return columns


def _posts(source: Source, threads: dict[str, rec.Record]) -> Iterator[rec.Page]:
    for element in _elements(source, "disqus", 1):
        record = _record(element)
        if _local(element.tag) == "thread":
            threads[record["@id"]] = record
        elif _local(element.tag) == "post":
            yield rec.Page([record], {})


def _post_status(node: rec.Node) -> str:
    if node.record.get("isSpam") == "true":
        return "removed"
    return "deleted" if node.record.get("isDeleted") == "true" else "visible"


DISQUS: rec.Fields = {
    col.COMMENT_ID: "@id",
    col.PARENT_ID: "parent@id",
    col.ARTICLE_ID: lambda node: node.record.get("thread@id", ""),
    col.AUTHOR: "author>name author>username",
    col.CREATED_AT: "createdAt",
    col.TEXT: rec.html("message"),
    col.STATUS: _post_status,
}


def _items(source: Source) -> Iterator[rec.Page]:
    """Yield the posts; ids may repeat from one to the next, so they begin with its."""
    items = (e for e in _elements(source, "rss", 2) if _local(e.tag) == "item")
    for number, item in enumerate(items, 1):
        post = _record(item)
        about = {
            "id": post.get("post_id") or f"item{number}",
            "title": html_to_text(post.get("title", "")),
            "link": post.get("link", ""),
        }
        comments = [_record(child) for child in item if _local(child.tag) == "comment"]
        yield rec.Page(comments, about)


def _scoped(key: str, *nothing: str) -> rec.Value:

    def value(node: rec.Node) -> str | None:
        name = node.record.get(key)
        return f"{node.about['id']}/{name}" if name and name not in nothing else None

    return value


APPROVALS = {"1": "visible", "0": "pending"} | dict.fromkeys(
    ("spam", "trash", "post-trashed"), "removed"
)
WXR: rec.Fields = {
    col.COMMENT_ID: _scoped("comment_id"),
    col.PARENT_ID: _scoped("comment_parent", "0"),
    col.ARTICLE_ID: "/id",
    col.HEADLINE: "/title",
    col.URL: "/link",
    col.AUTHOR: "comment_author",
    col.CREATED_AT: lambda node: (
        None
        # WordPress writes zeros where it knows no time.
        if (time := rec.text_at(node.record, "comment_date_gmt")).startswith("0000")
        else time
    ),
    # Paragraphs are added when the page is shown; here they are line ends.
    col.TEXT: rec.html("comment_content", keep_lines=True),
    col.STATUS: lambda node: APPROVALS.get(
        given := rec.text_at(node.record, "comment_approved"), given
    ),
    col.KIND: lambda node: node.record.get("comment_type") or "comment",
}


def _is_xml(head: Head) -> bool:
    return head.text.lstrip().startswith("<") and not head.is_html


def _shows(sign: str) -> Callable[[Head], bool]:
    return lambda head: _is_xml(head) and re.search(sign, head.text) is not None


def _elements(source: Source, root: str, level: int) -> Iterator[Element]:
    """Yield elements of a level; nothing that a DOCTYPE declares is ever used."""
    if not _is_xml(source.head):
        raise ReadError(f"{source.name} looks like {describe(source.head)}, not XML.")
    parser = XMLParser(target=TreeBuilder(), forbid_dtd=True)
    above: list[Element] = []
    with source.open() as stream:
        try:
            for event, element in iterparse(stream, ("start", "end"), parser=parser):
                if event == "start":
                    above.append(element)
                    _check(above, root, source)
                    continue
                above.pop()
                if len(above) == level:
                    yield element
                    # Or the whole export would stay in the memory.
                    above[-1].remove(element)
        except ReadError:
            raise
        except (ParseError, ValueError, LookupError) as error:
            problem = f"not valid XML ({error}); the file may be cut off"
            if isinstance(error, DTDForbidden):
                problem = "there is a DOCTYPE, as in no export; it may be an attack"
            line = parser.parser.CurrentLineNumber
            raise ReadError(
                f"{source.name}, line {line}: {problem}. Nothing was read. Export the "
                "comments again."
            ) from error


def _check(above: list[Element], root: str, source: Source) -> None:
    found = _local(above[0].tag)
    if found != root:
        raise ReadError(
            f"{source.name} is XML, but begins with <{found}>, not with <{root}>. "
            "Another format can be named: format=."
        )
    if len(above) > MOST_LEVELS:
        raise ReadError(
            f"{source.name}: the XML is nested more than {MOST_LEVELS} levels deep, "
            "as no export of comments is. Nothing was read."
        )


def _local(name: str) -> str:
    # The namespace has versions, and stands with http or https.
    return name.rpartition("}")[2]


def _record(element: Element) -> rec.Record:
    """Return the texts ("a", "a>b") and ids ("@id", "a@id") of an element's parts."""
    record: rec.Record = {"@id": _id(element)}
    # From the end, so that the first one of a name stays.
    for child in reversed(element):
        name = _local(child.tag)
        record[name] = "".join(child.itertext()).strip()
        record[f"{name}@id"] = _id(child)
        for part in reversed(child):
            record[f"{name}>{_local(part.tag)}"] = "".join(part.itertext()).strip()
    return record


def _id(element: Element) -> str:
    return next((v for k, v in element.attrib.items() if _local(k) == "id"), "")


FORMATS = {
    "disqus": Format("a Disqus export", _shows(r"<(?:\w+:)?disqus[\s>]"), _read_disqus),
    "wxr": Format(
        "a WordPress export",
        _shows(r"""["']https?://wordpress\.org/export/"""),
        lambda source: rec.columns_at(source, _items(source), WXR),
    ),
}
