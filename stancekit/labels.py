"""Hold a codebook: the positions, what they mean, which one means no position."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stancekit.errors import ReadError
from stancekit.threads import name_rows


@dataclass(frozen=True)
class Position:
    """One label of a codebook.

    Parameters
    ----------
    label : str
        The label as it stands in data, for instance ``"negotiation_first"``.
    definition : str, default=""
        When a comment gets it.
    title : str, default=""
        The label as a reader sees it; the label itself where empty.
    examples : tuple of str, default=()
        Comments that clearly belong here.
    """

    label: str
    definition: str = ""
    title: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Codebook:
    """The positions that comments are sorted into, and how to tell them apart.

    Parameters
    ----------
    positions : tuple of Position
        At least two, with different labels. Their order is the order of display.
    question : str, default=""
        What is asked of each comment.
    no_position : str, optional
        The label of comments that take none of the positions.
    rules : tuple of str, default=()
        How to decide hard cases.

    Raises
    ------
    ValueError
        If there are fewer than two positions, a label is empty or stands twice, or
        ``no_position`` is no label.

    Examples
    --------
    >>> codebook = Codebook((Position("pro"), Position("none")), no_position="none")
    >>> codebook.labels
    ('pro', 'none')
    >>> Codebook((Position("pro"), Position("pro")))
    Traceback (most recent call last):
    ValueError: Labels stand more than once in the codebook: 'pro'.
    """

    positions: tuple[Position, ...]
    question: str = ""
    no_position: str | None = None
    rules: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        labels = self.labels
        if len(labels) < 2:
            raise ValueError(
                f"A codebook needs two positions or more; found {len(labels)}."
            )
        if "" in labels:
            raise ValueError("A position of the codebook has an empty label.")
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(
                f"Labels stand more than once in the codebook: {name_rows(twice)}."
            )
        if self.no_position is not None and self.no_position not in labels:
            raise ValueError(
                f"no_position is {self.no_position!r}, which is none of the labels: "
                f"{name_rows(labels, most=20)}."
            )

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in order."""
        return tuple(position.label for position in self.positions)

    def title(self, label: str) -> str:
        """Return the label as a reader sees it."""
        titles = {position.label: position.title for position in self.positions}
        return titles.get(label) or label

    @property
    def content_hash(self) -> str:
        """Sixteen hex digits that change with any word of the codebook."""
        return hashlib.sha256(self.to_toml().encode()).hexdigest()[:16]

    def check_labels(self, labels: Any) -> None:
        """Raise ValueError if a label is not in the codebook.

        Parameters
        ----------
        labels : array-like
            Labels; missing ones are passed over.

        Examples
        --------
        >>> Codebook((Position("pro"), Position("contra"))).check_labels(["pro", "Pro"])
        Traceback (most recent call last):
        ValueError: Labels that the codebook does not have: 'Pro' (rows 1). It has:
        'pro', 'contra'.
        """
        given = pd.Series(np.asarray(labels, dtype=object))
        unknown = given[given.notna() & ~given.isin(self.labels)]
        if len(unknown):
            raise ValueError(
                "Labels that the codebook does not have: "
                f"{name_rows(unknown.unique())} (rows {name_rows(unknown.index)}). "
                f"It has: {name_rows(self.labels, most=20)}."
            )

    def to_toml(self) -> str:
        """Return the codebook as the text of a TOML file."""
        lines = [f"question = {_quote(self.question)}"]
        if self.no_position is not None:
            lines.append(f"no_position = {_quote(self.no_position)}")
        lines.append(f"rules = {_quote_list(self.rules)}")
        for position in self.positions:
            lines += [
                "",
                "[[position]]",
                f"label = {_quote(position.label)}",
                f"title = {_quote(position.title)}",
                f"definition = {_quote(position.definition)}",
                f"examples = {_quote_list(position.examples)}",
            ]
        return "\n".join(lines) + "\n"

    @classmethod
    def from_toml(cls, text: str) -> Codebook:
        r"""Read a codebook from the text of a TOML file.

        Raises
        ------
        ReadError
            If the text is no TOML, or an entry is missing, unknown or of another kind.

        Examples
        --------
        >>> text = '[[position]]\nlabel = "pro"\n[[position]]\nlabel = "contra"'
        >>> Codebook.from_toml(text).labels
        ('pro', 'contra')
        """
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ReadError(f"The codebook is no TOML: {error}.") from error
        entries = content.pop("position", [])
        rules = tuple(content.pop("rules", ()))
        try:
            positions = tuple(
                Position(**{**entry, "examples": tuple(entry.get("examples", ()))})
                for entry in entries
            )
            return cls(positions, rules=rules, **content)
        except (TypeError, AttributeError) as error:
            raise ReadError(
                f"An entry of the codebook is not understood: {error}. A codebook "
                "has question, no_position, rules, and [[position]] tables with label, "
                "title, definition and examples."
            ) from error

    @classmethod
    def load(cls, path: str | Path) -> Codebook:
        """Read a codebook from a TOML file.

        Raises
        ------
        ReadError
            If the file cannot be read or is no codebook.
        """
        try:
            return cls.from_toml(Path(path).read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError, ReadError) as error:
            raise ReadError(f"{path}: {error}") from error


def _quote(text: str) -> str:
    # JSON strings are TOML basic strings, but for DEL, which JSON leaves as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _quote_list(texts: tuple[str, ...]) -> str:
    if not texts:
        return "[]"
    return "[\n" + "".join(f"    {_quote(text)},\n" for text in texts) + "]"
