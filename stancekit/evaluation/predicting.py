"""Train models on folds and put their answers into columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from tqdm import tqdm

from stancekit import columns as col

Part = tuple[Any, tuple[np.ndarray, np.ndarray]]


def predict_parts(
    model: BaseEstimator,
    table: pd.DataFrame,
    y: np.ndarray,
    parts: Iterable[Part],
    *,
    proba: bool = True,
) -> pd.DataFrame:
    """Predict the test rows of each part with a clone trained on its training rows.

    Parts are (name, (train, test)). The table is indexed by position, in order, with
    the columns ``predicted`` and ``fold``, the name of the part; where probabilities
    are wanted, also ``confidence`` and ``proba_<label>``.
    """
    labels = sorted(set(y[pd.notna(y)]))
    found = []
    # On a terminal, if it takes long: how many are done, and how long the others take.
    settings: dict[str, Any] = {"delay": 2, "leave": False, "disable": None}
    for name, (train, test) in tqdm([*parts], "Folds", unit="fold", **settings):
        fitted = _fit_clone(model, table.iloc[train], y[train])
        part = _predict_rows(fitted, table.iloc[test], labels if proba else ())
        part.index = pd.Index(test)
        found.append(part.assign(**{col.FOLD: pd.array([name] * len(test), "Int64")}))
    return pd.concat(found).sort_index()


def _fit_clone(model: BaseEstimator, table: pd.DataFrame, y: np.ndarray) -> Any:
    """Train a clone of a model on comments, some of them without a label."""
    # A pipeline of scikit-learn has no place for missing labels; any other model gets
    # these comments too, as context.
    if isinstance(model, Pipeline):
        known = pd.notna(y)
        table, y = table[known], y[known]
    return clone(model).fit(table, y)


def _predict_rows(
    model: Any, rows: pd.DataFrame, labels: Sequence[Any]
) -> pd.DataFrame:
    """Return what a model predicts; labels that it never saw have probability 0."""
    if not labels:
        return pd.DataFrame({col.PREDICTED: np.asarray(model.predict(rows), object)})
    if hasattr(model, "judge"):
        proba, _, is_foreign, position = model.judge(rows)
    else:
        proba, is_foreign = model.predict_proba(rows), np.zeros(len(rows), dtype=bool)
        position = pd.Index(model.classes_).get_indexer(model.predict(rows))
    classes = np.asarray(model.classes_, dtype=object)
    found = {
        col.PREDICTED: classes[position],
        # The label a model decides for need not be its most probable one.
        col.CONFIDENCE: proba[np.arange(len(rows)), position],
        col.FOREIGN: is_foreign,
    }
    of_label = dict(zip(classes, proba.T, strict=True))
    for label, column in zip(labels, col.proba_columns(labels), strict=True):
        found[column] = of_label.get(label, np.zeros(len(rows)))
    return pd.DataFrame(found)
