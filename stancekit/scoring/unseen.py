"""Predict labelled comments with models that were not trained on them."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd
from sklearn.base import clone

from stancekit import columns as col
from stancekit.errors import DataWarning
from stancekit.evaluation import cross_fit
from stancekit.labels import clean_labels


def unseen_predictions(
    scored: pd.DataFrame, model: Any, label_column: str
) -> pd.DataFrame:
    """Return predictions of a model by which labels can tell its errors.

    Where it was trained on labelled comments, one of the same recipe is cross-fitted,
    with a DataWarning.
    """
    labelled = pd.notna(clean_labels(scored[label_column]))
    known = scored.get(col.IN_TRAINING, pd.Series(False, scored.index))[labelled].sum()
    if not known:
        return scored
    warnings.warn(
        f"The model was trained on {known} of the {labelled.sum()} labelled comments, "
        "so they cannot tell its errors. A model of the same recipe is cross-fitted on "
        "the labelled comments instead.",
        DataWarning,
        stacklevel=2,
    )
    return cross_fit(clone(model), scored, label_column)
