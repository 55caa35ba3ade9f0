"""Find the comments in the HTML of a page by their markup, and what each answers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from stancekit import columns as col
from stancekit.readers import page_words as vocab
from stancekit.readers.markup import html_to_text
from stancekit.readers.records import at, list_at, walk
from stancekit.readers.report import Notes

LOOKED_FOR = (
    'elements with an id such as "comment-1", "bb_message_1" or "cid-1", with a class '
    'such as "depth-1", "comment", "kommentar" or "posting", posts of a forum, and '
    "schema.org/Comment"
)
WORDS = r"comment|kommentar|commentaire|comentario|commento|reactie|posting|message"
ID = vocab.any_case(
    r"(?:(?:li|div|wpd?|wc)-|el)*"
    rf"(?:{WORDS}|comment-item|comm|cid|msg|bb_message|js-post|c)"
    # A UUID has a digit somewhere; words may be of its letters alone.
    r"[-_]?(?P<number>\d+|(?=[-a-z]*\d)[\da-f]+(?:-[\da-f]+)+)"
    r"(?:_\d+)?"
)
NUMBER = re.compile(r"\d+")
ID_WITH_NUMBER = re.compile(r".*?(?P<number>\d+)")
POST_ID = re.compile(r"(?:post[-_]?|p)(?P<number>\d+)")
DATA_IDS = """
    data-comment-id data-commentid data-postingid data-cid data-fullname thingid
