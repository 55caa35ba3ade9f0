"""Read threads of Mastodon (``context``) and Bluesky (``getPostThread``)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from stancekit.errors import ReadError
from stancekit.readers.markup import full_link, html_to_text
from stancekit.readers.records import (
    Record,
    at,
    columns_of,
    id_at,
    objects,
    read_objects,
    text_at,
    walk,
)
from stancekit.readers.sources import Format, Head, Notes, Source
from stancekit.threads import (
    ARTICLE_ID,
    AUTHOR,
    COMMENT_ID,
    CREATED_AT,
    EDITED,
    KIND,
    LIKES,
    PARENT_ID,
    STATUS,
    TEXT,
    URL,
)

MASTODON_NAMES = (
    *(COMMENT_ID, PARENT_ID, ARTICLE_ID, AUTHOR, CREATED_AT),
    *(TEXT, LIKES, EDITED, URL, KIND),
)
CONTEXT = re.compile(r'[\[\s]*\{\s*"(?:ancestors|descendants)"\s*:\s*\[')

BLUESKY_NAMES = (
    *(COMMENT_ID, PARENT_ID, ARTICLE_ID, AUTHOR, CREATED_AT),
    *(TEXT, LIKES, STATUS, KIND),
)
VIEW = re.compile(r'"app\.bsky\.feed\.defs#(?:threadView|notFound|blocked)Post"')


def recognise_mastodon(head: Head) -> bool:
    """Tell whether this begins as the context of a status does."""
    return CONTEXT.match((head.first or head).text) is not None


def read_mastodon(source: Source) -> dict[str, list[Any]]:
    """Return the statuses above and below the one whose context this is.

    That one is not in the file. Without ancestors it is what the others stand under,
    so its direct replies are top-level comments.

    Raises
    ------
    ReadError
        If there is neither a list of ancestors nor one of descendants.
    """
    return columns_of(
        (
            row
            for context in read_objects(source)
            for row in _mastodon_rows(context, source)
        ),
        MASTODON_NAMES,
    )


def _mastodon_rows(context: Record, source: Source) -> Iterator[Record]:
    if "ancestors" not in context and "descendants" not in context:
        raise ReadError(
            f"{source.name} holds neither 'ancestors' nor 'descendants'. Save what "
            "/api/v1/statuses/<id>/context returns."
        )
    above, below = (
        objects(context.get(name), f"{source.name}, {name!r}")
        for name in ("ancestors", "descendants")
    )
    status = _missing_status(above, below)
    if status is not None:
        source.notes.guesses.append(
            f"The status {status!r}, whose context this is, is not in the file."
        )
    article = id_at(above[0], "id") if above else status
    for post in (*above, *below):
        yield _mastodon_row(post, article)


def _missing_status(above: Sequence[Record], below: Sequence[Record]) -> str | None:
    """Return the id that most of the replies to missing statuses name."""
    here = {id_at(post, "id") for post in (*above, *below)}
    named = Counter(
        parent
        for post in below
        if (parent := id_at(post, "in_reply_to_id")) and parent not in here
    )
    return max(named, key=lambda name: named[name], default=None)


def _mastodon_row(post: Record, article: str | None) -> Record:
    parts = text_at(post, "spoiler_text"), html_to_text(text_at(post, "content"))
    parent = id_at(post, "in_reply_to_id")
    return {
        COMMENT_ID: id_at(post, "id"),
        PARENT_ID: parent,
        ARTICLE_ID: article,
        AUTHOR: text_at(post, "account", "acct"),
        CREATED_AT: post.get("created_at"),
        TEXT: "\n\n".join(filter(None, parts)),
        LIKES: post.get("favourites_count"),
        EDITED: post.get("edited_at") is not None,
        URL: post.get("url"),
        KIND: "comment" if parent else "post",
    }


def recognise_bluesky(head: Head) -> bool:
    """Tell whether this is a thread of Bluesky posts."""
    head = head.first or head
    return head.is_json and VIEW.search(head.text) is not None


def read_bluesky(source: Source) -> dict[str, list[Any]]:
    """Return the posts above and below the one whose thread this is.

    A post that is not found counts as deleted, a blocked one as removed.

    Raises
    ------
    ReadError
        If there is no thread in the file.
    """
    return columns_of(
        (row for found in read_objects(source) for row in _bluesky_rows(found, source)),
        BLUESKY_NAMES,
    )


def _bluesky_rows(found: Record, source: Source) -> Iterator[Record]:
    place = f"{source.name}, 'thread'"
    chain = _chain(found.get("thread", found), place)
    roots = [text_at(view, "post", "record", "reply", "root", "uri") for view in chain]
    article = next(filter(None, roots), "") or _uri(chain[0])
    pairs = [pair for top in chain for pair in walk([top], "replies", place)]
    _claim([at(view, "post", "replyCount") for view, _ in pairs], source.notes)
    for view, above in pairs:
        yield _bluesky_row(view, above, article, place)


def _chain(thread: Any, place: str) -> list[Record]:
    """Return the views from the uppermost parent down to the one asked for."""
    chain = []
    while thread is not None:
        chain += objects([thread], place)
        thread = thread.get("parent")
    return chain[::-1]


def _claim(counts: Sequence[Any], notes: Notes) -> None:
    """Add how many posts there are: the first, and the replies that each one names."""
    known = [count for count in counts if isinstance(count, int)]
    if known:
        notes.claimed = (notes.claimed or 0) + 1 + sum(known)


def _uri(view: Record) -> str:
    """Return the name of a post, also of one that is not shown."""
    return text_at(view, "post", "uri") or text_at(view, "uri")


def _bluesky_row(
    view: Record, above: Record | None, article: str, place: str
) -> Record:
    uri, post = _uri(view), view.get("post")
    if not uri:
        raise ReadError(
            f"{place}: there is something that is no post (its keys are "
            f"{', '.join(view) or 'none'}). Save what "
            "app.bsky.feed.getPostThread returns."
        )
    record = at(post, "record")
    parent = text_at(record, "reply", "parent", "uri") or (_uri(above) if above else "")
    hidden = "removed" if view.get("blocked") else "deleted"
    return {
        COMMENT_ID: uri,
        PARENT_ID: parent,
        ARTICLE_ID: article,
        AUTHOR: text_at(post, "author", "handle"),
        CREATED_AT: at(record, "createdAt") or at(post, "indexedAt"),
        TEXT: _full_links(text_at(record, "text"), at(record, "facets")),
        LIKES: at(post, "likeCount"),
        STATUS: "visible" if post else hidden,
        KIND: "comment" if parent else "post",
    }


def _full_links(text: str, facets: Any) -> str:
    """Return the text with links in full; facets count its bytes in UTF-8."""
    data = text.encode("utf-8", "surrogatepass")
    # From the end, so that earlier places stay right.
    for start, end, address in sorted(_links(facets), reverse=True):
        shown = data[start:end].decode("utf-8", "replace")
        full = full_link(shown, address)
        if full != shown:
            data = data[:start] + full.encode("utf-8", "surrogatepass") + data[end:]
    return data.decode("utf-8", "surrogatepass")


def _links(facets: Any) -> Iterator[tuple[int, int, str]]:
    for facet in facets if isinstance(facets, list) else []:
        start, end = (at(facet, "index", key) for key in ("byteStart", "byteEnd"))
        features = at(facet, "features")
        for feature in features if isinstance(features, list) else []:
            address = text_at(feature, "uri")
            numbers = isinstance(start, int) and isinstance(end, int)
            if address and numbers and 0 <= start < end:
                yield start, end, address


FORMATS = {
    "mastodon": Format("a Mastodon context", recognise_mastodon, read_mastodon),
    "bluesky": Format("a Bluesky thread", recognise_bluesky, read_bluesky),
}
