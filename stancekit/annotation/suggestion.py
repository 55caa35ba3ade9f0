"""Suggest what to label next, so that the labels can train and estimate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.errors import name_rows
from stancekit.labels import clean_labels, warn_of_odd_labels
from stancekit.threads import has_no_text, with_context

# What share of a draw is spread evenly over all comments, whatever the model thinks:
# never none, since a comment that cannot be drawn biases every share.
EVEN_SHARES = {"random": 1.0, "mixed": 0.5, "uncertain": 0.1}
# Coarser than the rounding errors of a model, so that these cannot move a draw.
DECIMALS = 6


def suggest(
    table: Any,
    n: int,
    *,
    model: Any = None,
    strategy: str = "mixed",
    random_state: int | None = 0,
) -> pd.DataFrame:
    r"""Draw comments to be labelled next, and record how they were drawn.

    The same labels can then train a classifier and, weighted by one over their
    ``sampling_prob``, estimate shares without bias.

    Parameters
    ----------
    table : DataFrame or sequence of str
        All comments, labelled or not: a later round needs the earlier ones.
    n : int
        How many comments to draw.
    model : classifier, optional
        A fitted classifier with ``predict_proba(table)``; only "random" does without.
    strategy : {"mixed", "random", "uncertain"}, default="mixed"
        What part of the draw gives every comment the same probability: all of it, half
        or a tenth. The rest goes by the model's uncertainty; no probability is ever 0.
    random_state : int, default=0
        Seed. The order of the rows does not matter.

    Returns
    -------
    DataFrame
        The whole table with its context (``parent_text`` and so on) and

        - ``sampling_round``: in which round the comment was drawn, 0 if it was labelled
          before the first, else NA. This round's have the largest;
        - ``sampling_prob``: the probability described in the notes, also of comments
          not drawn; NA for those without a text, which are never drawn.

    Raises
    ------
    ValueError
        If fewer than n comments are left, the strategy is unknown or needs a model, the
        model's probabilities do not fit the table, or the record of earlier rounds is
        not whole: comments that were added since, or labelled without being drawn.

    Notes
    -----
    *Uncertainty* of comment i is :math:`\sqrt{1 - \sum_k \hat p_{ik}^2}`, the standard
    deviation of its label under the model; probabilities in proportion to it estimate
    shares most precisely [1]_. Those above 1 are cut, the rest scaled up, and n
    comments are drawn with exactly these :math:`\pi_i`, systematically in random order
    [3]_. Labels from before the first round stand for themselves: probability 1.

    *Later rounds* draw from what was neither drawn nor labelled, with probabilities
    :math:`q_i` that may depend on all earlier labels through the model. Therefore
    :math:`\pi_i + (1 - \pi_i) q_i` is no inclusion probability. Unbiased whatever the
    model learnt is a mixture of two estimators of the total :math:`\sum_i y_i`: the
    earlier :math:`\sum_{i \in s} y_i / \pi_i` and, given the earlier rounds,
    :math:`\sum_{i \in s} y_i + \sum_{i \in s'} y_i / q_i` [2]_. Its weight follows from
    counts alone: with N comments, m drawn before and n now,

    .. math:: \lambda = \frac{m (N - m - n)}{(m + n)(N - m)}.

    So ``sampling_prob`` becomes :math:`1 / (\lambda / \pi_i + 1 - \lambda)` for those
    drawn before and :math:`q_i / (1 - \lambda)` for all others, with
    :math:`q_i \le 1 - \lambda`; if both rounds are random, (m + n) / N for all, as in
    one larger round. Decide how many to draw before looking at the labels.

    References
    ----------
    .. [1] Zrnic, T., Candes, E. J. (2024). Active statistical inference. Proceedings
       of the 41st International Conference on Machine Learning.
    .. [2] Raj, D. (1956). Some estimators in sampling with varying probabilities
       without replacement. Journal of the American Statistical Association 51,
       269-284.
    .. [3] Hartley, H. O., Rao, J. N. K. (1962). Sampling with unequal probabilities
       and without replacement. Annals of Mathematical Statistics 33, 350-374.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "comment_id": ["c1", "c2", "c3", "c4"],
    ...     "text": ["Reden!", "Liefern!", "Aha.", "Und nun?"],
    ...     "stance": ["negotiation_first", None, None, None],
    ... })
    >>> drawn = suggest(table, 2, strategy="random")
    >>> drawn[["comment_id", "sampling_round", "sampling_prob"]]
      comment_id  sampling_round  sampling_prob
    0         c1               0       1.000000
    1         c2               1       0.666667
    2         c3            <NA>       0.666667
    3         c4               1       0.666667
    """
    even_share = _even_share(strategy, model)
    table = with_context(table)
    spoken, labelled = ~has_no_text(table), np.zeros(len(table), dtype=bool)
    if col.STANCE in table.columns:
        warn_of_odd_labels(table[col.STANCE], stacklevel=3)
        labelled = pd.notna(clean_labels(table[col.STANCE])) & spoken
    rounds, probs = _earlier_rounds(table, labelled)
    is_open = spoken & np.isnan(rounds) & ~labelled
    if not 1 <= n <= is_open.sum():
        raise ValueError(
            f"n={n}, but {is_open.sum()} comments are left to draw from; those already "
            "drawn or labelled, deleted and removed do not count."
        )
    _check_record(table, rounds, probs, labelled)
    order = _content_order(table)
    # The draw goes by this order, not by that of the table.
    order = order[is_open[order]]
    sizes = np.full(len(order), 1 / len(order))
    if even_share < 1 and (doubts := _doubts(model, table, order)).any():
        sizes = even_share * sizes + (1 - even_share) * doubts / doubts.sum()
    before = rounds >= 1
    m, n_open = before.sum(), len(order)
    # The weight λ of the notes.
    earlier = m * (n_open - n) / ((m + n) * n_open)
    chances = inclusion_probabilities(sizes, n, most=1 - earlier)
    drawn = order[systematic_sample(chances, np.random.default_rng(random_state))]
    probs[before] = 1 / (earlier / probs[before] + 1 - earlier)
    # Rounding may lead a little above 1.
    probs[order] = np.minimum(chances / (1 - earlier), 1.0)
    rounds[drawn] = np.nanmax(rounds, initial=0) + 1
    table[col.SAMPLING_PROB] = probs
    table[col.SAMPLING_ROUND] = pd.array(rounds, dtype="Int64")
    return table


def _even_share(strategy: str, model: Any) -> float:
    if strategy not in EVEN_SHARES:
        raise ValueError(
            f"strategy={strategy!r} is unknown; it is one of {name_rows(EVEN_SHARES)}."
        )
    if strategy != "random" and model is None:
        raise ValueError(
            f"strategy={strategy!r} needs a model that can be uncertain: give a fitted "
            "one as model=, or draw a first round with strategy='random'."
        )
    return EVEN_SHARES[strategy]


def _earlier_rounds(
    table: pd.DataFrame, labelled: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return rounds and probabilities as recorded, or those of a first round."""
    found = {
        name: pd.to_numeric(table[name]).to_numpy(dtype=float, na_value=np.nan)
        for name in (col.SAMPLING_ROUND, col.SAMPLING_PROB)
        if name in table.columns and table[name].notna().any()
    }
    if len(found) == 1:
        raise ValueError(
            f"Column {next(iter(found))!r} stands alone: a record of how comments were "
            f"drawn needs both {col.SAMPLING_ROUND!r} and {col.SAMPLING_PROB!r}. Take "
            "the table that the earlier call of suggest returned, or drop the column."
        )
    if found:
        return found[col.SAMPLING_ROUND].copy(), found[col.SAMPLING_PROB].copy()
    return np.where(labelled, 0.0, np.nan), np.where(labelled, 1.0, np.nan)


