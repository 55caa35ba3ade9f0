"""Compute how far the labels of several people agree."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import norm, t
from sklearn.metrics import cohen_kappa_score

from stancekit import columns as col
from stancekit.annotation.label_table import GROUP
from stancekit.intervals import Interval, bootstrap, drawn_sums, f1_by_class

# With two, the "majority of the others" is one person's label.
FEWEST_ANNOTATORS = 3
MAJORITY = "majority"


def alphas(
    counts: pd.DataFrame,
    groups: np.ndarray,
    *,
    n_draws: int,
    level: float,
    random_state: int | None,
) -> tuple[Interval, dict[str, Interval], float]:
    """Return alpha, that of each label against the rest, and the observed agreement.

    ``counts`` says how often each label (column) stands on each comment (row).
    """
    each = _coincidences(counts.to_numpy(dtype=float))
    codes, names = pd.factorize(groups, sort=True)
    totals = np.zeros((len(names), *each.shape[1:]))
    np.add.at(totals, codes, each)
    rng = np.random.default_rng(random_state)
    sums = totals.sum(axis=0)
    # Weights that are exponential (the Bayesian bootstrap) leave no group out, so what
    # stands in one group only is there in each draw.
    draws = drawn_sums(
        totals, n_draws, lambda n: rng.standard_exponential((n, len(totals)))
    )
    labels_each = sums.sum() / len(counts)

    def interval(sums: np.ndarray, draws: np.ndarray) -> Interval:
        estimate, low, high = _alpha(sums), np.nan, np.nan
        if len(totals) > 1 and not np.isnan(estimate):
            low, high = _ends(draws, labels_each, len(totals), level, rng)
        return Interval(
            estimate, min(low, estimate), max(high, estimate), level, len(totals)
        )

    by_label = {
        label: interval(_one_against_rest(sums, k), _one_against_rest(draws, k))
        for k, label in enumerate(counts.columns)
    }
    return interval(sums, draws), by_label, float(np.trace(sums) / sums.sum())


def _coincidences(counts: np.ndarray) -> np.ndarray:
    """Return what each comment adds, shape (n, k, k), from its counts of k labels."""
    pairs = counts[:, :, None] * (counts[:, None, :] - np.eye(counts.shape[1]))
    # Each comment counts by its number of labels, not of pairs.
    return pairs / (counts.sum(axis=1) - 1)[:, None, None]


def _alpha(sums: np.ndarray) -> float:
    """Return alpha for coincidences of shape (k, k); NaN if all labels are equal."""
    n = sums.sum()
    expected = n**2 - (sums.sum(axis=1) ** 2).sum()
    differing = n - np.trace(sums)
    return float(1 - (n - 1) * differing / expected) if expected > 0 else np.nan


def _one_against_rest(sums: np.ndarray, label: int) -> np.ndarray:
    """Return coincidences (..., 2, 2) of one label and of all others together."""
    both = sums[..., label, label]
    one = sums[..., label, :].sum(axis=-1) - both
    rest = sums.sum(axis=(-2, -1)) - both - 2 * one
    return np.stack([both, one, one, rest], axis=-1).reshape(*sums.shape[:-2], 2, 2)


def _ends(
    draws: np.ndarray,
    labels_each: float,
    n_groups: int,
    level: float,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Return the ends of the interval that the draws give."""
    # To them is added what a comment or two with so many labels would add: one that
    # agrees, on any of the k labels, and half of one that does not. For two labels and
    # two annotators this is Jeffreys' prior. Without it 30 comments without a
    # disagreement would have an interval of no width.
    n_draws, k, _ = draws.shape
    agree = rng.standard_gamma(1 / k, (n_draws, k, 1)) * np.eye(k)
    apart = rng.standard_gamma(1 / 2, (n_draws, 1, 1)) * (1 - np.eye(k)) / (k * (k - 1))
    draws = draws + labels_each * (agree + apart)
    n = draws.sum(axis=(1, 2))
    differing = 1 - np.trace(draws, axis1=1, axis2=2) / n
    expected = 1 - ((draws.sum(axis=2) / n[:, None]) ** 2).sum(axis=1)
    # The logarithm of 1 - alpha has no end to run into, and hardly any skew.
    tails = [(1 - level) / 2, 0.5, (1 + level) / 2]
    low, middle, high = np.quantile(np.log(differing / expected), tails)
    # Few groups say little about how much groups vary, hence Student's t; and such
    # weights let sums vary a little less than sums of further groups would.
    wider = t.ppf(tails[2], n_groups - 1) / norm.ppf(tails[2])
    wider *= np.sqrt((n_groups + 1) / (n_groups - 1))
    # Alpha is at least -1: two labels, given crosswise throughout.
    least = max(-1.0, float(1 - np.exp(middle + wider * (high - middle))))
    return least, float(1 - np.exp(middle + wider * (low - middle)))


