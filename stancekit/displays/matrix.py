"""Draw which label was taken for which, and where the model abstained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.displays.canvas import INK, SMALL, Display, axes_on, percent, titles_of
from stancekit.evaluation import Evaluation
from stancekit.labels import Codebook

# Above this share of a row a cell is so dark that its numbers are white.
DARK = 0.55
# By which the column of the abstained is set off.
GAP = 0.25


@dataclass(eq=False)
class ConfusionDisplay(Display):
    """Picture of a confusion matrix with a column for abstained.

    Each cell holds how many comments it has, per repeat, and which share of its row
    they are; the shade is that share. A codebook gives labels their order and titles.

    Examples
    --------
    >>> counts = {"pro": [3, 1], "anti": [0, 2], "abstained": [1, 1]}
    >>> display = ConfusionDisplay(pd.DataFrame(counts, index=["pro", "anti"]))
    >>> display.plot().ax_.texts[0].get_text().splitlines()
    ['3', '75 %']
    """

    confusion: pd.DataFrame
    codebook: Codebook | None = None

    @classmethod
    def from_evaluation(
        cls,
        evaluation: Evaluation,
        *,
        # As scoring has it, which stands above pictures.
        abstain_below: float = 0.4,
        codebook: Codebook | None = None,
    ) -> ConfusionDisplay:
        """Count predictions, those on which the model would abstain apart.

        They are less probable than `abstain_below`, or of words that the model mostly
        did not know, as :func:`~stancekit.predict_comments` has it.
        """
        rows = evaluation.predictions
        unsure = rows[col.CONFIDENCE] < abstain_below
        unsure |= rows.get(col.FOREIGN, False)  # evaluations made by hand do not tell
        shown = rows[col.PREDICTED].astype(object).mask(unsure, col.ABSTAINED)
        counts = pd.crosstab(rows[col.STANCE].astype(object), shown)
        labels = list(titles_of(evaluation.labels, codebook))
        columns = [*labels, col.ABSTAINED]
        counts = counts.reindex(index=labels, columns=columns, fill_value=0)
        return cls(counts / evaluation.n_repeats, codebook)

    def _draw(self, ax: Any) -> Any:
        counts, n = self.confusion.to_numpy(), len(self.confusion)
        [ax] = axes_on(ax, 2.6 + 0.95 * n, 1.7 + 0.75 * n)
        share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)
        edges = np.arange(n + 1) - 0.5
        shades = {"cmap": "Blues", "vmin": 0, "vmax": 1}
        ax.pcolormesh(edges, edges, share[:, :n], **shades)
        ax.pcolormesh(edges[-1] + [GAP, GAP + 1], edges, share[:, n:], **shades)
        places = [*range(n), n + GAP]
        look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": SMALL}
        for (row, column), part in np.ndenumerate(share):
            said = f"{counts[row, column]:,.0f}\n{percent(part)}"
            weight = "bold" if row == column else "normal"
            ink = "white" if part > DARK else INK
            ax.text(places[column], row, said, color=ink, fontweight=weight, **look)
        titles = titles_of(self.confusion.index, self.codebook).values()
        ax.set_xticks(places, [*titles, col.ABSTAINED], rotation=30, ha="right")
        sums = [
            f"{t} (n = {s:,.0f})" for t, s in zip(titles, counts.sum(1), strict=True)
        ]
        ax.set_yticks(places[:n], sums)
        ax.set(xlabel="predicted", ylabel="label by people")
        ax.invert_yaxis()
        ax.spines[["left", "bottom"]].set_visible(False)
        return ax
