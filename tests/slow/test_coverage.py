"""Intervals of shares hold the truth as often as they say."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from stancekit.prevalence import estimate_prevalence, power

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
# Threads, comments in each, labelled comments.
SIZES = [(100, 1, 60), (30, 5, 100), (100, 20, 400), (30, 20, 400), (30, 20, 100)]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def coverage():
    """The module that makes benchmarks/results/coverage.md.

    Loaded under another name, since there is a well-known package "coverage".
    """
    spec = importlib.util.spec_from_file_location(
        "coverage_benchmark", BENCHMARKS / "coverage.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(BENCHMARKS))
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(BENCHMARKS))
        del sys.modules[spec.name]


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
        plan = power(table, margin=0.04).iloc[0]
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
