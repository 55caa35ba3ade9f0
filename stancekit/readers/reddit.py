"""Read comments from Reddit: pages saved as JSON, and dumps with a line for each."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from stancekit.errors import ReadError
from stancekit.readers.records import Record, at, objects
from stancekit.readers.sources import Format, Head, Source
from stancekit.threads import (
    ARTICLE_ID,
    AUTHOR,
    COMMENT_ID,
    CREATED_AT,
    EDITED,
    HEADLINE,
    KIND,
    LIKES,
    PARENT_ID,
    SAMPLING_PROB,
    SAMPLING_ROUND,
    STANCE,
    STATUS,
    TEXT,
    URL,
)

# Things turned into rows at a time.
CHUNK = 10_000

SITE = "https://www.reddit.com"
THING = re.compile(r'"kind"\s*:\s*"(?:Listing|t1|t3|more)"')
# Without its semicolon it may be part of a link, as in "?a=1&copy=2".
ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")
MARKS = ("t1_", "t3_")
PLACES = {"subreddit", "link_id"}
GONE = ("[deleted]", "[removed]")
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
NO_RECORD = "neither a comment (no 'body') nor a post (no 'title')"


def recognise_pages(head: Head) -> bool:
    """Tell whether this is JSON as Reddit sends it, or a folder of such files."""
    head = head.first or head
    return head.is_json and '"data"' in head.text and bool(THING.search(head.text))


def read_pages(source: Source) -> dict[str, list[Any]]:
    """Return the comments of pages, replies included.

    The post above the comments is no row; its title is their headline. Where posts
    stand in a list, as on the page of a subreddit, each is a row.

    Raises
    ------
    ReadError
        If something stands where a comment is expected.
    """
    things = [
        thing
        for file in source.json_files()
        for page in file.json_values()
        for thing in _things(page, file.name)
    ]
    posts = {_id(data): data for kind, data in things if kind == "thread"}
    titles = {name: _title(post) for name, post in posts.items()}
    columns = _columns((data for kind, data in things if kind in ("t1", "t3")), titles)
    if posts:
        source.notes.claimed = sum(
            post.get("num_comments") or 0 for post in posts.values()
        )
    _note_hidden([data for kind, data in things if kind == "more"], columns, source)
    return columns


def _things(page: Any, name: str) -> Iterator[tuple[str, Record]]:
    """Yield kind and content of each thing on a page; "thread" is a thread's post."""
    waiting = [page]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, list):
            if _is_thread(thing):
                yield "thread", _content(_children(thing[0])[0], name)
                thing = thing[1:]
            waiting += reversed(thing)
            continue
        data = _content(thing, name)
        kind = thing.get("kind")
        if kind in ("t1", "t3", "more"):
            yield kind, data
            waiting += [data["replies"]] if data.get("replies") else []
        else:
            waiting += reversed(objects(data.get("children", data.get("things")), name))


def _is_thread(listings: list[Any]) -> bool:
    """Tell whether these are two Listings: one post, and its comments."""
    if len(listings) != 2:
        return False
    above, below = (
        [at(child, "kind") for child in _children(part)] for part in listings
    )
    return (
        above == ["t3"] and "t3" not in below and at(listings[1], "kind") == "Listing"
    )


def _children(listing: Any) -> list[Any]:
    children = at(listing, "data", "children")
    return children if isinstance(children, list) else []


def _content(thing: Any, name: str) -> Record:
    """Return the data of a thing; what loads more comments wraps them once more."""
    data = at(thing, "json", "data") or at(thing, "data")
    if isinstance(data, dict):
        return data
    raise ReadError(
        f"{name}: {str(thing)[:60]!r} stands where a comment or a Listing of comments "
        "is expected. Nothing was read. Save the page again, with .json at the end of "
        "its address."
    )


def _note_hidden(
    stubs: list[Record], columns: dict[str, list[Any]], source: Source
) -> None:
    """Warn of comments that the page only counts."""
    read, answered = set(columns[COMMENT_ID]), set(columns[PARENT_ID])
    counts, deeper = [], 0
    for stub in stubs:
        if not stub.get("count"):
            deeper += _bare(stub.get("parent_id")) not in answered
        elif not read.issuperset(stub.get("children") or [""]):
            counts.append(stub["count"])
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


def recognise_records(head: Head) -> bool:
    """Tell whether the first record is a comment or a post as dumps hold it."""
    record = (head.first or head).first_object
    if record is None or TEXT in record:
        return False
    if "body" not in record:
        return "title" in record and "subreddit" in record
    parent = str(record.get("parent_id"))
    return bool(record.keys() & PLACES) or parent.startswith(MARKS)


def read_records(source: Source) -> dict[str, list[Any]]:
    """Return the comments or posts of a dump, or of what an archive sent.

    Raises
    ------
    ReadError
        If a record is neither a comment nor a post.
    """
    records = (
        record
        for file in source.json_files()
        for record in (_lines(file) if file.head.record else _lists(file))
    )
    return _columns(records, {})


def _lines(source: Source) -> Iterator[Record]:
    for number, line in source.json_lines():
        if _is_record(line):
            yield line
        elif isinstance(line.get("data"), list):
            yield from _checked(line["data"], f"{source.name}, line {number}")
        else:
            source.bad_line(number, NO_RECORD)


def _lists(source: Source) -> Iterator[Record]:
    for value in source.json_values():
        data = at(value, "data")
        found = data if isinstance(data, list) else value
        yield from _checked(found if isinstance(found, list) else [found], source.name)


