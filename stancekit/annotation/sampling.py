"""Draw rows with unequal probabilities that hold exactly."""

from __future__ import annotations

import numpy as np


def inclusion_probabilities(
    sizes: np.ndarray, n: int, *, most: float = 1.0
) -> np.ndarray:
    """Return probabilities proportional to size that sum to n.

    Where a probability would exceed ``most``, it is set to it and the others are
    scaled up, as often as needed.

    Parameters
    ----------
    sizes : array of shape (n_rows,)
        Positive sizes.
    n : int
        How many rows are to be drawn; at most ``most * n_rows``.
    most : float, default=1.0
        The largest probability allowed.

    Returns
    -------
    array of shape (n_rows,)

    Examples
    --------
    >>> inclusion_probabilities(np.array([1.0, 1.0, 2.0, 6.0]), 2)
    array([0.25, 0.25, 0.5 , 1.  ])
    """
    probs = np.full(len(sizes), float(most))
    free = np.ones(len(sizes), dtype=bool)
    while free.any():
        left = n - most * (~free).sum()
        scaled = sizes[free] * (left / sizes[free].sum())
        too_large = scaled > most
        if not too_large.any():
            probs[free] = scaled
            break
        free[np.flatnonzero(free)[too_large]] = False
    return probs


def systematic_sample(probs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    r"""Draw rows by randomised systematic sampling.

    Parameters
    ----------
    probs : array of shape (n_rows,)
        Inclusion probabilities in (0, 1] that sum to a whole number n.
    rng : Generator
        Source of randomness.

    Returns
    -------
    array of int, shape (n,)
        Positions of the drawn rows, ascending.

    Notes
    -----
    The rows are put into random order and laid end to end as intervals of length
    :math:`\pi_i`. One start :math:`u \sim U(0, 1)` is drawn; the rows in which
    :math:`u, u + 1, \dots, u + n - 1` fall are taken. So each row is taken with
    probability :math:`\pi_i` exactly, and always n rows are [1]_.

    References
    ----------
    .. [1] Hartley, H. O., Rao, J. N. K. (1962). Sampling with unequal probabilities
       and without replacement. Annals of Mathematical Statistics 33, 350-374.

    Examples
    --------
    >>> probs = np.array([1.0, 0.5, 0.25, 0.25])
    >>> systematic_sample(probs, np.random.default_rng(1))
    array([0, 1])
    """
    # Kept apart, since a rounding error could take a certain row twice.
    certain = probs >= 1
    others = rng.permutation(np.flatnonzero(~certain))
    ends = np.cumsum(probs[others])
    n = round(float(ends[-1])) if len(ends) else 0
    ends *= n / ends[-1] if n else 1.0
    hits = np.searchsorted(ends, rng.uniform() + np.arange(n), side="right")
    return np.sort(np.concatenate([np.flatnonzero(certain), others[hits]]))
