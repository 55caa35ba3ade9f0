"""Find which comment of a pasted page answers which."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stancekit.readers import page_words as vocab
from stancekit.readers.page_lines import Comment
from stancekit.readers.report import Notes

# More characters are no name that somebody is spoken to by.
LONGEST_NAME = 80
ADDRESSED_ALONE = re.compile(r"@(?P<name>\S.{0,58}[^\s.!?])")


def set_parents(comments: Sequence[Comment]) -> None:
    """Set what each comment answers, as numbers, names or columns say it."""
    by_place = {comment.place: comment for comment in comments if comment.place}
    by_name: dict[str, Comment] = {}
    above: list[Comment] = []
    for comment in comments:
        above = [outer for outer in above if outer.column < comment.column]
        stem = (comment.place or "").rpartition(".")[0]
        found = by_place.get(comment.answers_place or stem)
        if found is None and comment.answers:
            found = by_name.get(comment.answers)
        if found is None and above:
            found = above[-1]
        comment.parent = None if found is comment else found
        above.append(comment)
        if comment.author:
            by_name[comment.author] = comment


def use_groups(comments: Sequence[Comment], notes: Notes) -> None:
    """Let a comment's number of replies say that those follow it, where they do."""
    said = sum(comment.replies for comment in comments)
    if not said:
        return
    claimed = notes.claimed == len(comments)
    if not claimed and not any(comment.shows_replies for comment in comments):
        notes.guesses.append(
            f"{said:,} replies are said to be there, but not to be shown; every "
            "comment was taken as top-level."
        )
        return
    left, top = 0, None
    for comment in comments:
        if left:
            comment.parent, left = top, left - 1
        elif comment.replies and (claimed or comment.shows_replies):
            left, top = comment.replies, comment


def use_names(comments: Sequence[Comment], notes: Notes) -> None:
    """Take whom texts begin with for what they answer, or for who wrote above."""
    known = {comment.author for comment in comments} - {None}
    has_authors, flat = bool(known), len({c.column for c in comments}) == 1
    if not has_authors:
        known = {_address(c.text, set())[0] for c in comments if c.parent}
    before: dict[str, Comment] = {}
    address = _known_address if has_authors else _address
    for comment in comments:
        name, rest = address(comment.text, known)
        is_told = comment.answers or "." in (comment.place or "")
        if has_authors and flat and not is_told and name:
            comment.parent = before.get(name, comment.parent)
        if comment.author:
            before[comment.author] = comment
        if name and comment.parent:
            is_right = _set_author(comment, comment.parent, name, notes)
            comment.text = rest if is_right or not has_authors else comment.text


def _set_author(reply: Comment, parent: Comment, name: str, notes: Notes) -> bool:
    parent.author = parent.author or name
    if parent.author == name:
        return True
    notes.warnings.append(
        f"The reply {reply.text[:60]!r} names {name!r}, but stands below a comment by "
        f"{parent.author!r}. It was left there."
    )
    return False


def _address(text: str, named: set[str | None]) -> tuple[str | None, str]:
    first, _, rest = text.partition("\n")
    if match := vocab.ADDRESSED.fullmatch(first):
        return match["name"].strip(), f"{match['rest'] or ''}\n{rest}".strip()
    if rest.startswith("\n") and (match := ADDRESSED_ALONE.fullmatch(first)):
        return match["name"], rest.strip()
    return _known_address(text, named)


def _known_address(text: str, known: set[str | None]) -> tuple[str | None, str]:
    if not text.startswith("@"):
        return None, text
    # The longest first: "Anna B." may write beside "Anna".
    for end in range(min(len(text), LONGEST_NAME + 1), 1, -1):
        if text[1:end] in known and not text[end : end + 1].isalnum():
            return text[1:end], text[end:].lstrip(" :,\n")
    return None, text
