"""Compare what a model gains from the parent and from the thread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from stancekit.classifier import StanceClassifier
from stancekit.conversation import ConversationClassifier
from stancekit.evaluation.crossval import evaluate
from stancekit.evaluation.result import Evaluation
from stancekit.threads import (
    DEPTH,
    N_REPLIES,
    PARENT_AUTHOR,
    PARENT_FOUND,
    PARENT_TEXT,
    STANCE,
    with_context,
)

OWN_WORDS = "own words"
WITH_PARENT = "with parent"
SHUFFLED = "shuffled parents"
WHOLE_THREAD = "whole thread"


def compare_context(
    model: BaseEstimator,
    table: Any,
    label_column: str = STANCE,
    *,
    n_splits: int = 5,
    n_repeats: int = 1,
    confidence_level: float = 0.95,
    random_state: int = 0,
) -> pd.DataFrame:
    """Compare, on the same folds, how much of the thread a model may see.

    Parameters
    ----------
    model : classifier
        Of single comments. Of a :class:`~stancekit.ConversationClassifier` its first
        classifier is taken.
    table : DataFrame
        Comments and replies. Those without a label stand beside the others as context.
    label_column : str, default="stance"
        The human labels.
    n_splits, n_repeats, confidence_level, random_state
        As for :func:`evaluate`.

    Returns
    -------
    DataFrame
        Indexed by ``context``:

        - "own words": every comment as if it answered nothing;
        - "with parent": as it is;
        - "shuffled parents": each reply with the parent of another reply. What is
          left of the gain comes from knowing that it is a reply, not from what it
          answers;
        - "whole thread": a :class:`~stancekit.ConversationClassifier` around the
          model. Left out where the model is no :class:`~stancekit.StanceClassifier`.

        Columns ``macro_f1`` with its interval ``low`` and ``high``, ``difference`` to
        own words with its interval ``difference_low`` and ``difference_high`` (paired
        by group; NaN for own words), ``n`` (comments) and ``n_groups``.

    Raises
    ------
    ValueError
        If fewer than two comments answer one that is in the table, or as
        :func:`evaluate`.

    Examples
    --------
    >>> from stancekit.datasets import load_corpus
    >>> found = compare_context(
    ...     StanceClassifier(cv=2), load_corpus().head(100), n_splits=2
    ... )
    >>> found.index.tolist()
    ['own words', 'with parent', 'shuffled parents', 'whole thread']
    """
    table = with_context(table)
    single = single_classifier(model)
    versions = {
        OWN_WORDS: (single, without_parents(table)),
        WITH_PARENT: (single, table),
        SHUFFLED: (single, with_shuffled_parents(table, random_state)),
    }
    if isinstance(single, StanceClassifier):
        versions[WHOLE_THREAD] = (ConversationClassifier(single), table)
    evaluations = {
        name: evaluate(
            version,
            comments,
            label_column,
            n_splits=n_splits,
            n_repeats=n_repeats,
            baselines=(),
            confidence_level=confidence_level,
            random_state=random_state,
        )
        for name, (version, comments) in versions.items()
    }
    own = evaluations[OWN_WORDS]
    rows = {name: _compare(found, own) for name, found in evaluations.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("context")


def single_classifier(model: BaseEstimator) -> BaseEstimator:
    """Return the classifier of single comments that a model is or contains."""
    if not isinstance(model, ConversationClassifier):
        return model
    return StanceClassifier() if model.first is None else model.first


def without_parents(table: pd.DataFrame) -> pd.DataFrame:
    """Return the comments as if none answered another; threads keep their ids.

    Examples
    --------
    >>> from stancekit.threads import add_context
    >>> table = pd.DataFrame(
    ...     {"comment_id": ["a", "b"], "parent_id": [None, "a"], "text": ["Ja", "Nein"]}
    ... )
    >>> without_parents(add_context(table))[["parent_text", "depth", "thread_id"]]
      parent_text  depth thread_id
    0         NaN      0         a
    1         NaN      0         a
    """
    nothing = pd.Series(np.nan, table.index, dtype="str")
    return table.assign(
        **{
            PARENT_TEXT: nothing,
            PARENT_AUTHOR: nothing,
            PARENT_FOUND: False,
            DEPTH: 0,
            N_REPLIES: 0,
        }
    )


def with_shuffled_parents(table: pd.DataFrame, random_state: int) -> pd.DataFrame:
    """Return the comments, each reply with the parent of another reply.

    Raises
    ------
    ValueError
        If there are fewer than two replies.
    """
    replies = np.flatnonzero(table[PARENT_TEXT].notna())
    if len(replies) < 2:
        raise ValueError(
            f"{len(replies)} of {len(table)} comments answer one that is in the table: "
            "there is no context to compare. It takes the columns 'comment_id' and "
            "'parent_id'."
        )
    # Moved on by one in a random order, so that none keeps its own.
    takers = np.random.default_rng(random_state).permutation(replies)
    source = np.arange(len(table))
    source[takers] = np.roll(takers, 1)
    columns = [PARENT_TEXT, PARENT_AUTHOR]
    return table.assign(**{name: table[name].array[source] for name in columns})


def _compare(found: Evaluation, own: Evaluation) -> dict[str, float]:
    score = found.macro_f1
    row = {"macro_f1": score.estimate, "low": score.low, "high": score.high}
    row |= dict.fromkeys(["difference", "difference_low", "difference_high"], np.nan)
    if found is not own:
        difference = found.difference(own)
        row["difference"] = difference.estimate
        row["difference_low"] = difference.low
        row["difference_high"] = difference.high
    return row | {"n": found.n_comments, "n_groups": found.n_groups}
