"""Tell the comments in the list of a pasted page apart.

There are two layouts. In a dated one, as text browsers render it, each comment begins
with a line for the author and one for the date, and nothing else is a comment. In an
undated one, as pasting gives it, the bullets and their columns decide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stancekit.readers.page_words import (
    AVATAR,
    BULLET,
    BULLETS,
    BUTTON,
    DATE,
    END,
    LETTER_BULLETS,
    SAYS,
)
from stancekit.readers.sources import Notes

ADDRESSED = re.compile(r"@(?P<name>(?:(?!: ).){1,80}?) ?:(?: +(?P<rest>.*))?")
AUTHOR_AND_DATE = re.compile(rf"(?P<author>.{{1,80}}?) +(?P<date>{DATE.pattern})", re.I)
MARKDOWN_IMAGE = re.compile(r"!\[[^\[\]]*\]\([^()\s]*\)")
MARKDOWN_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)")
MARKDOWN_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!-])")
MARKDOWN_HEADING = re.compile(r"#{1,6} ")

# How far down the list a comment with a date is looked for.
LEADING_BLOCKS = 10
FEW_VOTES = 3
# Widths at which programs break lines.
WRAP_WIDTHS = range(60, 101)


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
        return [line.strip() for line in self.lines if _says_something(line)]

    def as_text(self) -> list[str]:
        """Return the lines with the bullet, as part of a comment's text."""
        if not _says_something(self.lines[0]):
            return self.lines[1:]
        return [f"{self.bullet} {self.lines[0]}", *self.lines[1:]]


@dataclass(frozen=True)
class Header:
    """Author and date of an entry, and how many of its lines they take."""

    author: str
    date: str
    length: int


@dataclass
class Comment:
    """A comment of the page, as text lines that were not yet cleaned."""

    column: int
    parent: Comment | None
    lines: list[str]
    author: str | None = None
    date: str | None = None
    text: str = ""


def read_list(lines: Sequence[str], claimed: int | None, notes: Notes) -> list[Comment]:
    """Return the comments of a list, in the order of the page.

    ``lines`` begin below the heading; ``claimed`` is the number it says.
    """
    blocks = _blocks(lines)
    if any(_header(block) for block in blocks[:LEADING_BLOCKS]):
        blocks = _blocks(_unwrapped(lines))
        return _dated_comments(_until_end(blocks, _are_indented(blocks, None)))
    indented = _are_indented(blocks, claimed)
    inside = _until_end(blocks, indented)
    first = _undated_comments(inside)
    if claimed is None or len(first) == claimed:
        return first
    other = _undated_comments(_until_end(blocks, not indented))
    if len(other) == claimed:
        return other
    named = _undated_comments(inside, nested_need_name=True)
    if len(named) == claimed:
        notes.guesses.append(
            "Nested entries that name nobody were taken as lists inside comments."
        )
        return named
    return first


def _unwrapped(lines: Sequence[str]) -> list[str]:
    """Join lines that were broken because the next word did not fit."""
    plain = [line for line in lines if "](" not in line and "://" not in line]
    width = max(map(len, plain), default=0)
    if width not in WRAP_WIDTHS:
        return list(lines)
    joined: list[str] = []
    last = ""
    for line in lines:
        words = line.split(maxsplit=1)
        full = words and len(last) + 1 + len(words[0]) > width
        if joined and last and full and not BULLET.match(line):
            joined[-1] += " " + line.strip()
        else:
            joined.append(line)
        last = line
    return joined


def _blocks(lines: Sequence[str]) -> list[Block]:
    blocks: list[Block] = []
    for line in lines:
        match = BULLET.match(line)
        if match and match["number"] and not _opens_entry(line, blocks):
            match = None
        if match:
            bullet = match["sign"] or match["number"]
            blocks.append(Block(len(match["indent"]), bullet, [match["text"]]))
        elif blocks:
            blocks[-1].lines.append(line)
    while blocks and not blocks[0].content():
        del blocks[0]
    return blocks


def _opens_entry(line: str, blocks: list[Block]) -> bool:
    """Tell a bullet from another number: only in a list of numbers is it one."""
    listed = not blocks or blocks[0].kind == "1."
    return listed and DATE.fullmatch(line.strip()) is None


def _until_end(blocks: list[Block], indented: bool) -> list[Block]:
    """Drop what follows the list: where the indent ends, or a line says so."""
    margin = blocks[0].column if blocks and indented else -1
    for i, block in enumerate(blocks):
        end = _end_within(block, margin)
        if end is not None:
            last = replace(block, lines=block.lines[:end])
            return [*blocks[:i], last] if last.content() else blocks[:i]
    return blocks


