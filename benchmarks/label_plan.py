"""Measure whether plans of labelling hold, on simulated threads.

With 200 labels, how often does the interval of the labels that a model saves hold what
it saves, how often are half-widths kept that `labels_needed` gives with an assurance of
0.9, and does the stop rule (label what the plan says until the margin is kept) leave
intervals that hold the truth?

    python benchmarks/label_plan.py [--repeats 150]

Figures go to ``benchmarks/results/label_plan.json``; some minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from interval_coverage import Cell, add_up, as_table, simulate

from stancekit.errors import DataWarning
from stancekit.prevalence import estimate_prevalence, labels_needed
from stancekit.prevalence.shares import estimate_shares

RESULT = Path(__file__).parent / "results" / "label_plan.json"
# Threads, comments in each, labels, share, accuracy of the scorer.
CELLS = (
    Cell(1000, 1, 200, 0.3, 0.8, "random"),
    Cell(300, 10, 200, 0.3, 0.8, "random"),
    Cell(300, 10, 200, 0.3, 0.95, "random"),
    Cell(300, 10, 200, 0.1, 0.8, "random"),
    Cell(300, 10, 200, 0.3, 0.6, "random"),
    Cell(100, 20, 200, 0.3, 0.8, "random"),
)
# Tables from which the true ratio of variances is known to about 1 %.
TABLES = 6000
BLOCK = 400_000
MORE = (50, 200)
ASSURANCE = 0.9
# Of the half-width at the start: what the stop rule is to reach.
MARGIN = 0.75
MOST_ROUNDS = 8


def true_worth(cell: Cell) -> float:
    """Return the variance of the labels alone in that of the corrected share."""
    rng = np.random.default_rng(cell.seed)
    alone, corrected = [], []
    step = max(1, BLOCK // (cell.threads * cell.comments))
    for _ in range(0, TABLES, step):
        totals = add_up(simulate(cell, step, rng), by_thread=True)
        alone.append(estimate_shares(totals, tuning=0.0).estimate)
        corrected.append(estimate_shares(totals).estimate)
    return float(np.concatenate(alone).var() / np.concatenate(corrected).var())


def label(table: pd.DataFrame, stance: np.ndarray, rows: np.ndarray) -> pd.DataFrame:
    """Return the table with the labels of these rows."""
    found = np.where(np.isin(np.arange(len(table)), rows), stance, None)
    return table.assign(stance=found)


def one_run(cell: Cell, rng: np.random.Generator) -> dict[str, Any]:
    """Return what the plan with 200 labels said, and what then was so."""
    tables = simulate(cell, 1, rng)
    table = as_table(tables).rename(columns={"thread": "article_id"})
    table = table.drop(columns="sampling_prob", errors="ignore")
    stance = np.where(tables.stance[0].ravel() == 1, "pro", "other").astype(object)
    order = rng.permutation(len(table))

    def after(n: int) -> Any:
        return estimate_prevalence(label(table, stance, order[:n]))

    first = after(cell.labels)
    plan = labels_needed(first, assurance=ASSURANCE, more=MORE).iloc[0]
    found = {"low": plan["labels_saved_low"], "high": plan["labels_saved_high"]}
    for k in MORE:
        width = first_width(after(cell.labels + k))
        found[f"kept_{k}"] = width <= plan[f"half_width_{k}_more"]
    return found | stop(after, first, cell)


def first_width(found: Any) -> float:
    """Return the half-width of the first share."""
    row = found.to_frame().iloc[0]
    return float(row["high"] - row["low"]) / 2


def stop(after: Any, found: Any, cell: Cell) -> dict[str, Any]:
    """Label as the plan says, at most as many again as there are, and look anew."""
    margin, n, total = MARGIN * first_width(found), cell.labels, cell.threads
    total *= cell.comments
    promise = None
    for _ in range(MOST_ROUNDS):
        plan = labels_needed(found, margin=margin, assurance=ASSURANCE).iloc[0]
        # Further ahead the command line makes no promise.
        firm = plan["reachable"] and plan["more_labels"] <= n
        n += min(plan["more_labels"], n)
        found = after(n)
        kept = first_width(found) <= margin
        if firm and promise is None:
            promise = kept
        if kept or n == total:
            break
    row = found.to_frame().iloc[0]
    return {
        "promise": promise,
        "stopped": kept,
        "holds": bool(row["low"] <= cell.share <= row["high"]),
        "n": n,
    }


def measure(cell: Cell, repeats: int) -> dict[str, Any]:
    """Return the figures of one setting."""
    worth = true_worth(cell)
    rng = np.random.default_rng(cell.seed)
    runs = pd.DataFrame([one_run(cell, rng) for _ in range(repeats)])
    saved = cell.labels * (worth - 1)
    promised = runs["promise"].dropna().astype(bool)
    return {
        "threads": cell.threads,
        "comments": cell.comments,
        "labels": cell.labels,
        "share": cell.share,
        "accuracy": cell.accuracy,
        "labels_saved": round(saved, 1),
        "mean_interval_of_saved": runs[["low", "high"]].mean().round(1).tolist(),
        "saved_held": float(((runs["low"] <= saved) & (saved <= runs["high"])).mean()),
        **{f"kept_with_{k}_more": float(runs[f"kept_{k}"].mean()) for k in MORE},
        "margin_promised": round(len(promised) / repeats, 4),
        "promised_margin_kept": round(float(promised.mean()), 4),
        "margin_kept_in_the_end": float(runs["stopped"].mean()),
        "truth_held_when_stopped": float(runs["holds"].mean()),
        "mean_labels_when_stopped": round(float(runs["n"].mean())),
    }


def main() -> None:
    """Run and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=150)
    repeats = parser.parse_args().repeats
    warnings.simplefilter("ignore", DataWarning)
    cells = []
    for cell in CELLS:
        cells.append(measure(cell, repeats))
        print(json.dumps(cells[-1]), flush=True)
    table = pd.DataFrame(cells)
    measured = table.loc[:, "saved_held":].drop(columns="mean_labels_when_stopped")
    figures = {
        "repeats": repeats,
        "mean": measured.mean().round(3).to_dict(),
        "cells": cells,
    }
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
