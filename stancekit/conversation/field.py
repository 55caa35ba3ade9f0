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
        pair_scores, _ = _balance(graph.pair_scores(self.potentials), self.shares)
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
        pair_scores, steps = _balance(graph.pair_scores(field.potentials), shares)
        belief, messages = graph.propagate(scores, pair_scores)
        pair_belief = graph.pair_beliefs(belief, messages, pair_scores)
        partition = graph.bethe(scores, pair_scores, belief, pair_belief)
        reached = (truth * scores).sum() + (pair_truth * pair_scores).sum()
        excess = softmax(belief, axis=0) - truth
        pair_excess = _through_balance(pair_belief - pair_truth, steps)
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
    """Edges of all kinds in one numbering; classes first, as that is faster."""

    def __init__(self, edges: dict[str, Edges], n: int) -> None:
        self.n = n
        self.first = np.concatenate([e.first for e in edges.values()])
        self.second = np.concatenate([e.second for e in edges.values()])
        self.features = {name: e.features for name, e in edges.items()}
        ends = np.cumsum([len(e.first) for e in edges.values()])
        starts = np.concatenate([[0], ends[:-1]])
        self.part = dict(zip(edges, map(slice, starts, ends), strict=True))
        # Each edge carries two messages: first to second, then second to first.
        self.source = np.concatenate([self.first, self.second])
        self.target = np.concatenate([self.second, self.first])
        self.degree = np.bincount(self.target, minlength=n)

    def pair_scores(self, potentials: dict[str, np.ndarray]) -> np.ndarray:
        """Return the scores of pairs of classes, shape (K, K, n_edges)."""
        return np.concatenate(
            [
                np.tensordot(potentials[name], features, axes=(0, 1))
                for name, features in self.features.items()
            ],
            axis=2,
        )

    def propagate(
        self, scores: np.ndarray, pair_scores: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return unnormalised log beliefs (K, n) and messages (K, 2 n_edges)."""
        both = np.concatenate([pair_scores, pair_scores.transpose(1, 0, 2)], axis=2)
        compatible = np.exp(both - both.max(axis=(0, 1), keepdims=True))
        messages = np.zeros((len(scores), len(self.source)))
        for step in range(ITERATIONS):
            belief = scores + self._collect(messages)
            outgoing = softmax(belief[:, self.source] - self._reverse(messages), axis=0)
            arriving = (outgoing[:, None] * compatible).sum(axis=0)
            arriving = np.log(arriving / arriving.sum(axis=0) + TINY)
            kept = DAMPING if step else 0.0
            messages = kept * messages + (1 - kept) * arriving
        return scores + self._collect(messages), messages

    def pair_beliefs(
        self, belief: np.ndarray, messages: np.ndarray, pair_scores: np.ndarray
    ) -> np.ndarray:
        """Return the probabilities of pairs of classes, shape (K, K, n_edges)."""
        half = len(self.first)
        first = belief[:, self.first] - messages[:, half:]
        second = belief[:, self.second] - messages[:, :half]
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

    def potential_gradient(self, pair_excess: np.ndarray, name: str) -> np.ndarray:
        """Return the gradient of the potentials of one kind of edges, flat."""
        excess = pair_excess[:, :, self.part[name]]
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
        return np.stack([np.bincount(self.target, m, self.n) for m in messages])

    def _reverse(self, messages: np.ndarray) -> np.ndarray:
        """Return for each message the one that runs the other way."""
        half = len(self.first)
        return np.concatenate([messages[:, half:], messages[:, :half]], axis=1)


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
