"""Hold the outcome of a cross-validation, and answer questions about it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.evaluation.scores import (
    accuracy,
    calibration_error,
    confusion_by_group,
    first_to_second,
    macro_f1,
    reliability_curve,
    risk_coverage_curve,
)
from stancekit.html_table import html_table
from stancekit.intervals import Interval, bootstrap, f1_by_class

GROUP = "group"
REPEAT = "repeat"
BASELINE_PREFIX = "baseline_"
# Share of the predictions whose error is shown beside that of all.
SUREST = 0.7


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How far a model can be trusted, from predictions on comments it had not seen.

    Every score is the mean over the repeats of the score of all out-of-fold
    predictions of a repeat; every interval is a bootstrap over whole groups
    (articles or threads).

    Parameters
    ----------
    predictions : DataFrame
        One row for each labelled comment and repeat: the columns of the comment
        table, ``stance`` (the human label), ``predicted``, ``confidence``, ``foreign``
        (of words that the model mostly did not know), ``proba_<label>``,
        ``baseline_<name>``, ``group``, ``fold`` and ``repeat``.
    labels : tuple
        The labels, in the order of the model's classes.
    kept_whole : str
        What no fold divided: "articles", "threads" or "single comments"; empty where
        there were no folds.
    confidence_level : float
        Of all intervals.
    n_bootstrap : int
        Draws for each interval.
    random_state : int
        Seed of the draws.
    notes : tuple of str
        What was left out and what to beware of, a sentence each; ``print`` shows them.
    """

    predictions: pd.DataFrame
    labels: tuple[Any, ...]
    kept_whole: str
    confidence_level: float = 0.95
    n_bootstrap: int = 1000
    random_state: int | None = 0
    notes: tuple[str, ...] = ()

    @property
    def n_comments(self) -> int:
        """How many labelled comments were predicted."""
        return len(self.predictions) // self.n_repeats

    @property
    def n_repeats(self) -> int:
        """How many times the comments were split anew."""
        return int(self.predictions[REPEAT].nunique())

    @property
    def n_groups(self) -> int:
        """How many articles or threads the comments come from."""
        return int(self.predictions[GROUP].nunique())

    @property
    def macro_f1(self) -> Interval:
        """Mean F1 over the labels, the headline."""
        return self._interval(macro_f1, self._of_model)

    @property
    def accuracy(self) -> Interval:
        """Share of right predictions."""
        return self._interval(accuracy, self._of_model)

    @property
    def per_class(self) -> pd.DataFrame:
        """Precision, recall and F1 of each label, with the interval of F1 and n.

        Indexed by label; columns ``precision``, ``recall``, ``f1``, ``low``,
        ``high`` and ``n`` (labelled comments).
        """
        total, k = self.confusion.to_numpy(), range(len(self.labels))
        f1 = [self._interval(partial(_f1_of, each), self._of_model) for each in k]
        scores = {
            # Of a label that nobody has or gets, both are 0.
            "precision": total.diagonal() / np.maximum(total.sum(axis=0), 1e-12),
            "recall": total.diagonal() / np.maximum(total.sum(axis=1), 1e-12),
            "f1": [found.estimate for found in f1],
            "low": [found.low for found in f1],
            "high": [found.high for found in f1],
            "n": total.sum(axis=1).round().astype(int),
        }
        return pd.DataFrame(scores, index=pd.Index(self.labels, name="label"))

    @property
    def confusion(self) -> pd.DataFrame:
        """How often each label (rows) was predicted as each (columns), per repeat."""
        total = self._of_model.sum(axis=(0, 1)) / self.n_repeats
        return pd.DataFrame(
            total,
            index=pd.Index(self.labels, name=col.STANCE),
            columns=pd.Index(self.labels, name=col.PREDICTED),
        )

    @property
    def calibration_error(self) -> float:
        """Mean distance of probability and accuracy, ten bins of equal size.

        It is about the most probable label, which `predicted` need not be.
        """
        return calibration_error(*self._certainty())

    @property
    def calibration_by_thread(self) -> pd.DataFrame:
        """Calibration error of comments with a parent or replies, and of the others.

        Indexed by ``place`` ("in a thread", "alone"); columns ``calibration_error``
        and ``n`` (comments). A place where nobody stands is left out.
        """
        answers = self.predictions[col.PARENT_FOUND].to_numpy(dtype=bool)
        in_thread = answers | (self.predictions[col.N_REPLIES].to_numpy() > 0)
        confidence, right = self._certainty()
        rows = [
            (place, calibration_error(confidence[at], right[at]), at.sum())
            for place, at in (("in a thread", in_thread), ("alone", ~in_thread))
            if at.any()
        ]
        found = pd.DataFrame(rows, columns=["place", "calibration_error", "n"])
        return found.assign(n=found["n"] // self.n_repeats).set_index("place")

    @property
    def reliability(self) -> pd.DataFrame:
        """How sure and how right the model is, in ten bins of equal size.

        One row a bin, from unsure to sure: ``confidence`` and ``accuracy`` (means) and
        ``n``.
        """
        return reliability_curve(*self._certainty())

    @property
    def risk_coverage(self) -> pd.DataFrame:
        """Error left when the least sure predictions are set aside.

        One row for each different confidence, from the surest on: ``threshold``
        (predictions at least this sure are kept), ``coverage`` (share kept), ``error``
        (share of the kept that is wrong) and ``n``.
        """
        right = self.predictions[col.PREDICTED] == self.predictions[col.STANCE]
        return risk_coverage_curve(
            self.predictions[col.CONFIDENCE].to_numpy(), right.to_numpy()
        )

    def error_at(self, coverage: float) -> Interval:
        """Return the error among the surest predictions.

        Parameters
        ----------
        coverage : float
            Share of the predictions that are kept, in (0, 1], else ValueError. Those
            as sure as the last one kept are kept too.

        Returns
        -------
        Interval
            Share of wrong predictions among them.
        """
        if not 0 < coverage <= 1:
            raise ValueError(f"coverage={coverage!r} is not above 0 and at most 1.")
        confidence = self.predictions[col.CONFIDENCE].to_numpy()
        # 0.07 * 100 is a little more than 7.
        last = math.ceil(round(coverage * len(confidence), 6))
        kept = confidence >= np.sort(confidence)[-last]
        wrong = kept & (self.predictions[col.PREDICTED] != self.predictions[col.STANCE])
        # All repeats of a comment stay together, so repeats do not narrow the interval.
        groups, _ = pd.factorize(self.predictions[GROUP], sort=True)
        counts = [np.bincount(groups, which) for which in (wrong, kept)]
        return self._bootstrap(first_to_second, np.column_stack(counts))

    def choose_threshold(self, max_error: float) -> float:
        """Return the lowest confidence from which on the error is small enough.

        Parameters
        ----------
        max_error : float
            Largest share of wrong predictions among those kept, in [0, 1].

        Returns
        -------
        float
            For ``abstain_below=``; on other comments the error will vary.

        Raises
        ------
        ValueError
            If no threshold reaches it.
        """
        curve = self.risk_coverage
        enough = curve[curve["error"] <= max_error]
        if enough.empty:
            raise ValueError(
                f"No threshold brings the error down to {max_error:g}; the lowest "
                f"found is {curve['error'].min():.3f}. Label more comments, or allow "
                "a larger error."
            )
        return float(enough["threshold"].iloc[-1])

    @property
    def baselines(self) -> pd.DataFrame:
        """Macro-F1 of simple models on the same folds, and what the model adds.

        Indexed by baseline; columns ``macro_f1``, ``difference`` (model minus
        baseline), ``low`` and ``high`` (interval of the difference, paired by
        group) and ``n_groups``.
        """
        rows, ours = [], self.macro_f1.estimate
        names = map(str, self.predictions.columns)
        for column in (name for name in names if name.startswith(BASELINE_PREFIX)):
            # Paired: both models are scored on the same draws of the groups.
            gain = self._gain(self._of_model, self._confusions(column))
            name, theirs = column.removeprefix(BASELINE_PREFIX), ours - gain.estimate
            rows.append((name, theirs, gain.estimate, gain.low, gain.high, gain.n))
        shown = ["baseline", "macro_f1", "difference", "low", "high", "n_groups"]
        return pd.DataFrame(rows, columns=shown).set_index("baseline")

    def difference(self, other: Evaluation) -> Interval:
        """Return how much better this macro-F1 is than that of another evaluation.

        Parameters
        ----------
        other : Evaluation
            Of another model, on other folds, or of labels by another version of the
            codebook; but of the same comments.

        Returns
        -------
        Interval
            Of the difference, paired by the groups of this evaluation. Where the
            labels are others, each macro-F1 is over its own, which tells how well
            either codebook can be learnt, not which is right.

        Raises
        ------
        ValueError
            If the comments are not the same.
        """
        mine, theirs = self.predictions, other.predictions
        names = (col.TEXT, col.COMMENT_ID, GROUP)
        told_by = next(name for name in names if name in mine and name in theirs)
        paired = [told_by, REPEAT]
        if not np.array_equal(mine[paired].to_numpy(), theirs[paired].to_numpy()):
            raise ValueError(
                "The two evaluations are not of the same comments with the same "
                "repeats, so they cannot be paired."
            )
        # A label that only one of two models knows counts for both, or F1 is averaged
        # over different labels.
        known = tuple(sorted({*self.labels, *other.labels}))
        same = np.array_equal(mine[col.STANCE], theirs[col.STANCE])
        theirs = theirs.assign(**{GROUP: mine[GROUP].to_numpy()})
        first, second = (
            replace(each, predictions=rows, labels=known if same else each.labels)
            for each, rows in ((self, mine), (other, theirs))
        )
        return self._gain(first._of_model, second._of_model)

    @property
    def errors(self) -> pd.DataFrame:
        """The wrong predictions of the first repeat, the surest first."""
        first = self.predictions[self.predictions[REPEAT] == 0]
        wrong = first[first[col.PREDICTED] != first[col.STANCE]]
        # A sure mistake says more than an unsure one: about the label or the model.
        return wrong.sort_values(col.CONFIDENCE, ascending=False, kind="stable")

    def to_frame(self) -> pd.DataFrame:
        """Return all scores as a table.

        Returns
        -------
        DataFrame
            Columns ``score``, ``label`` (NA for scores of all labels), ``estimate``,
            ``low``, ``high``, ``n`` (comments) and ``n_groups``.
        """
        whole = {"macro_f1": self.macro_f1, "accuracy": self.accuracy}
        rows: list[tuple[Any, ...]] = [
            (score, None, found.estimate, found.low, found.high, self.n_comments)
            for score, found in whole.items()
        ]
        rows += [
            ("f1", each.Index, each.f1, each.low, each.high, each.n)
            for each in self.per_class.itertuples()
        ]
        names = ["score", "label", "estimate", "low", "high", "n"]
        return pd.DataFrame(rows, columns=names).assign(n_groups=self.n_groups)

    def __repr__(self) -> str:
        return f"<Evaluation: macro-F1 {self.macro_f1}, {self.n_comments} comments>"

    def __str__(self) -> str:
        lines = [*self._headlines(), "", _decimals(self.per_class)]
        if len(baselines := self.baselines):
            lines += ["", _decimals(baselines), *_unbeaten(baselines)]
        return "\n".join([*lines, *([""] if self.notes else []), *self.notes])

    def _repr_html_(self) -> str:
        title, *lines = self._headlines()
        lines += [
            f"{row.macro_f1:.3f} has {name}: the model gains {row.difference:+.3f} "
            f"[{row.low:.3f}, {row.high:.3f}]."
            for name, row in self.baselines.iterrows()
        ]
        lines += _unbeaten(self.baselines)
        return html_table(title, self.per_class.reset_index(), [*lines, *self.notes])

    def _headlines(self) -> list[str]:
        level = f"{100 * self.confidence_level:g} %"
        how = (
            f"{self.n_repeats} split(s) into {self.predictions[col.FOLD].nunique()} "
            f"folds, {self.kept_whole} kept whole"
            if self.kept_whole
            else "as they were predicted"
        )
        return [
            f"Macro-F1  {_with_ends(self.macro_f1)}  ({level} interval)",
            f"Error     {_with_ends(self.error_at(1.0))}, among the surest "
            f"{100 * SUREST:.0f} %: {_with_ends(self.error_at(SUREST))}",
            f"Calibration error {self.calibration_error:.3f}",
            f"{self.n_comments} labelled comments in {self.n_groups} groups, {how}",
        ]

    def _interval(
        self, statistic: Callable[[np.ndarray], np.ndarray], confusions: np.ndarray
    ) -> Interval:
        """Bootstrap the mean over the repeats of a score of confusions."""
        return self._bootstrap(lambda sums: statistic(sums).mean(axis=-1), confusions)

    def _bootstrap(
        self, statistic: Callable[[np.ndarray], np.ndarray], totals: np.ndarray
    ) -> Interval:
        return bootstrap(
            statistic,
            totals,
            n_bootstrap=self.n_bootstrap,
            level=self.confidence_level,
            random_state=self.random_state,
        )

    def _gain(self, first: np.ndarray, second: np.ndarray) -> Interval:
        """Return the macro-F1 of some confusions minus that of others, paired."""
        # Side by side and flat, since the labels may be others.
        pair = [found.reshape(*found.shape[:2], -1) for found in (first, second)]
        n_first = pair[0].shape[-1]

        def gain(sums: np.ndarray) -> np.ndarray:
            ours = sums[..., :n_first].reshape(*sums.shape[:-1], *first.shape[2:])
            theirs = sums[..., n_first:].reshape(*sums.shape[:-1], *second.shape[2:])
            return macro_f1(ours) - macro_f1(theirs)

        return self._interval(gain, np.concatenate(pair, axis=-1))

    @cached_property
    def _of_model(self) -> np.ndarray:
        # Every score asks for them, and counting is what takes the time.
        return self._confusions(col.PREDICTED)

    def _confusions(self, column: str) -> np.ndarray:
        """Return confusions of shape (n_groups, n_repeats, K, K)."""
        groups, ids = pd.factorize(self.predictions[GROUP], sort=True)
        repeats, names = pd.factorize(self.predictions[REPEAT], sort=True)
        true, predicted = self._codes(col.STANCE), self._codes(column)
        k, places = len(self.labels), groups * len(names) + repeats
        n_places = len(ids) * len(names)
        cells = confusion_by_group(true, predicted, places, k, n_places)
        return cells.reshape(len(ids), len(names), k, k)

    def _codes(self, column: str) -> np.ndarray:
        values = self.predictions[column].to_numpy(dtype=object)
        return pd.Index(self.labels, dtype=object).get_indexer(values)

    def _certainty(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the largest probability of each row and whether it is right."""
        proba = self.predictions[col.proba_columns(self.labels)].to_numpy()
        return proba.max(axis=1), proba.argmax(axis=1) == self._codes(col.STANCE)


def _f1_of(k: int, confusions: np.ndarray) -> np.ndarray:
    return f1_by_class(confusions)[..., k]


def _unbeaten(baselines: pd.DataFrame) -> list[str]:
    """Say of each baseline that the model is not shown to be better than."""
    return [
        f"No better than {name}, as far as {row.n_groups:.0f} groups tell: the "
        f"difference may be {row.low:+.3f}."
        for name, row in baselines.iterrows()
        if row.low <= 0
    ]


def _decimals(table: pd.DataFrame) -> str:
    return table.to_string(float_format="{:.3f}".format)


def _with_ends(interval: Interval) -> str:
    return f"{interval.estimate:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
