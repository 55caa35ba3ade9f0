"""Say why an interval is wider than that of the labels alone, where it is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from stancekit.errors import name_rows
from stancekit.prevalence.shares import Shares

# Of the width: less than a tenth of a point is not seen in print.
SEEN = 0.001
WIDER_NOTE = "Wider than the interval of labels only: "
RARE = (
    "so rare a label is too little to weigh the predictions by, and they are taken as "
    "they are"
)
USELESS = (
    "to weigh the predictions by so few labels takes more precision than they give"
)
NEARER = (
    "the corrected share lies nearer to 50 %, where as many labels leave more doubt"
)
MOVED = (
    "its limit was moved outwards, for what a few large clusters or errors too rare to "
    "be seen may hide"
)


def wider_than_labels_only(
    shares: pd.DataFrame, labels_only: Shares, corrected: Shares
) -> Iterator[str]:
    """Name the shares whose correction does not pay, and say why, a sentence each."""
    alone = shares["labels_only_high"] - shares["labels_only_low"]
    wider = shares["high"] - shares["low"] > alone + SEEN
    costly = (corrected.variance > labels_only.variance).ravel()
    nearer = (shares["corrected"] - 0.5).abs() < (shares["labels_only"] - 0.5).abs()
    reasons = np.select(
        [costly & (shares["tuning"] == 1), costly, nearer],
        [RARE, USELESS, NEARER],
        default=MOVED,
    )
    names = shares["group"].astype(str) + " " + shares["label"].astype(str)
    for reason in (RARE, USELESS, NEARER, MOVED):
        concerned = names[wider & (reasons == reason)].str.removeprefix("all ")
        if len(concerned):
            yield (f"{WIDER_NOTE}{name_rows(concerned)}; {reason}.")
