"""Score the default model on real comments, and on texts written to try it.

    python benchmarks/real_comments.py FOLDER [NAME] [--encoder PACKAGE.CLASS]

FOLDER holds ``real_comments.jsonl.gz``: comments of other people, which are not part of
the project; README.md beside this file says what they are. The texts that try the model
are in ``benchmarks/texts``. Figures are kept under NAME in
``benchmarks/results/real_comments.json``.
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import bootstrap
from sklearn.metrics import f1_score, log_loss

import stancekit
from stancekit.cli.given import encoder_of
from stancekit.columns import proba_columns

HERE = Path(__file__).parent
RESULT = HERE / "results" / "real_comments.json"
N_DRAWS = 2_000


def real_comments(folder: Path) -> pd.DataFrame:
    """Return the comments, each with its parent as a row of its own without a label."""
    given = pd.read_json(folder / "real_comments.jsonl.gz", lines=True, dtype=False)
    given["article_id"] = given["comment_id"]
    answers = given["parent_text"].notna() & (given["parent_text"] != "")
    above = given.loc[answers, ["article_id", "headline", "parent_text"]]
    above = above.rename(columns={"parent_text": "text"})
    above["comment_id"] = "above " + above["article_id"]
    given["parent_id"] = ("above " + given["comment_id"]).where(answers)
    table = pd.concat([above, given.drop(columns="parent_text")], ignore_index=True)
    return table.astype({"parent_id": object})


def scores(scored: pd.DataFrame, labels: list[str]) -> dict:
    """Return what can be said of the predictions of labelled comments."""
    truth = scored["stance"].to_numpy(dtype=str)
    proba = scored[proba_columns(labels)].to_numpy(dtype=float)
    predicted = scored["predicted"].to_numpy(dtype=str)

    def macro_f1(rows: np.ndarray) -> float:
        return f1_score(
            truth[rows],
            predicted[rows],
            labels=labels,
            average="macro",
            zero_division=0,
        )

    rows = np.arange(len(truth))
    interval = bootstrap(
        (rows,),
        macro_f1,
        n_resamples=N_DRAWS,
        vectorized=False,
        method="percentile",
        rng=0,
    ).confidence_interval
    confidence, right = proba.max(axis=1), labels_of(proba, labels) == truth
    error, limit = calibration(confidence, right)
    sure = confidence > 0.95
    return {
        "n": len(truth),
        "macro_f1": [round(float(f), 3) for f in (macro_f1(rows), *interval)],
        "accuracy": round(float((predicted == truth).mean()), 3),
        "log_loss": round(log_loss(truth, proba, labels=labels), 3),
        "calibration_error": round(error, 3),
        "calibration_error_of_a_calibrated_model_95": round(limit, 3),
        "abstained": round(float(scored["abstained"].mean()), 3),
        "above_95_percent": [int(sure.sum()), int((~right[sure]).sum())],
    }


def labels_of(proba: np.ndarray, labels: list[str]) -> np.ndarray:
    """Return the most probable label of each row."""
    return np.array(labels)[proba.argmax(axis=1)]


def calibration(confidence: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Return the calibration error, and what a calibrated model stays below, mostly."""
    rng = np.random.default_rng(0)
    drawn = rng.random((N_DRAWS, len(confidence))) < confidence
    bins = np.minimum((confidence * 10).astype(int), 9)

    def error(right: np.ndarray) -> float:
        gaps = np.bincount(bins, right - confidence, minlength=10)
        return float(np.abs(gaps).sum() / len(confidence))

    return error(right), float(np.quantile([error(each) for each in drawn], 0.95))


def tried_texts(model: Any) -> dict:
    """Return how the model does on texts written to try it."""
    pairs = pd.read_csv(HERE / "texts" / "minimal_pairs.csv")
    pairs = pairs.join(predicted(pairs["text"], model)[["predicted", "confidence"]])
    pairs["right"] = pairs["predicted"].astype(str) == pairs["stance"]
    flips = pairs.groupby(["lang", "pair"])["predicted"].nunique() > 1
    quotations = pd.read_csv(HERE / "texts" / "quotations.csv")
    found = predicted(quotations["text"], model)["predicted"].astype(str)
    kept = found == quotations["stance"]
    unknown = pd.read_csv(HERE / "texts" / "unknown.csv")
    abstained = predicted(unknown["text"], model)["abstained"].astype(bool)
    return {
        "minimal_pairs": {
            "n_texts": len(pairs),
            "right": int(pairs["right"].sum()),
            "wrong_above_60_percent": int(
                (~pairs["right"] & (pairs["confidence"] > 0.6)).sum()
            ),
            "pairs_told_apart": flips.groupby("lang").sum().to_dict(),
        },
        "quotations": {"n": len(kept), "right": int(kept.sum())},
        "abstained": abstained.groupby(unknown["what"]).mean().round(2).to_dict(),
    }


def predicted(texts: pd.Series, model: Any) -> pd.DataFrame:
    """Return the predictions for texts that have nothing to do with each other."""
    with warnings.catch_warnings(action="ignore"):
        return stancekit.predict_comments(texts.tolist(), model)


def main() -> None:
    """Score, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("name", nargs="?", default="now")
    parser.add_argument("--encoder")
    arguments = parser.parse_args()
    model = stancekit.default_model(encoder_of(arguments))
    scored = stancekit.predict_comments(real_comments(arguments.folder), model)
    scored = scored[scored["stance"].notna()]
    labels = model.classes_.tolist()
    other = scored[scored["source"].str.endswith("2019_other")]
    found = {"all": scores(scored, labels)}
    found |= {lang: scores(part, labels) for lang, part in scored.groupby("lang")}
    found["sure"] = scores(scored[scored["sure"] == 1], labels)
    found["other_subjects"] = {
        "n": len(other),
        "not_other": int((other["predicted"].astype(str) != "other").sum()),
    }
    found |= tried_texts(model)
    known = model.first_.scorer_.views["own"].is_known
    found["unknown_words_taken_for_known"] = round(float(known.mean()), 4)
    kept = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    kept[arguments.name] = found
    RESULT.write_text(json.dumps(kept, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
