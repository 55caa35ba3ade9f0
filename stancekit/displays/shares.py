"""Draw estimated shares with their intervals, beside what counting would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stancekit.displays.canvas import (
    INK,
    SMALL,
    Display,
    Look,
    axes_on,
    describe,
    looks,
    note,
    percent,
    titles_of,
    whiskers,
)
from stancekit.labels import Codebook
from stancekit.prevalence import Prevalence

NAIVE: dict[str, Any] = {"marker": "x", "ls": "none", "color": INK, "ms": 5}
# More names of groups would run into each other.
MOST_NAMED = 12
LEGEND: dict[str, Any] = {"fontsize": SMALL - 1, "frameon": False, "borderpad": 0}
LEGEND |= {"bbox_to_anchor": (1, 1), "loc": "lower right", "ncols": 2}


@dataclass(eq=False)
class SharesDisplay(Display):
    """Picture of shares with intervals: bars, or over groups a panel for each label.

    Crosses are naive counts of predicted labels, to be compared with the corrected
    shares, not to be used. A codebook gives labels their order and titles.

    Examples
    --------
    >>> share = {"group": "all", "label": ["pro"], "naive": 0.4, "corrected": 0.3}
    >>> rows = pd.DataFrame(share | {"low": 0.2, "high": 0.4, "n": 90, "n_labelled": 9})
    >>> SharesDisplay(rows, by=None, level=0.95).plot().ax_.texts[0].get_text()
    '30 % [20, 40]'
    """

    shares: pd.DataFrame
    by: str | None
    level: float
    codebook: Codebook | None = None

    @classmethod
    def from_prevalence(
        cls, prevalence: Prevalence, *, codebook: Codebook | None = None
    ) -> SharesDisplay:
        """Take estimated shares."""
        level = prevalence.confidence_level
        return cls(prevalence.to_frame(), prevalence.by, level, codebook)

    def _draw(self, ax: Any) -> Any:
        titles = titles_of(self.shares["label"].unique(), self.codebook)
        look, n = looks(titles), len(titles)
        if self.shares["group"].nunique() == 1:
            panels = axes_on(ax, 6.4, 1.1 + 0.5 * n)
            self._draw_bars(panels[0], titles, [look[label] for label in titles])
            return panels[0]
        panels = axes_on(ax, 6.4, 0.9 + 1.15 * n, n)
        # One scale for all panels, so that labels can be compared.
        top = min(1.02, 1.08 * self.shares[["high", "naive"]].to_numpy().max())
        for panel, (label, title) in zip(panels, titles.items(), strict=True):
            rows = self.shares[self.shares["label"] == label]
            self._draw_panel(panel, rows, look[label])
            describe(panel, title, ylim=(0, top))
        panels[0].legend(**LEGEND)
        panels[-1].set_xlabel(f"{self.by} (labelled comments)", fontsize=SMALL)
        return panels

    def _draw_bars(self, ax: Any, titles: dict[Any, str], look: list[Look]) -> None:
        rows = self.shares.set_index("label").loc[[*titles]]
        places = np.arange(len(rows))
        drawn = ax.barh(places, rows["corrected"], 0.45, edgecolor=INK, linewidth=0.8)
        for bar, each in zip(drawn, look, strict=True):
            bar.set(facecolor=each.colour, hatch=each.hatch)
        # A light rim, so that the whiskers are seen on dark bars.
        for wide, ink, cap in ((4, "white", 0), (1.2, INK, 3)):
            how = {"fmt": "none", "elinewidth": wide, "ecolor": ink, "capsize": cap}
            whiskers(ax, rows["corrected"], places, rows, "x", **how)
        # Beside the share, or one would hide the other.
        ax.plot(rows["naive"], places + 0.36, label="naive count", **NAIVE)
        for place, row in enumerate(rows.itertuples()):
            ends = f"[{100 * row.low:.0f}, {100 * row.high:.0f}]"
            shown = f"{percent(row.corrected)} {ends}"
            note(ax, shown, (row.high, place), (6, 0), ha="left", va="center")
        ax.set_yticks(places, titles.values())
        ax.xaxis.set_major_formatter(percent)
        ax.set(ylim=(len(rows) - 0.4, -0.4))
        # Room for the numbers beside the whiskers.
        right = max(1.25 * rows["high"].max(), 1.05 * rows["naive"].max())
        n, n_labelled = rows[["n", "n_labelled"]].iloc[0]
        said = f"Corrected shares, {100 * self.level:g} % interval; n = {n:,}, "
        describe(ax, f"{said}{n_labelled:,} labelled", xlim=(0, right))
        ax.legend(**LEGEND)

    def _draw_panel(self, ax: Any, rows: pd.DataFrame, look: Look) -> None:
        places = np.arange(len(rows))
        how: dict[str, Any] = {"ecolor": look.colour, "elinewidth": 5, "capsize": 0}
        how |= {"fmt": f"{look.marker}-", "color": INK, "linewidth": 0.8, "ms": 5}
        how |= {"mfc": "white", "label": f"corrected, {100 * self.level:g} % interval"}
        whiskers(ax, places, rows["corrected"], rows, **how)
        ax.plot(places + 0.2, rows["naive"], label="naive count", **NAIVE)
        # Rounded up, so that no more are named.
        step = -(-len(rows) // MOST_NAMED)
        named = zip(rows["group"], rows["n_labelled"], strict=True)
        names = [f"{group} ({n:,})" for group, n in named][::step]
        ax.set_xticks(places[::step], names, rotation=30, ha="right")
        ax.yaxis.set_major_formatter(percent)
