"""Find the words of comments that carried the decisions, to mark them on a page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from stancekit.explanation import explain
from stancekit.explanation.marking import carrying

Spans = list[tuple[int, int]]


def carrying_words(model: Any, table: pd.DataFrame) -> dict[str, tuple[Spans, Spans]]:
    """Return for each comment what carried its label: in its text, in its parent's.

    Raises
    ------
    TypeError
        If the model is none of this library's, which alone can be explained.
    """
    found: dict[str, tuple[Spans, Spans]] = {}
    for why in explain(model, table):
        spans: dict[str, Spans] = {"own": [], "parent": []}
        for block in why.blocks:
            if block.name in spans:
                lead = block.weights[:, why.first] - block.weights[:, why.second]
                words = carrying(lead) & (lead > 0)
                starts, ends = block.starts[words], block.ends[words]
                spans[block.name] = list(
                    zip(map(int, starts), map(int, ends), strict=True)
                )
        found[str(why.comment_id)] = spans["own"], spans["parent"]
    return found
