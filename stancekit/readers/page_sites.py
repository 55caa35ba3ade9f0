"""Find the comments in the HTML of a page, by the rules of each kind of site."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from stancekit.readers.page_entries import (
    Entry,
    class_names,
    entries_in,
    set_texts,
    shown,
    take_out,
)
from stancekit.readers.page_words import SAYS
from stancekit.readers.sources import Notes
from stancekit.threads import (
    AUTHOR,
    CREATED_AT,
    KIND,
    LIKES,
    STATUS,
    TEXT,
)

BY_POST_AUTHOR = "by_post_author"

DEPTH = re.compile(r"(?<!\S)depth-(\d{1,4})(?!\S)")
COMMENT_NUMBER = re.compile(r"(?:^|-)comment-(\d+)$")
PERMALINK = re.compile(r"#(?:li-|div-)?comment-\d+$")
COUNT = re.compile(r"-?\d[\d.,]*")
PINGS = ("pingback", "trackback")
# Other lists number their levels in the same way.
MENUS = frozenset(("menu-item", "page_item", "cat-item"))
NO_COMMENTS = frozenset("ul ol nav menu a span".split())
WORDPRESS_BODIES = (
    *("comment-content", "wp-block-comment-content", "wpd-comment-text"),
    *("comment-text", "comment_text", "commenttext", "comment-entry"),
    *("comment__content", "comment__text", "comment__body"),
)
WORDPRESS_AUTHORS = (
    *("fn", "wp-block-comment-author-name", "wpd-comment-author"),
    *("comment-author-name", "comment-author", "comment_author", "comment__author"),
)
WORDPRESS_DATES = (
    *("wpd-comment-date", "wp-block-comment-date", "comment-date", "comment-time"),
    *("comment_date", "comment-metadata", "commentmetadata"),
)
WORDPRESS_LIKES = (
    *("wpd-vote-result", "cld-like-count-wrap", "comment-like-count"),
    *("comment-likes-count", "like-count"),
)
WORDPRESS_OTHER = frozenset(
    (
        *("comment-author", "fn", "says", "comment-meta", "comment-metadata"),
        *("commentmetadata", "comment-header", "comment-footer", "comment-actions"),
        *("reply", "comment-reply", "comment-reply-link", "comment-edit-link"),
        *("edit-link", "comment-awaiting-moderation", "screen-reader-text"),
        *("wp-block-comment-author-name", "wp-block-comment-date"),
        *("wp-block-comment-reply-link", "wp-block-comment-edit-link"),
        *("wpd-comment-header", "wpd-comment-footer", "wpd-comment-left"),
        *("cld-like-dislike-wrap", "wpulike", "jetpack-likes-widget-wrapper"),
    )
)

TAZ_OTHER = frozenset(("author", "toolbar", "thread"))

ZEIT_OTHER = frozenset(("comment-meta", "comment__reactions"))
ZEIT_POSITION = re.compile(r"#\s*(?P<place>\d+(?:\.\d+)*)\s*[—–-]\s*(?P<time>.*)")
ZEIT_ANSWER = re.compile(r"#(\d+(?:\.\d+)*)")
CID = re.compile(r"cid-\d+$")
OMISSION = re.compile(r"[\W_]*")


@dataclass(frozen=True)
class Site:
    """How comments are recognised and read on one kind of site."""

    title: str
    looked_for: str
    read: Callable[[Any, Notes], list[Entry]]


def _count(element: Any) -> str | None:
    match = COUNT.search(shown(element) or "")
    return match[0] if match else None


def _read_wordpress(root: Any, notes: Notes) -> list[Entry]:
    found = [e for e in entries_in(root, _opens_wordpress) if _is_wordpress(e)]
    for entry in found:
        names = class_names(entry.node)
        entry.comment_id = _wordpress_id(entry)
        entry.parent = _wordpress_parent(entry)
        entry.values = {
            AUTHOR: _wordpress_author(entry),
            CREATED_AT: _wordpress_time(entry),
            LIKES: _count(entry.find(*WORDPRESS_LIKES)),
            KIND: next((kind for kind in PINGS if kind in names), "comment"),
            BY_POST_AUTHOR: "bypostauthor" in names,
        }
    _use_depths(found, notes)
    set_texts(found, _wordpress_body, WORDPRESS_OTHER)
    return found


def _opens_wordpress(element: Any, around: Entry | None) -> bool:
    names = class_names(element)
    depth = _depth(element)
    if depth is None:
        return element.tag == "li" and "comment" in names
    if element.tag in NO_COMMENTS or not MENUS.isdisjoint(names):
        return False
    if around is None or _depth(around.node) != depth:
        return True
    # Some themes say the depth twice: on the entry, and on the comment in it.
    numbers = {_number(element), _number(around.node)}
    return None not in numbers and len(numbers) == 2


def _depth(element: Any) -> int | None:
    match = DEPTH.search(element.get("class") or "")
    return int(match[1]) if match else None


def _number(element: Any) -> str | None:
    match = COMMENT_NUMBER.search(element.get("id") or "")
    return match[1] if match else None


def _is_wordpress(entry: Entry) -> bool:
    return (
        not {"comment", *PINGS}.isdisjoint(class_names(entry.node))
        or _wordpress_id(entry) is not None
        or entry.find(*WORDPRESS_BODIES, "comment-body") is not None
    )


def _wordpress_id(entry: Entry) -> str | None:
    numbers = (_number(element) for element in (entry.node, *entry.parts))
    number = next(filter(None, numbers), None)
    return f"comment-{number}" if number else None


def _wordpress_parent(entry: Entry) -> Entry | None:
    """Return the comment around it; one of the same depth was only not closed."""
    depth, around = _depth(entry.node), entry.above
    while around is not None and not _is_wordpress(around):
        around = around.above
    while depth and around is not None and (_depth(around.node) or 0) >= depth:
        around = around.above
    return around


def _use_depths(entries: Sequence[Entry], notes: Notes) -> None:
    """Find what a reply answers where it does not stand inside of it."""
    path: list[tuple[int, Entry]] = []
    used = 0
    for entry in entries:
        depth = _depth(entry.node) or 1
        while path and path[-1][0] >= depth:
            path.pop()
        if entry.parent is None and path:
            entry.parent = path[-1][1]
            used += 1
        path.append((depth, entry))
    if used:
        notes.guesses.append(
            f"{used:,} replies do not stand inside what they answer; the parent is the "
            "last comment before them of a smaller depth."
        )


def _wordpress_author(entry: Entry) -> str | None:
    says = entry.find("says")
    if says is not None:
        take_out(says)
    name = SAYS.sub("", shown(entry.find(*WORDPRESS_AUTHORS)) or "")
    return name.rstrip(" :") or None


def _wordpress_time(entry: Entry) -> str | None:
    time = entry.find("<time>")
    if time is not None:
        return time.get("datetime") or shown(time)
    for link in entry.parts:
        if link.tag == "a" and PERMALINK.search(link.get("href") or "") and shown(link):
            return shown(link)
    date = entry.find(*WORDPRESS_DATES)
    return None if date is None else date.get("title") or shown(date)


def _wordpress_body(entry: Entry) -> Any:
    return entry.find(*WORDPRESS_BODIES)


def _read_taz(root: Any, notes: Notes) -> list[Entry]:
    entries = entries_in(root, _opens_taz)
    for entry in entries:
        entry.comment_id = entry.node.get("id")
        entry.parent = entry.above
        author, time = entry.find("author"), entry.find("<time>")
        if author is not None and author.find(".//h4") is not None:
            author = author.find(".//h4")
        entry.values = {
            AUTHOR: shown(author),
            CREATED_AT: None if time is None else time.get("datetime") or shown(time),
        }
        if time is not None:
            take_out(time)
    set_texts(entries, _taz_body, TAZ_OTHER)
    return entries


def _opens_taz(element: Any, around: Entry | None) -> bool:
    return element.tag == "li" and (element.get("id") or "").startswith("bb_message_")


def _taz_body(entry: Entry) -> Any:
    body = entry.find("objlink")
    return body if body is not None and body.tag == "div" else None


def _read_zeit(root: Any, notes: Notes) -> list[Entry]:
    entries = entries_in(root, _opens_zeit)
    places: dict[str, Entry] = {}
    for entry in entries:
        entry.comment_id = entry.node.get("id")
        place, time = _zeit_position(entry)
        if place:
            places.setdefault(place, entry)
        entry.values = {
            AUTHOR: _zeit_author(entry),
            CREATED_AT: time,
            LIKES: _count(entry.find("js-comment-recommendations")),
        }
    _set_zeit_parents(entries, places)
    marks = [_zeit_moderation(entry) for entry in entries]
    set_texts(entries, lambda entry: entry.find("comment__body"), ZEIT_OTHER)
    _set_zeit_status(entries, marks, notes)
    return entries


def _opens_zeit(element: Any, around: Entry | None) -> bool:
    name = element.get("id") or ""
    return element.tag == "article" and CID.match(name) is not None


def _zeit_position(entry: Entry) -> tuple[str | None, str | None]:
    """Return the comment's number, such as "2.1", and its time."""
    date = shown(entry.find("comment-meta__date")) or ""
    match = ZEIT_POSITION.fullmatch(date)
    place, time = (match["place"], match["time"]) if match else (None, date)
    exact = entry.find("<time>")
    return place, (exact is not None and exact.get("datetime")) or time or None


