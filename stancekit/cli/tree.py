"""Draw the tree of a thread, with positions and the words that carried them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from itertools import islice
from textwrap import wrap as wrap_plain

import pandas as pd

from stancekit import columns as col
from stancekit.displays.canvas import looks
from stancekit.explanation import Explanation
from stancekit.explanation.marking import AGAINST, ANSI, FOR, PLAIN, percent, wrap
from stancekit.threads import add_context, reading_order

# A line of a deep thread rather leaves the screen than holds a few letters.
NARROWEST_TEXT = 24
NAME_WIDTH = 16
# Perceived brightness, of 255, from which on black letters are read better than white.
BRIGHT = 140


def draw_tree(
    scored: pd.DataFrame,
    *,
    labels: Iterable[str] = (),
    write: Callable[[int, int], list[str]] | None = None,
) -> str:
    """Return one line a comment: probability, position, place in the thread, text.

    ``labels`` are those that get colours, where these are wanted; ``write`` returns the
    lines that stand for a text, from its row and the room in characters.

    >>> scored = pd.DataFrame({
    ...     "comment_id": ["a", "b"], "parent_id": [None, "a"],
    ...     "text": ["Erst reden.", "Mit wem?"], "predicted": ["talks", "other"],
    ...     "confidence": [0.81, 0.37], "abstained": [False, True],
    ... })
    >>> print(draw_tree(scored))
     81 %   talks  Erst reden.
     37 % ? other  └ Mit wem?
    """
    table = add_context(scored)
    columns = [col.PREDICTED, col.CONFIDENCE, col.ABSTAINED, col.DEPTH, col.TEXT]
    values = table[columns].to_numpy(dtype=object)
    label_width = max(
        (len(str(label)) for label in table[col.PREDICTED].dropna()), default=1
    )
    lines, width, chips = [], _terminal_width(), _fitting_chips(labels)
    for row in reading_order(table):
        label, confidence, abstained, depth, text = values[row]
        if pd.isna(label):
            head = f"  –     {'–':{label_width}}"
        else:
            mark = "?" if abstained else " "
            head = f"{percent(confidence):>5} {mark} {label:{label_width}}"
        start = f"{head}  {_branch(depth)}"
        indent = " " * len(start)
        room = max(width - len(start), NARROWEST_TEXT)
        if label in chips:
            start = start.replace(label, chips[label], 1)
        for line in write(row, room) if write else [_one_line(text, room)]:
            lines.append(f"{start}{line}")
            start = indent
    return "\n".join(lines)


def draw_comments(table: pd.DataFrame, *, most: int = 12) -> str:
    """Return one line for each of the first comments: author, place, text.

    >>> table = pd.DataFrame({
    ...     "comment_id": ["a", "b"], "parent_id": [None, "a"],
    ...     "author": ["Anna", None], "text": ["Erst reden.", "Mit wem?"],
    ... })
    >>> print(draw_comments(table))
    Anna              Erst reden.
    –                 └ Mit wem?
    """
    table = add_context(table)
    lines, width = [], _terminal_width()
    for row in islice(reading_order(table), most):
        known = table.iloc[row]
        author = known.get(col.AUTHOR)
        head = _one_line("–" if pd.isna(author) else author, NAME_WIDTH)
        branch = _branch(int(known[col.DEPTH]))
        room = max(width - NAME_WIDTH - 2 - len(branch), NARROWEST_TEXT)
        text = _one_line(str(known[col.TEXT]), room)
        lines.append(f"{head:{NAME_WIDTH}}  {branch}{text}")
    more = len(table) - len(lines)
    return "\n".join([*lines, *[f"... {more:,} more"] * (more > 0)])


def _branch(depth: int) -> str:
    return "  " * (depth - 1) + "└ " if depth else ""


def headlines(table: pd.DataFrame) -> list[str]:
    """Return the different headlines of a table, in order."""
    if col.HEADLINE not in table.columns:
        return []
    return table[col.HEADLINE].dropna().drop_duplicates().tolist()


def _one_line(text: str, room: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= room else line[: room - 1] + "…"


def _terminal_width() -> int:
    """Return how wide the terminal is; where there is none, as wide as most are."""
    return shutil.get_terminal_size((100, 24)).columns


def _wants_colours() -> bool:
    wanted = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    return wanted and not os.environ.get("NO_COLOR")


def fitting_marks() -> dict[int, str]:
    """Return colours for a terminal that wants them, else plain signs."""
    return ANSI if _wants_colours() else PLAIN


def _fitting_chips(labels: Iterable[str]) -> dict[str, str]:
    """Return labels on the colours that pictures give them, where colours are wanted.

    The colour is behind the letters, so that they are read on any terminal.
    """
    if not _wants_colours():
        return {}
    return {label: _chip(label, look.colour) for label, look in looks(labels).items()}


def _chip(label: str, colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    # The weights of ITU-R BT.601.
    is_bright = 0.299 * red + 0.587 * green + 0.114 * blue > BRIGHT
    ink = "30" if is_bright else "97"
    return f"\x1b[{ink};48;2;{red};{green};{blue}m{label}\x1b[0m"


def legend(marks: dict[int, str]) -> str:
    """Return what the marks mean."""
    speaks = marks[FOR].format("for the label")
    return (
        f"Marked are the words that speak most {speaks} or "
        f"{marks[AGAINST].format('for the other one')}. "
        "Numbers are log-odds: +0.7 makes the label twice as probable as the other."
    )


def reasons(
    explanation: Explanation | None, marks: dict[int, str], room: int
) -> list[str]:
    """Return the lines of a comment's text, marked, and below them what added up."""
    if explanation is None:
        return [""]
    sums = explanation.sums()
    added = ", ".join(f"{each.weight:+.1f} {each.title}" for each in sums)
    told = f"not {explanation.other}: {added}"
    return [*wrap(sums[0].pieces, marks, room), *wrap_plain(told, room)]
