"""Measure what the bundled corpus adds to a few labels of one's own.

    python benchmarks/few_labels.py FOLDER

FOLDER holds ``real_comments.jsonl.gz``, comments of other people (see README.md beside
this file). Five folds keep headlines, else sources, whole; four of them are the few
labels. They train alone, and with the corpus, each of whose comments counts a weight.
Figures go to ``benchmarks/results/few_labels.json``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from real_comments import real_comments
from sklearn.metrics import f1_score

import stancekit
from stancekit.classifier.beside import BesideClassifier
from stancekit.training import BESIDE_WEIGHTS

RESULT = Path(__file__).parent / "results" / "few_labels.json"


def models() -> dict[str, Any]:
    """Return what is compared; beside the corpus as train_model does it."""
    corpus = stancekit.load_corpus()
    features = stancekit.CommentFeatures(parent_weight=0.5, replies_weight=0.5)
    beside = {
        f"with the corpus, weight {weight}": BesideClassifier(
            corpus, weight, features, C=0.2, cv=2, n_jobs=2
        )
        for weight in BESIDE_WEIGHTS
    }
    return {"own labels only": stancekit.StanceClassifier()} | beside


def main() -> None:
    """Train on four folds, score the fifth, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    table = stancekit.add_context(real_comments(parser.parse_args().folder))
    table = table[table["stance"].notna()].reset_index(drop=True)
    groups = table["headline"].where(table["headline"] != "").fillna(table["source"])
    truth = table["stance"].to_numpy(dtype=str)
    folds = stancekit.thread_folds(table, truth, 5, groups=groups)
    labels = sorted(set(truth))
    found: dict[str, Any] = {}
    loss: dict[str, np.ndarray] = {}
    for name, model in models().items():
        proba = pd.DataFrame(0.0, table.index, labels)
        predicted = np.empty(len(table), dtype=object)
        for train, test in folds:
            fitted = model.fit(table.iloc[train], truth[train])
            predicted[test] = fitted.predict(table.iloc[test])
            proba.loc[test, fitted.classes_] = fitted.predict_proba(table.iloc[test])
        rows = np.arange(len(table))
        of_truth = proba.to_numpy()[rows, np.searchsorted(labels, truth)]
        loss[name] = -np.log(np.maximum(of_truth, 1e-12))
        gain = loss["own labels only"] - loss[name]
        found[name] = {
            "n": len(table),
            "log_loss": round(float(loss[name].mean()), 3),
            "lower_by": [
                round(float(gain.mean()), 3),
                round(float(gain.std(ddof=1) / np.sqrt(len(gain))), 3),
            ],
            "macro_f1": round(
                float(f1_score(truth, predicted.astype(str), average="macro")), 3
            ),
            "accuracy": round(float((predicted == truth).mean()), 3),
        }
        print(name, found[name], flush=True)
    RESULT.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