def _zeit_author(entry: Entry) -> str | None:
    name = entry.find("comment-meta__name")
    if name is None:
        return None
    link = name.find(".//a")
    return shown(name if link is None else link)


def _set_zeit_parents(entries: Sequence[Entry], places: dict[str, Entry]) -> None:
    by_id = {entry.comment_id: entry for entry in entries}
    last_top: Entry | None = None
    for entry in entries:
        linked = _zeit_link(entry)
        answered = _zeit_answered(entry)
        if linked and linked != entry.comment_id:
            entry.parent = by_id.get(linked, linked)
        elif answered:
            entry.parent = places.get(answered, f"#{answered}")
        elif "comment--indented" in class_names(entry.node):
            entry.parent = last_top
        else:
            last_top = entry


def _zeit_link(entry: Entry) -> str | None:
    """Return the id to which the link to the comment answered leads."""
    origin = entry.find("comment__origin")
    if origin is None:
        return None
    addresses = [origin.get("href")]
    addresses += [form.get("action") for form in origin.iterancestors("form")]
    ids = (CID.search(address) for address in addresses if address)
    return next((match[0] for match in ids if match), None)


def _zeit_answered(entry: Entry) -> str | None:
    """Return the number of the comment answered, as words or numbers say it."""
    said = ZEIT_ANSWER.search(shown(entry.find("comment__origin")) or "")
    place, _ = _zeit_position(entry)
    return said[1] if said else (place or "").rpartition(".")[0] or None


def _zeit_moderation(entry: Entry) -> str | None:
    """Take out what moderators wrote, and return it."""
    marks = [part for part in entry.parts if "moderation" in class_names(part)]
    words = " ".join(filter(None, map(shown, marks)))
    for mark in marks:
        take_out(mark)
    return words or None


def _set_zeit_status(
    entries: Sequence[Entry], marks: Sequence[str | None], notes: Notes
) -> None:
    """Set which comments were removed; of one only shortened the rest is its text."""
    shortened = 0
    for entry, mark in zip(entries, marks, strict=True):
        removed = mark is not None and OMISSION.fullmatch(entry.values[TEXT])
        entry.values[STATUS] = "removed" if removed else "visible"
        if removed:
            entry.values[TEXT] = mark
        shortened += mark is not None and not removed
    if shortened:
        notes.guesses.append(
            f"{shortened:,} comments were shortened by a moderator; what is left is "
            "their text."
        )


SITES = (
    Site("taz", 'li elements with an id such as "bb_message_1" (taz)', _read_taz),
    Site("Zeit", 'article elements with an id such as "cid-1" (Zeit)', _read_zeit),
    Site(
        "WordPress",
        'elements of a class such as "depth-1" (WordPress)',
        _read_wordpress,
    ),
)
