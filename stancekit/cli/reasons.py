"""Mark positions and the words that carried them, in the tree of a thread."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from textwrap import wrap as wrap_plain

from stancekit.displays.palette import looks
from stancekit.explanation import Explanation
from stancekit.explanation.marking import AGAINST, ANSI, FOR, PLAIN, wrap

# Perceived brightness, of 255, from which on black letters are read better than white.
BRIGHT = 140


def wants_colours() -> bool:
    """Tell whether standard output is a terminal that wants colours."""
    wanted = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    return wanted and not os.environ.get("NO_COLOR")


def fitting_marks() -> dict[int, str]:
    """Return colours for a terminal that wants them, else plain signs."""
    return ANSI if wants_colours() else PLAIN


def fitting_chips(labels: Iterable[str]) -> dict[str, str]:
    """Return labels on the colours that pictures give them, where colours are wanted.

    The colour is behind the letters, so that they are read on any terminal.
    """
    if not wants_colours():
        return {}
    return {label: _chip(label, look.colour) for label, look in looks(labels).items()}


def _chip(label: str, colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
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
