import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from scipy.stats import t as student

from stancekit.intervals import Interval, bootstrap, wilson


def share(sums):
    return sums[:, 0] / sums[:, 1]


@given(st.integers(0, 200), st.integers(1, 200), st.floats(0.5, 0.999))
def test_wilson_holds_its_estimate_within_0_and_1(successes, n, level):
    successes = min(successes, n)
    found = wilson(successes, n, level=level)
    assert 0 <= found.low <= found.estimate <= found.high <= 1


def test_wilson_without_trials_knows_nothing():
    found = wilson(0, 0)
    assert (found.low, found.high, found.n) == (0.0, 1.0, 0)


@pytest.mark.parametrize(("successes", "n", "level"), [(3, 2, 0.95), (1, 2, 95)])
def test_wilson_refuses_nonsense(successes, n, level):
    with pytest.raises(ValueError, match=r"not possible|between 0 and 1"):
        wilson(successes, n, level=level)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(5, 9)), min_size=1))
def test_bootstrap_holds_its_estimate(totals):
    found = bootstrap(share, np.array(totals), n_bootstrap=50)
    assert found.low <= found.estimate <= found.high
    assert found.n == len(totals)


def test_bootstrap_is_the_same_for_the_same_seed_and_any_block(monkeypatch):
    totals = np.random.default_rng(0).integers(1, 9, (30, 2))
    whole = bootstrap(share, totals)
    assert bootstrap(share, totals) == whole
    assert bootstrap(share, totals, random_state=1) != whole
    monkeypatch.setattr("stancekit.intervals.BLOCK", 300)
    assert bootstrap(share, totals) == whole


def test_bootstrap_leaves_out_draws_without_a_value():
    totals = np.array([[1, 1], [0, 0]])
    with np.errstate(invalid="ignore"):
        found = bootstrap(share, totals)
    assert (found.low, found.high) == (1.0, 1.0)


@pytest.mark.parametrize(("level", "z"), [(0.95, 1.96), (0.5, 0.6745)])
def test_bootstrap_of_many_groups_has_the_limits_of_the_normal_law(level, z):
    """A mean of 400 equally likely zeros and ones varies by 1/40."""
    totals = np.column_stack([np.arange(400) % 2, np.ones(400)])
    found = bootstrap(share, totals, n_bootstrap=20_000, level=level)
    assert found.low == pytest.approx(0.5 - z / 40, abs=0.0015)
    assert found.high == pytest.approx(0.5 + z / 40, abs=0.0015)
    assert found.level == level


def test_bootstrap_of_few_groups_has_wider_limits():
    """Student's t with 3 degrees of freedom, and the variance of n - 1, not of n."""
    totals = np.column_stack([[0, 0.2, 0.6, 0.9], np.ones(4)])
    rng = np.random.default_rng(1)
    means = rng.choice(totals[:, 0], (200_000, 4)).mean(axis=1)
    tail = norm.cdf(-np.sqrt(4 / 3) * student.ppf(0.9, 3))
    found = bootstrap(share, totals, n_bootstrap=100_000, level=0.8)
    assert (found.low, found.high) == pytest.approx(
        tuple(np.quantile(means, [tail, 1 - tail])), abs=0.01
    )


def test_wilson_by_hand():
    """8 of 10: centre (0.8 + 0.192) / 1.384, half (1.96 / 1.384) √(0.016 + 0.0096)."""
    found = wilson(8, 10)
    assert (found.low, found.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(8, 10, level=0.8).low == pytest.approx(0.6016, abs=1e-4)


def test_bootstrap_of_nothing():
    with pytest.raises(ValueError, match="no groups"):
        bootstrap(share, np.empty((0, 2)))


def test_width():
    assert Interval(0.5, 0.25, 1.0, 0.95, 3).width == 0.75
