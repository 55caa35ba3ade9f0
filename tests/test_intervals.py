import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_bootstrap_of_nothing():
    with pytest.raises(ValueError, match="no groups"):
        bootstrap(share, np.empty((0, 2)))


def test_width():
    assert Interval(0.5, 0.25, 1.0, 0.95, 3).width == 0.75