def _are_indented(blocks: list[Block], claimed: int | None) -> bool:
    """Tell whether a comment's further paragraphs stand further in than its bullet.

    A few blocks may mislead; where the heading says a number, that will decide.
    """
    votes = [vote for block in blocks[:-1] if (vote := _is_indented(block)) is not None]
    if claimed is not None and len(votes) < FEW_VOTES:
        return True
    return sum(votes) * 2 >= len(votes)


def _is_indented(block: Block) -> bool | None:
    header = _header(block)
    start = header.length if header else 1
    paragraphs = [line for line in block.lines[start:] if _says_something(line)]
    return _indent(paragraphs[0]) > block.column if paragraphs else None


def _end_within(block: Block, margin: int) -> int | None:
    """Return the first line that is no part of the list any more."""
    # A renderer may put the author below the bullet, at the margin.
    begun = bool(block.lines[0]) and not AVATAR.fullmatch(block.lines[0])
    for i, line in enumerate(block.lines):
        text = line.strip()
        if END.fullmatch(title(text)) or MARKDOWN_HEADING.match(line):
            return i
        after_blank = i > 0 and not block.lines[i - 1].strip()
        if text and begun and after_blank and _indent(line) <= margin:
            return i
        begun = begun or (bool(text) and i > 0)
    return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _undated_comments(
    blocks: list[Block], *, nested_need_name: bool = False
) -> list[Comment]:
    """Read a list without authors and dates: the bullets tell what a comment is."""
    kinds: dict[int, str] = {}
    comments: list[Comment] = []
    above: list[Comment] = []
    for block in blocks:
        outer = [comment for comment in above if comment.column < block.column]
        fits = _fits(block.kind, len(outer), kinds)
        if outer and nested_need_name:
            fits = False
        if block.content() and (fits or ADDRESSED.fullmatch(block.content()[0])):
            kinds.setdefault(len(outer), block.kind)
            parent = outer[-1] if outer else None
            comments.append(Comment(block.column, parent, [*block.lines]))
            above = [*outer, comments[-1]]
        else:
            comments[-1].lines += block.as_text()
    return comments


def _fits(bullet: str, level: int, kinds: dict[int, str]) -> bool:
    """Tell whether a bullet opens a comment at this level, going by those before."""
    if level in kinds or not kinds:
        return kinds.get(level, bullet) == bullet
    if bullet == kinds[0] or bullet in BULLETS:
        return True
    return bullet in LETTER_BULLETS and kinds[0] in LETTER_BULLETS


def _dated_comments(blocks: list[Block]) -> list[Comment]:
    """Read a list whose entries begin with author and date: nothing else is one."""
    comments: list[Comment] = []
    above: list[Comment] = []
    for block in blocks:
        header = _header(block)
        if header is not None:
            outer = [comment for comment in above if comment.column < block.column]
            parent = outer[-1] if outer else None
            lines = block.lines[header.length :]
            comments.append(
                Comment(block.column, parent, lines, header.author, header.date)
            )
            above = [*outer, comments[-1]]
        elif comments and block.content() and block.column <= comments[0].column:
            break
        elif comments:
            comments[-1].lines += block.as_text()
    return comments


def _header(block: Block) -> Header | None:
    """Return author and date of an entry, None where it does not begin with them."""
    said = [i for i, line in enumerate(block.lines) if _says_something(line)][:2]
    lines = [_plain_line(block.lines[i]) for i in said]
    if len(lines) == 2 and DATE.fullmatch(lines[1]):
        return Header(lines[0], lines[1], said[1] + 1)
    if lines and ("](" in block.lines[said[0]] or block.lines[said[0]].startswith("#")):
        match = AUTHOR_AND_DATE.fullmatch(lines[0])
        return Header(match["author"], match["date"], said[0] + 1) if match else None
    return None


def _says_something(line: str) -> bool:
    bare = line.strip()
    return bool(bare) and not BUTTON.fullmatch(bare) and not AVATAR.fullmatch(bare)


def _plain_line(line: str) -> str:
    """Return a line without what renderers add: avatars, link targets, escapes."""
    line = MARKDOWN_IMAGE.sub("", line.strip().lstrip("#").lstrip())
    line = re.sub(rf"^(?:{AVATAR.pattern} *)+", "", MARKDOWN_LINK.sub(r"\1 ", line))
    return SAYS.sub("", MARKDOWN_ESCAPE.sub(r"\1", line).strip())


def title(line: str) -> str:
    """Return a line as a heading: without signs around it."""
    return line.strip().strip("#*•").strip().rstrip(":").rstrip()


def plain_text(lines: Sequence[str]) -> str:
    """Return the lines without buttons; paragraphs are parted by one blank line."""
    kept = [line.strip() for line in lines if not line.strip() or _says_something(line)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
