"""Go the whole way from drawing to shares on the bundled corpus, many times.

Each time 200 comments are drawn at random; two simulated annotators label them, who err
on 8 % each, and on ties a third person decides, who errs as often. A quick model is
cross-fitted on these labels alone, and the shares are estimated with it, in all
comments and by year. How often do their intervals hold the shares of the corpus?

    python benchmarks/label_round.py [--repeats 200]

Figures go to ``benchmarks/results/label_round.json``; a quarter of an hour on one core.

    python benchmarks/label_round.py --annotate tasks.xlsx --person anna -o anna.xlsx

writes what one of them makes of a sheet of tasks, as a workbook, a table (.csv) or an
export of Label Studio (.json).
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

import stancekit
from stancekit.annotation.label_table import gather_labels, take_labels
from stancekit.errors import DataWarning
from stancekit.intervals import bootstrap
from stancekit.threads import add_context

RESULT = Path(__file__).parent / "results" / "label_round.json"
DRAWN = 200
ERRORS = 0.08


def annotate(truth: pd.Series, name: str, rng: np.random.Generator) -> pd.DataFrame:
    """Return the labels of one person, some of them wrong, each wrong one as likely."""
    labels = sorted(truth.unique())
    codes = pd.Index(labels).get_indexer(truth)
    wrong = rng.random(len(codes)) < ERRORS
    steps = rng.integers(1, len(labels), len(codes))
    given = np.array(labels)[np.where(wrong, (codes + steps) % len(labels), codes)]
    return pd.DataFrame({"comment_id": truth.index, "annotator": name, "label": given})


def label_round(corpus: pd.DataFrame, truth: pd.Series, seed: int) -> pd.DataFrame:
    """Return the table with the labels that come out of one round."""
    rng = np.random.default_rng(seed)
    drawn = stancekit.suggest(corpus, DRAWN, strategy="random", random_state=seed)
    of_drawn = truth[drawn.loc[drawn["sampling_round"].notna(), "comment_id"]]
    files = [annotate(of_drawn, name, rng) for name in ("anna", "ben")]
    labels = gather_labels(files, drawn, None)
    return take_labels(drawn, labels, annotate(of_drawn, "cora", rng))[0]


def quick_model(corpus: pd.DataFrame) -> Pipeline:
    """Return a logistic regression on words, weighed once by how rare they are."""
    # No label takes part in that, and 200 runs take a third of the time.
    words = TfidfVectorizer(max_features=2000).fit_transform(corpus["text"])
    place = pd.Index(corpus["comment_id"])

    def look_up(table: pd.DataFrame) -> Any:
        return words[place.get_indexer(table["comment_id"])]

    return make_pipeline(FunctionTransformer(look_up), LogisticRegression())


def one_run(
    corpus: pd.DataFrame, truth: pd.Series, model: Pipeline, seed: int
) -> list[pd.DataFrame]:
    """Return the shares in all comments, and those by year."""
    labelled = label_round(corpus, truth, seed)
    fitted = stancekit.cross_fit(model, labelled, random_state=seed)
    found = stancekit.estimate_prevalence(fitted, by="year", min_labelled=20)
    wrong = labelled["stance"].notna()
    right = labelled.loc[wrong, "stance"] == labelled.loc[wrong, "comment_id"].map(
        truth
    )
    frames = [found.overall.to_frame(), found.to_frame()]
    return [frame.assign(seed=seed, right=right.mean()) for frame in frames]


def summarise(found: pd.DataFrame, target: pd.Series) -> dict[str, Any]:
    """Return how often the intervals of some shares held the truth."""
    true = target[pd.MultiIndex.from_frame(found[["group", "label"]])].to_numpy()
    held = (found["low"] <= true) & (true <= found["high"])
    runs = held.groupby(found["seed"])
    # Shares of one run go together, so runs are drawn, not shares.
    sums = np.column_stack([runs.sum(), runs.size()])
    coverage = bootstrap(lambda s: s[:, 0] / s[:, 1], sums, n_bootstrap=2000)
    width, alone = (
        found[high] - found[low]
        for low, high in (("low", "high"), ("labels_only_low", "labels_only_high"))
    )
    return {
        "coverage": round(coverage.estimate, 4),
        "coverage_interval": [round(coverage.low, 4), round(coverage.high, 4)],
        "n_intervals": len(held),
        "mean_half_width": round(float(width.mean()) / 2, 4),
        "width_to_labels_only": round(float((width / alone).mean()), 3),
        "by_label": {
            label: {
                "coverage": round(float(held[rows].mean()), 3),
                "mean_error": round(float((found["corrected"] - true)[rows].mean()), 4),
            }
            for label, rows in found.groupby("label").groups.items()
        },
    }


def true_shares(corpus: pd.DataFrame, truth: pd.Series) -> pd.Series:
    """Return the share of each label in all comments and in each year."""
    stance = truth[corpus["comment_id"]].to_numpy()
    parts = {"all": np.full(len(corpus), True)}
    years = corpus["created_at"].astype(str).str[:4]
    parts |= {year: (years == year).to_numpy() for year in years.unique()}
    shares = {
        name: pd.Series(stance[part]).value_counts(normalize=True)
        for name, part in parts.items()
    }
    return pd.concat(shares)


def measure(repeats: int) -> dict[str, Any]:
    """Return the figures of so many runs."""
    whole = add_context(stancekit.load_corpus())
    truth = whole.set_index("comment_id")["stance"].astype(object)
    # The context is there; to look for parents anew takes most of a run.
    corpus = whole.drop(columns=["stance", "parent_id"])
    model = quick_model(corpus)
    runs = [one_run(corpus, truth, model, seed) for seed in range(repeats)]
    target = true_shares(corpus, truth)
    overall, by_year = (
        pd.concat([run[place] for run in runs], ignore_index=True) for place in (0, 1)
    )
    return {
        "repeats": repeats,
        "drawn": DRAWN,
        "comments": len(corpus),
        "errors_of_each_annotator": ERRORS,
        "right_after_merging": round(float(overall["right"].mean()), 4),
        "all": summarise(overall, target),
        "by_year": summarise(by_year, target),
    }


def write_labels(tasks: Path, person: str, output: Path) -> None:
    """Write what a person makes of a sheet of tasks, as the name of the file says."""
    sheet = pd.read_excel(tasks) if tasks.suffix == ".xlsx" else pd.read_csv(tasks)
    truth = stancekit.load_corpus().set_index("comment_id")["stance"].astype(object)
    rng = np.random.default_rng(list(person.encode()))
    given = annotate(truth[sheet["comment_id"]], person, rng)
    if output.suffix == ".json":
        output.write_text(json.dumps([as_label_studio(*row) for row in given.values]))
    elif output.suffix == ".xlsx":
        given.to_excel(output, index=False)
    else:
        given.to_csv(output, index=False)


def as_label_studio(comment_id: str, annotator: str, label: str) -> dict[str, Any]:
    """Return one answer as Label Studio exports it."""
    result = {"from_name": "stance", "value": {"choices": [label]}}
    done = {"completed_by": {"email": annotator}, "result": [result]}
    return {"data": {"comment_id": comment_id}, "annotations": [done]}


def main() -> None:
    """Run and write the figures, or the files of the annotators."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--annotate", metavar="TASKS", type=Path)
    parser.add_argument("--person")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    if arguments.annotate:
        write_labels(arguments.annotate, arguments.person, arguments.output)
        return
    warnings.simplefilter("ignore", DataWarning)
    figures = measure(arguments.repeats)
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
