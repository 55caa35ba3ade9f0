"""Let neighbouring comments inform each other: a pairwise conditional random field.

Each comment has a score for every class, each edge between two comments one for
every pair of classes; both are linear in what is known of comment and edge:

    score(y) = sum_i [s + sum_m w_m z_mi](y_i)
             + sum_e B[sum_f x_ef T_f](y_first, y_second)

with log shares of the classes s, inputs z (log-odds of first models, beyond s), edge
features x, and learnt w, T. B balances: it adds to the rows and columns of an edge's
scores what makes a comment of which nothing is known, z = 0, send the same message for
every class (Sinkhorn and Knopp). So neighbours that know nothing change nothing,
however many there are. Marginals are found by loopy belief propagation, weights by the
gradient of the Bethe approximation of the conditional likelihood.

References
----------
Lafferty, J., McCallum, A., Pereira, F. (2001). Conditional random fields. ICML.
Sinkhorn, R., Knopp, P. (1967). Concerning nonnegative matrices and doubly stochastic
matrices. Pacific Journal of Mathematics 21, 343-348.
Yedidia, J. S., Freeman, W. T., Weiss, Y. (2005). Constructing free-energy
approximations and generalized belief propagation algorithms. IEEE Transactions on
Information Theory 51, 2282-2312.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

ITERATIONS = 10
# Share of the old message that is kept, which calms circles of edges.
DAMPING = 0.2
# Strength of the ridge towards no potentials and the usual weight of an input.
RIDGE = 1.0
# What the classifier of single comments says, as it says it.
USUAL_WEIGHT = 1.0
# A first guess of the potentials: this much of the log of how often classes meet.
FIRST_GUESS = 0.6
FIT_STEPS = 40
# Rounds of balancing; what is then uneven moves a probability by less than 0.001.
BALANCING = 6
TINY = 1e-30
# Messages of so many edges are worked out together: they stay in the processor's cache.
AT_ONCE = 1 << 13


@dataclass(frozen=True, eq=False)
class Edges:
    """Edges of one kind between the comments in rows `first` and `second`.

    `features`, of shape (n_edges, n_features), tell how much an edge weighs, and more.
    """

    first: np.ndarray
    second: np.ndarray
    features: np.ndarray


@dataclass(frozen=True, eq=False)
class Field:
    """Learnt weights of a pairwise field over K classes.

    Parameters
    ----------
    input_weights : array of shape (n_inputs,)
    shares : array of shape (K,)
        Of the classes; the probabilities of a comment of which nothing is known.
    potentials : dict of str to array of shape (n_features, K, K)
        For each kind of edges: scores of pairs of classes by edge feature.
    """

    input_weights: np.ndarray
    shares: np.ndarray
    potentials: dict[str, np.ndarray]

    def marginals(self, inputs: np.ndarray, edges: dict[str, Edges]) -> np.ndarray:
        """Return the probabilities of the classes of each comment, shape (n, K)."""
        graph = _Graph(edges, inputs.shape[1])
        pair_scores = graph.pair_scores(self.potentials)
        for part in _slices(pair_scores.shape[2]):
            pair_scores[:, :, part], _ = _balance(pair_scores[:, :, part], self.shares)
        belief, _ = graph.propagate(self.scores(inputs), pair_scores)
        return softmax(belief, axis=0).T

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        """Return the scores of the classes of each comment alone, shape (K, n)."""
        told = np.tensordot(self.input_weights, inputs, axes=1)
        return (np.log(self.shares) + told).T


def fit_field(
    inputs: np.ndarray, y: np.ndarray, edges: dict[str, Edges], shares: np.ndarray
) -> Field:
    """Learn a field from comments of classes `y`, of shape (n,).

    `inputs`, of shape (n_inputs, n, K), are log-odds beyond the log shares, by models
    that did not see the comment; `edges` are named by their kind.
    """
    n_inputs, n, n_classes = inputs.shape
    graph = _Graph(edges, n)
    truth = np.eye(n_classes)[y].T
    pair_truth = truth[:, None, graph.first] * truth[None, :, graph.second]
    shapes = {name: e.features.shape[1] for name, e in edges.items()}

    def unpack(parameters: np.ndarray) -> Field:
        sizes = [n_inputs, *(f * n_classes**2 for f in shapes.values())]
        parts = np.split(parameters, np.cumsum(sizes)[:-1])
        potentials = {
            name: part.reshape(f, n_classes, n_classes)
            for (name, f), part in zip(shapes.items(), parts[1:], strict=True)
        }
        return Field(parts[0], shares, potentials)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        field = unpack(parameters)
        scores = field.scores(inputs)
        by_kind, steps = _balance(graph.pair_scores(field.potentials), shares)
        belief, messages = graph.propagate(scores, by_kind)
        pair_scores = by_kind[:, :, graph.kind]
        pair_belief = graph.pair_beliefs(belief, messages, pair_scores)
        partition = graph.bethe(scores, pair_scores, belief, pair_belief)
        reached = (truth * scores).sum() + (pair_truth * pair_scores).sum()
        excess = softmax(belief, axis=0) - truth
        pair_excess = _through_balance(graph.by_kind(pair_belief - pair_truth), steps)
        gradient = np.concatenate(
            [
                [(excess * z.T).sum() for z in inputs],
                *(graph.potential_gradient(pair_excess, name) for name in edges),
            ]
        )
        ridged = parameters - untold
        total = partition - reached + RIDGE / 2 * (ridged**2).sum()
        return total / n, (gradient + RIDGE * ridged) / n

    usual = np.full(n_inputs, USUAL_WEIGHT)
    start = np.concatenate(
        [
            usual,
            *(graph.first_guess(pair_truth, name) for name in edges),
        ]
    )
    untold = np.zeros_like(start)
    untold[:n_inputs] = usual
    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": FIT_STEPS, "ftol": 1e-6},
    )
    return unpack(found.x)


class _Graph:
    """Edges of all names in one numbering; classes first, as that is faster.

    Edges of one name and the same features are of one kind: scores of pairs of classes
    are kept once for all of them.
    """

    def __init__(self, edges: dict[str, Edges], n: int) -> None:
        self.n = n
        self.first = np.concatenate([e.first for e in edges.values()])
        self.second = np.concatenate([e.second for e in edges.values()])
        self.degree = np.bincount(self.first, minlength=n)
        self.degree += np.bincount(self.second, minlength=n)
        self.part = _parts({name: len(e.first) for name, e in edges.items()})
        self.features, kinds = {}, []
        for name, e in edges.items():
            self.features[name], kind = np.unique(
                e.features, axis=0, return_inverse=True
            )
            kinds.append(kind.ravel())
        self.kinds = _parts({name: len(f) for name, f in self.features.items()})
        starts = [self.kinds[name].start for name in edges]
        self.kind = np.concatenate([k + s for k, s in zip(kinds, starts, strict=True)])

    def pair_scores(self, potentials: dict[str, np.ndarray]) -> np.ndarray:
        """Return the scores of pairs of classes, shape (K, K, n_kinds)."""
        return np.concatenate(
            [
                sum(
                    potential[:, :, None] * feature
                    for potential, feature in zip(
                        potentials[name], features.T, strict=True
                    )
                )
                for name, features in self.features.items()
            ],
            axis=2,
        )

    def propagate(
        self, scores: np.ndarray, pair_scores: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return unnormalised log beliefs (K, n) and messages (2, K, n_edges).

        Of the messages, the first run to the second comment of an edge, the second ones
        to the first.
        """
        compatible = np.exp(pair_scores - pair_scores.max(axis=(0, 1), keepdims=True))
        messages = np.zeros((2, len(scores), len(self.first)))
        for step in range(ITERATIONS):
            belief = scores + self._collect(messages)
            kept = DAMPING if step else 0.0
            for edges in _slices(len(self.first)):  # a few at a time, for memory's sake
                there, back = messages[:, :, edges].copy()
                pairs = compatible.take(self.kind[edges], axis=2)
                first = belief.take(self.first[edges], axis=1)
                second = belief.take(self.second[edges], axis=1)
                new = _pass(first - back, pairs)
                messages[0, :, edges] = kept * there + (1 - kept) * new
                new = _pass(second - there, pairs.swapaxes(0, 1))
                messages[1, :, edges] = kept * back + (1 - kept) * new
        return scores + self._collect(messages), messages

    def pair_beliefs(
        self, belief: np.ndarray, messages: np.ndarray, pair_scores: np.ndarray
    ) -> np.ndarray:
        """Return the probabilities of pairs of classes, shape (K, K, n_edges)."""
        there, back = messages
        first = belief[:, self.first] - back
        second = belief[:, self.second] - there
        return softmax(pair_scores + first[:, None] + second[None], axis=(0, 1))

    def bethe(
        self,
        scores: np.ndarray,
        pair_scores: np.ndarray,
        belief: np.ndarray,
        pair_belief: np.ndarray,
    ) -> float:
        """Return the Bethe approximation of the log partition function."""
        log_belief = belief - logsumexp(belief, axis=0)
        single = np.exp(log_belief)
        energy = (single * scores).sum() + (pair_belief * pair_scores).sum()
        pair_entropy = -(pair_belief * np.log(pair_belief + TINY)).sum()
        single_entropy = -(single * log_belief).sum(axis=0)
        return float(energy + pair_entropy + ((1 - self.degree) * single_entropy).sum())

    def by_kind(self, values: np.ndarray) -> np.ndarray:
        """Add up values (K, K, n_edges) of the edges of each kind."""
        rows = values.reshape(len(values) ** 2, -1)
        n_kinds = sum(map(len, self.features.values()))
        sums = [np.bincount(self.kind, row, n_kinds) for row in rows]
        return np.reshape(sums, (*values.shape[:2], n_kinds))

    def potential_gradient(self, pair_excess: np.ndarray, name: str) -> np.ndarray:
        """Return the gradient of the potentials of edges of one name, flat."""
        excess = pair_excess[:, :, self.kinds[name]]
        return np.tensordot(self.features[name], excess, axes=(0, 2)).ravel()

    def first_guess(self, pair_truth: np.ndarray, name: str) -> np.ndarray:
        """Return potentials to start from: how often classes meet, against chance."""
        counts = pair_truth[:, :, self.part[name]].sum(axis=2) + 1.0
        counts /= counts.sum()
        chance = np.outer(counts.sum(axis=1), counts.sum(axis=0))
        guess = np.zeros((self.features[name].shape[1], *counts.shape))
        guess[0] = FIRST_GUESS * np.log(counts / chance)
        return guess.ravel()

    def _collect(self, messages: np.ndarray) -> np.ndarray:
        """Add up the messages that arrive at each comment, shape (K, n)."""
        there, back = messages
        collected = [np.bincount(self.second, m, self.n) for m in there]
        return collected + np.stack([np.bincount(self.first, m, self.n) for m in back])


