"""Hold what carried a decision, and show it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.errors import name_rows
from stancekit.explanation.marking import (
    TITLES,
    Sheet,
    Sum,
    as_html,
    as_page,
    as_text,
    carrying,
    mark,
    percent,
)
from stancekit.explanation.scene import Flip, Scene, Step, find_flip
from stancekit.explanation.weights import Block
from stancekit.files import AnyPath, open_new

# Characters that are shown of a comment and of the texts around it.
LONGEST = {"own": 2000}
LONGEST_OTHER = 300


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a comment got its label, and not the most probable other one.

    Weights are in log-odds: +0.7 makes the label twice as probable against the other,
    -0.7 half as probable. They add up to `value`. What stands on no character of a text
    is shown by its name: the bias, the shape of the comment, an encoder, what the
    rest of the thread says, the weights of the labels in the decision, and "caution":
    what the model takes back because it knows little of a comment, or because it is
    never surer than was borne out in training.

    Attributes
    ----------
    comment_id : str or None
    labels : list
        The K labels of the model.
    proba : array of shape (K,)
        Their probabilities.
    blocks : tuple of Block
        The texts looked at (own, parent ...), each with its words' log-odds (n, K).
    facts : dict of str to array of shape (K,)
        What stands on no character.
    first, second : int
        Places of `label` and `other` among the labels.
    scene : Scene
        The comment among those around it; not part of what is promised.

    Examples
    --------
    >>> from stancekit import StanceClassifier, explain
    >>> texts = ["Erst reden!", "Reden, nicht schießen", "Liefern!", "Mehr liefern"]
    >>> labels = ["talks", "talks", "arms", "arms"]
    >>> model = StanceClassifier(cv=2).fit(texts, labels)
    >>> explain(model, ["Wir liefern liefern und reden"], 0).flips()
    arms: Wir liefern liefern und reden
    talks: Wir und reden
    Without: liefern · liefern
    """

    comment_id: str | None
    labels: list[Any]
    proba: np.ndarray
    blocks: tuple[Block, ...]
    facts: dict[str, np.ndarray]
    first: int
    second: int
    scene: Scene = field(repr=False)

    @property
    def label(self) -> Any:
        """The label that is explained; at first the one decided for."""
        return self.labels[self.first]

    @property
    def other(self) -> Any:
        """The label it is compared with; at first the most probable other one."""
        return self.labels[self.second]

    @property
    def value(self) -> float:
        """The decision value: log-odds of the label against the other.

        It is the difference of the two columns of `decision_function`.
        """
        log_odds = sum(block.weights.sum(axis=0) for block in self.blocks)
        return float(self._margin(log_odds + sum(self.facts.values())))

    def versus(self, other: Any, label: Any = None) -> Explanation:
        """Explain the label against another one.

        Parameters
        ----------
        other : object
            A label of the model.
        label : object, optional
            What to explain in place of the label decided for.

        Returns
        -------
        Explanation

        Raises
        ------
        ValueError
            If there is no such label, or both are the same.
        """
        label = self.label if label is None else label
        unknown = [name for name in (label, other) if name not in self.labels]
        if unknown or label == other:
            raise ValueError(
                f"{label!r} cannot be compared with {other!r}. Give two of the labels: "
                f"{name_rows(self.labels, most=20)}."
            )
        first, second = map(self.labels.index, (label, other))
        return replace(self, first=first, second=second)

    def to_frame(self) -> pd.DataFrame:
        """Return the weights as a table.

        Returns
        -------
        DataFrame
            One row for each word of each text, then one for each fact, with the
            columns ``comment_id``, ``label``, ``other`` (which of two the weight speaks
            for, or below 0 against), ``block``, ``start``, ``end`` (in the text of the
            block, NA for facts), ``text`` and ``weight``.
        """
        parts = [
            pd.DataFrame(
                {
                    "block": block.name,
                    "start": block.starts,
                    "end": block.ends,
                    "text": block.words,
                    "weight": self._margin(block.weights),
                }
            )
            for block in self.blocks
        ]
        margins = [self._margin(fact) for fact in self.facts.values()]
        parts.append(pd.DataFrame({"block": [*self.facts], "weight": margins}))
        frame = pd.concat(parts, ignore_index=True)
        frame = frame.astype({"start": "Int64", "end": "Int64", "text": "str"})
        named = {
            col.COMMENT_ID: self.comment_id,
            col.LABEL: self.label,
            "other": self.other,
        }
        for place, (name, value) in enumerate(named.items()):
            frame.insert(place, name, value)
        return frame

    def flips(self, *, most: int = 25) -> Flip | None:
        """Find the fewest words whose removal changes the label.

        Words are removed by their weights, each alone and the weightiest together,
        and the model itself says what becomes of the label.

        Parameters
        ----------
        most : int, default=25
            How many words may go; one always stays.

        Returns
        -------
        Flip or None
            None if that many words are not enough.
        """
        [own] = [block for block in self.blocks if block.name == "own"]
        # Not the label explained, which `versus` may have chosen.
        decided = int(self.scene.model.decide(self.proba[None])[0])
        return find_flip(self.scene, own, decided, most=most)

    def to_html(self, path: AnyPath, *, force: bool = False) -> None:
        """Write a page that shows the explanation, with the whole texts.

        Parameters
        ----------
        path : path
            Where to; the page needs nothing else.
        force : bool, default=False
            Replace the file if it exists.

        Raises
        ------
        FileExistsError
            If the file exists and `force` is not set.
        OSError
            If it cannot be written.
        """
        with open_new(path, force=force) as stream:
            stream.write(as_page(self.sheet(whole=True)).encode())

    def sentences(self) -> list[str]:
        """Say what parent, replies and other comments of the author added.

        Each sentence tells the probability of the label before and after. For a
        classifier of single comments there are none.
        """
        first, *others = self._steps
        if not others:
            return []
        before = first.proba
        said = [f"By itself: {percent(before[self.first])} {self.label}."]
        for step in others:
            change = self._margin(np.log(step.proba) - np.log(before))
            was, is_now = (percent(p[self.first]) for p in (before, step.proba))
            whose = _neighbours(step)
            said.append(
                f"With the position of {whose}: {was} → {is_now} ({change:+.2f})."
            )
            before = step.proba
        return said

    def sums(self, *, whole: bool = False) -> list[Sum]:
        """Return what each text and fact adds, of long texts the beginning marked."""
        margins = [self._margin(block.weights) for block in self.blocks]
        ends = np.cumsum([len(weights) for weights in margins])
        # Over all texts at once, so that words of one compete with those of the others.
        carry = np.split(carrying(np.concatenate(margins)), ends[:-1])
        sums = []
        for block, weights, own in zip(self.blocks, margins, carry, strict=True):
            most = None if whole else LONGEST.get(block.name, LONGEST_OTHER)
            pieces = list(mark(block, weights, own, most))
            sums.append(Sum(_title(block.name), weights.sum(), pieces))
        beside = self.facts.items()
        return sums + [Sum(_title(name), self._margin(fact)) for name, fact in beside]

    def sheet(self, *, whole: bool = False) -> Sheet:
        """Return all that is shown."""
        label, other = (percent(self.proba[at]) for at in (self.first, self.second))
        return Sheet(
            f"Why {self.label} ({label}) and not {self.other} ({other})",
            str(self.label),
            str(self.other),
            self.sums(whole=whole),
            self.sentences(),
        )

    def __str__(self) -> str:
        return as_text(self.sheet())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html(self.sheet())

    @cached_property
    def _steps(self) -> list[Step]:
        return list(self.scene.steps())

    def _margin(self, log_odds: np.ndarray) -> Any:
        return log_odds[..., self.first] - log_odds[..., self.second]


def _title(name: str) -> str:
    return TITLES.get(name, name.replace("_", " "))


def _neighbours(step: Step) -> str:
    several = "" if step.n == 1 else "s"
    return {
        "parent": "the comment it answers",
        "replies": f"{step.n} repl{'ies' if several else 'y'} to it",
        "author": f"{step.n} other comment{several} by its author",
        "others": f"{step.n} more comment{several} around it",
    }[step.name]
