"""Make one label for each comment of what annotators gave."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.annotation.records import TEXTS, as_text
from stancekit.errors import DataWarning, name_rows
from stancekit.folds import WORD
from stancekit.labels import Codebook, clean_labels, warn_of_odd_labels
from stancekit.threads import check_comments, has_no_text

# What is drawn as a whole: the comment, or its thread where the table tells.
GROUP = "group"

SUBMITTED = "submitted"
SKIPPED = "skipped"
CANCELLED = "cancelled"
REJECTED = "rejected"
UNLABELLED = "unlabelled"
STATUSES = (SUBMITTED, SKIPPED, CANCELLED, REJECTED, UNLABELLED)


def clean_status(status: pd.Series) -> pd.Series:
    """Return what became of each answer in our words, "" where nothing is said."""
    return _texts(status).str.casefold()


def _texts(values: pd.Series) -> pd.Series:
    return pd.Series(["" if pd.isna(v) else as_text(v) for v in values], dtype=object)


def label_rows(labels: Any) -> pd.DataFrame:
    """Return a table of labels in our words, its rows numbered as they were given.

    A blank or a word for nothing is no label and no name; what is no submitted label
    is left out of ``label``.
    """
    rows = pd.DataFrame(labels).reset_index(drop=True)
    col.require(rows.columns, col.COMMENT_ID, col.ANNOTATOR, col.LABEL)
    if col.STATUS in rows.columns:
        status = clean_status(rows[col.STATUS])
        unknown = sorted(set(status) - {*STATUSES, ""})
        if unknown:
            raise ValueError(
                f"Column {col.STATUS!r} holds {name_rows(unknown)}; "
                f"it takes {name_rows(STATUSES)}."
            )
        # Some sheets keep the label that was given before the answer was taken back.
        is_answer = status.isin([SUBMITTED, ""])
        rows[col.LABEL] = rows[col.LABEL].astype(object).where(is_answer, None)
    warn_of_odd_labels(rows[col.LABEL], stacklevel=4)
    for name in (col.LABEL, col.ANNOTATOR):
        rows[name] = clean_labels(rows[name])
    ids = _texts(rows[col.COMMENT_ID])
    nowhere = rows.index[ids == ""]
    if len(nowhere):
        raise ValueError(
            f"Column {col.COMMENT_ID!r} is empty in rows {name_rows(nowhere)}."
        )
    return rows.assign(**{col.COMMENT_ID: ids})


def given_labels(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the submitted labels: one row for each comment and annotator."""
    given = rows.loc[
        rows[col.LABEL].notna(), [col.COMMENT_ID, col.ANNOTATOR, col.LABEL]
    ]
    # Who gave the same label twice, in two exports of one project, has one vote.
    given = given.drop_duplicates(ignore_index=True)
    nameless = given.loc[given[col.ANNOTATOR].isna(), col.COMMENT_ID]
    if len(nameless):
        raise ValueError(
            f"{len(nameless)} labels do not say who gave them, on the comments "
            f"{name_rows(nameless.unique())}. Fill the column {col.ANNOTATOR!r}."
        )
    several = given[given.duplicated([col.COMMENT_ID, col.ANNOTATOR])]
    if len(several):
        ids = several[col.COMMENT_ID].unique()
        raise ValueError(
            f"{len(ids)} comments have several labels by the same annotator: "
            f"{name_rows(ids)} (by {by_annotator(several)}). A comment takes one "
            "position: keep one of them, or leave these comments out. If two people "
            "gave them, name their files differently."
        )
    return given


