"""Classify comments on several targets, each by a model of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from stancekit import columns as col
from stancekit.classifier.deciding import JudgingClassifier
from stancekit.classifier.knowing import Judgement
from stancekit.classifier.parts import from_parts, to_parts
from stancekit.classifier.stance import StanceClassifier
from stancekit.errors import name_rows
from stancekit.labels import clean_labels
from stancekit.threads import has_no_text, with_context, with_replies


class TargetClassifier(JudgingClassifier):
    """A classifier for each target that a column of the table names.

    A table may ask for positions on several things: the labels are the same, and the
    words that stand for them are others for each. One
    :class:`~stancekit.StanceClassifier` a target learns from its comments alone, and
    may have labels that the others have not.

    Parameters
    ----------
    model : StanceClassifier, optional
        What is trained for each target; by default ``StanceClassifier()``.
    by : str, default="target"
        The column that names the target of each comment.

    Attributes
    ----------
    models_ : dict of str to StanceClassifier
        The trained model of each target, in the order of their names.
    classes_ : array of shape (K,)
        The labels of all of them, sorted; the order of all columns.
    n_labelled_ : int
        How many comments they were trained on.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "text": ["Ja zum Tempolimit", "Tempolimit, ja!", "Kein Tempolimit", "Nein",
    ...              "Ja zur Maut", "Maut, ja bitte", "Keine Maut", "Nein, keine Maut"],
    ...     "target": ["speed limit"] * 4 + ["road toll"] * 4,
    ... })
    >>> model = TargetClassifier(StanceClassifier(cv=2))
    >>> model = model.fit(table, ["for", "for", "against", "against"] * 2)
    >>> list(model.models_)
    ['road toll', 'speed limit']
    >>> model.predict(table.iloc[[0, 6]]).tolist()
    ['for', 'against']
    """

    def __init__(
        self, model: StanceClassifier | None = None, *, by: str = "target"
    ) -> None:
        self.model = model
        self.by = by

    def fit(
        self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None
    ) -> TargetClassifier:
        """Train on the labelled comments of each target.

        Parameters
        ----------
        X : DataFrame
            n comments, with the column that names their targets.
        y : array-like of shape (n,)
            Labels; missing means unlabelled.
        groups, sample_weight : array-like of shape (n,), optional
            As :meth:`StanceClassifier.fit` takes them.

        Returns
        -------
        TargetClassifier
            Itself.

        Raises
        ------
        ValueError
            If the column is missing, a labelled comment has no target, or a target has
            too few labels.
        """
        table = self._with_thread(X)
        y = clean_labels(y)
        given = {"groups": groups, "sample_weight": sample_weight}
        targets = self._targets(table)
        lost = pd.notna(y) & pd.isna(targets)
        if lost.any():
            raise ValueError(
                f"{lost.sum()} labelled comments have no {self.by!r}: "
                f"{name_rows(_ids(table)[lost])}. Name their target, or take their "
                "labels away."
            )
        self.models_: dict[str, StanceClassifier] = {}
        for target in sorted(set(targets[pd.notna(y)])):
            rows = np.flatnonzero(targets == target)
            own = {k: np.asarray(v)[rows] for k, v in given.items() if v is not None}
            try:
                model = clone(StanceClassifier() if self.model is None else self.model)
                self.models_[target] = model.fit(table.iloc[rows], y[rows], **own)
            except ValueError as error:
                raise ValueError(f"{self.by} {target!r}: {error}") from error
        self._join()
        return self

    def judge(self, X: Any) -> Judgement:
        """Return what the model of each comment's target says of it.

        A label that a target never had has probability 0. Raises as `rows_of` does.
        """
        check_is_fitted(self)
        table = self._with_thread(X)
        n = len(table)
        proba = np.full((n, len(self.classes_)), 1 / len(self.classes_))
        known, is_foreign = np.zeros(n), np.zeros(n, dtype=bool)
        decided = np.zeros(n, dtype=int)
        for model, rows in self.rows_of(table):
            judged = model.judge(table.iloc[rows])
            place = np.searchsorted(self.classes_, model.classes_)
            proba[rows] = 0.0
            proba[np.ix_(rows, place)] = judged.proba
            known[rows], is_foreign[rows] = judged.known, judged.is_foreign
            decided[rows] = place[judged.decided]
        return Judgement(proba, known, is_foreign, decided)

    def in_training(self, X: Any) -> np.ndarray:
        """Tell which comments the model of their target was trained on, shape (n,)."""
        check_is_fitted(self)
        table = with_context(X)
        found = np.zeros(len(table), dtype=bool)
        for model, rows in self.rows_of(table):
            found[rows] = model.in_training(table.iloc[rows])
        return found

    def rows_of(self, table: pd.DataFrame) -> list[tuple[StanceClassifier, np.ndarray]]:
        """Return each model with the positions of the comments on its target.

        Models without comments are left out, and comments without text that name none.

        Raises
        ------
        ValueError
            If a comment with text is on a target of which there is no model.
        """
        targets = self._targets(table)
        lost = ~pd.Series(targets).isin(self.models_).to_numpy() & ~has_no_text(table)
        if lost.any():
            raise ValueError(
                f"{lost.sum()} comments are on no {self.by!r} that the model knows: "
                f"{name_rows(_ids(table)[lost])}. Theirs: "
                f"{name_rows(pd.unique(targets[lost]))}; it knows "
                f"{name_rows(self.models_)}."
            )
        found = [(m, np.flatnonzero(targets == t)) for t, m in self.models_.items()]
        return [(model, rows) for model, rows in found if len(rows)]

    @property
    def languages_(self) -> tuple[str, ...]:
        """The languages of the comments they were trained on."""
        return tuple(sorted({x for m in self.models_.values() for x in m.languages_}))

    def to_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return the trained models as JSON values and plain arrays."""
        # A target may have any name, an array may not.
        numbered = {f"target {n}": m for n, m in enumerate(self.models_.values())}
        parts, arrays = to_parts(numbered)
        settings = {
            "classes": self.classes_.tolist(),
            "n_labelled": self.n_labelled_,
            "by": self.by,
            "targets": list(self.models_),
            "parts": parts,
        }
        return settings, arrays

    @classmethod
    def from_state(
        cls,
        settings: dict[str, Any],
        arrays: dict[str, np.ndarray],
        *,
        encoder: Any = None,
    ) -> TargetClassifier:
        """Return the model that :meth:`to_state` described, as its parts do."""
        models = from_parts(settings["parts"], arrays, encoder)
        model = cls(clone(models["target 0"]), by=str(settings["by"]))
        names = map(str, settings["targets"])
        model.models_ = dict(zip(names, models.values(), strict=True))
        model._join()
        return model

    def _join(self) -> None:
        models = self.models_.values()
        self.classes_ = np.unique(np.concatenate([each.classes_ for each in models]))
        self.n_labelled_ = sum(each.n_labelled_ for each in models)

    def _with_thread(self, X: Any) -> pd.DataFrame:
        """Return comments with what their thread tells, which is cut by target."""
        table = with_context(X)
        col.require(table.columns, self.by)  # first, to name the columns given only
        return with_replies(table)

    def _targets(self, table: pd.DataFrame) -> np.ndarray:
        """Return the target of each comment, None where it has none."""
        col.require(table.columns, self.by)
        named = clean_labels(table[self.by])
        return np.array([None if t is None else str(t) for t in named], dtype=object)


def _ids(table: pd.DataFrame) -> np.ndarray:
    return np.asarray(table.get(col.COMMENT_ID, table.index), dtype=object)
