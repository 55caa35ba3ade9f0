"""Tell the comments in the bulleted list of a pasted page apart.

Pasting a page whose comments show neither author nor time leaves bullets and their
columns: these decide what is a comment and what it answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile

from stancekit.readers import page_words as vocab
from stancekit.readers.page_lines import (
    Comment,
    Headings,
    indent_of,
    says_something,
    title,
)
from stancekit.readers.report import Notes

# Between a heading and the first comment stand only short lines, such as menus.
SHORT_LINE = 60
FEW_VOTES = 3


@dataclass
class Block:
    """A line with a bullet and the lines below it, up to the next bullet."""

    column: int
    bullet: str
    lines: list[str]

    @property
    def kind(self) -> str:
        """The bullet; one for all numbers."""
        return "1." if self.bullet[0].isdigit() else self.bullet

    def content(self) -> list[str]:
        """Return the lines that say something, stripped."""
        return [line.strip() for line in self.lines if says_something(line)]

    def as_text(self) -> list[str]:
        """Return the lines with the bullet, as part of a comment's text."""
        if not says_something(self.lines[0]):
            return self.lines[1:]
        return [f"{self.bullet} {self.lines[0]}", *self.lines[1:]]


def find_list(
    lines: Sequence[str], headings: Headings
) -> tuple[int, int | None] | None:
    """Return the heading over a bulleted list, with the number it says."""
    counts = {line: count for line, count in headings if count != 0}
    found, leads = [], False
    for i in reversed(range(len(lines) if counts else 0)):
        if leads and i in counts:
            found.append((i, counts[i]))
        match = vocab.BULLET.match(lines[i])
        is_sign = match and (match["sign"] or "1") not in vocab.DASHES
        if match and is_sign and not vocab.BUTTON.fullmatch(match["text"]):
            leads = True
        elif len(lines[i].strip()) > SHORT_LINE:
            leads = False
    # Rather one that says a number.
    return min(found[::-1], key=lambda heading: heading[1] is None, default=None)


def read_list(lines: Sequence[str], claimed: int | None, notes: Notes) -> list[Comment]:
    """Return the comments of a list, in the order of the page.

    ``lines`` begin below the heading; ``claimed`` is the number it says.
    """
    blocks = _blocks(lines)
    indented = _are_indented(blocks, claimed)
    inside = _until_end(blocks, indented)
    first = _comments(inside)
    if claimed in (None, len(first)):
        return first
    other = _comments(_until_end(blocks, not indented))
    if len(other) == claimed:
        return other
    named = _comments(inside, nested_need_name=True)
    if len(named) != claimed:
        return first
    notes.guesses.append(
        "Nested entries that name nobody were taken as lists inside comments."
    )
    return named


def _blocks(lines: Sequence[str]) -> list[Block]:
    blocks: list[Block] = []
    for line in lines:
        match = vocab.BULLET.match(line)
        # Only in a list of numbers does a number open an entry, and no date does.
        if match and match["number"]:
            is_listed = not blocks or blocks[0].kind == "1."
            is_date = vocab.DATE.fullmatch(line.strip())
            match = match if is_listed and not is_date else None
        if match:
            bullet = match["sign"] or match["number"]
            blocks.append(Block(len(match["indent"]), bullet, [match["text"]]))
        elif blocks:
            blocks[-1].lines.append(line)
    return list(dropwhile(lambda block: not block.content(), blocks))


def _until_end(blocks: list[Block], indented: bool) -> list[Block]:
    # Where nothing is indented, no line stands further out than the comments: only what
    # it says then ends the list.
    margin = blocks[0].column if blocks and indented else -1
    for i, block in enumerate(blocks):
        if (end := _end_within(block, margin)) is not None:
            last = replace(block, lines=block.lines[:end])
            return [*blocks[:i], last] if last.content() else blocks[:i]
    return blocks


def _are_indented(blocks: list[Block], claimed: int | None) -> bool:
    """Tell whether further paragraphs stand further in than the bullet."""
    votes = [
        indent_of(line) > block.column
        # Below the last one stands whatever follows the list.
        for block in blocks[:-1]
        for line in [*filter(says_something, block.lines[1:])][:1]
    ]
    # A few may mislead; where the heading says a number, that will decide.
    # Of two readings with that number, the one by indents ends above what follows.
    is_open = claimed is not None and len(votes) < FEW_VOTES
    return is_open or sum(votes) * 2 >= len(votes)


def _end_within(block: Block, margin: int) -> int | None:
    begun = bool(block.lines[0]) and not vocab.AVATAR.fullmatch(block.lines[0])
    for i, line in enumerate(block.lines):
        text = line.strip()
        if vocab.END.fullmatch(title(text)) or vocab.MARKDOWN_HEADING.match(line):
            return i
        after_blank = i > 0 and not block.lines[i - 1].strip()
        if text and begun and after_blank and indent_of(line) <= margin:
            return i
        begun = begun or (bool(text) and i > 0)
    return None


def _comments(blocks: list[Block], *, nested_need_name: bool = False) -> list[Comment]:
    kinds: dict[int, str] = {}
    comments: list[Comment] = []
    above: list[Comment] = []
    for block in blocks:
        outer = [comment for comment in above if comment.column < block.column]
        needs_name = nested_need_name and bool(outer)
        fits = not needs_name and _fits(block.kind, len(outer), kinds)
        if block.content() and (fits or vocab.ADDRESSED.fullmatch(block.content()[0])):
            kinds.setdefault(len(outer), block.kind)
            parent = outer[-1] if outer else None
            comments.append(Comment(block.column, parent, [*block.lines]))
            above = [*outer, comments[-1]]
        else:
            comments[-1].lines += block.as_text()
    return comments


def _fits(bullet: str, level: int, kinds: dict[int, str]) -> bool:
    if level in kinds or not kinds:
        return kinds.get(level, bullet) == bullet
    # Renderers give each level a bullet of its own; dashes and other letters are more
    # often a list that somebody wrote into a comment.
    if bullet == kinds[0] or bullet in vocab.BULLETS:
        return True
    return bullet in vocab.LETTER_BULLETS and kinds[0] in vocab.LETTER_BULLETS
