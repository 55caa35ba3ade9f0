"""Say what a label is, and hold a codebook: the positions and what they mean."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stancekit.errors import DataWarning, ReadError, name_rows

# What people and programs write where there is no label, in any case.
MISSING_WORDS = frozenset(
    ("", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "?", "-", "–", "—")
)

# A number that stood in a column of decimals; pandas makes one where some are missing.
WHOLE = re.compile(r"^(-?\d+)\.0+$")

# A column that is no label at all may have thousands that the codebook does not know.
MOST_NAMED = 10


def clean_labels(labels: Any) -> np.ndarray:
    """Return labels without blanks around them, None where there is no label.

    This is the one place that decides what a label is; all that takes labels asks it.
    An empty string and, in any case, the words NA, N/A, nan, null, none, ? and - are
    missing. Labels that are no strings, such as numbers, stay as they are.

    >>> clean_labels(["pro ", "NA", "", float("nan"), 3]).tolist()
    ['pro', None, None, None, 3]
    """
    given = pd.Series(labels, dtype=object)
    codes, different = pd.factorize(given.to_numpy())
    cleaned = np.array([*map(_clean_label, different), None], dtype=object)
    return cleaned[codes]  # a missing value has the code -1


def _clean_label(label: Any) -> Any:
    if not isinstance(label, str):
        return label
    label = label.strip()
    return None if label.casefold() in MISSING_WORDS else label


def warn_of_odd_labels(labels: Any, *, stacklevel: int = 2) -> None:
    """Warn of words that count as missing, and of labels alike but for case or blanks.

    A missing value is nothing odd.
    """
    given = pd.Series(labels, dtype=object).dropna()
    clean = clean_labels(given)
    words = given[pd.isna(clean)]
    if len(words):
        warnings.warn(
            f"{len(words)} labels count as missing: {name_rows(words.unique())}.",
            DataWarning,
            stacklevel=stacklevel,
        )
    alike: dict[str, list[str]] = {}
    for label in pd.Series(clean).dropna().unique():
        alike.setdefault(_fold(label), []).append(repr(label))
    named = [" and ".join(group) for group in alike.values() if len(group) > 1]
    if named:
        warnings.warn(
            "Labels alike but for case, blanks or '.0' count as different: "
            f"{'; '.join(named)}. If they are one position, write them alike.",
            DataWarning,
            stacklevel=stacklevel,
        )


def _fold(label: Any) -> str:
    return WHOLE.sub(r"\1", "".join(str(label).casefold().split()))


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
    subject : str, default=""
        What the positions are positions on.

    Raises
    ------
    ValueError
        If there are fewer than two positions, a label is empty or stands twice, is one
        that data would lose (see :func:`clean_labels`), or ``no_position`` is no label.

    Examples
    --------
    >>> codebook = Codebook((Position("pro"), Position("other")), no_position="other")
    >>> codebook.labels
    ('pro', 'other')
    >>> Codebook((Position("pro"), Position("pro")))
    Traceback (most recent call last):
    ValueError: Labels stand more than once in the codebook: 'pro'.
    """

    positions: tuple[Position, ...]
    question: str = ""
    no_position: str | None = None
    rules: tuple[str, ...] = field(default=())
    subject: str = ""

    def __post_init__(self) -> None:
        labels = self.labels
        if len(labels) < 2:
            raise ValueError(
                f"A codebook needs two positions or more; found {len(labels)}."
            )
        if "" in labels:
            raise ValueError("A position of the codebook has an empty label.")
        lost = [label for label in labels if _clean_label(label) != label]
        if lost:
            raise ValueError(
                f"Labels that would not be found in data: {name_rows(lost)}. Blanks "
                "around a label are stripped, and words such as 'none', 'NA' and '?' "
                "stand for no label. Take other words, for instance 'other'."
            )
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
            Labels; missing ones, as :func:`clean_labels` knows them, are passed over.
            The rows of a Series are named by its index.

        Examples
        --------
        >>> Codebook((Position("pro"), Position("contra"))).check_labels(["pro", "Pro"])
        Traceback (most recent call last):
        ValueError: Labels that the codebook does not have: 'Pro' (rows 1; nearest is
        'pro'). It has: 'pro', 'contra'.
        """
        given = pd.Series(labels, dtype=object)
        given[:] = clean_labels(given)
        unknown = given[given.notna() & ~given.isin(self.labels)]
        if len(unknown):
            raise ValueError(
                "Labels that the codebook does not have: "
                f"{', '.join(islice(self._name_unknown(unknown), MOST_NAMED))}. "
                f"It has: {name_rows(self.labels, most=20)}."
            )

    def _name_unknown(self, unknown: pd.Series) -> Iterator[str]:
        folded = {_fold(label): label for label in self.labels}
        for label, rows in unknown.groupby(unknown, sort=False):
            near = get_close_matches(_fold(label), folded, n=1)
            nearest = f"; nearest is {folded[near[0]]!r}" if near else ""
            yield f"{label!r} (rows {name_rows(rows.index)}{nearest})"

    def to_toml(self) -> str:
        """Return the codebook as the text of a TOML file."""
        lines = [f"subject = {_quote(self.subject)}"] if self.subject else []
        lines.append(f"question = {_quote(self.question)}")
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
    def from_toml(cls, text: str | Path) -> Codebook:
        r"""Read a codebook from a TOML file, or from the text of one.

        Raises
        ------
        ReadError
            If it cannot be read, is no TOML, or an entry is missing, unknown or of
            another kind.

        Examples
        --------
        >>> text = '[[position]]\nlabel = "pro"\n[[position]]\nlabel = "contra"'
        >>> Codebook.from_toml(text).labels
        ('pro', 'contra')
        """
        # A text has an entry, and thus an equals sign; names of files end in .toml.
        if isinstance(text, Path) or text.endswith(".toml"):
            return cls.load(text)
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
                "has subject, question, no_position, rules, and [[position]] tables "
                "with label, title, definition and examples."
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
        except OSError as error:
            raise ReadError(f"{path} cannot be read: {error.strerror}.") from error
        except (UnicodeDecodeError, ReadError) as error:
            raise ReadError(f"{path}: {error}") from error


def _quote(text: str) -> str:
    # JSON strings are TOML basic strings, but for DEL, which JSON leaves as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _quote_list(texts: tuple[str, ...]) -> str:
    if not texts:
        return "[]"
    return "[\n" + "".join(f"    {_quote(text)},\n" for text in texts) + "]"
