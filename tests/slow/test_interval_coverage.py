"""Intervals of shares hold the truth as often as they say."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from stancekit.evaluation.scores import confusion_by_group, macro_f1
from stancekit.intervals import bootstrap
from stancekit.prevalence import estimate_prevalence, labels_needed

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
# Threads, comments in each, labelled comments.
SIZES = [(100, 1, 60), (30, 5, 100), (100, 20, 400), (30, 20, 400), (30, 20, 100)]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def coverage():
    """The module that makes benchmarks/results/interval_coverage.md."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield importlib.import_module("interval_coverage")
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def measured(coverage):
    cells = [cell for cell in coverage.grid(SIZES) if cell.promised]
    return coverage.measure_grid(cells, 2000)


def test_95_percent_intervals_hold_the_truth_in_93_to_97_percent(measured):
    found = {cell["coverage"]["corrected"] for cell in measured}
    assert min(found) >= 0.93
    assert max(found) <= 0.97


def test_predictions_never_widen_the_interval_by_more_than_5_percent(measured):
    for cell in measured:
        width = cell["width"]
        assert width["corrected"] <= 1.05 * width["labels_only"]


def test_counting_predictions_is_far_off(measured):
    assert np.mean([cell["coverage"]["naive"] for cell in measured]) < 0.6


def test_taking_comments_for_independent_is_too_sure(measured):
    whole_threads = [
        cell["coverage"]["independent"]
        for cell in measured
        if cell["comments"] == 20 and cell["design"] == "threads"
    ]
    assert max(whole_threads) < 0.9


@pytest.mark.parametrize("size", [(10, 20, 100), (5, 20, 60)])
def test_few_threads_give_wide_intervals_rather_than_wrong_ones(coverage, size):
    cells = coverage.measure_grid(coverage.grid([size]), 500)
    assert min(cell["coverage"]["corrected"] for cell in cells) > 0.92


@pytest.mark.parametrize("cells", ["rare_cells", "uneven_cells"])
def test_rare_labels_and_uneven_threads_are_covered(coverage, cells):
    """Rare labels with an accurate scorer; shares that go with the size of threads."""
    found = coverage.measure_grid(getattr(coverage, cells)(), 1000)
    # What the docstring says is there, less two standard errors.
    least = {"rare_cells": 0.90, "uneven_cells": 0.92}[cells]
    assert min(cell["coverage"]["corrected"] for cell in found) > least


@pytest.mark.parametrize("design", ["random", "uncertainty", "threads"])
def test_false_alarms_of_the_balance_test(coverage, design):
    rng = np.random.default_rng(0)
    alarms = []
    for _ in range(500):
        tables = coverage.simulate(coverage.Cell(60, 10, 120, 0.3, 0.8, design), 1, rng)
        table = coverage.as_table(tables).rename(columns={"thread": "article_id"})
        alarms.append(estimate_prevalence(table).balance < 0.05)
    assert 0.02 <= np.mean(alarms) <= 0.08


@pytest.mark.parametrize("n_groups", [30, 100])
def test_intervals_of_macro_f1_hold_the_truth(n_groups):
    """Three labels; groups of 5 to 15 comments, each with its own mix and accuracy."""
    rng = np.random.default_rng(n_groups)

    def draw(n):
        mix = rng.dirichlet([3, 2, 1], n)
        accuracy = rng.beta(14, 6, n)
        size = rng.integers(5, 16, n)
        group = np.repeat(np.arange(n), size)
        y = (mix[group].cumsum(axis=1) > rng.random((len(group), 1))).argmax(axis=1)
        right = rng.random(len(group)) < accuracy[group]
        return confusion_by_group(
            y, np.where(right, y, rng.integers(0, 3, len(group))), group, 3
        )

    truth = macro_f1(draw(100_000).sum(axis=0))
    found = [bootstrap(macro_f1, draw(n_groups), n_bootstrap=500) for _ in range(1500)]
    held = np.mean([each.low <= truth <= each.high for each in found])
    assert 0.93 <= held <= 0.97


@pytest.mark.parametrize("shared", [True, False])
def test_intervals_of_differences_hold_the_truth(coverage, shared):
    cell = coverage.Cell(40, 20, 400, 0.3, 0.8, "random")
    found = coverage.measure_difference(cell, 0.1, shared=shared, populations=200)
    assert 0.92 < found["coverage"] <= 0.985


def test_planned_labels_give_the_planned_width(coverage):
    """Plan with 200 labels, label as many more as planned, and look."""
    rng = np.random.default_rng(0)
    cell = coverage.Cell(300, 10, 200, 0.3, 0.8, "random")
    planned, reached = [], []
    for _ in range(100):
        tables = coverage.simulate(cell, 1, rng)
        table = coverage.as_table(tables).rename(columns={"thread": "article_id"})
        plan = labels_needed(table, margin=0.04).iloc[0]
        n = plan["n_labelled"] + plan["more_labels"]
        stance = np.where(tables.stance[0].ravel() == 1, "pro", "other").astype(object)
        stance[rng.permutation(len(stance))[n:]] = None
        later = table.assign(stance=stance, sampling_prob=1.0)
        frame = estimate_prevalence(later).to_frame()
        planned.append(plan["half_width_then"])
        reached.append((frame["high"] - frame["low"])[0] / 2)
    assert np.mean(reached) == pytest.approx(np.mean(planned), rel=0.1)


def test_a_million_comments_by_week_take_less_than_ten_seconds(coverage):
    assert coverage.measure_speed()["seconds"] < 10


def test_what_more_labels_are_said_to_give_is_kept(coverage):
    """In nine of ten cases, with an accurate scorer, whose gain is easily overrated."""
    rng = np.random.default_rng(0)
    cell = coverage.Cell(300, 5, 200, 0.3, 0.95, "random")
    kept = []
    for _ in range(60):
        tables = coverage.simulate(cell, 1, rng)
        table = coverage.as_table(tables).rename(columns={"thread": "article_id"})
        plan = labels_needed(table, assurance=0.9, more=[200]).iloc[0]
        stance = np.where(tables.stance[0].ravel() == 1, "pro", "other").astype(object)
        stance[rng.permutation(len(stance))[400:]] = None
        frame = estimate_prevalence(table.assign(stance=stance, sampling_prob=1.0))
        share = frame.interval("pro")
        kept.append(share.width / 2 <= plan["half_width_200_more"])
    assert np.mean(kept) >= 0.9
