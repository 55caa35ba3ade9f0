"""Read threads of forums: Hacker News, Guardian, Internet Argument Corpus."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stancekit.errors import ReadError
from stancekit.readers.markup import html_to_text
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
from stancekit.readers.sources import Format, Head, Source
from stancekit.threads import (
    ARTICLE_ID,
    AUTHOR,
    COMMENT_ID,
    CREATED_AT,
    HEADLINE,
    LIKES,
    PARENT_ID,
    STATUS,
    TEXT,
    URL,
)

NEWS_NAMES = (
    *(COMMENT_ID, PARENT_ID, ARTICLE_ID, HEADLINE),
    *(AUTHOR, CREATED_AT, TEXT, STATUS),
)
ITEM_KIND = re.compile(r'"type"\s*:\s*"(?:comment|story|job|poll)"')
ITEM_KEYS = re.compile(r'"(?:by|kids|deleted|created_at_i)"\s*:')
ITEM_TIME = re.compile(r'"(?:time|created_at_i)"\s*:\s*\d{9,10}\b')

GUARDIAN_NAMES = (*NEWS_NAMES, LIKES, URL)
GUARDIAN_PAGE = re.compile(r'"discussion"\s*:\s*\{')
GUARDIAN_KEYS = re.compile(r'"(?:isClosedForComments|commentCount|isoDateTime)"\s*:')

ARGUMENT_NAMES = (*NEWS_NAMES[:-1], URL)
ARGUMENT_START = re.compile(r"\s*\[\s*\[\s*(?:\[|\]\s*,\s*\{)")
# Of a post: id, side, author, text, annotations, parent's id, category, time.
POST_FIELDS = 8


def recognise_hacker_news(head: Head) -> bool:
    """Tell whether these are Hacker News items, of either interface."""
    head = head.first or head
    marks = (ITEM_KIND, ITEM_KEYS, ITEM_TIME)
    return head.is_json and all(mark.search(head.text) for mark in marks)


def read_hacker_news(source: Source) -> dict[str, list[Any]]:
    """Return the comments among items, nested (Algolia) or one by one (Firebase).

    A story is the headline of its comments and no comment itself.

    Raises
    ------
    ReadError
        If the file holds something else than items.
    """
    items = read_objects(source)
    if not all("id" in item for item in items):
        raise ReadError(
            f"{source.name} holds objects without an 'id', so they are no Hacker News "
            "items."
        )
    placed = list(walk(items, "children", source.name))
    stories = {id_at(i, "id"): i for i, _ in placed if not _is_comment(i)}
    claims = [story.get("descendants") for story in stories.values()]
    counts = [count for count in claims if isinstance(count, int)]
    source.notes.claimed = sum(counts) if counts else None
    return columns_of(_hacker_news_rows(placed, stories), NEWS_NAMES)


def _is_comment(item: Record) -> bool:
    return item.get("type", "comment") == "comment"


def _hacker_news_rows(
    placed: list[tuple[Record, Record | None]], stories: dict[str | None, Record]
) -> Iterator[Record]:
    parents = {id_at(i, "id"): _answered(i, above) for i, above in placed}
    tops = _tops(parents)
    for item, above in placed:
        if not _is_comment(item):
            continue
        top = tops[id_at(item, "id")]
        story = id_at(item, "story_id") or (top if top in stories else None)
        yield {
            COMMENT_ID: id_at(item, "id"),
            PARENT_ID: _answered(item, above),
            ARTICLE_ID: story,
            HEADLINE: text_at(stories.get(story), "title"),
            AUTHOR: text_at(item, "by") or text_at(item, "author"),
            CREATED_AT: item.get("time", item.get("created_at_i")),
            TEXT: html_to_text(text_at(item, "text")),
            STATUS: _item_status(item),
        }


def _answered(item: Record, above: Record | None) -> str | None:
    named = id_at(item, "parent") or id_at(item, "parent_id")
    return named or id_at(above, "id")


def _tops(parents: dict[str | None, str | None]) -> dict[str | None, str | None]:
    """Return for each item the uppermost one that its parents lead to."""
    tops: dict[str | None, str | None] = {}
    for start in parents:
        path: dict[str | None, None] = {}
        here = start
        # A circle of parents ends where it is met again.
        while here not in tops and here not in path:
            path[here] = None
            above = parents.get(here)
            if above is None:
                break
            here = above
        tops |= dict.fromkeys(path, tops.get(here, here))
    return tops


def _item_status(item: Record) -> str:
    if item.get("dead"):
        return "removed"
    # The one interface marks what was deleted, the other has neither author nor text.
    gone = item.get("deleted") or (
        not text_at(item, "text") and not item.get("by") and not item.get("author")
    )
    return "deleted" if gone else "visible"


def recognise_guardian(head: Head) -> bool:
    """Tell whether this is a page of a discussion."""
    head = head.first or head
    marks = (GUARDIAN_PAGE, GUARDIAN_KEYS)
    return head.is_json and all(mark.search(head.text) for mark in marks)


def read_guardian(source: Source) -> dict[str, list[Any]]:
    """Return the comments of a discussion, from one of its pages or several.

    Raises
    ------
    ReadError
        If a page holds no discussion.
    """
    pages = read_objects(source)
    claimed = {}
    for number, page in enumerate(pages, 1):
        if not isinstance(page.get("discussion"), dict):
            raise ReadError(
                f"{source.name}, page {number}: there is no 'discussion'. Save what "
                "the discussion interface returns."
            )
        if isinstance(count := at(page, "discussion", "commentCount"), int):
            claimed[id_at(page, "discussion", "key")] = count
    source.notes.claimed = sum(claimed.values()) if claimed else None
    return columns_of(
        (
            row
            for page in pages
            for row in _guardian_rows(page["discussion"], source.name)
        ),
        GUARDIAN_NAMES,
    )


def _guardian_rows(discussion: Record, place: str) -> Iterator[Record]:
    roots = objects(discussion.get("comments"), f"{place}, 'comments'")
    for comment, above in walk(roots, "responses", place):
        named = id_at(comment, "responseTo", "commentId")
        yield {
            COMMENT_ID: id_at(comment, "id"),
            PARENT_ID: named or id_at(above, "id"),
            ARTICLE_ID: id_at(discussion, "key"),
            HEADLINE: text_at(discussion, "title"),
            AUTHOR: text_at(comment, "userProfile", "displayName"),
            CREATED_AT: comment.get("isoDateTime"),
            TEXT: html_to_text(text_at(comment, "body")),
            STATUS: comment.get("status"),
            LIKES: comment.get("numRecommends"),
            URL: comment.get("webUrl"),
        }


def recognise_argument_corpus(head: Head) -> bool:
    """Tell whether this begins as a discussion of the corpus: with a list of lists."""
    return ARGUMENT_START.match((head.first or head).text) is not None


def read_argument_corpus(source: Source) -> dict[str, list[Any]]:
    """Return the posts of discussions of the Internet Argument Corpus, version 1.

    In a folder of them the ids begin with that of the discussion.

    Raises
    ------
    ReadError
        If a file does not begin with a list of posts.
    """
    rows = (
        row
        for file in source.json_files()
        for row in _argument_rows(file, is_one_of_many=source.head.files is not None)
    )
    return columns_of(rows, ARGUMENT_NAMES)


def _argument_rows(file: Source, *, is_one_of_many: bool) -> Iterator[Record]:
    found = file.read_json()
    posts = found[0] if isinstance(found, list) and found else None
    if not isinstance(posts, list):
        raise ReadError(
            f"{file.name} does not begin with a list of posts, as a discussion of the "
            "corpus does."
        )
    info = found[2] if len(found) > 2 else {}
    article = id_at(info, "id") or Path(file.head.name).stem
    about = {
        ARTICLE_ID: article,
        HEADLINE: text_at(info, "title"),
        URL: text_at(info, "url"),
    }
    scope = f"{article}/" if is_one_of_many else ""
    for number, post in enumerate(posts, 1):
        yield about | _argument_row(post, scope, f"{file.name}, post {number}")


def _argument_row(post: Any, scope: str, place: str) -> Record:
    if not isinstance(post, list) or len(post) < POST_FIELDS:
        raise ReadError(
            f"{place}: not a list of {POST_FIELDS} values (id, side, author, text, "
            "annotations, parent, category, time). Nothing was read."
        )
    name, _, author, text, _, parent, _, time = post[:POST_FIELDS]
    return {
        COMMENT_ID: None if name is None else f"{scope}{name}",
        PARENT_ID: None if parent is None else f"{scope}{parent}",
        AUTHOR: author,
        CREATED_AT: time,
        TEXT: text,
    }


FORMATS = {
    "hacker_news": Format("Hacker News", recognise_hacker_news, read_hacker_news),
    "guardian": Format("a Guardian discussion", recognise_guardian, read_guardian),
    "iac": Format(
        "a discussion of the Internet Argument Corpus",
        recognise_argument_corpus,
        read_argument_corpus,
    ),
}