def cohen_kappas(given: pd.DataFrame) -> pd.DataFrame:
    """Return kappa of each two annotators; see :class:`Agreement`."""
    wide = given.pivot(index=col.COMMENT_ID, columns=col.ANNOTATOR, values=col.LABEL)
    rows = []
    for a, b in combinations(wide.columns, 2):
        both = wide[[a, b]].dropna()
        if len(both):
            same = float((both[a] == both[b]).mean())
            # Kappa divides by what chance leaves, here nothing.
            varied = len({*both[a], *both[b]}) > 1
            kappa = float(cohen_kappa_score(both[a], both[b])) if varied else np.nan
            rows.append((a, b, len(both), same, kappa))
    columns = ["annotator_a", "annotator_b", "n_comments", "observed", "kappa"]
    return pd.DataFrame(rows, columns=columns)


def against_others(given: pd.DataFrame) -> pd.DataFrame:
    """Return the labels with the majority of the other annotators beside each.

    Labels on comments of too few annotators, and those without a majority, are left
    out.
    """
    annotators = given.groupby(col.COMMENT_ID)[col.ANNOTATOR].transform("size")
    enough = given[annotators >= FEWEST_ANNOTATORS].reset_index(drop=True)
    if enough.empty:
        return enough.assign(**{MAJORITY: None})
    votes = pd.crosstab(enough[col.COMMENT_ID], enough[col.LABEL])
    own = votes.columns.get_indexer(enough[col.LABEL])
    others = votes.loc[enough[col.COMMENT_ID]].to_numpy(copy=True)
    # Without the own label, or everybody would agree with oneself.
    others[np.arange(len(own)), own] -= 1
    decided = (others == others.max(axis=1, keepdims=True)).sum(axis=1) == 1
    majority = votes.columns.to_numpy()[others.argmax(axis=1)]
    return enough.assign(**{MAJORITY: majority})[decided]


def score_people(
    compared: pd.DataFrame, n_bootstrap: int, level: float, random_state: int | None
) -> tuple[Interval, pd.DataFrame]:
    """Return the mean macro-F1 of the annotators, and that of each with its n."""
    groups, group_names = pd.factorize(compared[GROUP], sort=True)
    people, names = pd.factorize(compared[col.ANNOTATOR], sort=True)
    labels = pd.Index(sorted({*compared[col.LABEL], *compared[MAJORITY]}))
    totals = np.zeros((len(group_names), len(names), len(labels), len(labels)))
    majority, own = (
        labels.get_indexer(compared[name]) for name in (MAJORITY, col.LABEL)
    )
    np.add.at(totals, (groups, people, majority, own), 1)
    overall = Interval(np.nan, np.nan, np.nan, level, 0)
    if len(totals):
        overall = bootstrap(
            _mean_score,
            totals,
            n_bootstrap=n_bootstrap,
            level=level,
            random_state=random_state,
        )
    each = totals.sum(axis=0)
    scores = {"macro_f1": _scores(each), "n": each.sum(axis=(1, 2)).astype(int)}
    return overall, pd.DataFrame(scores, index=pd.Index(names, name=col.ANNOTATOR))


def _scores(confusions: np.ndarray) -> np.ndarray:
    """Return macro-F1 over the labels that stand in each confusion, shape (...)."""
    n_labels = (confusions.sum(axis=-1) + confusions.sum(axis=-2) > 0).sum(axis=-1)
    return f1_by_class(confusions).sum(axis=-1) / np.maximum(n_labels, 1)


def _mean_score(sums: np.ndarray) -> np.ndarray:
    """Return the mean score of people, each weighted by n, shape (b,)."""
    n = sums.sum(axis=(-2, -1))
    return (_scores(sums) * n).sum(axis=-1) / n.sum(axis=-1)