def _check_record(
    table: pd.DataFrame, rounds: np.ndarray, probs: np.ndarray, labelled: np.ndarray
) -> None:
    """Raise unless the earlier rounds, if there are any, cover the whole table."""
    if not (rounds >= 1).any():
        return
    ids = table.get(col.COMMENT_ID, table.index.to_series())
    drawn = ~np.isnan(rounds)
    not_drawn = labelled & ~drawn
    if not_drawn.any():
        raise ValueError(
            f"{not_drawn.sum()} comments are labelled without having been drawn in an "
            f"earlier round: {name_rows(ids[not_drawn])}. Such labels distort "
            f"estimates; set their {col.STANCE!r} to NA and keep them elsewhere."
        )
    outside = ~((probs > 0) & (probs <= 1)) & (drawn | ~has_no_text(table))
    if outside.any():
        raise ValueError(
            f"{outside.sum()} comments have no {col.SAMPLING_PROB!r} between 0 and 1 "
            f"from the earlier rounds: {name_rows(ids[outside])}. Comments that came "
            "later must be drawn from as a table of their own."
        )


def _content_order(table: pd.DataFrame) -> np.ndarray:
    """Return an order of the rows that does not depend on how they are ordered."""
    if col.COMMENT_ID in table.columns:
        return np.argsort(table[col.COMMENT_ID].to_numpy(dtype=object), kind="stable")
    ours = pd.Index([*col.COMMENT_COLUMNS, col.PARENT_TEXT])
    columns = ours.intersection(table.columns, sort=False)
    # Without ids what a comment says tells it apart.
    keys = pd.util.hash_pandas_object(table[columns].astype(str), index=False)
    return np.argsort(keys.to_numpy(), kind="stable")


