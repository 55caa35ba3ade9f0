"""Part the HTML of a page into comments, and each from the replies inside of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from stancekit.readers.markup import html_to_text
from stancekit.readers.page_words import BUTTON
from stancekit.threads import TEXT

# Elements whose words are not the comment's.
NOT_TEXT = frozenset(
    "script style noscript template button form textarea select svg iframe".split()
)


@dataclass(eq=False)
class Entry:
    """A comment on the page.

    ``parts`` are the elements in it that are in no other comment, ``above`` is the
    comment around it. What is read goes to the last three; a parent that is not on
    the page is given by its id.
    """

    node: Any
    above: Entry | None
    parts: list[Any] = field(default_factory=list)
    first: dict[str, Any] = field(default_factory=dict)
    comment_id: str | None = None
    parent: Entry | str | None = None
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, part: Any) -> None:
        """Add an element; the first one of each tag and class is kept at hand."""
        self.parts.append(part)
        for name in (f"<{part.tag}>", *class_names(part)):
            self.first.setdefault(name, part)

    def find(self, *names: str) -> Any:
        """Return the first part of a class or <tag>; the better names stand first."""
        return next((self.first[name] for name in names if name in self.first), None)


def class_names(element: Any) -> list[str]:
    """Return the classes of an element."""
    return (element.get("class") or "").split()


def shown(element: Any) -> str | None:
    """Return the words in an element on one line, None where there are none."""
    if element is None:
        return None
    return " ".join(element.text_content().split()) or None


def entries_in(root: Any, opens: Callable[[Any, Entry | None], bool]) -> list[Entry]:
    """Return the comments in page order, each with what is its own."""
    entries = []
    owner: dict[Any, Entry | None] = {}
    for element in root.iter("*"):
        around = owner.get(element.getparent())
        if opens(element, around):
            around = Entry(element, around)
            entries.append(around)
        elif around is not None:
            around.add(element)
        owner[element] = around
    return entries


def set_texts(
    entries: Sequence[Entry],
    body_of: Callable[[Entry], Any],
    other: frozenset[str] = frozenset(),
) -> None:
    """Set the text of each comment: its body, else all that is not ``other``."""
    # Replies come after what they stand in, and are taken out of it first.
    for entry in reversed(entries):
        body = body_of(entry)
        for part in entry.parts:
            if part.tag == "img":
                _show_emoji(part)
            if part.tag in NOT_TEXT or not other.isdisjoint(class_names(part)):
                take_out(part)
        entry.values[TEXT] = (
            _without_buttons(_plain_text(entry.node))
            if body is None
            else _plain_text(body)
        )
        if entry.above is not None:
            take_out(entry.node)


def take_out(element: Any) -> None:
    """Remove an element from the page, but not the words behind it."""
    if element.getparent() is not None:
        element.drop_tree()


def _show_emoji(image: Any) -> None:
    if not {"emoji", "wp-smiley"}.isdisjoint(class_names(image)):
        image.tail = (image.get("alt") or "") + (image.tail or "")
        take_out(image)


def _plain_text(element: Any) -> str:
    from lxml import etree

    return html_to_text(
        etree.tostring(element, method="html", encoding="unicode", with_tail=False)
    )


def _without_buttons(text: str) -> str:
    """Return the text without the buttons below and above it."""
    lines = text.split("\n")
    while lines and (not lines[-1].strip() or BUTTON.fullmatch(lines[-1].strip())):
        del lines[-1]
    while lines and (not lines[0].strip() or BUTTON.fullmatch(lines[0].strip())):
        del lines[0]
    return "\n".join(lines)
