"""Find how the default model should be made, as ``StanceClassifier()`` chooses it.

    python benchmarks/recipe.py

Each trial on the bundled corpus, by its mean log loss out of fold, goes to
``benchmarks/results/recipe.json``; ``bundled_recipe`` says what of it is used. It takes
some minutes, the trial of shape columns with their full weight most of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sklearn.pipeline import Pipeline

import stancekit
from stancekit.classifier import stance
from stancekit.classifier.search import Trial, try_recipe

RESULT = Path(__file__).parent / "results" / "recipe.json"


def keep(found: dict) -> None:
    """Write down what is known so far."""
    RESULT.write_text(json.dumps(found, indent=1) + "\n")


def main() -> None:
    """Choose, and write down what was tried."""
    tried = []

    def noted(recipe: Pipeline, *args: Any, **kwargs: Any) -> Trial:
        trial = try_recipe(recipe, *args, **kwargs)
        (_, counted), _ = recipe["features"].transformer_list
        weights = {
            name.removesuffix("_weight"): value
            for name, value in counted.get_params().items()
            if name.endswith("_weight") and value
        }
        loss = round(float(trial.loss.mean()), 4)
        tried.append({"C": recipe["svm"].C, "blocks": weights, "log_loss": loss})
        print(tried[-1], flush=True)
        keep({"tried": tried})
        return trial

    corpus = stancekit.load_corpus()
    with patch.object(stance, "try_recipe", noted):
        model = stancekit.StanceClassifier(n_jobs=2).fit(corpus, corpus["stance"])
    weights = model.features_.view_weights | {"shape": model.features_.shape_weight}
    keep({"tried": tried, "chosen": {"C": model.C_, "blocks": weights}})


if __name__ == "__main__":
    main()
