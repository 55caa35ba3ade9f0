"""Give each position one colour and one pattern, in pictures and pages alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

# The first five are at least 11 apart in lightness (L* of CIELAB), so that they differ
# in grey, and 17 (ΔE) for each kind of colour blindness as Machado, Oliveira &
# Fernandes (2009) simulate it. Most are of Okabe & Ito (2008).
COLOURS = "#0072B2 #E69F00 #882255 #009E73 #99DDFF #CC79A7 #D55E00 #555555".split()
MARKERS = "osD^vPX*"
# The hatches of matplotlib, and the same as paths in a tile of 8 x 8 for SVG.
HATCHES = (
    ("", ""),
    ("///", "M0 8L8 0"),
    ("...", "M2 2h1v1h-1zM6 6h1v1h-1z"),
    ("xxx", "M0 8L8 0M0 0L8 8"),
    ("---", "M0 2h8M0 6h8"),
    ("\\\\\\", "M0 0L8 8"),
    ("+++", "M0 4h8M4 0v8"),
    ("|||", "M2 0v8M6 0v8"),
)


class Look(NamedTuple):
    """How a position is drawn: `tile` is its hatch as the path of an SVG tile."""

    colour: str
    marker: str
    hatch: str
    tile: str


def looks(labels: Iterable[Any]) -> dict[Any, Look]:
    """Return the look of each position.

    It depends on which labels there are, not on their order: what stands in one
    picture looks the same in the next. From the ninth label on colours come again, with
    another pattern.

    Examples
    --------
    >>> looks(["pro", "contra"])["contra"].colour
    '#0072B2'
    """
    n = len(COLOURS)
    found = {}
    for place, label in enumerate(sorted(set(labels), key=str)):
        pattern = (place + place // n) % n
        found[label] = Look(COLOURS[place % n], MARKERS[pattern], *HATCHES[pattern])
    return found