def _doubts(model: Any, table: pd.DataFrame, order: np.ndarray) -> np.ndarray:
    """Return the standard deviation of the labels of some rows under the model."""
    proba = np.asarray(model.predict_proba(table), dtype=float)
    if proba.ndim != 2 or len(proba) != len(table):
        raise ValueError(
            f"The model's predict_proba returned an array of shape {proba.shape} for "
            f"{len(table)} comments; expected ({len(table)}, number of labels)."
        )
    squares = (proba[order] ** 2).sum(axis=1)
    if np.isnan(squares).any():
        raise ValueError(
            f"The model gives no probabilities for {np.isnan(squares).sum()} comments "
            "that could be drawn."
        )
    # Probabilities that add up to a little more than 1 would give a root of less than
    # 0.
    return np.sqrt(np.clip(1 - squares, 0, None)).round(DECIMALS)


def inclusion_probabilities(
    sizes: np.ndarray, n: int, *, most: float = 1.0
) -> np.ndarray:
    """Return probabilities proportional to size, at most ``most``, that sum to n.

    >>> inclusion_probabilities(np.array([1.0, 1.0, 2.0, 6.0]), 2)
    array([0.25, 0.25, 0.5 , 1.  ])
    """
    # Where one would exceed the most allowed, the others are scaled up, repeatedly.
    free = np.ones(len(sizes), dtype=bool)
    while free.any():
        scaled = sizes * ((n - most * (~free).sum()) / sizes[free].sum())
        too_large = free & (scaled > most)
        if not too_large.any():
            return np.where(free, scaled, most)
        free &= ~too_large
    return np.full(len(sizes), float(most))


def systematic_sample(probs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw as many rows as the probabilities sum to, each with its own exactly."""
    # In random order the rows are laid end to end, each as long as its probability;
    # those in which u, u + 1, u + 2, ... fall are taken, u uniform between 0 and 1.
    # Kept apart, since a rounding error could take a certain row twice.
    certain = probs >= 1
    others = rng.permutation(np.flatnonzero(~certain))
    ends = np.cumsum(probs[others])
    n = round(float(ends[-1])) if len(ends) else 0
    ends *= n / ends[-1] if n else 1.0
    hits = np.searchsorted(ends, rng.uniform() + np.arange(n), side="right")
    return np.sort(np.concatenate([np.flatnonzero(certain), others[hits]]))
