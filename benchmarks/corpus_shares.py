"""Estimate shares of the bundled corpus from 200 of its labels, many times.

Each time 200 comments are drawn at random and 100 more by a model trained on them
(strategy "mixed"), the other labels are hidden, a model is cross-fitted on those drawn,
and the four shares are estimated with it. How often do their intervals hold the true
share, with the first round alone and with both?

    python benchmarks/corpus_shares.py [--repeats 200]

Figures go to ``benchmarks/results/corpus_shares.json``.
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path

import pandas as pd

import stancekit
from stancekit.evaluation.baselines import make_baseline

RESULT = Path(__file__).parent / "results" / "corpus_shares.json"
FIRST_ROUND, SECOND_ROUND = 200, 100


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """Cross-fit a quick model on the labels there are, and estimate the shares."""
    fitted = stancekit.cross_fit(make_baseline("words"), table)
    return stancekit.estimate_prevalence(fitted).to_frame().set_index("label")


def reveal(drawn: pd.DataFrame, truth: pd.Series) -> pd.DataFrame:
    """Give the drawn comments their labels."""
    return drawn.assign(stance=truth.where(drawn["sampling_round"].notna().to_numpy()))


def one_run(corpus: pd.DataFrame, truth: pd.Series, seed: int) -> list[pd.DataFrame]:
    """Return the shares after the first round and after the second."""
    hidden = corpus.drop(columns="stance")
    first = stancekit.suggest(hidden, FIRST_ROUND, strategy="random", random_state=seed)
    first = reveal(first, truth)
    known = first["stance"].notna()
    model = make_baseline("words").fit(first[known], first.loc[known, "stance"])
    second = stancekit.suggest(first, SECOND_ROUND, model=model, random_state=seed)
    return [shares(first), shares(reveal(second, truth))]


def main() -> None:
    """Run and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=200)
    repeats = parser.parse_args().repeats
    warnings.simplefilter("ignore", stancekit.DataWarning)
    corpus = stancekit.load_corpus()
    truth = corpus["stance"].astype(object)
    target = truth.value_counts(normalize=True)
    runs = [one_run(corpus, truth, seed) for seed in range(repeats)]
    figures = {"repeats": repeats, "rounds": {}}
    for number, name in enumerate(["200 labels", "200 + 100 labels"]):
        found = pd.concat([run[number] for run in runs])
        true = found.index.map(target).to_numpy(dtype=float)
        held = (found["low"] <= true) & (true <= found["high"])
        naive_error = (found["naive"] - true).abs()
        width = (found["high"] - found["low"]) / (
            found["labels_only_high"] - found["labels_only_low"]
        )
        figures["rounds"][name] = {
            label: {
                "truth": round(float(target[label]), 4),
                "mean": round(float(found.loc[label, "corrected"].mean()), 4),
                "coverage": round(float(held[label].mean()), 3),
                "mean_error_of_naive": round(float(naive_error[label].mean()), 3),
                "width_to_labels_only": round(float(width[label].mean()), 3),
            }
            for label in target.index
        }
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