""".split()
# A "message" is also the text within a comment.
CLASSES = frozenset(WORDS.split("|")) - {"message"}
# Of phpBB, XenForo, vBulletin, and Discourse as it is shown without scripts.
POST_CLASSES = frozenset("post message postcontainer postbit crawler-post".split())
TAGS = frozenset("li div article section dl dt tr".split())
# Elements of a site's own.
OWN_TAG = re.compile(
    r"[a-z]\w*-(?:comment|kommentar|posting)(?:-(?:renderer|view-model|item|node))?"
)
SCHEMA = re.compile(r"(?:https?://schema\.org/|schema:)Comment$")
DEPTH = re.compile(r"(?<!\S)(?:depth|niveau|level|wc_comment_level)-(\d{1,4})(?!\S)")
# Of an element in or just around a comment that its place in the tree may be read of.
LEVEL = re.compile(r"(?<!\S)[\w-]*?(?:depth|niveau|level|indent|child)-(\d{1,4})(?!\S)")
LEVELS = ("depth", "data-depth", "data-level", "aria-level", "indent")
# Other lists number their levels in the same way.
MENUS = frozenset(("menu-item", "page_item", "cat-item"))
# What is put around replies that stand behind what they answer.
INDENTED = frozenset("indented children replies comment--indented".split())
PINGS = ("pingback", "trackback")
PLACE = re.compile(r"#\s*(\d+(?:\.\d+)*)(?![\w.])")
FRAGMENT = re.compile(r"#(?:go_to_)?([\w-]+\d)$")
BY_POST_AUTHOR = "by_post_author"


@dataclass(eq=False)
class Entry:
    """A comment on the page.

    ``parts`` are the elements in it that are in no other comment, ``above`` is the
    comment around it, ``header`` are those that show author and time, ``place`` is a
    number such as "2.1". What is read goes to the last three; a parent that is not on
    the page is given by its id.
    """

    node: Any
    above: Entry | None
    number: str | None = None
    parts: list[Any] = field(default_factory=list)
    body: Any = None
    header: list[Any] = field(default_factory=list)
    place: str | None = None
    comment_id: str | None = None
    parent: Entry | str | None = None
    values: dict[str, Any] = field(default_factory=dict)

    def having(self, fits: Callable[[str], Any]) -> Iterator[Any]:
        """Yield the parts with a class or id that fits, in page order."""
        return (part for part in self.parts if any(map(fits, names_of(part))))


def class_names(element: Any) -> list[str]:
    """Return the classes of an element."""
    return (element.get("class") or "").split()


def names_of(element: Any) -> list[str]:
    """Return the classes and the id of an element."""
    return [*class_names(element), *filter(None, [element.get("id")])]


def shown(element: Any) -> str | None:
    """Return the words in an element on one line, None where there are none."""
    if element is None:
        return None
    return " ".join(element.text_content().split()) or None


def find_entries(root: Any) -> list[Entry]:
    """Return the comments of a page in its order; posts of a forum where none are."""
    for term in [*root.iter("dt")]:
        _join_description(term)
    posts = _entries_in(root, _is_post, POST_ID)
    # A single one is mostly the article of a blog.
    return _entries_in(root, _is_comment, ID) or (posts if len(posts) > 1 else [])


def entries_like(root: Any, n: int) -> list[Entry]:
    """Return so many elements that only the number in their ids tells apart."""
    alike: dict[tuple[str, str], list[Any]] = {}
    for element in root.iter(*TAGS):
        given = element.get("id") or ""
        if NUMBER.search(given):
            mask = NUMBER.sub("0", given)
            alike.setdefault((element.tag, mask), []).append(element)
    found = next((same for same in alike.values() if len(same) == n > 1), [])
    return _entries_in(root, set(found).__contains__, ID_WITH_NUMBER)


def _join_description(term: Any) -> None:
    """Take what describes a term that is the header of a comment into its element."""
    if ID.fullmatch(term.get("id") or ""):
        header = term.makeelement("div", {"class": "metadata"})
        header.text, term.text = term.text, None
        header.extend([*term])
        term.append(header)
        while (below := term.getnext()) is not None and below.tag == "dd":
            below.set("class", "comment-text")
            term.append(below)


def _entries_in(
    root: Any, opens: Callable[[Any], bool], ids: re.Pattern[str]
) -> list[Entry]:
    entries: list[Entry] = []
    owner: dict[Any, Entry | None] = {}
    for element in root.iter("*"):
        around = owner.get(element.getparent())
        match = ids.fullmatch(element.get("id") or "")
        named = filter(None, map(element.get, DATA_IDS))
        number = match["number"] if match else next(named, None)
        if opens(element) and (around is None or _is_another(element, number, around)):
            around = Entry(element, around, number)
            entries.append(around)
        elif around is not None:
            around.parts.append(element)
            around.number = around.number or number
        owner[element] = around
    return entries


def _is_another(element: Any, number: str | None, around: Entry) -> bool:
    # WordPress gives the number again inside: "div-comment-1" stands in "comment-1".
    if number and around.number:
        return number != around.number
    depth, outer = depth_of(element), depth_of(around.node)
    if depth and outer:
        return depth != outer
    same = class_names(element) == class_names(around.node)
    return same and element.tag == around.node.tag


def depth_of(element: Any) -> int | None:
    """Return the level that a class of the element says."""
    match = DEPTH.search(element.get("class") or "")
    return int(match[1]) if match else None


def is_marked(element: Any) -> bool:
    """Tell whether the page says in the words of schema.org that this is a comment."""
    said = element.get("itemtype") or element.get("typeof") or ""
    return any(map(SCHEMA.match, said.split()))


def _is_comment(element: Any) -> bool:
    if element.tag not in TAGS:
        return OWN_TAG.fullmatch(str(element.tag)) is not None
    names = {name.casefold() for name in class_names(element)}
    if names & MENUS:
        return False
    has_id = ID.fullmatch(element.get("id") or "") is not None
    is_named = bool(names & CLASSES) or not names.isdisjoint(PINGS)
    return has_id or is_marked(element) or is_named or depth_of(element) is not None


def _is_post(element: Any) -> bool:
    """Tell a post of a thread from the teaser of an article, which has a headline."""
    names = class_names(element)
    return (
        element.tag in TAGS
        and any(name.startswith(tuple(POST_CLASSES)) for name in names)
        and POST_ID.search(element.get("id") or "") is not None
        and next(element.iter("h1", "h2"), None) is None
    )


def settle(entries: Sequence[Entry], notes: Notes) -> None:
    """Set ids, kinds and parents."""
    by_id: dict[str, Entry] = {}
    given = Counter(entry.node.get("id") for entry in entries)
    for entry in entries:
        entry.comment_id = _id_of(entry, given)
        entry.parent = entry.above
        ids = {part.get("id") for part in (entry.node, *entry.parts)}
        by_id |= dict.fromkeys(filter(None, ids), entry)
        names = class_names(entry.node)
        kind = next((ping for ping in PINGS if ping in names), None)
        entry.values |= {col.KIND: kind, BY_POST_AUTHOR: "bypostauthor" in names}
    for name, value in ((col.KIND, "comment"), (BY_POST_AUTHOR, False)):
        said = any(entry.values[name] for entry in entries)
        for entry in entries:
            entry.values[name] = (entry.values[name] or value) if said else None
    _use_links(entries, by_id)
    _use_depths(entries, notes)


def _id_of(entry: Entry, given: Counter[str]) -> str | None:
    """Return the id of a comment, that of WordPress without what themes add."""
    own = entry.node.get("id")
    ids = [own, *(part.get("id") for part in entry.parts)]
    plain = f"comment-{entry.number}"
    if any(re.fullmatch(rf"(?:li-|div-)?{plain}", name or "") for name in ids):
        return plain
    names = CLASSES.intersection(class_names(entry.node))
    # One that several have is that of the element, not of the comment.
    own = own if given[own] == 1 else None
    return own or (f"{min(names)}-{entry.number}" if names and entry.number else None)


def _use_links(entries: Sequence[Entry], by_id: dict[str, Entry]) -> None:
    places = {entry.place: entry for entry in reversed(entries) if entry.place}
    for place, entry in places.items():
        if stem := place.rpartition(".")[0]:
            entry.parent = places.get(stem, f"#{stem}")
    for entry in entries:
        part = next(filter(_says_what_is_answered, entry.parts), None)
        if part is None:
            continue
        number = PLACE.search(shown(part) or "")
        linked = _fragment(part)
        # A link to the comment itself is its permalink.
        if linked and linked != entry.comment_id:
            entry.parent = by_id.get(linked, linked)
        elif number:
            entry.parent = places.get(number[1], f"#{number[1]}")


def _says_what_is_answered(part: Any) -> bool:
    said = shown(part) or ""
    # What is longer is a comment whose text begins like that.
    is_origin = "comment__origin" in class_names(part)
    return len(said) <= 100 and bool(is_origin or vocab.ANSWERS.fullmatch(said))


def _fragment(part: Any) -> str | None:
    links = [*part.iter("a", "form"), *part.iterancestors("form")]
    addresses = (link.get("href") or link.get("action") or "" for link in links)
    found = filter(None, map(FRAGMENT.search, addresses))
    return next((match[1] for match in found), None)


def _use_depths(entries: Sequence[Entry], notes: Notes) -> None:
    path: list[tuple[int, Entry]] = []
    used = 0
    levels = {entry: _level(entry) for entry in entries}
    for entry, depth in levels.items():
        if depth_of(entry.node):
            entry.parent = _not_closed(entry, levels)
        while path and path[-1][0] >= depth:
            path.pop()
        if entry.parent is None and path:
            entry.parent = path[-1][1]
            used += 1
        path.append((depth, entry))
    notes.count(
        used,
        "replies do not stand inside what they answer; the parent is the last comment "
        "before them of a smaller depth.",
    )


def _not_closed(entry: Entry, levels: dict[Entry, int]) -> Entry | str | None:
    """Return the parent; one of the same depth around it was only not closed."""
    above = entry.parent
    while isinstance(above, Entry) and above is entry.above:
        if levels[above] < levels[entry]:
            break
        entry.above = above = above.above
    return above


def _level(entry: Entry) -> int:
    above = [entry.node, *entry.node.iterancestors()]
    # Some pages put the class one or two elements outside.
    for part in (*above[:3], *(p for p in entry.parts if p.get("indent"))):
        said = LEVEL.search(part.get("class") or "")
        given = (said and said[1], *map(part.get, LEVELS))
        if number := next(filter(str.isdecimal, filter(None, given)), None):
            return int(number)
    return 1 + sum(not INDENTED.isdisjoint(names_of(part)) for part in above)


def linked_data(root: Any) -> list[Entry]:
    """Return the comments that a page describes to search engines, in JSON-LD."""
    roots = []
    for script in root.xpath("//script[@type='application/ld+json']"):
        try:
            found = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        listed = found if isinstance(found, list) else list_at(found, "@graph")
        for said in (at(thing, "comment") for thing in listed or [found]):
            comments = said if isinstance(said, list) else [said]
            roots += [c for c in comments if at(c, "@type") == "Comment"]
    of: dict[int, Entry] = {}
    for record, above in walk(roots, "comment", "JSON-LD"):
        of[id(record)] = entry = Entry(None, of.get(id(above)))
        entry.comment_id = at(record, "identifier") or at(record, "@id")
        entry.parent = entry.above
        entry.values = {
            col.AUTHOR: at(record, "author", "name"),
            col.CREATED_AT: at(record, "dateCreated") or at(record, "datePublished"),
            col.TEXT: html_to_text(str(at(record, "text") or "")),
        }
    return [*of.values()]
