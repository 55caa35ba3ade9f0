"""Suggest what to label next, so that the labels can train and estimate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stancekit.annotation.sampling import inclusion_probabilities, systematic_sample
from stancekit.threads import (
    COMMENT_COLUMNS,
    COMMENT_ID,
    PARENT_TEXT,
    SAMPLING_PROB,
    SAMPLING_ROUND,
    STANCE,
    is_hidden,
    name_rows,
    with_context,
)

# What share of a draw is spread evenly over all comments, whatever the model thinks.
EVEN_SHARES = {"random": 1.0, "mixed": 0.5, "uncertain": 0.1}
# Coarser than the rounding errors of a model, so that these cannot move a draw.
DECIMALS = 6


def suggest(
    model: Any,
    table: Any,
    n: int,
    *,
    strategy: str = "mixed",
    random_state: int | None = 0,
) -> pd.DataFrame:
    r"""Draw comments to be labelled next, and record how they were drawn.

    The same labels can then train a classifier and, weighted by one over their
    ``sampling_prob``, estimate shares without bias.

    Parameters
    ----------
    model : classifier or None
        A fitted classifier with ``predict_proba(table)``. None for "random".
    table : DataFrame or sequence of str
        All comments, labelled or not, and not only those still to be labelled:
        replies need the comments they answer, and a later round the earlier ones.
    n : int
        How many comments to draw.
    strategy : {"mixed", "random", "uncertain"}, default="mixed"
        "random" gives every comment the same probability. "mixed" spreads half of the
        draw like this and the other half in proportion to the model's uncertainty;
        "uncertain" a tenth and nine tenths. So no probability is ever 0.
    random_state : int, default=0
        Seed. The order of the rows does not matter.

    Returns
    -------
    DataFrame
        The whole table, rows in their order, with its context (``parent_text`` and so
        on, to label replies with what they answer) and

        - ``sampling_round``: the number of the round in which the comment was drawn,
          0 if it was labelled before the first round, else NA. This round's comments:
          ``table[table["sampling_round"] == table["sampling_round"].max()]``;
        - ``sampling_prob``: for every comment, drawn or not, the probability described
          in the notes; NA for deleted and removed comments, which are never drawn.

    Raises
    ------
    ValueError
        If fewer than n comments are left to draw from, the strategy is unknown or
        needs a model, the model's probabilities do not fit the table, or the record
        of earlier rounds is not whole: comments that were added since, or labelled
        without having been drawn.

    Notes
    -----
    *Uncertainty* of comment i is :math:`\sqrt{1 - \sum_k \hat p_{ik}^2}`, the standard
    deviation of its label under the model; shares of the stances are estimated most
    precisely by probabilities in proportion to it [1]_. Probabilities above 1 are cut
    and the rest scaled up, and randomised systematic sampling draws n comments with
    exactly these probabilities :math:`\pi_i`, which sum to n.

    *Labels from before the first round*, which nobody drew, stand for themselves
    alone: probability 1.

    *Later rounds* draw from what was neither drawn nor labelled, with probabilities
    :math:`q_i` that may depend on all earlier labels through the model. Therefore
    :math:`\pi_i + (1 - \pi_i) q_i` is not an inclusion probability: whether i was
    drawn before changes the model, and so :math:`q_i`. What is unbiased whatever the
    model learnt is a mixture of two estimators of the total :math:`\sum_i y_i`: the
    earlier :math:`\sum_{i \in s} y_i / \pi_i`, and, given the earlier rounds,
    :math:`\sum_{i \in s} y_i + \sum_{i \in s'} y_i / q_i` [2]_. The mixing weight
    follows from the counts alone: with N comments, m drawn before and n now,

    .. math:: \lambda = \frac{m (N - m - n)}{(m + n)(N - m)}.

    So ``sampling_prob`` becomes :math:`1 / (\lambda / \pi_i + 1 - \lambda)` for those
    drawn before and :math:`q_i / (1 - \lambda)` for all others, with
    :math:`q_i \le 1 - \lambda`. If both rounds are random, it is (m + n) / N for every
    comment, as in one larger round. The same step leads from the second round to the
    third. Decide how many to draw before looking at the labels.

    References
    ----------
    .. [1] Zrnic, T., Candes, E. J. (2024). Active statistical inference. Proceedings
       of the 41st International Conference on Machine Learning.
    .. [2] Raj, D. (1956). Some estimators in sampling with varying probabilities
       without replacement. Journal of the American Statistical Association 51,
       269-284.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "comment_id": ["c1", "c2", "c3", "c4"],
    ...     "text": ["Reden!", "Liefern!", "Aha.", "Und nun?"],
    ...     "stance": ["negotiation_first", None, None, None],
    ... })
    >>> drawn = suggest(None, table, 2, strategy="random")
    >>> drawn[["comment_id", "sampling_round", "sampling_prob"]]
      comment_id  sampling_round  sampling_prob
    0         c1               0       1.000000
    1         c2               1       0.666667
    2         c3            <NA>       0.666667
    3         c4               1       0.666667
    """
    even_share = _even_share(strategy, model)
    table = with_context(table)
    labelled = _is_labelled(table)
    rounds, probs = _earlier_rounds(table, labelled)
    is_open = ~is_hidden(table) & np.isnan(rounds) & ~labelled
    _check_left(n, is_open.sum())
    _check_record(table, rounds, probs, labelled)
    order = _content_order(table)
    order = order[is_open[order]]
    sizes = np.full(len(order), 1 / len(order))
    if even_share < 1:
        sizes = _mix(_uncertainty(model, table)[order], even_share)

    before = rounds >= 1
    earlier = _earlier_weight(before.sum(), len(order), n)
    chances = inclusion_probabilities(sizes, n, most=1 - earlier)
    drawn = order[systematic_sample(chances, np.random.default_rng(random_state))]
    probs[before] = 1 / (earlier / probs[before] + 1 - earlier)
    probs[order] = np.minimum(chances / (1 - earlier), 1.0)
    rounds[drawn] = np.nanmax(rounds, initial=0) + 1
    table[SAMPLING_PROB] = probs
    table[SAMPLING_ROUND] = pd.array(rounds, dtype="Int64")
    return table


def _even_share(strategy: str, model: Any) -> float:
    if strategy not in EVEN_SHARES:
        raise ValueError(
            f"strategy={strategy!r} is unknown; it is one of {name_rows(EVEN_SHARES)}."
        )
    if strategy != "random" and model is None:
        raise ValueError(
            f"strategy={strategy!r} needs a model that can be uncertain. For a first "
            "round without one take strategy='random'."
        )
    return EVEN_SHARES[strategy]


def _is_labelled(table: pd.DataFrame) -> np.ndarray:
    """Tell which comments have a label and count: deleted and removed ones do not."""
    if STANCE not in table.columns:
        return np.zeros(len(table), dtype=bool)
    return table[STANCE].notna().to_numpy() & ~is_hidden(table)


def _earlier_rounds(
    table: pd.DataFrame, labelled: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return rounds and probabilities as recorded, or those of a first round."""
    found = {
        name: pd.to_numeric(table[name]).to_numpy(dtype=float, na_value=np.nan)
        for name in (SAMPLING_ROUND, SAMPLING_PROB)
        if name in table.columns and table[name].notna().any()
    }
    if len(found) == 1:
        raise ValueError(
            f"Column {next(iter(found))!r} stands alone: a record of how comments were "
            f"drawn needs both {SAMPLING_ROUND!r} and {SAMPLING_PROB!r}. Take the "
            "table that the earlier call of suggest returned, or drop the column."
        )
    if found:
        return found[SAMPLING_ROUND].copy(), found[SAMPLING_PROB].copy()
    return np.where(labelled, 0.0, np.nan), np.where(labelled, 1.0, np.nan)


