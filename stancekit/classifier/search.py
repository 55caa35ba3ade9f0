"""Choose how a classifier of single comments is made, by its score on folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone

from stancekit.classifier.calibration import (
    Calibration,
    fit_calibration,
    mean_f1,
    standard_error,
)
from stancekit.classifier.deciding import decision_weights, label_positions
from stancekit.classifier.labelled import Labelled
from stancekit.classifier.linear import Described, HeldOut, Recipe
from stancekit.classifier.svm import (
    ExactMachine,
    StochasticMachine,
    SupportVectorMachine,
)
from stancekit.features import CommentFeatures
from stancekit.threads import HEADLINE, PARENT_FOUND
from stancekit.threads.folds import Folds

# Chosen on development sets.
C_PLAIN = 0.5
C_OPENING = 0.05
C_SHAPED = 0.02
OPENING_WEIGHT = 1.0
RATIO_SHARE = 0.25
SHAPE_WEIGHT = 0.6
# With fewer labelled replies, or comments with a headline, these are not worth a try.
FEWEST = 50
# With more comments than this an exact solver and several folds take minutes.
MOST_EXACT = 40_000
ENCODER_WEIGHTS = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0)


def are_many(labelled: Labelled) -> bool:
    """Return whether there are too many comments for an exact solver."""
    return len(labelled.y) > MOST_EXACT


def possible_recipes(
    labelled: Labelled,
    *,
    features: CommentFeatures | None,
    C: float | None,
    class_weight: str | dict[Any, float] | None,
    random_state: int | None,
) -> list[Recipe]:
    """Return the recipes to choose from, the plainest first.

    Parameters
    ----------
    labelled : Labelled
        What they will be trained on.
    features, C, class_weight, random_state
        As :class:`~stancekit.StanceClassifier` takes them; None for a choice.

    Raises
    ------
    ValueError
        If a class weight is for a label that is not in the data.
    """
    weights = _weights_by_position(class_weight, labelled.classes)

    def recipe(features: CommentFeatures, default_C: float) -> Recipe:
        usual = (default_C if C is None else C, weights, random_state)
        machine: SupportVectorMachine = StochasticMachine(*usual)
        if not are_many(labelled):
            # Beside shape columns it did not help.
            share = 0.0 if features.shape_weight else RATIO_SHARE
            machine = ExactMachine(*usual, ratio_share=share)
        return Recipe(features, machine)

    if features is not None:
        return [recipe(clone(features), C_PLAIN)]
    recipes = [recipe(CommentFeatures(), C_PLAIN)]
    table = labelled.table
    if HEADLINE in table.columns and table[HEADLINE].notna().sum() >= FEWEST:
        with_opening = CommentFeatures(opening_weight=OPENING_WEIGHT)
        recipes.append(recipe(with_opening, C_OPENING))
    if table[PARENT_FOUND].sum() >= FEWEST:
        with_shape = CommentFeatures(shape_weight=SHAPE_WEIGHT, idf_power=1.0)
        recipes.append(recipe(with_shape, C_SHAPED))
    return recipes


def _weights_by_position(
    class_weight: str | dict[Any, float] | None, classes: np.ndarray
) -> str | dict[int, float] | None:
    if not isinstance(class_weight, dict):
        return class_weight
    positions = label_positions(class_weight, classes, "class_weight")
    return dict(zip(positions, class_weight.values(), strict=True))


def all_features(recipes: list[Recipe]) -> CommentFeatures:
    """Return features that count all that any of the recipes needs."""
    whole, *others = [recipe.features for recipe in recipes]
    for features in others:
        for name in ("opening_weight", "shape_weight"):
            weight = max(getattr(whole, name), getattr(features, name))
            whole = clone(whole).set_params(**{name: weight})
    return whole


@dataclass(frozen=True, eq=False)
class Trial:
    """What came of a recipe on folds."""

    recipe: Recipe
    held_out: HeldOut
    calibration: Calibration
    decision_weights: np.ndarray
    score: float


@dataclass(frozen=True, eq=False)
class Search:
    """Tries recipes on the same comments and folds.

    Parameters
    ----------
    described : Described
        What is known of the comments.
    labelled : Labelled
        Their labels.
    folds : list of (train, test)
    decision : str or sequence of labels
        As :class:`~stancekit.StanceClassifier` takes it.
    n_jobs : int or None
    """

    described: Described
    labelled: Labelled
    folds: Folds
    decision: str | Sequence[Any]
    n_jobs: int | None

    def best(self, recipes: list[Recipe]) -> Trial:
        """Return the first trial, or a later one that is better beyond chance."""
        chosen, *others = map(self._try, recipes)
        for trial in others:
            if trial.score > chosen.score + standard_error(len(trial.held_out.rows)):
                chosen = trial
        return chosen

    def best_encoder_weight(self, chosen: Trial) -> Trial:
        """Return the best trial of a recipe with what the encoder gives, or without."""
        trials = [
            self._try(replace(chosen.recipe, encoder_weight=weight))
            for weight in ENCODER_WEIGHTS
        ]
        return max([chosen, *trials], key=lambda trial: trial.score)

    def _try(self, recipe: Recipe) -> Trial:
        labelled = self.labelled
        held_out = recipe.hold_out(
            self.described, labelled.y, labelled.weight, self.folds, n_jobs=self.n_jobs
        )
        known = labelled.take(held_out.rows)
        calibration = fit_calibration(held_out.scores, known.y, known.weight)
        proba = calibration.probabilities(held_out.scores)
        # The solver's own decision, with its balanced class weights, comes near.
        start = np.exp(-calibration.bias)
        weights = decision_weights(self.decision, proba, known, start)
        decided = (proba * weights).argmax(axis=1)
        n_classes = len(labelled.classes)
        score = mean_f1(known.y, decided, n_classes, range(n_classes), known.weight)
        return Trial(recipe, held_out, calibration, weights, score)
