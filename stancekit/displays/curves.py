"""Draw how right a model is: by how sure it is, beside others, with more labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stancekit.displays.canvas import (
    COLOURS,
    PALE,
    Display,
    axes_on,
    describe,
    note,
    percent,
    whiskers,
)
from stancekit.evaluation import Evaluation
from stancekit.intervals import Interval, wilson

# The shares of predictions kept whose error gets an interval.
KEPT = np.array([0.2, 0.4, 0.6, 0.8, 1.0])
# The error among fewer predictions is chance, and swings across the whole picture.
FEWEST = 20
EXPECTED = {"color": PALE, "linestyle": "--", "linewidth": 1}


@dataclass(eq=False)
class ReliabilityDisplay(Display):
    """Picture of how right a model is where it is how sure.

    Points on the diagonal are as often right as they say. Below each stands how many
    comments, per repeat, it is about; intervals are Wilson's, as if these were
    independent.

    Examples
    --------
    >>> bins = {"confidence": [0.6], "accuracy": [0.5], "low": [0.2], "high": [0.8]}
    >>> display = ReliabilityDisplay(pd.DataFrame(bins | {"n": [9]}), 0.1)
    >>> display.plot().ax_.get_title(loc="left")
    'Calibration error 0.100; numbers: comments'
    """

    reliability: pd.DataFrame
    calibration_error: float

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation) -> ReliabilityDisplay:
        """Take the ten bins of an evaluation."""
        bins, level = evaluation.reliability, evaluation.confidence_level
        bins["n"] = (bins["n"] / evaluation.n_repeats).round().astype(int)
        rows = zip(bins["accuracy"], bins["n"], strict=True)
        found = [wilson(right * n, n, level=level) for right, n in rows]
        return cls(_with_ends(bins, found), evaluation.calibration_error)

    def _draw(self, ax: Any) -> Any:
        [ax], bins = axes_on(ax, 4.6, 4.6), self.reliability
        ax.plot([0, 1], [0, 1], **EXPECTED)
        whiskers(ax, bins["confidence"], bins["accuracy"], bins, fmt="o-")
        for row in bins.itertuples():
            note(ax, f"{row.n:,}", (row.confidence, row.low), (0, -4), va="top")
        # A point at 1 would be cut by the edge.
        ax.set(xlim=(0, 1.03), ylim=(0, 1.03), aspect="equal")
        said = f"Calibration error {self.calibration_error:.3f}; numbers: comments"
        ax.set(xlabel="probability of the label", ylabel="share that is right")
        describe(ax, said)
        return ax


@dataclass(eq=False)
class RiskCoverageDisplay(Display):
    """Picture of the error that is left when unsure predictions are set aside.

    Some points of the curve have intervals over groups.

    Examples
    --------
    >>> curve = {"threshold": [0.7], "coverage": [1.0], "error": [0.2], "n": [9]}
    >>> points = pd.DataFrame(curve | {"low": [0.1], "high": [0.3]})
    >>> display = RiskCoverageDisplay(pd.DataFrame(curve), points, level=0.95)
    >>> display.plot().ax_.get_ylabel()
    'share of them that is wrong'
    """

    risk_coverage: pd.DataFrame
    points: pd.DataFrame
    level: float

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation) -> RiskCoverageDisplay:
        """Take the curve of an evaluation, and intervals at five points of it."""
        curve = evaluation.risk_coverage
        found = [evaluation.error_at(share) for share in KEPT]
        # 0.6 of all may be a little more than 0.6.
        rows = curve.iloc[curve["coverage"].searchsorted(KEPT - 1e-9)]
        return cls(curve, _with_ends(rows, found), evaluation.confidence_level)

    def _draw(self, ax: Any) -> Any:
        [ax], points = axes_on(ax, 5.4, 3.6), self.points
        curve = self.risk_coverage[self.risk_coverage["n"] >= FEWEST]
        ax.plot(curve["coverage"], curve["error"], color=COLOURS[0])
        whiskers(ax, points["coverage"], points["error"], points)
        for row in points.itertuples():
            said = f"{percent(row.error)}\nfrom {percent(row.threshold)}"
            note(ax, said, (row.coverage, row.high), (0, 4))
        # Room for the numbers above the whiskers.
        ax.set(xlim=(0, 1.07), ylim=(0, max(0.05, 1.3 * points["high"].max())))
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(percent)
        level = f"{100 * self.level:g} % intervals"
        said = f"Error, {level}, and the probability from which on is kept"
        ax.set_xlabel("share of predictions kept, the surest first")
        describe(ax, said, ylabel="share of them that is wrong")
        return ax


@dataclass(eq=False)
class ContextDisplay(Display):
    """Picture of what a model gains over others, such as itself without context.

    Each line is the gain in macro-F1, with its interval paired by group; beside the
    name of the other model stands its macro-F1.

    Examples
    --------
    >>> gain = {"macro_f1": 0.5, "difference": 0.1, "low": 0.0, "high": 0.2}
    >>> rows = pd.DataFrame(gain, index=["without context"])
    >>> display = ContextDisplay(rows, Interval(0.6, 0.5, 0.7, level=0.95, n=30))
    >>> display.plot().ax_.get_title(loc="left")
    'Macro-F1 of the model 0.600; 95 % intervals, 30 groups'
    """

    baselines: pd.DataFrame
    macro_f1: Interval

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation) -> ContextDisplay:
        """Take the comparisons; ValueError if there are none."""
        if evaluation.baselines.empty:
            raise ValueError(
                "This evaluation compares with no other model. Make it with "
                "evaluate(..., baselines=[('without context', model)])."
            )
        return cls(evaluation.baselines, evaluation.macro_f1)

    def _draw(self, ax: Any) -> Any:
        rows, model, places = self.baselines, self.macro_f1, range(len(self.baselines))
        [ax] = axes_on(ax, 6.4, 1.2 + 0.5 * len(rows))
        ax.axvline(0, **EXPECTED)
        whiskers(ax, rows["difference"], places, rows, "x")
        for place, gain in zip(places, rows["difference"], strict=True):
            note(ax, f"{gain:+.3f}", (gain, place), (0, 6))
        names = [f"{name} ({f1:.3f})" for name, f1 in rows["macro_f1"].items()]
        ax.set_yticks(places, names)
        ax.set(ylim=(len(rows) - 0.5, -0.7), xlabel="gain in macro-F1 over these")
        said = f"Macro-F1 of the model {model.estimate:.3f}; {100 * model.level:g} % "
        describe(ax, f"{said}intervals, {model.n} groups")
        return ax


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


def _with_ends(rows: pd.DataFrame, found: list[Interval]) -> pd.DataFrame:
    return rows.assign(low=[i.low for i in found], high=[i.high for i in found])
