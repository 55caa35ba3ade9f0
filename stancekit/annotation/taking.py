"""Take the labels of annotators into the comment table they were drawn from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.annotation.label_table import (
    by_annotator,
    count_votes,
    given_labels,
    label_rows,
)
from stancekit.annotation.records import TEXTS
from stancekit.errors import name_rows
from stancekit.folds import WORD
from stancekit.labels import Codebook, clean_labels
from stancekit.threads import check_comments, has_no_text


def gather_labels(
    files: Sequence[pd.DataFrame], table: pd.DataFrame, codebook: Codebook | None
) -> pd.DataFrame:
    """Return the labels of all files as one table, if they are about this table.

    Raises
    ------
    ValueError
        If a label is not in the codebook, a comment has several by one annotator, is
        not in the table or has another text there; with the annotators and ids.
    """
    table = check_comments(table, require=[col.COMMENT_ID])
    rows = label_rows(pd.concat(files, ignore_index=True))
    given = given_labels(rows)
    if codebook is not None:
        _refuse(
            given[~given[col.LABEL].isin(codebook.labels)],
            "labels are not in the codebook, which has "
            f"{name_rows(codebook.labels, most=20)}",
        )
    _refuse(
        rows[~rows[col.COMMENT_ID].isin(table[col.COMMENT_ID])],
        "answers are about comments that are not in the table. Name the table that "
        "they were drawn from",
    )
    for file in files:
        changed = _changed(file.attrs.get(TEXTS, ()), table)
        _refuse(
            file[file[col.COMMENT_ID].isin(changed)],
            "answers stand beside another text than the table has. Where a sheet was "
            "sorted in part, ids and texts no longer belong together: sort it as a "
            "whole, or export it again",
        )
    return rows


def _refuse(rows: pd.DataFrame, problem: str) -> None:
    if len(rows):
        # Nobody opened a comment that has no annotator.
        named = rows.fillna({col.ANNOTATOR: "nobody"})
        raise ValueError(f"{len(rows)} {problem}. By {by_annotator(named)}.")


def _changed(texts: Sequence[tuple[str, str]], table: pd.DataFrame) -> list[str]:
    """Return the ids whose text a label file gives otherwise than the table."""
    shown = table[table[col.COMMENT_ID].isin([comment_id for comment_id, _ in texts])]
    ours = dict(zip(shown[col.COMMENT_ID], map(_letters, shown[col.TEXT]), strict=True))
    # Some tools show headline, parent and comment as one text, others cut long ones.
    pairs = [(ours[comment_id], _letters(text)) for comment_id, text in texts]
    return [
        comment_id
        for (comment_id, _), (mine, theirs) in zip(texts, pairs, strict=True)
        if mine not in theirs and theirs not in mine
    ]


def _letters(text: str) -> str:
    """Return a text without what spreadsheets change: blanks, quotes, dashes."""
    return "".join(WORD.findall(text))


def take_labels(
    table: pd.DataFrame, labels: pd.DataFrame, third: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table with the majority's labels, and the votes on each comment.

    Ties get the label that a third person gave. A comment without a text gets none.

    Raises
    ------
    ValueError
        If a comment has another label in the table already.
    """
    table = check_comments(table, require=[col.COMMENT_ID])
    votes = count_votes(labels).set_index(col.COMMENT_ID)
    if third is not None:
        decided = count_votes(third).set_index(col.COMMENT_ID)[col.LABEL]
        open_ = votes.index[votes["tie"]]
        votes.loc[open_, col.LABEL] = decided.reindex(open_)
    found = table[col.COMMENT_ID].map(votes[col.LABEL]).astype(object)
    found[has_no_text(table)] = None
    earlier = pd.Series(None, table.index, dtype=object)
    if col.STANCE in table.columns:
        earlier[:] = clean_labels(table[col.STANCE])
    other = earlier.notna() & found.notna() & (earlier != found)
    if other.any():
        raise ValueError(
            f"{other.sum()} comments have another label in the table already: "
            f"{name_rows(table.loc[other, col.COMMENT_ID])}. Empty these labels there, "
            "or leave the comments out of the label files."
        )
    labelled = found.where(found.notna(), earlier)
    return table.assign(**{col.STANCE: labelled.where(labelled.notna(), np.nan)}), votes
