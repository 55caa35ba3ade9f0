"""Put the answers of a trained model into columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from stancekit.threads import CONFIDENCE, PREDICTED, proba_columns


def predict_rows(
    model: Any, table: pd.DataFrame, rows: np.ndarray, labels: Sequence[Any]
) -> pd.DataFrame:
    """Return what a trained model predicts for some rows of a table.

    Parameters
    ----------
    model : classifier
    table : DataFrame
    rows : array of int, shape (n,)
        Positions in the table.
    labels : sequence of K labels
        Those that the model has never seen get the probability 0.

    Returns
    -------
    DataFrame of n rows, indexed by position
        Columns ``predicted``, ``confidence`` and ``proba_<label>``.
    """
    some = table.iloc[rows]
    proba = model.predict_proba(some)
    decided = model.predict(some)
    position = pd.Index(model.classes_).get_indexer(decided)
    found = pd.DataFrame(proba, index=rows, columns=list(model.classes_))
    found = found.reindex(columns=list(labels), fill_value=0.0)
    found.columns = pd.Index(proba_columns(labels))
    found.insert(0, PREDICTED, np.asarray(decided, dtype=object))
    found.insert(1, CONFIDENCE, proba[np.arange(len(rows)), position])
    return found
