"""Make one label of several: the one most annotators gave."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from stancekit.annotation.label_table import LABEL, given_labels, label_rows
from stancekit.errors import DataWarning
from stancekit.threads import COMMENT_ID, name_rows

N_ANNOTATORS = "n_annotators"
N_AGREE = "n_agree"
TIE = "tie"


def resolve_labels(labels: pd.DataFrame) -> pd.DataFrame:
    """Return one label for each comment: the one that most annotators gave.

    Parameters
    ----------
    labels : DataFrame
        Labels as :func:`read_labels` returns them: ``comment_id``, ``annotator``,
        ``label`` and, if it is there, ``status``. Only submitted labels are votes; a
        skipped comment is none, and a rejected label is no vote for another one.

    Returns
    -------
    DataFrame
        One row for each comment, in the order in which they first stand in
        ``labels``, with the columns

        - ``comment_id``;
        - ``label``: the most frequent label; NA where two are equally frequent, and
          where nobody gave one;
        - ``n_annotators``: how many gave a label;
        - ``n_agree``: how many gave the most frequent one;
        - ``tie``: whether several labels are the most frequent.

    Raises
    ------
    ValueError
        If a column is missing, a label has no annotator, or an annotator gave one
        comment several labels.

    Warns
    -----
    DataWarning
        If there are ties, with the comments that need a decision.

    Examples
    --------
    >>> labels = pd.DataFrame({
    ...     "comment_id": ["c1", "c1", "c1", "c2", "c2"],
    ...     "annotator": ["ina", "ole", "uwe", "ina", "ole"],
    ...     "label": ["pro", "pro", "contra", "contra", "contra"],
    ... })
    >>> resolve_labels(labels)
      comment_id   label  n_annotators  n_agree    tie
    0         c1     pro             3        2  False
    1         c2  contra             2        2  False

    To bring them into the comment table:

    >>> table = pd.DataFrame({"comment_id": ["c2", "c3"], "text": ["Nein.", "Ja."]})
    >>> found = resolve_labels(labels).set_index("comment_id")["label"]
    >>> table["comment_id"].map(found)
    0    contra
    1       NaN
    Name: comment_id, dtype: str
    """
    given = given_labels(labels)
    comments = label_rows(labels)[COMMENT_ID].unique()
    votes = given.groupby([COMMENT_ID, LABEL]).size().rename("votes").reset_index()
    most = votes.groupby(COMMENT_ID)["votes"].transform("max")
    winners = votes[votes["votes"] == most].groupby(COMMENT_ID)
    resolved = pd.DataFrame(
        {
            LABEL: winners[LABEL].first(),
            N_ANNOTATORS: given.groupby(COMMENT_ID).size(),
            N_AGREE: winners["votes"].first(),
            TIE: winners.size() > 1,
        },
        index=pd.Index(comments, name=COMMENT_ID),
    )
    counts = [N_ANNOTATORS, N_AGREE]
    resolved[counts] = resolved[counts].fillna(0).astype(int)
    resolved[TIE] = resolved[TIE].eq(True)
    resolved[LABEL] = resolved[LABEL].where(~resolved[TIE], other=np.nan)
    _report_ties(resolved)
    return resolved.reset_index()


def _report_ties(resolved: pd.DataFrame) -> None:
    tied = resolved.index[resolved[TIE]]
    if len(tied):
        warnings.warn(
            f"{len(tied)} of {len(resolved)} comments have no majority and get no "
            f"label: {name_rows(tied)}. Decide them by hand; they are the rows with "
            f"{TIE!r} True.",
            DataWarning,
            stacklevel=3,
        )
