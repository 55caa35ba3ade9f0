"""Measure how often intervals of shares hold the truth, on simulated threads.

Run from the checkout: ``python benchmarks/interval_coverage.py``. Writes
results/interval_coverage.json and .md; takes a few minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from interval_coverage_report import write_report
from scipy.special import expit, logit
from scipy.stats import norm
from scipy.stats import t as student

from stancekit.intervals import wilson_limits
from stancekit.prevalence import estimate_prevalence
from stancekit.prevalence.limits import (
    effective_labels,
    labelled_clusters,
    share_limits,
)
from stancekit.prevalence.shares import ClusterTotals, Shares, estimate_shares

RESULTS = Path(__file__).parent / "results"
LEVEL = 0.95
BLOCK = 1_000_000
# Correlation within a thread: of the stances, and of what the scorer sees in them.
LIKENESS = 0.1
SCORER_LIKENESS = 0.2
SHARES = (0.05, 0.3, 0.6)
ACCURACIES = (0.6, 0.8)
DESIGNS = ("random", "uncertainty", "threads")
# Threads, comments in each, labelled comments.
SIZES = (
    (1000, 1, 400),
    (100, 1, 60),
    (200, 5, 400),
    (30, 5, 100),
    (100, 20, 400),
    (30, 20, 400),
    (30, 20, 100),
    (20, 5, 50),
    (10, 20, 100),
    (5, 20, 60),
)
# Errors too rare to be seen among the labels: the hardest case there is.
ALMOST_PERFECT = 0.99
# Standard deviation of the logarithm of uneven sizes; the log-odds of the share rise by
# one with each. The largest of 30 threads is then ten times as long as the mean.
SPREAD = 1.2
LONGEST = 20  # times the mean


@dataclass(frozen=True)
class Cell:
    """One setting of the simulation.

    Parameters
    ----------
    threads, comments, labels : int
        Threads in a table, comments in each, comments labelled.
    share, accuracy : float
        Share of the label; how often the scorer is right.
    design : {"random", "uncertainty", "threads"}
        How comments are drawn for labelling.
    uneven : bool
        Whether threads differ in size, and longer ones have a larger share.
    """

    threads: int
    comments: int
    labels: int
    share: float
    accuracy: float
    design: str
    uneven: bool = False

    @property
    def expected(self) -> float:
        """Labelled comments of the label to be expected."""
        return self.labels * self.share

    @property
    def seed(self) -> list[int]:
        """The cell's own seed, so that it is drawn alike in any selection of cells."""
        shares = round(100 * self.share), round(100 * self.accuracy)
        sizes = self.threads, self.comments, self.labels + self.uneven
        return [*sizes, *shares, DESIGNS.index(self.design)]

    @property
    def promised(self) -> bool:
        """Whether the coverage is promised to be 93 to 97 %."""
        return self.threads >= 30 and self.expected >= 20 and not self.uneven

    @property
    def room(self) -> int:
        """Comments that there is room for in a thread."""
        return self.comments * (LONGEST if self.uneven else 1)

    @property
    def truth(self) -> float:
        """The share in the population of threads."""
        if not self.uneven:
            return self.share
        shares, present = draw_threads_of(self, (1, 100_000), np.random.default_rng(0))
        sizes = present.sum(axis=2)
        return float((shares[..., 0] * sizes).sum() / sizes.sum())


@dataclass(frozen=True)
class Tables:
    """Simulated tables; arrays of shape (tables, threads, comments)."""

    stance: np.ndarray
    score: np.ndarray
    present: np.ndarray
    labelled: np.ndarray
    prob: np.ndarray


