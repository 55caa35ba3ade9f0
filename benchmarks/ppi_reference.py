"""Compute reference figures with ppi-python for tests/test_prevalence.py.

Needs ``pip install ppi-python`` in an environment of its own. Run from the checkout:
``python benchmarks/ppi_reference.py``; writes results/ppi_reference.json.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate
from scipy.stats import norm

RESULTS = Path(__file__).parent / "results"
ALPHA = 0.05


def draw(n: int, n_unlabelled: int, rng: np.random.Generator) -> dict[str, list[float]]:
    """Return labels and predictions of labelled and of other comments."""
    labels = (rng.random(n) < 0.3).astype(float)
    predictions = np.where(labels == 1, 0.7, 0.2) + rng.uniform(-0.2, 0.2, n)
    others = rng.choice(predictions, n_unlabelled) + rng.uniform(0, 0.05, n_unlabelled)
    return {
        "y": labels.tolist(),
        "f": predictions.round(6).tolist(),
        "f_others": others.round(6).tolist(),
    }


def balance(case: dict[str, list[float]], times: int) -> dict[str, list[float]]:
    """Return the case with the labelled predictions repeated as the other ones."""
    return {**case, "f_others": case["f"] * times}


def refer(case: dict[str, list[float]]) -> dict[str, Any]:
    """Return what ppi-python says with its weight on the predictions fixed at 1."""
    y, f, others = (np.array(case[name]) for name in ("y", "f", "f_others"))
    everywhere = np.concatenate([f, others])
    estimate = ppi_mean_pointestimate(y, f, others, lam=1)
    low, high = ppi_mean_ci(y, f, others, alpha=ALPHA, lam=1)
    return {
        "estimate_all": _number(ppi_mean_pointestimate(y, f, everywhere, lam=1)),
        "estimate_others": _number(estimate),
        "std_error_others": (_number(high) - _number(low))
        / (2 * norm.ppf(1 - ALPHA / 2)),
    }


def _number(value: Any) -> float:
    return float(np.asarray(value).ravel()[0])


def main() -> None:
    """Compute and write the figures."""
    rng = np.random.default_rng(0)
    small = draw(40, 200, rng)
    cases = {
        "small": small,
        "balanced": balance(small, 5),
        "large": draw(200, 2000, rng),
    }
    results = {
        "ppi_python": version("ppi-python"),
        "cases": {name: {**case, **refer(case)} for name, case in cases.items()},
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(results)
    (RESULTS / "ppi_reference.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
