"""Draw how a model gets better with more labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from stancekit.displays.canvas import Display, axes_on, describe, note, whiskers


@dataclass(eq=False)
class LearningCurveDisplay(Display):
    """Picture of macro-F1 over the number of labels, with intervals over groups.

    Examples
    --------
    >>> score = {"macro_f1": [0.4, 0.5], "low": [0.3, 0.4], "high": [0.5, 0.6]}
    >>> rows = pd.DataFrame({"n_labelled": [50, 100], **score, "n": 300, "n_groups": 9})
    >>> LearningCurveDisplay(rows).plot().ax_.get_title(loc="left")
    'Macro-F1 on 300 comments of 9 groups that were not trained on'
    """

    curve: pd.DataFrame

    @classmethod
    def from_curve(cls, curve: pd.DataFrame) -> LearningCurveDisplay:
        """Take what :func:`~stancekit.learning_curve` returned."""
        return cls(curve)

    def _draw(self, ax: Any) -> Any:
        [ax], rows = axes_on(ax, 5.4, 3.6), self.curve
        whiskers(ax, rows["n_labelled"], rows["macro_f1"], rows, fmt="o-")
        for row in rows.itertuples():
            note(ax, f"{row.macro_f1:.2f}", (row.n_labelled, row.high), (0, 4))
        # Twice as many labels are one step.
        ax.set_xscale("log", base=2)
        ax.set_xticks(rows["n_labelled"], [f"{n:,}" for n in rows["n_labelled"]])
        ax.set(ylim=(0, min(1.05, 1.25 * rows["high"].max())), xlabel="labels")
        n, n_groups = rows[["n", "n_groups"]].iloc[0]
        said = f"Macro-F1 on {n:,} comments of {n_groups:,} groups"
        describe(ax, f"{said} that were not trained on", ylabel="macro-F1")
        return ax
