"""Draw a scored comment table as a tree of comments and replies."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from stancekit.threads import (
    ABSTAINED,
    COMMENT_ID,
    CONFIDENCE,
    DEPTH,
    HEADLINE,
    PARENT_FOUND,
    PARENT_ID,
    PREDICTED,
    TEXT,
    add_context,
)

NARROWEST_TEXT = 24


def draw_tree(scored: pd.DataFrame, *, width: int = 100) -> str:
    """Return one line a comment: probability, position, place in the thread, text.

    Parameters
    ----------
    scored : DataFrame
        What :func:`~stancekit.predict_comments` returns.
    width : int, default=100
        Longest line, in characters; longer texts are cut.

    Returns
    -------
    str
        A question mark behind the probability tells that the model abstains.

    Examples
    --------
    >>> scored = pd.DataFrame({
    ...     "comment_id": ["a", "b"], "parent_id": [None, "a"],
    ...     "text": ["Erst reden.", "Mit wem?"], "predicted": ["talks", "other"],
    ...     "confidence": [0.81, 0.37], "abstained": [False, True],
    ... })
    >>> print(draw_tree(scored))
     81 %   talks  Erst reden.
     37 % ? other  └ Mit wem?
    """
    table = add_context(scored)
    columns = [PREDICTED, CONFIDENCE, ABSTAINED, DEPTH, TEXT]
    values = table[columns].to_numpy(dtype=object)
    label_width = max(
        (len(str(label)) for label in table[PREDICTED].dropna()), default=1
    )
    lines = []
    for row in _reading_order(table):
        label, confidence, abstained, depth, text = values[row]
        if pd.isna(label):
            head = f"  –     {'–':{label_width}}"
        else:
            mark = "?" if abstained else " "
            # No model is certain, whatever rounding makes of it.
            percent = ">99" if confidence >= 0.995 else f"{100 * confidence:3.0f}"
            head = f"{percent} % {mark} {label:{label_width}}"
        branch = "  " * (depth - 1) + "└ " if depth else ""
        room = max(width - len(head) - len(branch) - 2, NARROWEST_TEXT)
        lines.append(f"{head}  {branch}{_one_line(text, room)}")
    return "\n".join(lines)


def headlines(table: pd.DataFrame) -> list[str]:
    """Return the different headlines of a table, in order."""
    if HEADLINE not in table.columns:
        return []
    return table[HEADLINE].dropna().drop_duplicates().tolist()


def _reading_order(table: pd.DataFrame) -> Iterator[int]:
    """Walk the threads: each comment, then its replies, in the order of the table."""
    if COMMENT_ID not in table.columns or PARENT_ID not in table.columns:
        yield from range(len(table))
        return
    found = table[PARENT_FOUND].to_numpy()
    parents = pd.Index(table[COMMENT_ID]).get_indexer(table[PARENT_ID])
    replies: dict[int, list[int]] = {}
    for row in np.flatnonzero(found):
        replies.setdefault(int(parents[row]), []).append(int(row))
    waiting = np.flatnonzero(~found)[::-1].tolist()
    while waiting:
        row = waiting.pop()
        yield row
        waiting.extend(reversed(replies.get(row, [])))


def _one_line(text: str, room: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= room else line[: room - 1] + "…"
