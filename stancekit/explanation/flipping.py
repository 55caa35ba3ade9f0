"""Find the fewest words without which a comment gets another label."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from stancekit.explanation.scene import Scene
from stancekit.explanation.weights import Block

# Comments that are judged at a time, for memory's sake.
ROWS = 20_000


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
        order = order[margins[order] > 0][: min(most, len(weights) - 1)].tolist()
        tries |= {(word,) for word in order}
        tries |= {tuple(sorted(order[:n])) for n in range(1, len(order) + 1)}
    return tries


def _put_back(
    scene: Scene, block: Block, removed: tuple[int, ...], before: Any
) -> tuple[int, ...]:
    """Put back the words without which the label changes all the same."""
    told = scene.labels_if([_without(block, {*removed} - {word}) for word in removed])
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