def resolve_labels(labels: pd.DataFrame) -> pd.DataFrame:
    """Return one label for each comment: the one that most annotators gave.

    Parameters
    ----------
    labels : DataFrame
        As :func:`read_labels` returns them: ``comment_id``, ``annotator``, ``label``
        and, if it is there, ``status``. Only submitted labels are votes.

    Returns
    -------
    DataFrame
        One row for each comment, in the order of ``labels``: ``comment_id``;
        ``label``, the most frequent one, NA where several are or nobody gave one;
        ``n_annotators``, how many gave a label; ``n_agree``, how many the most frequent
        one; ``tie``, whether several are the most frequent.

    Raises
    ------
    ValueError
        If a column is missing, a label has no annotator, or an annotator gave one
        comment several labels.

    Warns
    -----
    DataWarning
        If there are ties, with the comments that need a decision, or odd labels.

    Notes
    -----
    The majority, not a model of the annotators such as that of Dawid and Skene [1]_,
    since that is no better in a usual round: of 200 comments with labels by two people
    who err on 8 %, and by a third on ties, both get 98.6 % right; where they err on
    25 %, the majority 87.8 % and the model 86.2 %. It gains 1 to 3 points where each of
    three leans to a label of their own, or two of five are careless
    (``benchmarks/results/annotators.json``), which :func:`agreement` shows by person.

    References
    ----------
    .. [1] Dawid, A. P., Skene, A. M. (1979). Maximum likelihood estimation of observer
       error-rates using the EM algorithm. Applied Statistics 28, 20-28.

    Examples
    --------
    >>> labels = pd.DataFrame({
    ...     "comment_id": ["c1", "c1", "c1", "c2", "c2"],
    ...     "annotator": ["ina", "ole", "uwe", "ina", "ole"],
    ...     "label": ["pro", "pro", "contra", "contra", "contra"],
    ... })
    >>> resolved = resolve_labels(labels)
    >>> resolved
      comment_id   label  n_annotators  n_agree    tie
    0         c1     pro             3        2  False
    1         c2  contra             2        2  False
    >>> table = pd.DataFrame({"comment_id": ["c2", "c3"], "text": ["Nein.", "Ja."]})
    >>> table.merge(resolved[["comment_id", "label"]], how="left")
      comment_id   text   label
    0         c2  Nein.  contra
    1         c3    Ja.     NaN
    """
    resolved = count_votes(label_rows(labels))
    tied = resolved.loc[resolved["tie"], col.COMMENT_ID]
    if len(tied):
        warnings.warn(
            f"{len(tied)} of {len(resolved)} comments have no majority and get no "
            f"label: {name_rows(tied)}. Decide them by hand; they are the rows with "
            "'tie' True.",
            DataWarning,
            stacklevel=2,
        )
    return resolved


def by_annotator(rows: pd.DataFrame) -> str:
    """Name the comments of some labels, for each annotator."""
    ids = rows.groupby(col.ANNOTATOR)[col.COMMENT_ID]
    return "; ".join(f"{name}: {name_rows(found.unique())}" for name, found in ids)


def count_votes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what :func:`resolve_labels` does, for labels in our words."""
    given = given_labels(rows)
    votes = given.groupby([col.COMMENT_ID, col.LABEL], as_index=False).size()
    most = votes.groupby(col.COMMENT_ID)["size"].transform("max")
    winners = votes[votes["size"] == most].groupby(col.COMMENT_ID)
    resolved = pd.DataFrame(
        {
            col.LABEL: winners[col.LABEL].first(),
            "n_annotators": given.groupby(col.COMMENT_ID).size(),
            "n_agree": winners["size"].first(),
            "tie": winners.size() > 1,
        },
        index=pd.Index(rows[col.COMMENT_ID].unique(), name=col.COMMENT_ID),
    )
    counts = ["n_annotators", "n_agree"]
    resolved[counts] = resolved[counts].fillna(0).astype(int)
    # Of a comment without any label neither is known.
    resolved["tie"] = resolved["tie"].eq(True)
    # Either winner would be a choice that nobody made.
    resolved[col.LABEL] = resolved[col.LABEL].where(~resolved["tie"], other=np.nan)
    return resolved.reset_index()


def gather_labels(
    files: Sequence[pd.DataFrame], table: pd.DataFrame, codebook: Codebook | None
) -> pd.DataFrame:
    """Return the labels of all files as one table, if they are about this table."""
    table = check_comments(table, require=[col.COMMENT_ID])
    rows = label_rows(pd.concat(files, ignore_index=True))
    given = given_labels(rows)
    if codebook is not None:
        unknown = given[~given[col.LABEL].isin(codebook.labels)]
        named = name_rows(unknown[col.LABEL].unique())
        _refuse(
            unknown,
            f"labels ({named}) are not in the codebook, "
            f"which has {name_rows(codebook.labels, most=20)}",
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
