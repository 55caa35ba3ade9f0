"""Tell author, time, text and buttons of a comment apart, by place and markup."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import Any

from stancekit import columns as col
from stancekit.readers import page_words as vocab
from stancekit.readers.markup import html_to_text
from stancekit.readers.page_entries import (
    CLASSES,
    Entry,
    class_names,
    is_marked,
    names_of,
    shown,
)
from stancekit.readers.report import Notes

# Elements whose words are not the comment's.
NOT_TEXT = frozenset(
    "script style noscript template button form textarea select svg iframe".split()
)
# Of classes: the surest first.
AUTHORS = tuple(
    vocab.any_case(pattern)
    for pattern in (
        r"fn|username|(?:.*[-_])?author-name|.*comment-author-name",
        r"author|autor|auteur|auteurs|verfasser|user|name|nick|creator",
        r"(?:.*[-_])?(?:author|autor|auteur|username|user|creator|meta__name|nickname"
        r"|author-text|from_name|poster)",
    )
)
TIMES = vocab.any_case(
    r"(?:.*[-_])?(?:date|time|datum|datetime|fecha|timestamp|ago|published|metadata"
    r"|postdate|postinfo|commentmetadata|meta__date|age)(?:[-_]text)?"
)
# By their whole names: a class such as "likes" is more often a button.
LIKES = frozenset(
    "wpd-vote-result cld-like-count-wrap comment-like-count comment-likes-count "
    "like-count js-comment-recommendations post-likes vote-count-middle".split()
)
BODY = vocab.any_case(
    r"(?:.*[-_])?(?:content|copy|text|commenttext|body|message|contenu|inhalt|texto|objlink"
    r"|bbwrapper|inner|postcontent|postbody|cooked|entry)"
)
TITLE = vocab.any_case(
    r"(?:comment|kommentar|posting|beitrag|reply)[-_](?:title|titel)"
)
# Of classes and ids: what is no text wherever it stands, in or outside a body.
BUTTONS = vocab.any_case(
    r"(?:.*[-_])?(?:reply|reply-link|likes?|like-dislike-wrap|wpulike|share|sharing"
    r"|edit-link|actions?|toolbar|buttons|awaiting-moderation|says|screen-reader-text"
    r"|jetpack-likes-widget-wrapper)|comment-like-\d+"
)
# What is no text where no body is marked.
FURNITURE = vocab.any_case(
    r"(?:.*[-_])?(?:meta|metadata|commentmetadata|header|footer|left|thread|avatar"
    r"|author|fn|reactions|date|time)"
)
SCHEMA_AUTHORS = frozenset(("author", "schema:author"))
SCHEMA_TIMES = frozenset(("dateCreated", "datePublished", "schema:dateCreated"))
NAMES_IN = ("h4", "cite", "b", "strong", "a")
COUNT = re.compile(r"-?\d[\d.,]*")
LETTER = re.compile(r"[^\W\d_]")
AROUND_NAMES = " :,;-–—|·•/"
# As Zeit has it: "#2.1 — vor 8 Stunden".
PLACE_AND_TIME = re.compile(r"#\s*(?P<place>\d+(?:\.\d+)*)\s*[—–-]\s*(?P<time>.*)")
PROFILE = vocab.any_case(
    r"\b(?:user|users|u|profile?|member|author|people)(?:[/.?]|$)|/@"
)
ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
# A date in a longer element is one that the comment speaks of.
LONGEST_HEADER = 200
# An ISO time with milliseconds and an offset.
LONGEST_TIME = 29
# In Telegram's export as HTML.
JOINED = "joined"
PERMALINK = re.compile(r"#[\w-]*\d+$")
# WordPress shows them as pictures, with the sign itself in their descriptions.
EMOJI = frozenset(("emoji", "wp-smiley"))
# What a moderator leaves of a comment taken out: nothing, dots or brackets.
OMISSION = re.compile(r"[\W_]*")


def read_headers(entries: Sequence[Entry]) -> None:
    """Set author, time, likes and number of each comment."""
    authors = map(author_part, entries)
    if len(entries) > 1 and all(author is None for author in authors):
        _widen(entries)
    for entry in entries:
        _set_header(entry)
    for before, entry in pairwise(entries):
        # Chats name who goes on writing only once.
        if JOINED in class_names(entry.node) and not entry.values[col.AUTHOR]:
            entry.values[col.AUTHOR] = before.values[col.AUTHOR]


def _widen(entries: Sequence[Entry]) -> None:
    """Take what stands around each comment, and around no other, for its header."""
    around = Counter(outer for e in entries for outer in e.node.iterancestors())
    for entry in entries:
        if entry.above is None and around[entry.node] == 0:
            entry.body = entry.node
            while around[entry.node.getparent()] == 1:
                entry.node = entry.node.getparent()
            entry.parts = [*entry.node.iterdescendants()]


def read_texts(entries: Sequence[Entry], notes: Notes) -> list[Entry]:
    """Set the texts, taking all else out; return what turns out to be a comment."""
    moderated = {entry: _moderation(entry) for entry in entries}
    # Replies come after what they stand in, and are taken out of it first.
    for entry in reversed(entries):
        _set_text(entry)
    _set_status(moderated, notes)
    told = dict.fromkeys(filter(_is_told, entries))
    for entry in told:
        if isinstance(entry.parent, Entry) and entry.parent not in told:
            entry.parent = None
    return [*told]


def _is_told(entry: Entry) -> bool:
    """Tell a comment from a counter, such as that of a bar of buttons to share."""
    text = entry.values[col.TEXT] or ""
    # Between messages chats put the day.
    if vocab.DATE.fullmatch(text) and not entry.values[col.AUTHOR]:
        return False
    if entry.number or is_marked(entry.node):
        return True
    is_named = entry.values[col.AUTHOR] or CLASSES.intersection(class_names(entry.node))
    has_body = any(True for _ in entry.having(BODY.fullmatch))
    return LETTER.search(text) is not None and bool(is_named or has_body)


def _set_header(entry: Entry) -> None:
    author = author_part(entry)
    time = _time_part(entry)
    name = _name(author)
    moment = _moment(time)
    if match := vocab.DATE.search(name):
        # The time stands beside the author, in one element.
        moment, name = moment or name[match.start() :], name[: match.start()]
    place = PLACE_AND_TIME.fullmatch(moment or "")
    name = vocab.LEADS_TO_NAME.sub("", vocab.SAYS.sub("", name.strip(AROUND_NAMES)))
    entry.values |= {
        col.AUTHOR: entry.node.get("data-author") or name.strip(AROUND_NAMES) or None,
        col.CREATED_AT: place["time"] or None if place else moment,
        col.LIKES: _likes(entry),
    }
    entry.place = place["place"] if place else None
    entry.header = [part for part in (author, time) if part is not None]


def author_part(entry: Entry) -> Any:
    """Return the element that shows who wrote a comment."""
    named = (entry.having(pattern.fullmatch) for pattern in AUTHORS)
    links = (
        part
        for part in entry.parts
        if part.tag == "cite"
        or (part.tag == "a" and PROFILE.search(part.get("href") or ""))
    )
    found = filter(shown, chain(*named, links))
    return next(chain(_of_property(entry, SCHEMA_AUTHORS), found), None)


def _of_property(entry: Entry, wanted: frozenset[str]) -> Iterator[Any]:
    """Yield the parts that the page says to be this, in the words of schema.org."""
    for part in entry.parts:
        said = part.get("itemprop") or part.get("property") or ""
        if not wanted.isdisjoint(said.split()):
            yield part


def _name(author: Any) -> str:
    if author is None:
        return ""
    whole = shown(author) or ""
    inner = [shown(p) for tag in NAMES_IN for p in author.iter(tag) if p is not author]
    names = [name for name in inner if name and LETTER.search(name)]
    if not names or (vocab.DATE.search(whole) and names[0] not in whole):
        return whole
    date = vocab.DATE.search(whole)
    return names[0] + (f" {date[0]}" if date and date[0] not in names[0] else "")


def _time_part(entry: Entry) -> Any:
    exact = [part for part in entry.parts if part.tag == "time"]
    exact.sort(key=lambda part: not part.get("datetime"))
    links = [part for part in entry.parts if PERMALINK.search(part.get("href") or "")]
    around, own = [*links, *entry.having(TIMES.fullmatch)], set(entry.parts)
    parts = [inner for part in around for inner in part.iter() if inner in own]
    dated = (part for part in parts if ISO.match(part.get("title") or ""))
    said = chain(_of_property(entry, SCHEMA_TIMES), dated, filter(_says_time, parts))
    return next(chain(exact, said), None)


def _says_time(part: Any) -> bool:
    said = f"{part.get('title') or ''} {shown(part) or ''}"
    return len(said) < LONGEST_HEADER and vocab.DATE.search(said) is not None


def _moment(part: Any) -> str | None:
    if part is None:
        return None
    given = filter(None, map(part.get, ("datetime", "content", "title")))
    said = next(given, None) or shown(part) or ""
    # Some put a count of seconds or a licence behind it.
    exact = ISO.match(said) if len(said) > LONGEST_TIME else None
    return (exact[0] if exact else said) or None


def _likes(entry: Entry) -> str | None:
    said = (shown(part) or "" for part in entry.having(LIKES.__contains__))
    found = filter(None, map(COUNT.search, said))
    return next((match[0] for match in found), None)


def _moderation(entry: Entry) -> str | None:
    marks = [*entry.having("moderation".__eq__)]
    words = " ".join(filter(None, map(shown, marks)))
    for mark in marks:
        _take_out(mark)
    return words or None


def _set_text(entry: Entry) -> None:
    """Set the text: the body that holds no header, else what else is no furniture."""
    body = _body(entry) if entry.body is None else entry.body
    title = next(entry.having(TITLE.fullmatch), None)
    titled = shown(title)
    for part in entry.parts:
        if part.tag == "img" and not EMOJI.isdisjoint(class_names(part)):
            part.tail = (part.get("alt") or "") + (part.tail or "")
            _take_out(part)
        names = names_of(part)
        if part.tag == "blockquote" and any(map(BODY.fullmatch, names)):
            part.tag = "div"  # the text of a post, as some forums mark it
        is_button = part.tag in NOT_TEXT or any(map(BUTTONS.fullmatch, names))
        is_other = body is None and any(map(FURNITURE.fullmatch, names))
        if (is_button or is_other) and part is not body:
            _take_out(part)
    for part in (*entry.header, title) if body is None else ():
        _take_out(part)
    text = (
        _without_buttons(_plain_text(entry.node)) if body is None else _plain_text(body)
    )
    entry.values[col.TEXT] = f"{titled}\n\n{text}" if titled else text
    if entry.above is not None:
        _take_out(entry.node)


def _body(entry: Entry) -> Any:
    marked = (p for p in entry.parts if p.get("itemprop") in ("text", "commentText"))
    around = {p for part in entry.header for p in (*part.iter(), *part.iterancestors())}
    named = (p for p in entry.having(BODY.fullmatch) if p not in around)
    return next(marked, None) if is_marked(entry.node) else next(named, None)


def _take_out(element: Any) -> None:
    """Remove an element from the page, but not the words behind it."""
    if element is not None and element.getparent() is not None:
        element.drop_tree()


def _plain_text(element: Any) -> str:
    from lxml import etree

    return html_to_text(
        etree.tostring(element, method="html", encoding="unicode", with_tail=False)
    )


def _without_buttons(text: str) -> str:
    lines = text.split("\n")
    for end in (-1, 0):
        while lines and vocab.BUTTON.fullmatch(lines[end].strip() or "|"):
            del lines[end]
    return "\n".join(lines)


def _set_status(moderated: dict[Entry, str | None], notes: Notes) -> None:
    """Set which comments were removed; of one only shortened the rest is its text."""
    if not any(moderated.values()):
        return
    shortened = 0
    for entry, mark in moderated.items():
        removed = mark is not None and OMISSION.fullmatch(entry.values[col.TEXT])
        entry.values[col.STATUS] = "removed" if removed else "visible"
        entry.values[col.TEXT] = mark if removed else entry.values[col.TEXT]
        shortened += mark is not None and not removed
    said = "comments were shortened by a moderator; what is left is their text."
    notes.count(shortened, said)