def _checked(records: list[Any], where: str) -> Iterator[Record]:
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict) or not _is_record(record):
            raise ReadError(f"{where}, record {number}: {NO_RECORD}. Nothing was read.")
        yield record


def _is_record(record: Record) -> bool:
    return "body" in record or "title" in record


def _columns(
    things: Iterable[Record], titles: dict[Any, str | None]
) -> dict[str, list[Any]]:
    """Return raw columns; ``titles`` are those of posts that are no rows."""
    columns: dict[str, list[Any]] = {name: [] for name in FIELDS}
    waiting = iter(things)
    while chunk := list(islice(waiting, CHUNK)):
        for name, field in FIELDS.items():
            columns[name].extend(map(field, chunk))
    articles, headlines = columns[ARTICLE_ID], columns[HEADLINE]
    rows = zip(columns[KIND], articles, headlines, strict=True)
    titles |= {article: title for kind, article, title in rows if kind == "post"}
    columns[HEADLINE] = [
        title or titles.get(article)
        for article, title in zip(articles, headlines, strict=True)
    ]
    columns[PARENT_ID] = _numbers_as_names(columns[PARENT_ID], columns[COMMENT_ID])
    return {
        name: values
        for name, values in columns.items()
        if name not in OPTIONAL or any(value is not None for value in values)
    }


def _numbers_as_names(parents: list[Any], ids: list[Any]) -> list[Any]:
    """Return parents as names; some months hold the numbers that names stand for."""
    if all(parent is None or isinstance(parent, str) for parent in parents):
        return parents
    known = set(map(str, ids))
    return [
        _number_as_name(parent, known) if isinstance(parent, (int, float)) else parent
        for parent in parents
    ]


def _number_as_name(number: float, known: set[str]) -> str | None:
    # A number read from a table with gaps is a float.
    rest = int(number) if number == number else 0
    plain, name = str(rest), ""
    while rest > 0:
        rest, digit = divmod(rest, 36)
        name = DIGITS[digit] + name
    return plain if plain in known and name not in known else name or None


def _bare(name: Any) -> Any:
    """Return a name without the mark of its kind."""
    marked = isinstance(name, str) and name.startswith(MARKS)
    return name[3:] if marked else name


def _unescaped(text: Any) -> Any:
    if not isinstance(text, str) or "&" not in text:
        return text
    return ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def _is_post(thing: Record) -> bool:
    return "body" not in thing


def _id(thing: Record) -> Any:
    return _bare(thing.get("id") or thing.get("name"))


def _parent(thing: Record) -> Any:
    """Return what a comment answers; the post itself counts as nothing."""
    parent = thing.get("parent_id")
    is_post = isinstance(parent, str) and parent.startswith("t3_")
    return None if is_post else _bare(parent)


def _article(thing: Record) -> Any:
    return _id(thing) if _is_post(thing) else _bare(thing.get("link_id"))


def _title(thing: Record) -> Any:
    return _unescaped(thing.get("title") or thing.get("link_title"))


def _text(thing: Record) -> Any:
    if _is_post(thing):
        return _unescaped(thing.get("selftext") or thing.get("title"))
    return _unescaped(thing["body"])


def _author(thing: Record) -> Any:
    author = thing.get("author")
    return None if author in GONE else author


def _likes(thing: Record) -> Any:
    """Return the score; while it is hidden, the source only says 1."""
    return None if thing.get("score_hidden") else thing.get("score", thing.get("ups"))


def _status(thing: Record) -> str:
    """Return the status where more than the text as a whole says it."""
    remover = thing.get("removed_by_category")
    if remover:
        return "deleted" if remover in ("deleted", "author") else "removed"
    by_reddit = str(thing.get("body")).startswith("[ Removed by Reddit")
    return "removed" if by_reddit else "visible"


def _url(thing: Record) -> Any:
    link = thing.get("permalink")
    return SITE + link if link and link.startswith("/") else link


def _archived(thing: Record) -> Record:
    """Return what an archive found when it looked a second time."""
    return thing.get("_meta") or {}


def _edited(thing: Record) -> Any:
    return _archived(thing).get("is_edited") or thing.get("edited")


FIELDS: dict[str, Callable[[Record], Any]] = {
    COMMENT_ID: _id,
    PARENT_ID: _parent,
    ARTICLE_ID: _article,
    HEADLINE: _title,
    AUTHOR: _author,
    CREATED_AT: lambda thing: thing.get("created_utc", thing.get("created")),
    TEXT: _text,
    LIKES: _likes,
    STATUS: _status,
    URL: _url,
    KIND: lambda thing: "post" if _is_post(thing) else "comment",
    EDITED: _edited,
    "subreddit": lambda thing: thing.get("subreddit"),
    # The text is that from before.
    "deleted_later": lambda thing: _archived(thing).get("was_deleted_later") or None,
    # What the user added.
    STANCE: lambda thing: thing.get(STANCE, thing.get("label")),
    SAMPLING_PROB: lambda thing: thing.get(SAMPLING_PROB),
    SAMPLING_ROUND: lambda thing: thing.get(SAMPLING_ROUND),
}
OPTIONAL = frozenset(FIELDS) - {COMMENT_ID, PARENT_ID, ARTICLE_ID, TEXT}

FORMATS = {
    "reddit": Format("Reddit pages in JSON", recognise_pages, read_pages),
    "reddit-dump": Format(
        "comments or posts of a Reddit dump", recognise_records, read_records
    ),
}