def _parts(sizes: dict[str, int]) -> dict[str, slice]:
    """Return where each of these begins and ends if they stand one after the other."""
    ends = np.cumsum([*sizes.values()]).tolist()
    return dict(zip(sizes, map(slice, [0, *ends], ends), strict=True))


def _slices(n: int) -> Iterator[slice]:
    """Yield slices of `AT_ONCE` that are n long together."""
    return (slice(start, start + AT_ONCE) for start in range(0, n, AT_ONCE))


def _pass(told: np.ndarray, compatible: np.ndarray) -> np.ndarray:
    """Return messages (K, n) of comments that are told so by their other neighbours."""
    outgoing = np.exp(told - told.max(axis=0))
    # One after the other: what sums faster rounds by where in the row a message stands.
    arriving = sum(o * c for o, c in zip(outgoing, compatible, strict=True))
    return np.log(arriving / arriving.sum(axis=0) + TINY)


def _balance(
    scores: np.ndarray, shares: np.ndarray
) -> tuple[np.ndarray, list[tuple[int, np.ndarray]]]:
    """Return pair scores with even messages from who knows nothing, and the steps."""
    pairs = np.exp(scores - scores.max(axis=(0, 1), keepdims=True))
    steps = []
    for step in range(2 * BALANCING):
        axis = 1 - step % 2
        weights = shares[:, None] if axis else shares[:, None, None]
        pairs = pairs / (pairs * weights).sum(axis=axis, keepdims=True)
        steps.append((axis, pairs * weights))
    return np.log(pairs + TINY), steps


def _through_balance(
    gradient: np.ndarray, steps: list[tuple[int, np.ndarray]]
) -> np.ndarray:
    """Return the gradient before balancing from that after it."""
    for axis, part in reversed(steps):
        gradient = gradient - gradient.sum(axis=axis, keepdims=True) * part
    return gradient
