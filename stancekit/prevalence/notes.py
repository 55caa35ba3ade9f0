"""Say what a reader of shares must know."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.errors import DataWarning, name_rows
from stancekit.prevalence.limits import labelled_clusters
from stancekit.prevalence.rows import Rows
from stancekit.prevalence.shares import ClusterTotals, Shares

# Of tables drawn as they say, 1 in 20 gets the sentence all the same.
UNLIKELY = 0.05
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


def notes_on(
    rows: Rows, by: str | None, balance: float, min_labelled: int
) -> Iterator[str]:
    """Say what was left out, put together or assumed, a sentence each."""
    left_out = {
        "deleted or removed comments": rows.n_hidden,
        "comments without text": rows.n_without_text,
        f"without {by}": rows.n_without_group,
    }
    yield from (f"Not counted: {n} {what}." for what, n in left_out.items() if n)
    if rows.without_labels:
        yield f"Not estimated, for want of labels: {name_rows(rows.without_labels)}."
    if rows.design.sampling == "assumed":
        yield (
            f"Without {col.SAMPLING_PROB}, the labelled comments are assumed to have "
            "been drawn at random."
        )
    if balance < UNLIKELY:
        yield (
            "The labelled comments are unlike the others by their predictions "
            # Smaller ones are no more certain than the F distribution is.
            f"(p = {max(balance, 0.001):.3f}): unless by chance, they were drawn "
            "otherwise than the table says, and the shares are not to be trusted."
        )
    if (design := rows.design).n_skipped:
        yield (
            f"{design.n_skipped} of {design.n_drawn} comments drawn for labelling have "
            "no label: if they were skipped for what they say, the shares are biased."
        )
    if rows.pooled:
        yield (
            f"Put together, as each has fewer than {min_labelled} labelled comments: "
            f"{name_rows(rows.pooled, most=20)}."
        )


def warn_of_few_labels(rows: Rows, totals: ClusterTotals, min_labelled: int) -> None:
    """Warn of groups without enough labels, or with labels in one cluster only."""
    if rows.without_labels:
        few = (
            "none of their comments has a label"
            if min_labelled == 1
            else f"fewer than {min_labelled} of their comments have a label"
        )
        warnings.warn(
            f"Not estimated, because {few}: {name_rows(rows.without_labels)}. Label "
            "some, or group more coarsely.",
            DataWarning,
            stacklevel=3,
        )
    alone = np.array(rows.groups, dtype=object)[labelled_clusters(totals) < 2]
    if len(alone):
        is_finest = rows.clusters == col.THREAD_ID
        finer = "" if is_finest else ", or give a finer group, such as 'thread_id'"
        warnings.warn(
            f"All labels lie in one cluster ({rows.clusters}), which tells nothing "
            f"about others; the interval is [0, 1] for: {name_rows(alone)}. Label "
            f"comments of more of them{finer}.",
            DataWarning,
            stacklevel=3,
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
            yield f"{WIDER_NOTE}{name_rows(concerned)}; {reason}."
