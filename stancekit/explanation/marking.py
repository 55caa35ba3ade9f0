"""Say in words, and mark in texts and pages, what carried a decision."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

import numpy as np

from stancekit.explanation.weights import Block

TITLES = {
    "own": "the comment",
    "parent": "the comment it answers",
    "opening": "how it begins",
    "replies": "what it was answered",
    "headline": "the headline",
    "decision": "weight of the label in decisions",
    "thread": "what the rest of the thread says",
    "caution": "caution, not to be surer than is known",
}

# The fewest words that hold this share of all weight of words carry the decision, but
# not more of them than a reader takes in.
CARRYING = 0.5
MOST_MARKED = 40

# What would steer a terminal, or turn the writing around.
STEERING = re.compile("[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
FOR, AGAINST = 1, -1
# Bold blue, underlined yellow: the one or the other is seen without colours too.
ANSI = {FOR: "\033[1;34m{}\033[0m", AGAINST: "\033[4;33m{}\033[0m"}
PLAIN = {FOR: "[+{}]", AGAINST: "[-{}]"}
# Of texts that are printed, in characters.
TEXT_WIDTH = 80

# The letters keep the reader's own colour, so that they can be read in dark mode too.
STYLE = """
.stancekit-why{line-height:1.6;max-width:50em}
.stancekit-why p{margin:.2em 0;white-space:pre-wrap;overflow-wrap:anywhere}
.stancekit-why .t{margin:0 0 .6em 1em}
.stancekit-why mark{color:inherit;font-weight:bold;background:#0072b240;
border-bottom:2px solid #0072b2}
.stancekit-why mark.b{font-weight:normal;background:#d55e0040;
border-bottom:2px dashed #d55e00}
"""
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body{{font-family:sans-serif;margin:1em auto;max-width:50em;padding:0 1em}}
</style>
</head>
<body>
{body}
</body>
</html>
"""


class Piece(NamedTuple):
    """A stretch of a text: FOR the label, AGAINST it, or 0 where it carries nothing."""

    text: str
    sign: int
    weight: float = 0.0


class Sum(NamedTuple):
    """What a text or a fact adds up to."""

    title: str
    weight: float
    pieces: list[Piece] = []  # noqa: RUF012


class Sheet(NamedTuple):
    """All that is shown of an explanation, with the weights for one label."""

    title: str
    label: str
    other: str
    sums: list[Sum]
    notes: list[str]


def carrying(weights: np.ndarray) -> np.ndarray:
    """Tell which words carry a decision, by the weights of all.

    >>> carrying(np.array([0.1, -3.0, 0.2, 2.5]))
    array([False,  True, False, False])
    """
    sizes = np.abs(weights)
    order = np.argsort(-sizes, kind="stable")
    before = np.cumsum(sizes[order]) - sizes[order]
    carry = np.zeros(len(weights), dtype=bool)
    carry[order[before < CARRYING * sizes.sum()][:MOST_MARKED]] = True
    return carry


def mark(
    block: Block, weights: np.ndarray, carry: np.ndarray, most: int | None
) -> Iterator[Piece]:
    """Yield the pieces of a text, or its first `most` characters, in reading order."""
    end = len(block.text) if most is None else most
    done = 0
    for word in np.flatnonzero(carry & (block.ends <= end)).tolist():
        yield Piece(block.text[done : block.starts[word]], 0)
        done = block.ends[word]
        sign = FOR if weights[word] > 0 else AGAINST
        yield Piece(block.text[block.starts[word] : done], sign, weights[word])
    yield Piece(block.text[done:end], 0)
    if end < len(block.text):
        yield Piece(f" … ({len(block.text) - end:,} more characters)", 0)


def percent(share: float) -> str:
    """Return a probability in percent; no model is certain, whatever rounding says."""
    if share >= 0.995:
        return ">99 %"
    return "<1 %" if share < 0.005 else f"{100 * share:.0f} %"


def wrap(pieces: list[Piece], marks: dict[int, str], width: int) -> list[str]:
    """Return the lines of a text with its carrying words marked."""
    lines: list[list[str]] = [[]]
    room = width
    for text, sign, _ in pieces:
        for word in STEERING.sub("\ufffd", " ".join(text.split())).split(" "):
            marked = marks[sign].format(word) if sign else word
            length = len(word if marks is ANSI else marked)
            if lines[-1] and length > room:
                lines.append([])
                room = width
            if word:
                lines[-1].append(marked)
                room -= length + 1
    return [" ".join(line) for line in lines]


def as_text(sheet: Sheet) -> str:
    """Return the sheet as plain text."""
    lines = [sheet.title, f"[+for {sheet.label}]  [-for {sheet.other}]", ""]
    for title, weight, pieces in sheet.sums:
        lines.append(f"{weight:+6.2f}  {title}")
        if pieces:
            lines += [f"        {line}" for line in wrap(pieces, PLAIN, TEXT_WIDTH)]
    total = sum(each.weight for each in sheet.sums)
    return "\n".join([*lines, f"{total:+6.2f}  in all", *sheet.notes])


def as_html(sheet: Sheet) -> str:
    """Return the sheet as one element, for notebooks."""
    sums = "".join(map(_sum, sheet.sums))
    notes = "".join(f'<p dir="auto">{escape(note)}</p>' for note in sheet.notes)
    total = sum(each.weight for each in sheet.sums)
    return (
        f'<div class="stancekit-why"><style>{STYLE}</style>'
        f'<p dir="auto"><b>{escape(sheet.title)}</b></p>'
        f"<p><mark>for {escape(sheet.label)}</mark> "
        f'<mark class="b">for {escape(sheet.other)}</mark></p>'
        f"{sums}<p><b>{total:+.2f}</b> in all</p>{notes}</div>"
    )


def as_page(sheet: Sheet) -> str:
    """Return the sheet as a page of its own."""
    return PAGE.format(title=escape(sheet.title), body=as_html(sheet))


def _sum(each: Sum) -> str:
    text = "".join(map(_piece, each.pieces))
    shown = f'<p class="t" dir="auto">{text}</p>' if text else ""
    return f"<p><b>{each.weight:+.2f}</b> {escape(each.title)}</p>{shown}"


def _piece(piece: Piece) -> str:
    text = escape(piece.text, quote=False)
    if not piece.sign:
        return text
    kind = "" if piece.sign == FOR else ' class="b"'
    return f'<mark{kind} title="{piece.weight:+.2f}">{text}</mark>'
