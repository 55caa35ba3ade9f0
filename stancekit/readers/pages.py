"""Read a news page that was pasted or saved as text, with its comments."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any, cast

from stancekit.errors import ReadError
from stancekit.readers.page_lists import (
    ADDRESSED,
    MARKDOWN_HEADING,
    Comment,
    plain_text,
    read_list,
    title,
)
from stancekit.readers.page_words import (
    BARE_HEADING,
    BULLET,
    BUTTON,
    COUNT_WORDS,
    HEADINGS,
    LOOKED_FOR,
    RESIDUE,
)
from stancekit.readers.sources import Format, Head, Notes, Source
from stancekit.threads import (
    ARTICLE_ID,
    AUTHOR,
    COMMENT_ID,
    CREATED_AT,
    HEADLINE,
    PARENT_ID,
    TEXT,
)

# Between a heading and the first comment stand only short lines, such as menus.
SHORT_LINE = 60

SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff]")
LINE_ENDS = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
ADDRESSED_ALONE = re.compile(r"@(?P<name>\S.{0,58}[^\s.!?])")


def recognise(head: Head) -> bool:
    """Tell whether this is plain text with a heading over comments."""
    if not head.text or head.is_html or head.is_json:
        return False
    return _find_heading(_clean_lines(head.text)) is not None


def read(source: Source) -> dict[str, list[Any]]:
    """Return the comments below the heading, as raw columns.

    Raises
    ------
    ReadError
        If the page has no heading over comments, or no comments below it.
    """
    lines = _clean_lines(source.read_text())
    found = _find_heading(lines)
    if found is None:
        raise ReadError(
            f"{source.name} holds {LOOKED_FOR}. Copy the whole page, comments included."
        )
    heading, claimed = found
    source.notes.claimed = claimed
    comments = read_list(lines[heading + 1 :], claimed, source.notes)
    if not comments and claimed != 0:
        raise ReadError(
            f"{source.name}, line {heading + 1}: below {lines[heading].strip()!r} no "
            "entry begins with a bullet. Open the comments in the browser, "
            "then copy the page again."
        )
    for comment in comments:
        comment.text = plain_text(comment.lines)
    _use_names(comments, source.notes)
    if claimed is not None and claimed != len(comments):
        source.notes.warnings.append(
            f"The page says it has {claimed:,} comments; {len(comments):,} were read."
        )
    return _columns(comments, lines[:heading])


def _clean_lines(text: str) -> list[str]:
    text = INVISIBLE.sub("", SPACES.sub(" ", text))
    return [line.expandtabs(4).rstrip() for line in LINE_ENDS.split(text)]


def _find_heading(lines: Sequence[str]) -> tuple[int, int | None] | None:
    """Return the line of the heading and the number of comments it says."""
    found = [(i, _heading_count(line)) for i, line in enumerate(lines)]
    counted = [(i, count) for i, count in found if isinstance(count, int)]
    bare = [
        (i, None) for i, line in enumerate(lines) if BARE_HEADING.fullmatch(title(line))
    ]
    for candidates in (counted, bare):
        for i, count in candidates:
            if count != 0 and _leads_to_list(lines, i):
                return i, count
    return counted[-1] if counted else None


def _heading_count(line: str) -> int | None:
    for pattern in HEADINGS:
        if match := pattern.fullmatch(title(line)):
            said = match["count"].strip().lower()
            return COUNT_WORDS.get(said) or int(re.sub(r"\D", "", said) or 0)
    return None


def _leads_to_list(lines: Sequence[str], heading: int) -> bool:
    for line in lines[heading + 1 :]:
        match = BULLET.match(line)
        if match and not BUTTON.fullmatch(match["text"]):
            return True
        if len(line.strip()) > SHORT_LINE:
            return False
    return False


def _use_names(comments: Sequence[Comment], notes: Notes) -> None:
    """Take the names that replies begin with as the authors of what they answer."""
    known = {comment.author for comment in comments if comment.author}
    replies = [comment for comment in comments if comment.parent]
    if known:
        _check_names(replies, known, notes)
        return
    named = {
        name
        for reply in replies
        if (name := _address(reply.text, set())[0]) is not None
    }
    for reply in replies:
        name, rest = _address(reply.text, named)
        if name is not None:
            _set_author(reply, name, notes)
            reply.text = rest


def _check_names(replies: Sequence[Comment], known: set[str], notes: Notes) -> None:
    """Take the name off each reply that begins with its parent's."""
    for reply in replies:
        name, rest = _known_address(reply.text, known)
        if name is not None and _set_author(reply, name, notes):
            reply.text = rest


def _set_author(reply: Comment, name: str, notes: Notes) -> bool:
    """Set who wrote what is answered; warn and return False if that was another."""
    parent = cast("Comment", reply.parent)
    if parent.author is None:
        parent.author = name
    if parent.author == name:
        return True
    notes.warnings.append(
        f"The reply {reply.text[:60]!r} names {name!r}, but stands below a comment by "
        f"{parent.author!r}. It was left there."
    )
    return False


def _address(text: str, named: set[str]) -> tuple[str | None, str]:
    """Return the name that a text begins with, after the @, and the rest."""
    first, _, rest = text.partition("\n")
    if match := ADDRESSED.fullmatch(first):
        return match["name"].strip(), f"{match['rest'] or ''}\n{rest}".strip()
    if rest.startswith("\n") and (match := ADDRESSED_ALONE.fullmatch(first)):
        return match["name"], rest.strip()
    return _known_address(text, named)


def _known_address(text: str, known: set[str]) -> tuple[str | None, str]:
    for name in sorted(known, key=len, reverse=True):
        rest = text[len(name) + 1 :]
        if text.startswith(f"@{name}") and not rest[:1].isalnum():
            return name, rest.lstrip(" :,\n")
    return None, text


def _headline(lines: Sequence[str]) -> str | None:
    """Return the first line of real text."""
    for line in lines:
        bare = line.strip().lstrip("#").strip()
        is_entry = BULLET.match(line) and not MARKDOWN_HEADING.match(line)
        if bare and not is_entry and not RESIDUE.fullmatch(bare):
            return bare
    return None


def _columns(
    comments: Sequence[Comment], article: Sequence[str]
) -> dict[str, list[Any]]:
    """Return raw columns; a hash of the article in the ids keeps pages apart."""
    words = "\n".join(line.strip() for line in article if line.strip())
    key = hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=4).hexdigest()
    ids = {id(comment): f"{key}-{n}" for n, comment in enumerate(comments, 1)}
    headline = _headline(article)
    columns: dict[str, list[Any]] = {
        COMMENT_ID: [ids[id(comment)] for comment in comments],
        PARENT_ID: [ids.get(id(comment.parent)) for comment in comments],
        ARTICLE_ID: [key for _ in comments],
        HEADLINE: [headline for _ in comments],
        AUTHOR: [comment.author for comment in comments],
        TEXT: [comment.text for comment in comments],
    }
    if any(comment.date for comment in comments):
        columns[CREATED_AT] = [comment.date for comment in comments]
    return columns


FORMATS = {"page": Format("a pasted news page", recognise, read)}
