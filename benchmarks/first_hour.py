"""Say what the first labels of a subject bring: 50, 100 and 200 of them.

So many comments of the bundled corpus are drawn at random with their labels, six
times; a model learns from these alone, is scored on comments of other articles, and the
shares are estimated with a quick model cross-fitted on them.

    python benchmarks/first_hour.py [--repeats 6]

Figures go to ``benchmarks/results/first_hour.json``; some minutes on one core.

    python benchmarks/first_hour.py --comments speed.csv
    python benchmarks/first_hour.py --label tasks.csv -o anna.csv

write invented comments on a subject that the bundled model does not know, a speed
limit, and what a person would make of a sheet of tasks with some of them.
"""

from __future__ import annotations

import argparse
import json
import warnings
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

import stancekit
from stancekit.errors import DataWarning
from stancekit.evaluation.baselines import make_baseline

RESULT = Path(__file__).parent / "results" / "first_hour.json"
SIZES = (50, 100, 200)
# Comments on which a model is scored, all of articles without a label.
SCORED = 1500

OPENINGS = [
    *("Honestly,", "I drive to work every day and", "As a nurse I say:"),
    *("My neighbour thinks otherwise, but", "After thirty years on the road:"),
    *("Once more for everyone:", "We moved here from Denmark, and"),
]
CLAIMS = {
    "for_limit": [
        "a limit of 130 would save lives at once.",
        "nobody needs to go faster than 130.",
        "with a limit traffic flows better and I arrive less tired.",
        "all our neighbours have a limit and still get to work.",
        "less speed means less noise for those who live beside the road.",
        "it costs nothing and saves fuel, so bring the limit.",
    ],
    "against_limit": [
        "I want to decide for myself how fast I drive.",
        "the motorways are our safest roads, a limit solves nothing.",
        "this is one more ban by people who never sit in a car.",
        "who drives at night on an empty road needs no limit.",
        "leave us the last bit of freedom on the road.",
        "the limit saves next to no fuel, so why bother.",
    ],
    "other": [
        "the trains should run on time first of all.",
        "the petrol at the rest stop was dear again last week.",
        "the article does not even say who counted.",
        "what matters to me are the lorries that overtake for miles.",
        "could somebody post the table from page three?",
        "my old car does not go faster than 120 anyway.",
    ],
}
CLOSINGS = ["", "That is all.", "Think about it.", "Good night.", "Who agrees?"]
# Of the invented positions: drawn so, as none would be spread evenly.
WEIGHTS = {"for_limit": 0.45, "against_limit": 0.3, "other": 0.25}


def invent(n: int = 600) -> pd.DataFrame:
    """Return invented comments under forty articles, with their positions."""
    rng = np.random.default_rng(0)
    texts = {
        label: rng.permutation(
            [" ".join(parts).strip() for parts in product(OPENINGS, claims, CLOSINGS)]
        )
        for label, claims in CLAIMS.items()
    }
    stance = rng.choice([*WEIGHTS], n, p=[*WEIGHTS.values()])
    place = pd.Series(stance).groupby(stance).cumcount()
    said = [texts[s][i % len(texts[s])] for s, i in zip(stance, place, strict=True)]
    ids = [f"s{i}" for i in range(n)]
    return pd.DataFrame(
        {
            "comment_id": ids,
            "article_id": [f"a{i % 40}" for i in range(n)],
            "headline": "Parliament argues about a speed limit",
            "text": said,
            "stance": stance,
        }
    )


def one_run(corpus: pd.DataFrame, n: int, seed: int) -> dict[str, float] | None:
    """Return what n labels bring; None where a position has fewer than two of them."""
    rng = np.random.default_rng([n, seed])
    articles = rng.permutation(corpus["article_id"].unique())
    apart = corpus["article_id"].isin(articles[: len(articles) // 5])
    scored, rest = corpus[apart].head(SCORED), corpus[~apart]
    drawn = rest.index.isin(rng.choice(rest.index, n, replace=False))
    labelled = rest.assign(stance=rest["stance"].astype(object).where(drawn))
    model = stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=3)
    few = labelled[drawn]
    rarest = few["stance"].value_counts().min()
    if rarest < 2:
        return None
    predicted = model.fit(few, few["stance"]).predict(scored)
    fitted = stancekit.cross_fit(make_baseline("words"), labelled)
    shares = stancekit.estimate_prevalence(fitted).to_frame()
    return {
        "macro_f1": f1_score(scored["stance"], predicted, average="macro"),
        "half_width": ((shares["high"] - shares["low"]) / 2).mean(),
        "widest": ((shares["high"] - shares["low"]) / 2).max(),
        "labels_of_the_rarest": rarest,
    }


def measure(repeats: int) -> dict[str, Any]:
    """Return the mean of what so many labels bring, and where nine of ten lie."""
    # The context is there; to look for parents anew takes much of a run.
    corpus = stancekit.add_context(stancekit.load_corpus()).drop(columns="parent_id")
    found = {}
    for n in SIZES:
        drawn = [one_run(corpus, n, seed) for seed in range(repeats)]
        runs = pd.DataFrame([run for run in drawn if run])
        ends = runs.quantile([0.05, 0.95]).round(3)
        found[n] = {"draws_with_two_labels_of_each": len(runs)} | {
            name: {"mean": round(runs[name].mean(), 3), "range": ends[name].tolist()}
            for name in runs
        }
    return {"repeats": repeats, "comments": len(corpus), "labels": found}


def main() -> None:
    """Run and write the figures, or invented comments and their labels."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=6)
    parser.add_argument("--comments", type=Path)
    parser.add_argument("--label", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    if arguments.comments:
        invent().drop(columns="stance").to_csv(arguments.comments, index=False)
    elif arguments.label:
        tasks = pd.read_csv(arguments.label, dtype=str)
        stance = invent().set_index("comment_id")["stance"]
        labels = tasks["comment_id"].map(stance)
        tasks.assign(annotator="anna", label=labels).to_csv(
            arguments.output, index=False
        )
    else:
        warnings.simplefilter("ignore", DataWarning)
        figures = measure(arguments.repeats)
        RESULT.write_text(json.dumps(figures, indent=1) + "\n")
        print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
