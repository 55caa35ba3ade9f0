"""Compare the majority of annotators with Dawid and Skene's model, simulated.

Comments have five positions, of which some are as rare as in the bundled corpus, and
annotators err as said: each alike, one who is careless, or each with a bias of their
own. Dawid and Skene estimate how each annotator confuses the positions, and weigh their
votes by it; ties of a majority are decided by a third person (where there are two
annotators) or at random.

    python benchmarks/annotators.py [--repeats 40]

Figures go to ``benchmarks/results/annotators.json``; a minute on one core.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from stancekit.intervals import bootstrap

RESULT = Path(__file__).parent / "results" / "annotators.json"
SHARES = np.array([0.44, 0.20, 0.15, 0.12, 0.09])
K = len(SHARES)
COMMENTS = (200, 1000)
# Steps of the iteration; then nothing moves that would be seen.
STEPS = 25


def even(error: float) -> np.ndarray:
    """Return how a person confuses positions who errs on any alike, (K, K)."""
    return np.full((K, K), error / (K - 1)) + np.eye(K) * (1 - error - error / (K - 1))


def biased(toward: int, error: float) -> np.ndarray:
    """Return how a person confuses positions who errs toward one of them."""
    confusion = np.eye(K) * (1 - error)
    confusion[:, toward] += error
    return confusion


TEAMS: dict[str, list[np.ndarray]] = {
    "two, 8 % errors, and a third for ties": [even(0.08)] * 3,
    "two, 25 % errors, and a third for ties": [even(0.25)] * 3,
    "three, 8 % errors": [even(0.08)] * 3,
    "three, 25 % errors": [even(0.25)] * 3,
    "three, one of them careless (50 %)": [even(0.1), even(0.1), even(0.5)],
    "three with biases of their own (20 %)": [biased(k, 0.2) for k in (0, 1, 2)],
    "five, 25 % errors": [even(0.25)] * 5,
    "five, two of them careless (60 %)": [even(0.1)] * 3 + [even(0.6)] * 2,
}


def draw(
    n: int, team: list[np.ndarray], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the truth, (n,), and what each person said, (n, people)."""
    truth = rng.choice(K, n, p=SHARES)
    chance = rng.random((n, len(team), 1))
    ends = np.stack([confusion[truth].cumsum(axis=1) for confusion in team], axis=1)
    return truth, np.minimum((chance > ends).sum(axis=2), K - 1)


def majority(said: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the most frequent label, one of them where several are."""
    votes = np.eye(K)[said].sum(axis=1)
    return (votes + rng.random(votes.shape) / 2).argmax(axis=1)


def dawid_skene(said: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the most probable label by Dawid and Skene (1979), Applied Statistics 28.

    -1 stands for a comment that a person did not label.
    """
    given = np.where(said[..., None] >= 0, np.eye(K)[said], 0)
    belief = given.sum(axis=1) + rng.random((len(said), K)) * 1e-3
    belief /= belief.sum(axis=1, keepdims=True)
    for _ in range(STEPS):
        # A hundredth of a label keeps a confusion that was not seen possible.
        confusion = np.einsum("nt,npl->ptl", belief, given) + 0.01
        confusion /= confusion.sum(axis=2, keepdims=True)
        log = np.log(belief.mean(axis=0) + 1e-9)
        log = log + np.einsum("npl,ptl->nt", given, np.log(confusion))
        belief = np.exp(log - log.max(axis=1, keepdims=True))
        belief /= belief.sum(axis=1, keepdims=True)
    return belief.argmax(axis=1)


def ask_third(said: np.ndarray) -> np.ndarray:
    """Leave out the third person where the first two agree."""
    agreed = said[:, 0] == said[:, 1]
    return np.column_stack([said[:, :2], np.where(agreed, -1, said[:, 2])])


def decide_ties(said: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return what two agree on, else what the third person says."""
    return np.where(said[:, 2] < 0, said[:, 0], said[:, 2])


def measure(n: int, team: str, repeats: int) -> dict[str, object]:
    """Return how often either way is right, and the difference with its interval."""
    rng = np.random.default_rng(n + len(team))
    vote: Callable[..., np.ndarray] = decide_ties if "ties" in team else majority
    right = []
    for _ in range(repeats):
        truth, said = draw(n, TEAMS[team], rng)
        said = ask_third(said) if "ties" in team else said
        found = vote(said, rng), dawid_skene(said, rng)
        right.append([(labels == truth).mean() for labels in found])
    by_run = np.column_stack([right, np.ones(repeats)])
    gain = bootstrap(lambda s: (s[:, 1] - s[:, 0]) / s[:, 2], by_run)
    return {
        "annotators": team,
        "comments": n,
        "majority_right": round(float(by_run[:, 0].mean()), 4),
        "dawid_skene_right": round(float(by_run[:, 1].mean()), 4),
        "gain": round(gain.estimate, 4),
        "gain_interval": [round(gain.low, 4), round(gain.high, 4)],
    }


def main() -> None:
    """Run and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=40)
    repeats = parser.parse_args().repeats
    cells = [measure(n, team, repeats) for team in TEAMS for n in COMMENTS]
    figures = {"repeats": repeats, "cells": cells}
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
