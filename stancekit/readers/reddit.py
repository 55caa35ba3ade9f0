"""Read comments from Reddit: pages saved as JSON, and dumps with a line for each."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from stancekit import columns as col
from stancekit.errors import ReadError
from stancekit.readers import records as rec
from stancekit.readers.heads import Head
from stancekit.readers.sources import FolderFormat, Source

SITE = "https://www.reddit.com"
# Without its semicolon it may be part of a link, as in "?a=1&copy=2".
ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")
MARKS = ("t1_", "t3_")
# The key that shows a record, and what it is.
KINDS = {"body": "comment", "title": "post"}
GONE = ("[deleted]", "[removed]")


def _read_pages(source: Source) -> rec.Columns:
    """Return the comments, and posts that stand in a list; no post above comments."""
    things = [
        thing
        for file in source.json_files()
        for page in file.json_values()
        for thing in _things(page, file.name)
    ]
    above = [data for kind, data in things if kind == "thread"]
    # The same post stands on each page of its thread.
    posts = {rec.id_at(post, "id"): post for post in above}
    rec.claim(source, *(rec.count_at(p, "num_comments") for p in posts.values()))
    columns = _columns(
        source, (data for kind, data in things if kind in ("t1", "t3")), above
    )
    _note_hidden([data for kind, data in things if kind == "more"], columns, source)
    return columns


def _things(page: Any, name: str) -> Iterator[tuple[str, rec.Record]]:
    """Yield kind and content of each thing on a page; "thread" is a thread's post."""
    waiting = [page]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, list):
            if _is_thread(thing):
                yield "thread", _content(rec.list_at(thing[0], *CHILDREN)[0], name)
                thing = thing[1:]
            waiting += reversed(thing)
            continue
        if isinstance(rec.at(thing, "data"), list) and "kind" not in thing:
            waiting += reversed(thing["data"])
            continue
        data = _content(thing, name)
        kind = thing.get("kind")
        if kind in ("t1", "t3", "more"):
            yield kind, data
            waiting += [data["replies"]] if data.get("replies") else []
        else:
            children = data.get("children", data.get("things"))
            waiting += reversed(rec.objects(children, f"{name}, 'children'"))


CHILDREN = ("data", "children")


def _is_thread(listings: list[Any]) -> bool:
    if len(listings) != 2:
        return False
    above, below = (
        [rec.at(child, "kind") for child in rec.list_at(part, *CHILDREN)]
        for part in listings
    )
    is_listing = rec.at(listings[1], "kind") == "Listing"
    return above == ["t3"] and "t3" not in below and is_listing


def _content(thing: Any, name: str) -> rec.Record:
    data = rec.at(thing, "json", "data") or rec.at(thing, "data")
    if isinstance(data, dict):
        return data
    raise ReadError(
        f"{name}: {str(thing)[:60]!r} stands where a comment or a Listing of comments "
        "is expected. Nothing was read. Save the page again, with .json at the end of "
        "its address."
    )


def _note_hidden(stubs: list[rec.Record], columns: rec.Columns, source: Source) -> None:
    read, answered = set(columns[col.COMMENT_ID]), set(columns[col.PARENT_ID])
    counts, deeper = [], 0
    for stub in stubs:
        count = rec.count_at(stub, "count")
        if not count:
            # "Continue this thread" is a stub that counts 0.
            deeper += _bare(rec.id_at(stub, "parent_id")) not in answered
        elif not read.issuperset(map(str, rec.list_at(stub, "children") or [""])):
            counts.append(count)
    hidden = []
    if counts:
        hidden.append(f"{sum(counts):,} more behind {len(counts):,} “load more”")
    if deeper:
        hidden.append(f"what follows {deeper:,} “continue this thread”")
    if hidden:
        source.notes.warnings.append(
            f"{source.name}: {len(read):,} comments were read; not in the file: "
            f"{' and '.join(hidden)}. Reddit leaves out what is ranked low, so these "
            "are no random sample."
        )


def _shows_record(head: Head) -> bool:
    record = head.first_object or {}
    places = record.keys() & {"subreddit", "link_id"}
    if "body" not in record:
        return "title" in record and "subreddit" in places and col.TEXT not in record
    named = places or str(record.get("parent_id")).startswith(MARKS)
    return bool(named) and col.TEXT not in record


