"""Hold what a page was asked to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from stancekit import columns as col
from stancekit.scoring.predicting import ABSTAIN_BELOW

# Where marked words begin and end in a text, and which of the text it answers.
Span = tuple[int, int]
# Takes the model and comments; returns for some ids the spans in text and parent text.
Marker = Callable[[Any, pd.DataFrame], Mapping[str, tuple[Sequence[Span], ...]]]

LANGUAGES = ("en", "de")
# How the name of the table beside a page ends.
BESIDE = "-comments.csv"


@dataclass(frozen=True)
class Settings:
    """What a page was asked to show; it says so itself, so that it can be made again.

    Parameters are those of :func:`write_report`.
    """

    language: str = "en"
    label_column: str = col.STANCE
    abstain_below: float = ABSTAIN_BELOW
    pseudonymise: bool = False
    authors: bool = True

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise ValueError(
                f"language={self.language!r} is none of {', '.join(LANGUAGES)}."
            )