def draw_threads_of(
    cell: Cell, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of each thread, and which comments it has."""
    mean, places = np.full((*shape, 1), cell.share), np.arange(cell.room)
    sizes = np.full((*shape, 1), cell.comments)
    if cell.uneven:
        size = rng.standard_normal((*shape, 1))
        mean = expit(logit(cell.share) + size)
        sizes = cell.comments * np.exp(SPREAD * size - SPREAD**2 / 2)
    if cell.comments > 1:
        strength = 1 / LIKENESS - 1
        mean = rng.beta(mean * strength, (1 - mean) * strength)
    return mean, places < np.maximum(1, sizes)


def simulate(cell: Cell, n: int, rng: np.random.Generator) -> Tables:
    """Draw n tables; each thread has a share of its own."""
    shape = (n, cell.threads, cell.room)
    of_thread, present = draw_threads_of(cell, shape[:2], rng)
    stance = rng.random(shape) < of_thread
    seen = norm.ppf(cell.accuracy) * np.where(stance, 1, -1)
    seen += np.sqrt(1 - SCORER_LIKENESS) * rng.standard_normal(shape)
    seen += np.sqrt(SCORER_LIKENESS) * rng.standard_normal((*shape[:2], 1))
    # Right for a label of one half, as after training with balanced class weights.
    score = expit(2 * norm.ppf(cell.accuracy) * seen)
    if cell.design == "threads":
        labelled, prob = draw_threads(cell, n, rng)
    else:
        labelled, prob = draw_comments(cell, score, present, rng)
    present = present.astype(float)
    return Tables(stance * present, score * present, present, labelled * present, prob)


def draw_threads(
    cell: Cell, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Label all comments of some threads."""
    wanted = min(max(2, round(cell.labels / cell.comments)), cell.threads)
    rank = rng.random((n, cell.threads)).argsort(axis=1).argsort(axis=1)
    labelled = np.repeat((rank < wanted)[:, :, None], cell.room, axis=2)
    return labelled, np.full(labelled.shape, wanted / cell.threads)


def draw_comments(
    cell: Cell, score: np.ndarray, present: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Label single comments, by randomised systematic sampling."""
    flat = score.reshape(len(score), -1)
    here = present.reshape(flat.shape)
    size = here / here.sum(axis=1, keepdims=True)
    if cell.design == "uncertainty":
        doubt = flat * (1 - flat) * here
        size = size / 2 + doubt / doubt.sum(axis=1, keepdims=True) / 2
    prob = inclusion_probabilities(size, cell.labels)
    order = rng.random(flat.shape).argsort(axis=1)
    steps = np.cumsum(np.take_along_axis(prob, order, axis=1), axis=1)
    steps = np.floor(steps + rng.random((len(flat), 1)))
    labelled = np.zeros(flat.shape, dtype=bool)
    np.put_along_axis(labelled, order, np.diff(steps, axis=1, prepend=0) > 0, axis=1)
    prob = np.where(here, prob, 1)  # nobody draws what is not there
    return labelled.reshape(score.shape), prob.reshape(score.shape)


def inclusion_probabilities(size: np.ndarray, n: int) -> np.ndarray:
    """Return probabilities in proportion to size, at most 1, that add up to n."""
    prob = n * size
    for _ in range(20):
        certain = prob >= 1
        rest = np.where(certain, 0, prob)
        room = n - certain.sum(axis=1, keepdims=True)
        total = np.maximum(rest.sum(axis=1, keepdims=True), 1e-12)
        prob = np.where(certain, 1, rest * room / total)
    return np.minimum(prob, 1)


def add_up(tables: Tables, *, by_thread: bool) -> ClusterTotals:
    """Return the totals of the clusters, each table being a cell of its own."""
    a = tables.labelled / tables.prob
    n, threads, comments = a.shape
    clusters = threads if by_thread else threads * comments

    def total(values: np.ndarray) -> np.ndarray:
        return values.reshape(n * clusters, -1).sum(axis=1)

    return ClusterTotals(
        cell=np.repeat(np.arange(n), clusters),
        cluster=np.tile(np.arange(clusters), n),
        n=total(tables.present),
        n_labelled=total(tables.labelled),
        weight=total(tables.present),
        predicted=total(tables.score)[:, None],
        label_weight=total(a),
        label_weight_squared=total(a**2),
        labelled=total(a * tables.stance)[:, None],
        labelled_predicted=total(a * tables.score)[:, None],
    )


def intervals(tables: Tables) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return low and high limits of each kind of interval for each table."""
    totals = add_up(tables, by_thread=True)
    labels_only, corrected = (
        estimate_shares(totals, tuning=0.0),
        estimate_shares(totals),
    )
    n_labels_only, n_corrected = effective_labels(totals, labels_only, corrected)
    single = add_up(tables, by_thread=False)
    as_if_alone = estimate_shares(single, tuning=0.0), estimate_shares(single)
    n_as_if_alone = effective_labels(single, *as_if_alone)[1]
    n = tables.present.sum(axis=(1, 2))
    predicted = (tables.score > 0.5).sum(axis=(1, 2)) / n
    found = {
        "corrected": share_limits(totals, corrected, n_corrected, LEVEL),
        "labels_only": share_limits(totals, labels_only, n_labels_only, LEVEL),
        "wald": wald_limits(totals, corrected),
        "independent": share_limits(single, as_if_alone[1], n_as_if_alone, LEVEL),
        "naive": wilson_limits(predicted, n, np.inf, LEVEL),
    }
    return {kind: (low.ravel(), high.ravel()) for kind, (low, high) in found.items()}


def wald_limits(totals: ClusterTotals, shares: Shares) -> tuple[np.ndarray, np.ndarray]:
    """Return estimate ± t times the linearised standard error, clipped to [0, 1]."""
    n = np.maximum(labelled_clusters(totals), 2)[:, None]
    variance = n / (n - 1) * totals.sum_by_cell(shares.influence**2)
    half = student.ppf((1 + LEVEL) / 2, n - 1) * np.sqrt(variance)
    return (
        np.clip(shares.estimate - half, 0, 1),
        np.clip(shares.estimate + half, 0, 1),
    )


def measure(cell: Cell, populations: int) -> dict[str, Any]:
    """Return coverage and mean width of each kind of interval in one cell."""
    rng = np.random.default_rng(cell.seed)
    most = max(1, BLOCK // (cell.threads * cell.room))
    share = cell.truth
    hits: dict[str, list[np.ndarray]] = {}
    widths: dict[str, list[np.ndarray]] = {}
    of_table = []
    for start in range(0, populations, most):
        tables = simulate(cell, min(most, populations - start), rng)
        found = intervals(tables)
        for kind, (low, high) in found.items():
            hits.setdefault(kind, []).append((low <= share) & (share <= high))
            widths.setdefault(kind, []).append(high - low)
        low, high = found["corrected"]
        truth = tables.stance.sum(axis=(1, 2)) / tables.present.sum(axis=(1, 2))
        of_table.append((low <= truth) & (truth <= high))
    return {
        **asdict(cell),
        "expected": cell.expected,
        "promised": cell.promised,
        "coverage": {kind: float(np.concatenate(h).mean()) for kind, h in hits.items()},
        "coverage_of_table": float(np.concatenate(of_table).mean()),
        "width": {kind: float(np.concatenate(w).mean()) for kind, w in widths.items()},
    }


def grid(sizes: Sequence[tuple[int, int, int]] = SIZES) -> list[Cell]:
    """Return all cells of the given sizes."""
    return [
        Cell(threads, comments, labels, share, accuracy, design)
        for (threads, comments, labels), share, accuracy, design in product(
            sizes, SHARES, ACCURACIES, DESIGNS
        )
    ]


def hard_cells() -> list[Cell]:
    """Return cells with few labelled comments of a label and hardly any error."""
    return [
        Cell(1000, 1, 100, share, ALMOST_PERFECT, design)
        for share, design in product((0.02, 0.05), DESIGNS[:2])
    ]


def rare_cells() -> list[Cell]:
    """Return cells in which uncertain comments are drawn and a label is rare."""
    return [
        Cell(threads, comments, labels, share, accuracy, "uncertainty")
        for (threads, comments, labels), share, accuracy in product(
            ((1000, 1, 200), (200, 10, 300)), (0.01, 0.02, 0.03), (0.95, 0.97, 0.99)
        )
    ]


def uneven_cells() -> list[Cell]:
    """Return cells in which longer threads have a larger share."""
    return [
        Cell(threads, 20, labels, 0.3, 0.8, design, uneven=True)
        for threads, labels, design in (
            (30, 200, "random"),
            (100, 400, "random"),
            (100, 400, "threads"),
        )
    ]


def measure_grid(cells: list[Cell], populations: int) -> list[dict[str, Any]]:
    """Return the measurements of all cells."""
    return [measure(cell, populations) for cell in cells]


def measure_difference(
    cell: Cell, gap: float, *, shared: bool, populations: int
) -> dict[str, Any]:
    """Return the coverage for differences between two groups, through the table.

    The groups are the two halves of each thread (shared), or threads of their own
    with shares ``gap`` apart.
    """
    rng = np.random.default_rng(0)
    hits, widths = [], []
    for _ in range(populations):
        parts = [simulate(cell, 1, rng)]
        if not shared:
            parts.append(simulate(replace(cell, share=cell.share + gap), 1, rng))
        table = pd.concat([as_table(part) for part in parts], keys=range(len(parts)))
        part = table.index.get_level_values(0)
        table["article_id"] = [
            f"{p} {a}" for p, a in zip(part, table["thread"], strict=True)
        ]
        table["group"] = table["half"] if shared else part
        found = estimate_prevalence(table, by="group").difference(1, 0).iloc[0]
        truth = 0.0 if shared else gap
        hits.append(found["low"] <= truth <= found["high"])
        widths.append(found["high"] - found["low"])
    return {
        **asdict(cell),
        "shared": shared,
        "gap": 0.0 if shared else gap,
        "coverage": float(np.mean(hits)),
        "width": float(np.mean(widths)),
    }


def as_table(tables: Tables) -> pd.DataFrame:
    """Return the first simulated table as a comment table."""
    stance, score = tables.stance[0], tables.score[0]
    thread, place = np.indices(stance.shape).reshape(2, -1)
    label = np.where(stance.ravel() == 1, "pro", "other").astype(object)
    label[tables.labelled[0].ravel() == 0] = None
    return pd.DataFrame(
        {
            "thread": thread,
            "half": place % 2,
            "stance": label,
            "sampling_prob": tables.prob[0].ravel(),
            "proba_pro": score.ravel(),
            "proba_other": 1 - score.ravel(),
        }
    )[tables.present[0].ravel() == 1]


def measure_speed(rows: int = 1_000_000) -> dict[str, float]:
    """Return the seconds that shares by week of many comments take."""
    rng = np.random.default_rng(0)
    article = np.sort(rng.integers(0, rows // 30, rows))
    scores = rng.dirichlet(np.ones(4), rows)
    labels = np.array(["a", "b", "c", "d"], dtype=object)
    stance = labels[(scores.cumsum(axis=1) > rng.random((rows, 1))).argmax(axis=1)]
    stance[rng.random(rows) > 0.02] = None
    table = pd.DataFrame(scores, columns=[f"proba_{label}" for label in labels])
    table["stance"] = stance
    table["article_id"] = pd.Series(article).astype(str)
    table["created_at"] = pd.Timestamp("2022-01-03", tz="UTC") + pd.to_timedelta(
        article * 15, unit="min"
    )
    start = time.perf_counter()
    shares = estimate_prevalence(table, by="week").to_frame()
    return {
        "rows": rows,
        "weeks": int(shares["group"].nunique()),
        "seconds": round(time.perf_counter() - start, 2),
    }


def main() -> None:
    """Measure everything and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--populations", type=int, default=2000)
    parser.add_argument("--differences", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    start = time.perf_counter()
    results: dict[str, Any] = {
        "populations": arguments.populations,
        "machine": f"Python {platform.python_version()}, numpy {np.__version__}, "
        f"{platform.machine()}, one core",
        "likeness": LIKENESS,
        "scorer_likeness": SCORER_LIKENESS,
        "spread": SPREAD,
        "cells": measure_grid(
            grid() + hard_cells() + rare_cells() + uneven_cells(), arguments.populations
        ),
        "differences": [
            measure_difference(
                Cell(threads, 20, labels, share, 0.8, "random"),
                0.1,
                shared=shared,
                populations=arguments.differences,
            )
            for threads, labels, share, shared in product(
                (40,), (400,), (0.05, 0.3), (True, False)
            )
        ],
        "speed": measure_speed(),
    }
    results["seconds"] = round(time.perf_counter() - start)
    arguments.out.mkdir(exist_ok=True)
    text = json.dumps(results, indent=1)
    (arguments.out / "interval_coverage.json").write_text(text + "\n", encoding="utf-8")
    report = write_report(results)
    (arguments.out / "interval_coverage.md").write_text(report, encoding="utf-8")


if __name__ == "__main__":
    main()
