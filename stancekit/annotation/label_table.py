"""Say what a table of labels is: one row for each annotator's answer on a comment."""

from __future__ import annotations

from typing import Any

import pandas as pd

from stancekit.threads import COMMENT_ID, STATUS, missing_column, name_rows

ANNOTATOR = "annotator"
LABEL = "label"
REJECTED_LABEL = "rejected_label"

SUBMITTED = "submitted"
SKIPPED = "skipped"
CANCELLED = "cancelled"
REJECTED = "rejected"
UNLABELLED = "unlabelled"
ANSWERS = (SUBMITTED, SKIPPED, CANCELLED, REJECTED, UNLABELLED)

LABEL_COLUMNS = (COMMENT_ID, ANNOTATOR, LABEL, STATUS, REJECTED_LABEL)


def label_rows(labels: Any) -> pd.DataFrame:
    """Return a copy of a table of labels after checking its columns and answers."""
    rows = pd.DataFrame(labels).reset_index(drop=True)
    for name in (COMMENT_ID, ANNOTATOR, LABEL):
        if name not in rows.columns:
            raise missing_column(name, rows.columns)
    if STATUS not in rows.columns:
        rows[STATUS] = rows[LABEL].notna().map({True: SUBMITTED, False: UNLABELLED})
    unknown = set(rows[STATUS].dropna()) - set(ANSWERS)
    if unknown:
        raise ValueError(
            f"Column {STATUS!r} holds {name_rows(sorted(unknown, key=str))}; "
            f"it takes {name_rows(ANSWERS)}."
        )
    nowhere = rows.index[rows[COMMENT_ID].isna()]
    if len(nowhere):
        raise ValueError(
            f"Column {COMMENT_ID!r} is empty in rows {name_rows(nowhere)}."
        )
    rows[COMMENT_ID] = rows[COMMENT_ID].astype("str")
    return rows


def given_labels(labels: Any) -> pd.DataFrame:
    """Return the submitted labels: one row for each comment and annotator."""
    rows = label_rows(labels)
    given = rows.loc[rows[LABEL].notna() & rows[STATUS].eq(SUBMITTED)]
    given = given[[COMMENT_ID, ANNOTATOR, LABEL]].drop_duplicates(ignore_index=True)
    nameless = given.loc[given[ANNOTATOR].isna(), COMMENT_ID]
    if len(nameless):
        raise ValueError(
            f"{len(nameless)} labels do not say who gave them, on the comments "
            f"{name_rows(nameless.unique())}. Fill the column {ANNOTATOR!r}."
        )
    several = given.loc[given.duplicated([COMMENT_ID, ANNOTATOR]), COMMENT_ID].unique()
    if len(several):
        raise ValueError(
            f"{len(several)} comments have several labels by the same annotator: "
            f"{name_rows(several)}. A comment takes one position: keep one of them, or "
            f"leave them out with labels.drop_duplicates(['{COMMENT_ID}', "
            f"'{ANNOTATOR}'], keep=False)."
        )
    return given
