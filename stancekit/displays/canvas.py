"""Hold what all displays share: axes, marks and the look of each position."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd

from stancekit.errors import missing_extra
from stancekit.labels import Codebook

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
INK, PALE = "#222222", "#8A8A8A"
# In points; a picture is to be read at the width of a column.
SMALL = 9


class Look(NamedTuple):
    """How a position is drawn: `tile` is its hatch as the path of an SVG tile."""

    colour: str
    marker: str
    hatch: str
    tile: str


def looks(labels: Iterable[Any]) -> dict[Any, Look]:
    """Return the look of each position, whatever their order.

    From the ninth label on colours come again, with another pattern.

    >>> looks(["pro", "contra"])["contra"].colour
    '#0072B2'
    """
    n = len(COLOURS)
    found = {}
    for place, label in enumerate(sorted(set(labels), key=str)):
        pattern = (place + place // n) % n
        found[label] = Look(COLOURS[place % n], MARKERS[pattern], *HATCHES[pattern])
    return found


class Display:
    """A picture: numbers first, drawn by :meth:`plot`."""

    def plot(self, ax: Any = None) -> Self:
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib axes or array of them, optional
            By default new ones. Shares of several groups take one for each label.

        Returns
        -------
        Display
            Itself; ``ax_`` and ``figure_`` are what it was drawn on.

        Raises
        ------
        ImportError, ValueError
            If matplotlib is not installed, or there are too few or many axes.
        """
        self.ax_ = self._draw(ax)
        for panel in np.ravel(self.ax_):
            panel.spines[["top", "right"]].set_visible(False)
            panel.tick_params(labelsize=SMALL)
            self.figure_ = panel.figure
        return self

    def _draw(self, ax: Any) -> Any:
        """Draw, and return what was drawn on."""
        raise NotImplementedError


def axes_on(ax: Any, width: float, height: float, n: int = 1) -> Any:
    """Return the n axes to draw on, given or new, of this size in inches."""
    try:
        from matplotlib import pyplot
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError as error:
        raise missing_extra("matplotlib", "plots", "A display") from error
    if ax is None:
        layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.06)
        figure = pyplot.figure(figsize=(width, height), layout=layout)
        ax = figure.subplots(n, sharex=True)
    panels = np.ravel(ax)
    if len(panels) != n:
        raise ValueError(f"The picture needs {n} axes; ax= has {len(panels)}.")
    return panels


def whiskers(
    ax: Any, x: Any, y: Any, rows: pd.DataFrame, side: str = "y", **how: Any
) -> None:
    """Draw points with intervals, from ``low`` to ``high``, along one side."""
    x, y, low, high = map(np.asarray, (x, y, rows["low"], rows["high"]))
    at = y if side == "y" else x
    reach = {f"{side}err": [at - low, high - at]}
    look = {"fmt": "o", "color": COLOURS[0], "ecolor": INK, "elinewidth": 1}
    ax.errorbar(x, y, **reach, **look | {"capsize": 3} | how)


def note(
    ax: Any, text: str, place: tuple[float, float], shift: tuple[int, int], **how: Any
) -> None:
    """Write beside a place of a picture, shifted by points."""
    look = {"ha": "center", "fontsize": SMALL - 1, "color": INK}
    ax.annotate(text, place, shift, textcoords="offset points", **look | how)


def describe(ax: Any, said: str, **axes: Any) -> None:
    """Say above a picture what it shows."""
    ax.set(**axes)
    ax.set_title(said, fontsize=SMALL, loc="left")


def titles_of(labels: Any, codebook: Codebook | None) -> dict[Any, str]:
    """Return what readers call each label, in the order of the codebook."""
    known = codebook.labels if codebook else ()
    labels = list(labels)
    labels.sort(key=[*known, *labels].index)
    return {label: codebook.title(label) if codebook else label for label in labels}


def percent(share: float, _: Any = None) -> str:
    """Return a share as people write it."""
    return f"{100 * share:.0f} %"
