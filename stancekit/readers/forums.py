"""Read threads of forums: Hacker News, Guardian, Internet Argument Corpus."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stancekit import columns as col
from stancekit.errors import ReadError
from stancekit.readers import records as rec
from stancekit.readers.sources import Source


def _items(source: Source) -> Iterator[rec.Page]:
    """Yield each comment among items, nested (Algolia) or one by one (Firebase)."""
    items = list(rec.read_objects(source))
    if not all("id" in item for item in items):
        raise ReadError(
            f"{source.name} holds objects without an 'id', so they are no Hacker News "
            "items."
        )
    placed = list(rec.walk(items, "children", source.name))
    parents = {rec.id_at(item, "id"): _answered(item, above) for item, above in placed}
    stories = {rec.id_at(i, "id"): i for i, _ in placed if not _is_comment(i)}
    rec.claim(source, *(rec.count_at(s, "descendants") for s in stories.values()))
    tops = _tops(parents)
    for item, above in placed:
        if _is_comment(item):
            top = tops[rec.id_at(item, "id")]
            story = rec.id_at(item, "story_id") or (top if top in stories else None)
            about = {"article": story, "story": stories.get(story)}
            yield rec.Page([item], {**about, "parent": _answered(item, above)})


def _is_comment(item: rec.Record) -> bool:
    return item.get("type", "comment") == "comment"


def _answered(item: rec.Record, above: rec.Record | None) -> str | None:
    named = rec.id_at(item, "parent") or rec.id_at(item, "parent_id")
    return named or rec.id_at(above, "id")


def _tops(parents: dict[Any, Any]) -> dict[Any, Any]:
    """Return for each id the one at the top of those that it answers."""
    tops: dict[Any, Any] = {}
    for here in parents:
        path: dict[Any, None] = {}
        # A circle of parents ends where it is met again.
        while here not in tops and here not in path:
            path[here] = None
            above = parents.get(here)
            here = here if above is None else above
        tops |= dict.fromkeys(path, tops.get(here, here))
    return tops


def _item_status(node: rec.Node) -> str:
    item = node.record
    if item.get("dead"):
        return "removed"
    # The one interface marks what was deleted, the other has neither author nor text.
    gone = item.get("deleted") or (
        not rec.text_at(item, "text") and not item.get("by") and not item.get("author")
    )
    return "deleted" if gone else "visible"


HACKER_NEWS: rec.Fields = {
    col.COMMENT_ID: "id",
    col.PARENT_ID: "/parent",
    col.ARTICLE_ID: "/article",
    col.HEADLINE: "/story.title",
    col.AUTHOR: "by author",
    col.CREATED_AT: "time created_at_i",
    col.TEXT: rec.html("text"),
    col.STATUS: _item_status,
}


HACKER_NEWS_SEARCH: rec.Fields = {
    col.COMMENT_ID: "objectID",
    col.PARENT_ID: "parent_id",
    col.ARTICLE_ID: "story_id",
    col.HEADLINE: "story_title title",
    col.AUTHOR: "author",
    col.CREATED_AT: "created_at_i created_at",
    col.TEXT: (rec.html("comment_text"), rec.html("story_text"), "title"),
}


def _discussions(source: Source) -> Iterator[rec.Page]:
    claimed = {}
    for number, page in enumerate(rec.read_objects(source), 1):
        discussion = page.get("discussion")
        if not isinstance(discussion, dict):
            raise ReadError(
                f"{source.name}, page {number}: there is no 'discussion'. Save what "
                "the discussion interface returns."
            )
        # Each page tells the number for the whole discussion.
        claimed[rec.id_at(discussion, "key")] = rec.count_at(discussion, "commentCount")
        yield rec.Page(rec.listed(discussion, "comments", source.name), discussion)
    rec.claim(source, *claimed.values())


GUARDIAN: rec.Fields = {
    col.COMMENT_ID: "id",
    # In a list without levels a reply names what it answers, else it stands in that.
    col.PARENT_ID: "responseTo.commentId ^id",
    col.ARTICLE_ID: "/key",
    col.HEADLINE: "/title",
    col.AUTHOR: "userProfile.displayName",
    col.CREATED_AT: "isoDateTime",
    col.TEXT: rec.html("body"),
    col.STATUS: "status",
    col.LIKES: "numRecommends",
    col.URL: "webUrl",
}


def _arguments(source: Source) -> Iterator[rec.Page]:
    """Yield discussions, version 1; in a folder the ids begin with that of theirs."""
    for file in source.json_files():
        found = file.read_json()
        posts = found[0] if isinstance(found, list) and found else None
        if not isinstance(posts, list):
            raise ReadError(
                f"{file.name} does not begin with a list of posts, as a discussion of "
                "the corpus does."
            )
        info = found[2] if len(found) > 2 else {}
        article = rec.id_at(info, "id") or Path(file.head.name).stem
        scope = "" if source.head.files is None else f"{article}/"
        roots = [
            _argument(post, scope, f"{file.name}, post {number}")
            for number, post in enumerate(posts, 1)
        ]
        yield rec.Page(roots, {"article": article, "info": info})


# Of a post, in this order.
POST = "id side author text annotations parent category time".split()


def _argument(post: Any, scope: str, place: str) -> rec.Record:
    if not isinstance(post, list) or len(post) < len(POST):
        raise ReadError(
            f"{place}: not a list of {len(POST)} values ({', '.join(POST)}). Nothing "
            "was read."
        )
    record = dict(zip(POST, post, strict=False))
    ids = {key: rec.id_at(record, key) for key in ("id", "parent")}
    return record | {key: name and scope + name for key, name in ids.items()}


ARGUMENTS: rec.Fields = {
    col.COMMENT_ID: "id",
    col.PARENT_ID: "parent",
    col.ARTICLE_ID: "/article",
    col.HEADLINE: "/info.title",
    col.AUTHOR: "author",
    col.CREATED_AT: "time",
    col.TEXT: "text",
    col.URL: "/info.url",
}

FORMATS = {
    "hacker_news": rec.json_format(
        "Hacker News",
        signs=[
            r'"type"\s*:\s*"(?:comment|story|job|poll)"',
            r'"(?:by|kids|deleted|created_at_i)"\s*:',
            r'"(?:time|created_at_i)"\s*:\s*\d{9,10}\b',
        ],
        pages=_items,
        fields=HACKER_NEWS,
    ),
    "hacker_news_search": rec.json_format(
        "a search in Hacker News",
        signs=[r'"hits"\s*:\s*\[', r'"objectID"\s*:', r'"(?:story_id|_tags)"\s*:'],
        pages=lambda source: (
            rec.Page(rec.listed(page, "hits", source.name), {})
            for page in rec.read_objects(source)
        ),
        fields=HACKER_NEWS_SEARCH,
    ),
    "guardian": rec.json_format(
        "a Guardian discussion",
        signs=[
            r'"discussion"\s*:\s*\{',
            r'"(?:isClosedForComments|commentCount|isoDateTime)"\s*:',
        ],
        pages=_discussions,
        fields=GUARDIAN,
        nested="responses",
    ),
    "iac": rec.json_format(
        "a discussion of the Internet Argument Corpus",
        # A list whose first entry is a list of lists.
        signs=[r"\A\s*\[\s*\[\s*(?:\[|\]\s*,\s*\{)"],
        pages=_arguments,
        fields=ARGUMENTS,
    ),
}
