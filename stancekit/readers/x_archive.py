"""Read the posts of an X (Twitter) archive: ``tweets.js`` and its further parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from stancekit.errors import ReadError
from stancekit.readers.heads import describe
from stancekit.readers.records import Record, at, columns_of, id_at, objects, text_at
from stancekit.readers.sources import Format, Head, Source
from stancekit.threads import (
    COMMENT_ID,
    CREATED_AT,
    KIND,
    LIKES,
    PARENT_ID,
    TEXT,
)

NAMES = (COMMENT_ID, PARENT_ID, CREATED_AT, TEXT, LIKES, KIND)
ASSIGNMENT = re.compile(r"\s*window\.YTD\.(?:community_)?tweets?\.part\d+\s*=\s*(?=\[)")
PART_FILE = re.compile(r"tweets?(?:-part(\d+))?\.js")


def recognise(head: Head) -> bool:
    """Tell whether this is a list of posts of an archive, or the folder with them."""
    if head.files is not None:
        return any(map(PART_FILE.fullmatch, head.files))
    return ASSIGNMENT.match(head.text) is not None


def read(source: Source) -> dict[str, list[Any]]:
    """Return the posts of the archive's owner; those of others are not in it.

    Raises
    ------
    ReadError
        If this is no list of posts.
    """
    columns = columns_of(
        (_post(tweet) for part in _parts(source) for tweet in _tweets(part)), NAMES
    )
    if any(columns[PARENT_ID]):
        source.notes.guesses.append(
            "An archive holds the posts of one account; what they answer is mostly "
            "not in it, and such replies are orphans."
        )
    return columns


def _parts(source: Source) -> list[Source]:
    files = source.head.files
    if files is None:
        return [source]
    found = [match for name in files if (match := PART_FILE.fullmatch(name))]
    if not found:
        raise ReadError(
            f"{source.name} is {describe(source.head)}, without 'tweets.js'. It stands "
            "in the folder 'data' of an archive."
        )
    found.sort(key=lambda match: int(match[1] or 0))
    return [source.member(match[0]) for match in found]


def _tweets(part: Source) -> Iterator[Record]:
    """Yield what stands in the list that the script assigns; nothing is run."""
    text = part.read_text()
    assignment = ASSIGNMENT.match(text)
    if assignment is None:
        raise ReadError(
            f"{part.name} looks like {describe(part.head)}; it does not begin with "
            "'window.YTD.tweets.part0 = ['. Take 'tweets.js' out of the archive."
        )
    listed = text[assignment.end() :].rstrip().removesuffix(";")
    for entry in objects(part.parse_json(listed), part.name):
        tweet = entry.get("tweet")
        # Older archives list the posts themselves.
        yield tweet if isinstance(tweet, dict) else entry


def _post(tweet: Record) -> Record:
    text = _text(tweet)
    parent = _id(tweet, "in_reply_to_status_id")
    reposted = text.startswith("RT @")
    return {
        COMMENT_ID: _id(tweet, "id"),
        PARENT_ID: parent,
        CREATED_AT: tweet.get("created_at"),
        TEXT: text,
        LIKES: tweet.get("favorite_count"),
        KIND: "repost" if reposted else "comment" if parent else "post",
    }


def _id(tweet: Record, name: str) -> str | None:
    """Return an id, from the key for texts where there is one."""
    return id_at(tweet, f"{name}_str") or id_at(tweet, name)


def _text(tweet: Record) -> str:
    """Return the post without the names it is addressed to, links in full."""
    text = text_at(tweet, "full_text") or text_at(tweet, "text")
    text = unescape(text[_display_start(tweet) :])
    urls = at(tweet, "entities", "urls")
    for url in urls if isinstance(urls, list) else []:
        short, full = text_at(url, "url"), text_at(url, "expanded_url")
        if short and full:
            text = text.replace(short, full)
    return text


def _display_start(tweet: Record) -> int:
    shown = at(tweet, "display_text_range")
    start = str(shown[0]) if isinstance(shown, list) and shown else ""
    return int(start) if start.isdecimal() else 0


FORMATS = {"x_archive": Format("posts of an X archive", recognise, read)}
