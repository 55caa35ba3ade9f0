"""Hold what all displays draw in the same way."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from stancekit.displays.palette import COLOURS
from stancekit.errors import missing_extra
from stancekit.labels import Codebook

INK, PALE = "#222222", "#8A8A8A"
# In points; a picture is to be read at the width of a column.
SMALL = 9


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
