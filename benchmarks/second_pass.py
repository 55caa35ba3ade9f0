"""Measure the bundled model, threads and authors included, on articles not seen.

    python benchmarks/second_pass.py NAME

The figures are kept under NAME in ``benchmarks/results/second_pass.json``, so that
those of two states of the code stand beside each other. The folds are made here: they
stay the same whatever becomes of the library's own.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

# numba would take a coverage.py in this folder for the package of that name.
sys.path = [place for place in sys.path if Path(place) != Path(__file__).parent]

import numpy as np
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedGroupKFold

import stancekit
from stancekit.columns import proba_columns
from stancekit.datasets import bundled_recipe

RESULT = Path(__file__).parent / "results" / "second_pass.json"
N_FOLDS = 8
# The tail in which a wrong answer does the most harm.
SURE = 0.99


def figures(n_folds: int) -> dict:
    """Evaluate the recipe of the bundled model on the corpus."""
    corpus = stancekit.load_corpus()
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=0)
    folds = splitter.split(corpus, corpus["stance"], corpus["article_id"])
    found = stancekit.evaluate(bundled_recipe(), corpus, folds=folds, baselines=())
    predictions = found.predictions
    proba = predictions[proba_columns(found.labels)].to_numpy()
    truth = predictions["stance"].to_numpy(dtype=str)
    wrong = np.array(found.labels)[proba.argmax(axis=1)] != truth
    sure = proba.max(axis=1) > SURE
    score = found.macro_f1
    return {
        "n_comments": found.n_comments,
        "n_folds": n_folds,
        "macro_f1": [round(f, 4) for f in (score.estimate, score.low, score.high)],
        "log_loss": round(log_loss(truth, proba, labels=list(found.labels)), 4),
        "calibration_error": round(found.calibration_error, 4),
        "n_above_99_percent": int(sure.sum()),
        "error_above_99_percent": round(float(wrong[sure].mean()), 4),
    }


def main() -> None:
    """Run and add the figures to those that are there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", help="what this state of the code is called")
    parser.add_argument("--folds", type=int, default=N_FOLDS)
    arguments = parser.parse_args()
    kept = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    kept[arguments.name] = figures(arguments.folds)
    RESULT.write_text(json.dumps(kept, indent=1) + "\n")
    print(json.dumps(kept, indent=1))


if __name__ == "__main__":
    main()