def _check_left(n: int, n_open: int) -> None:
    if not 1 <= n <= n_open:
        raise ValueError(
            f"n={n}, but {n_open} comments are left to draw from; those already drawn "
            "or labelled, deleted and removed do not count."
        )


def _check_record(
    table: pd.DataFrame, rounds: np.ndarray, probs: np.ndarray, labelled: np.ndarray
) -> None:
    """Raise unless the earlier rounds, if there are any, cover the whole table."""
    if not (rounds >= 1).any():
        return
    ids = table[COMMENT_ID] if COMMENT_ID in table.columns else table.index.to_series()
    drawn = ~np.isnan(rounds)
    not_drawn = labelled & ~drawn
    if not_drawn.any():
        raise ValueError(
            f"{not_drawn.sum()} comments are labelled without having been drawn in an "
            f"earlier round: {name_rows(ids[not_drawn])}. Such labels distort "
            f"estimates; set their {STANCE!r} to NA and keep them elsewhere."
        )
    outside = ~((probs > 0) & (probs <= 1)) & (drawn | ~is_hidden(table))
    if outside.any():
        raise ValueError(
            f"{outside.sum()} comments have no {SAMPLING_PROB!r} between 0 and 1 from "
            f"the earlier rounds: {name_rows(ids[outside])}. Comments that came later "
            "must be drawn from as a table of their own."
        )


def _content_order(table: pd.DataFrame) -> np.ndarray:
    """Return an order of the rows that does not depend on how they are ordered."""
    if COMMENT_ID in table.columns:
        return np.argsort(table[COMMENT_ID].to_numpy(dtype=object), kind="stable")
    columns = [
        name for name in (*COMMENT_COLUMNS, PARENT_TEXT) if name in table.columns
    ]
    keys = pd.util.hash_pandas_object(table[columns].astype(str), index=False)
    return np.argsort(keys.to_numpy(), kind="stable")


def _uncertainty(model: Any, table: pd.DataFrame) -> np.ndarray:
    """Return the standard deviation of each comment's label under the model."""
    proba = np.asarray(model.predict_proba(table), dtype=float)
    if proba.ndim != 2 or len(proba) != len(table):
        raise ValueError(
            f"The model's predict_proba returned an array of shape {proba.shape} for "
            f"{len(table)} comments; expected ({len(table)}, number of labels)."
        )
    return np.sqrt(np.clip(1 - (proba**2).sum(axis=1), 0, None)).round(DECIMALS)


def _mix(doubts: np.ndarray, even_share: float) -> np.ndarray:
    """Return sizes that sum to 1: partly even, partly in proportion to the doubts."""
    n = len(doubts)
    if np.isnan(doubts).any():
        raise ValueError(
            f"The model gives no probabilities for {np.isnan(doubts).sum()} comments "
            "that could be drawn."
        )
    even = np.full(n, 1 / n)
    if not doubts.any():
        return even
    return even_share * even + (1 - even_share) * doubts / doubts.sum()


def _earlier_weight(n_before: int, n_open: int, n: int) -> float:
    return n_before * (n_open - n) / ((n_before + n) * n_open)
