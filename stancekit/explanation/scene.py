"""Ask a model what it would say if a comment, or those around it, read otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.conversation import ConversationClassifier
from stancekit.conversation.neighbours import author_places, parent_rows
from stancekit.explanation.weights import Block

IDS = (col.COMMENT_ID, col.PARENT_ID, col.ARTICLE_ID, col.THREAD_ID)

# Comments that are judged at a time, for memory's sake.
ROWS = 20_000


class Step(NamedTuple):
    """Some neighbours, how many they are, and the probabilities (K,) with them."""

    name: str
    n: int
    proba: np.ndarray


@dataclass(frozen=True, eq=False)
class Scene:
    """A comment of a checked table, given without and with context, and a model."""

    model: Any
    whole: pd.DataFrame
    context: pd.DataFrame
    at: int

    @property
    def comment_id(self) -> str | None:
        """The id of the comment, where comments have ids."""
        ids = self.whole.get(col.COMMENT_ID)
        return None if ids is None else ids.iloc[self.at]

    @cached_property
    def near(self) -> np.ndarray:
        """Which comments stand under the same article or in the same thread."""
        return around(self.context, [self.at])

    @cached_property
    def table(self) -> pd.DataFrame:
        """These comments, as they were given."""
        return self.whole[self.near]

    @property
    def row(self) -> int:
        """Where the comment is among them."""
        return int(self.near[: self.at].sum())

    def labels_if(self, texts: Sequence[str]) -> np.ndarray:
        """Return which label the comment would get with each of other texts, (n,)."""
        n, size = len(texts), len(self.table)
        copies = pd.concat([self.table] * n, ignore_index=True)
        number = pd.Series(np.repeat(np.arange(n), size).astype(str))
        for ids in {*IDS} & {*copies.columns}:  # each copy is a place of its own
            copies[ids] = number + " " + copies[ids]
        read = copies[col.TEXT].to_numpy(dtype=object, copy=True)
        read[self.row :: size] = texts
        return self.model.predict(copies.assign(**{col.TEXT: read}))[self.row :: size]

    def steps(self) -> Iterator[Step]:
        """Yield what the comment is by itself, then as more and more others speak.

        Those not yet asked are there, but say nothing.
        """
        table = self.context[self.near]
        own = without_neighbours(table.iloc[[self.row]])
        yield Step("itself", 1, self.model.predict_proba(own)[0])
        if not isinstance(self.model, ConversationClassifier):
            return
        parents, places = parent_rows(table), author_places(table)
        everybody = np.arange(len(table))
        asked = {self.row}
        for name, rows in {
            "parent": parents[[self.row]],
            "replies": np.flatnonzero(parents == self.row),
            "author": np.flatnonzero((places == places[self.row]) & (places >= 0)),
            "others": everybody,
        }.items():
            new = {*rows.tolist()} - asked - {-1}
            if new:
                asked |= new
                silent = ~np.isin(everybody, [*asked])
                spoken = table.assign(**{col.TEXT: table[col.TEXT].mask(silent, "")})
                yield Step(name, len(new), self.model.predict_proba(spoken)[self.row])


def around(table: pd.DataFrame, rows: Sequence[int]) -> np.ndarray:
    """Tell which comments with context share an article or a thread with some rows."""
    near = np.zeros(len(table), dtype=bool)
    near[rows] = True
    for ids in {col.ARTICLE_ID, col.THREAD_ID} & {*table.columns}:
        shared = table[ids].iloc[rows].dropna()
        near |= table[ids].isin(shared).to_numpy(dtype=bool)
    return near


def without_neighbours(table: pd.DataFrame) -> pd.DataFrame:
    """Return comments with context by themselves: nothing joins them any more."""
    links = [col.COMMENT_ID, col.PARENT_ID, col.AUTHOR]
    return table.drop(columns=links, errors="ignore")


@dataclass(frozen=True, eq=False)
class Flip:
    """A comment that gets another label without some of its words.

    Attributes
    ----------
    removed : tuple of str
        The words, in reading order; a word is what stands between white space.
    text, edited : str
        The comment as it was, and without them.
    label, new_label : object
        What the model says of the one and the other.
    """

    removed: tuple[str, ...]
    text: str
    edited: str
    label: Any
    new_label: Any

    def __str__(self) -> str:
        return (
            f"{self.label}: {self.text}\n"
            f"{self.new_label}: {self.edited}\n"
            f"Without: {' · '.join(self.removed)}"
        )

    __repr__ = __str__


def find_flip(scene: Scene, block: Block, label: int, *, most: int) -> Flip | None:
    """Return the smallest change found, None if `most` words are not enough.

    Words are removed in the order of their weights; the model itself says whether the
    label changes.
    """
    tries = sorted(_tries(block.weights, label, most), key=lambda t: (len(t), t))
    size = max(ROWS // len(scene.table), 1)
    before = scene.model.classes_[label]
    for start in range(0, len(tries), size):
        batch = tries[start : start + size]
        told = scene.labels_if([_without(block, tried) for tried in batch])
        for tried in np.flatnonzero(told != before)[:1]:
            removed = _put_back(scene, block, batch[tried], before)
            edited = _without(block, removed)
            words = block.words
            return Flip(
                tuple(words[word] for word in removed),
                block.text,
                edited,
                before,
                scene.labels_if([edited])[0],
            )
    return None


def _tries(weights: np.ndarray, label: int, most: int) -> set[tuple[int, ...]]:
    """Return words to remove: each alone, and the weightiest together."""
    tries: set[tuple[int, ...]] = set()
    for rival in set(range(weights.shape[1])) - {label}:
        margins = weights[:, label] - weights[:, rival]
        order = np.argsort(-margins, kind="stable")
        # One word stays: of nothing the model has nothing to say.
        order = order[margins[order] > 0][: min(most, len(weights) - 1)].tolist()
        tries |= {(word,) for word in order}
        tries |= {tuple(sorted(order[:n])) for n in range(1, len(order) + 1)}
    return tries


def _put_back(
    scene: Scene, block: Block, removed: tuple[int, ...], before: Any
) -> tuple[int, ...]:
    """Put back the words without which the label changes all the same."""
    told = scene.labels_if([_without(block, {*removed} - {word}) for word in removed])
    # Each could go back alone; with another one back it may be needed.
    for word in np.array(removed)[told != before].tolist():
        fewer = tuple(other for other in removed if other != word)
        if fewer and scene.labels_if([_without(block, fewer)])[0] != before:
            removed = fewer
    return removed


def _without(block: Block, removed: Iterable[int]) -> str:
    """Return the text without some chunks and the white space behind them."""
    bounds = [*block.starts.tolist(), len(block.text)]
    kept = sorted({*range(len(block.starts))} - {*removed})
    lead = block.text[: bounds[0]]
    return lead + "".join(block.text[bounds[w] : bounds[w + 1]] for w in kept)