def _columns(
    source: Source, things: Iterable[rec.Record], above: Iterable[rec.Record] = ()
) -> rec.Columns:
    """Return raw columns; the posts ``above`` are no rows, but give headlines."""
    columns = rec.columns_at(source, [rec.Page(things, {})], FIELDS)
    titled = {name: FIELDS[name] for name in (col.KIND, col.ARTICLE_ID, col.HEADLINE)}
    titles: dict[Any, str] = {}
    for known in (rec.columns_at(source, [rec.Page(above, {})], titled), columns):
        kinds, articles, headlines = (known[name] for name in titled)
        rows = zip(kinds, articles, headlines, strict=True)
        titles |= {article: title for kind, article, title in rows if kind == "post"}
    columns[col.HEADLINE] = [
        title or titles.get(article)
        for title, article in zip(headlines, articles, strict=True)
    ]
    parents = columns[col.PARENT_ID]
    if any(isinstance(parent, (int, float)) for parent in parents):
        # Some months hold the numbers that names stand for.
        ids = set(map(str, columns[col.COMMENT_ID]))
        columns[col.PARENT_ID] = [
            _number_as_name(p, ids) if isinstance(p, (int, float)) else p
            for p in parents
        ]
    return rec.filled(columns, col.COMMENT_ID, col.PARENT_ID, col.ARTICLE_ID, col.TEXT)


def _number_as_name(number: float, known: set[str]) -> str | None:
    # A number read from a table with gaps is a float, and none is not a number.
    whole = int(number) if 0 < number < col.LARGEST_EXACT_FLOAT else 0
    name = np.base_repr(whole, 36).lower()
    is_plain = str(whole) in known and name not in known
    return (str(whole) if is_plain else name) if whole else None


def _bare(name: Any) -> Any:
    marked = isinstance(name, str) and name.startswith(MARKS)
    return name[3:] if marked else name


def _unescaped(*keys: str) -> Callable[[rec.Node], Any]:
    """Return the value of a field: the first text, or what else stands there."""

    def value(node: rec.Node) -> Any:
        text = next(filter(None, map(node.record.get, keys)), None)
        if not isinstance(text, str) or "&" not in text:
            return text
        return ENTITY.sub(lambda entity: html.unescape(entity[0]), text)

    return value


def _is_post(node: rec.Node) -> bool:
    return "body" not in node.record


def _id(node: rec.Node) -> Any:
    return _bare(node.record.get("id") or node.record.get("name"))


def _parent(node: rec.Node) -> Any:
    """Return what a comment answers; the post itself counts as nothing."""
    parent = node.record.get("parent_id")
    return None if str(parent).startswith("t3_") else _bare(parent)


def _status(node: rec.Node) -> str:
    remover = node.record.get("removed_by_category")
    if remover:
        return "deleted" if remover in ("deleted", "author") else "removed"
    by_reddit = str(node.record.get("body")).startswith("[ Removed by Reddit")
    return "removed" if by_reddit else "visible"


FIELDS: rec.Fields = {
    col.COMMENT_ID: _id,
    col.PARENT_ID: _parent,
    col.ARTICLE_ID: lambda node: (
        _id(node) if _is_post(node) else _bare(node.record.get("link_id"))
    ),
    col.HEADLINE: _unescaped("title", "link_title"),
    col.AUTHOR: lambda node: (
        None if (author := node.record.get("author")) in GONE else author
    ),
    col.CREATED_AT: "created_utc created",
    # Of a post without a text the title is what it says.
    col.TEXT: _unescaped("body", "selftext", "title"),
    # While the score is hidden, the source only says 1.
    col.LIKES: lambda node: (
        None
        if node.record.get("score_hidden")
        else node.record.get("score", node.record.get("ups"))
    ),
    col.STATUS: _status,
    col.URL: lambda node: (
        SITE + link
        if (link := rec.text_at(node.record, "permalink")).startswith("/")
        else link or None
    ),
    col.KIND: lambda node: "post" if _is_post(node) else "comment",
    col.EDITED: lambda node: (
        # Arctic Shift adds _meta to what Reddit had.
        rec.at(node.record, "_meta", "is_edited") or node.record.get("edited")
    ),
    "subreddit": "subreddit",
    # The text is that from before.
    "deleted_later": lambda node: (
        rec.at(node.record, "_meta", "was_deleted_later") or None
    ),
    **rec.ADDED,
}

FORMATS = {
    "reddit": FolderFormat(
        "Reddit pages in JSON",
        rec.shows('"data"', r'"kind"\s*:\s*"(?:Listing|t1|t3|more)"'),
        _read_pages,
    ),
    "reddit-dump": FolderFormat(
        "comments or posts of a Reddit dump",
        _shows_record,
        lambda source: _columns(source, rec.read_objects(source, KINDS, "data")),
    ),
}
