"""Say which column of a found table is which of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from stancekit.errors import ReadError
from stancekit.readers.sources import Notes, Source
from stancekit.readers.values import is_missing
from stancekit.threads import (
    ARTICLE_ID,
    AUTHOR,
    COMMENT_COLUMNS,
    COMMENT_ID,
    CREATED_AT,
    HEADLINE,
    LIKES,
    PARENT_ID,
    STANCE,
    TEXT,
    URL,
    missing_column,
    name_rows,
)

REDDIT_NAME = re.compile("t[13]_[0-9A-Za-z]+")

# Rows turned into columns at a time.
CHUNK = 10_000

# The usual names, the better one first. Case, blanks and signs do not matter.
ALIASES = {
    COMMENT_ID: (
        *("id", "cid", "message_id", "post_id_str", "guid", "ID_Post", "id_str", "uri"),
        *("tweet_id", "utterance_id"),
    ),
    PARENT_ID: (
        *("parent", "comment_parent_id", "parent_comment_id", "comment_parent"),
        *("reply_to", "reply_to_id", "reply_to_message_id", "in_reply_to_id"),
        *("in_reply_to_status_id_str", "in_reply_to_status_id", "in_reply_to"),
        "ID_Parent_Post",
    ),
    TEXT: (
        *("body", "comment_body", "comment_text", "full_text", "textOriginal"),
        *("message", "comment_message", "content", "comment_content", "comment"),
        *("comments", "textDisplay", "sentence", "tweet"),
    ),
    AUTHOR: (
        *("speaker", "author_name", "username", "user", "authorDisplayName"),
        *("userDisplayName", "comment_author_name", "comment_author"),
        *("comment_from_name", "by", "from", "ID_User"),
    ),
    CREATED_AT: (
        *("created_utc", "createdAt", "publishedAt", "published_at", "timestamp"),
        *("comment_posted_time", "comment_created", "comment_published"),
        *("published_timestamp", "createDate", "created_date", "created", "datetime"),
        *("time", "date"),
    ),
    LIKES: (
        *("like_count", "comment_likes", "score", "comment_score", "ups", "votes"),
        *("points", "numRecommends", "recommendations", "favorite_count"),
        *("favourites_count", "PositiveVotes"),
    ),
    ARTICLE_ID: (
        *("article", "ID_Article", "conversation_id", "link_id", "post_id", "video_id"),
        *("status_id", "message_tree_id", "thread", "root", "article_url", "post_url"),
    ),
    HEADLINE: (
        *("title", "article_title", "article_headline", "post_title", "video_title"),
        *("link_title", "submission_title"),
    ),
    URL: ("comment_url", "permalink", "link"),
    STANCE: ("label",),
}


def plain_name(name: str) -> str:
    """Return a column's name without case, blanks and signs.

    Examples
    --------
    >>> plain_name("Comment(s)"), plain_name("reply-to")
    ('comments', 'replyto')
    """
    return re.sub(r"[\W_]+", "", name.casefold())


TEXT_NAMES = frozenset(plain_name(name) for name in (TEXT, *ALIASES[TEXT]))


def holds_text(found: Sequence[str]) -> bool:
    """Tell whether one of the columns goes by a usual name for the text."""
    return any(plain_name(name) in TEXT_NAMES for name in found)


def match_columns(
    found: Sequence[str], columns: Mapping[str, str], notes: Notes
) -> dict[str, str]:
    """Return for each column found what it is called in the comment table.

    What ``columns`` says comes first, then our own names, then the usual ones in the
    order of ``ALIASES``. All others keep their names.

    Raises
    ------
    ValueError
        If ``columns`` names a column that is not there, or one that is none of ours.

    Examples
    --------
    >>> match_columns(["id", "Body", "mood"], {}, Notes())
    {'id': 'comment_id', 'Body': 'text', 'mood': 'mood'}
    """
    _check_given(found, columns)
    names = dict(columns)
    taken = set(columns.values())
    for ours in COMMENT_COLUMNS:
        if ours in taken:
            continue
        candidates = _candidates(ours, [name for name in found if name not in names])
        if not candidates:
            continue
        names[candidates[0]] = ours
        taken.add(ours)
        if len(candidates) > 1:
            notes.guesses.append(
                f"{ours!r} was taken from {candidates[0]!r}, not from "
                f"{name_rows(candidates[1:])}; columns= takes another one."
            )
    # An unused column must not pass for ours.
    return {
        name: names.get(name, f"{name}_found" if name in taken else name)
        for name in found
    }


def _check_given(found: Sequence[str], columns: Mapping[str, str]) -> None:
    for theirs, ours in columns.items():
        if theirs not in found:
            raise missing_column(theirs, found)
        if ours not in COMMENT_COLUMNS:
            raise ValueError(
                f"columns={{{theirs!r}: {ours!r}}}: {ours!r} is no column of a comment "
                f"table. These are: {', '.join(COMMENT_COLUMNS)}."
            )
    twice = sorted(
        {name for name in columns.values() if [*columns.values()].count(name) > 1}
    )
    if twice:
        raise ValueError(f"columns= names {name_rows(twice)} more than once.")


def _candidates(ours: str, found: Sequence[str]) -> list[str]:
    """Return the columns that may be this one of ours, the best first."""
    if ours in found:
        return [ours]
    by_name: dict[str, str] = {}
    for name in found:
        by_name.setdefault(plain_name(name), name)
    wanted = (ours, *ALIASES.get(ours, ()))
    usual = dict.fromkeys(plain_name(name) for name in wanted)
    return [by_name[name] for name in usual if name in by_name]


def header_names(header: Sequence[str], source: Source) -> list[str]:
    """Return the column names; those without one are numbered."""
    named = [name.strip() or f"column_{i}" for i, name in enumerate(header, 1)]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise ReadError(
            f"{source.name}, line 1: {name_rows(twice)} is the name of two columns. "
            "Rename one of them."
        )
    return named


def our_names(found: Sequence[str], source: Source) -> dict[str, str]:
    """Return for each column found its name in the comment table."""
    names = match_columns(found, source.columns, source.notes)
    if TEXT not in names.values():
        listed = ", ".join(map(repr, found)) or "none"
        raise ReadError(
            f"{source.name}: no column is known to hold the text. Found: {listed}. Say "
            f"which one it is: columns={{'...': {TEXT!r}}}."
        )
    return names


def from_rows(rows: Iterator[Sequence[Any]], source: Source) -> dict[str, list[Any]]:
    """Return the columns of rows of equal length, of which the first is the header.

    Raises
    ------
    ReadError
        If there is no row, or no column is known to hold the text.
    """
    first = next(rows, None)
    if first is None:
        raise ReadError(f"{source.name} is empty. A table needs a header and rows.")
    header = header_names([str(name) for name in first], source)
    values: list[list[Any]] = [[] for _ in header]
    while chunk := list(islice(rows, CHUNK)):
        for column, part in zip(values, zip(*chunk, strict=True), strict=True):
            column.extend(part)
    return from_columns(dict(zip(header, values, strict=True)), source)


def from_columns(
    values: dict[str, list[Any]], source: Source, *, float32: Sequence[str] = ()
) -> dict[str, list[Any]]:
    """Return the columns under our names.

    ``float32`` names the columns that the source holds with so few digits.

    Raises
    ------
    ReadError
        If no column is known to hold the text, or it holds something else.
    """
    names = our_names(list(values), source)
    for name in float32:
        if names[name] == CREATED_AT:
            source.notes.guesses.append(
                f"{name!r} is float32, which rounds times since 1970 to 128 seconds."
            )
    columns = {names[name]: column for name, column in values.items()}
    _check_texts(columns[TEXT], source)
    _note_lost_replies(columns, source.notes)
    return _bare_reddit_ids(columns, source.notes)


def _check_texts(texts: list[Any], source: Source) -> None:
    for number, value in enumerate(texts, 1):
        if isinstance(value, (dict, list)):
            raise ReadError(
                f"{source.name}, record {number}: the text is a "
                f"{type(value).__name__}. "
                "Name another column with columns=, or another format with format=."
            )


def _note_lost_replies(columns: dict[str, list[Any]], notes: Notes) -> None:
    flags = [name for name in columns if plain_name(name) == "isreply"]
    if not flags or any(columns.get(PARENT_ID, [])):
        return
    words = (str(value).casefold() for value in columns[flags[0]])
    marked = sum(word in ("true", "1", "yes") for word in words)
    if marked:
        notes.guesses.append(
            f"{flags[0]!r} marks {marked:,} replies, but no parents are given: "
            "the tree is lost, all comments count as top-level."
        )


def _bare_reddit_ids(
    columns: dict[str, list[Any]], notes: Notes
) -> dict[str, list[Any]]:
    """Return ids without Reddit's marks, where parents bear them and comments do not.

    The parent of a comment is ``t1_<id>``, or ``t3_<id>`` if it answers the post.
    """
    parents = ["" if is_missing(p) else str(p) for p in columns.get(PARENT_ID, [])]
    marked = any(parents) and all(REDDIT_NAME.fullmatch(p) for p in parents if p)
    if not marked or any(map(_is_marked, columns.get(COMMENT_ID, []))):
        return columns
    notes.guesses.append(
        "The parents are Reddit's names of comments (t1_) and posts (t3_); a comment "
        "that answers the post counts as top-level."
    )
    answered = [p[3:] if p.startswith("t1_") else None for p in parents]
    bare = {**columns, PARENT_ID: answered}
    if ARTICLE_ID in columns:
        bare[ARTICLE_ID] = [
            name[3:] if _is_marked(name) else name for name in columns[ARTICLE_ID]
        ]
    return bare


def _is_marked(name: Any) -> bool:
    return isinstance(name, str) and REDDIT_NAME.fullmatch(name) is not None
