"""Intervals of agreement hold alpha as often as they say."""

import numpy as np
import pandas as pd
import pytest

from stancekit.annotation.measures import alphas

pytestmark = pytest.mark.slow

REPEATS = 2000


def holds(counts, groups, alpha, seed):
    """Tell whether the interval holds alpha; NaN where there is none."""
    counts = pd.DataFrame(counts, columns=["x", "y"])
    counts = counts.loc[:, counts.sum() > 0]
    found, *_ = alphas(counts, groups, n_draws=1000, level=0.95, random_state=seed)
    return np.nan if np.isnan(found.estimate) else found.low <= alpha <= found.high


@pytest.mark.parametrize("alpha", [0.2, 0.4, 0.6, 0.8, 0.9, 0.95])
@pytest.mark.parametrize(
    ("n", "share"), [(30, 0.1), (200, 0.03), (30, 0.5), (100, 0.5), (300, 0.5)]
)
def test_alpha_of_two_annotators_is_held(n, share, alpha):
    """Each label has this share, and two annotators agree as alpha says."""
    differing = 2 * share * (1 - share) * (1 - alpha)
    both = share**2 + share * (1 - share) * alpha
    rng = np.random.default_rng(0)
    draws = rng.multinomial(n, [1 - differing - both, differing, both], REPEATS)
    outcomes, times = np.unique(draws, axis=0, return_counts=True)
    held = [
        holds(
            [(2, 0)] * neither + [(1, 1)] * one + [(0, 2)] * two,
            np.arange(n),
            alpha,
            seed,
        )
        for seed, (neither, one, two) in enumerate(outcomes)
    ]
    given = ~np.isnan(held)
    assert given @ times >= 0.95 * REPEATS
    coverage = np.average(np.array(held)[given], weights=times[given])
    assert 0.925 <= coverage <= 0.99


def thread_counts(rng, n_threads, size):
    """Return counts of the labels of two annotators.

    Both copy a truth, or not: in some threads more often than in others. Half of the
    comments of a thread share its truth.
    """
    copies = rng.beta(7.2, 1.8, n_threads)[:, None, None]
    own, others = rng.random((n_threads, 1)), rng.random((n_threads, size))
    alike = rng.random((n_threads, size)) < 0.5
    truth = np.where(alike, own, others) < 0.5
    copied = rng.random((n_threads, size, 2)) < copies
    are_y = np.where(copied, truth[..., None], rng.random(copied.shape) < 0.5)
    n_y = are_y.sum(axis=-1).ravel()
    return np.column_stack([2 - n_y, n_y])


@pytest.mark.parametrize("n_threads", [5, 10, 40])
def test_alpha_is_held_though_comments_of_a_thread_are_alike(n_threads):
    rng = np.random.default_rng(1)
    size = 8
    many = thread_counts(rng, 100_000, size)
    # Both labels are equally frequent, so that chance agrees on half.
    alpha = 1 - (many[:, 0] == 1).mean() / 0.5
    groups = np.repeat(np.arange(n_threads), size)
    held = [
        holds(thread_counts(rng, n_threads, size), groups, alpha, seed)
        for seed in range(REPEATS)
    ]
    assert 0.92 <= np.nanmean(held) <= 0.99
