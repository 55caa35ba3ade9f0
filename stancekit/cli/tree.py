"""Draw a scored comment table as a tree of comments and replies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice

import pandas as pd

from stancekit import columns as col
from stancekit.threads import add_context, reading_order

NARROWEST_TEXT = 24
NAME_WIDTH = 16


def draw_tree(
    scored: pd.DataFrame,
    *,
    width: int = 100,
    write: Callable[[int, int], list[str]] | None = None,
    chips: Mapping[str, str] | None = None,
) -> str:
    """Return one line a comment: probability, position, place in the thread, text.

    Parameters
    ----------
    scored : DataFrame
        What :func:`~stancekit.predict_comments` returns.
    width : int, default=100
        Longest line, in characters; longer texts are cut.
    write : callable, optional
        Returns the lines that stand for the text of a comment, one at least, from its
        row and the room in characters.
    chips : mapping, optional
        What stands for a label on a terminal with colours, as wide as the label.

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
    columns = [col.PREDICTED, col.CONFIDENCE, col.ABSTAINED, col.DEPTH, col.TEXT]
    values = table[columns].to_numpy(dtype=object)
    label_width = max(
        (len(str(label)) for label in table[col.PREDICTED].dropna()), default=1
    )
    lines = []
    for row in reading_order(table):
        label, confidence, abstained, depth, text = values[row]
        if pd.isna(label):
            head = f"  –     {'–':{label_width}}"
        else:
            mark = "?" if abstained else " "
            # No model is certain, whatever rounding makes of it.
            percent = ">99" if confidence >= 0.995 else f"{100 * confidence:3.0f}"
            head = f"{percent} % {mark} {label:{label_width}}"
        start = f"{head}  {_branch(depth)}"
        indent = " " * len(start)
        room = max(width - len(start), NARROWEST_TEXT)
        if chips and label in chips:
            start = start.replace(label, chips[label], 1)
        for line in write(row, room) if write else [_one_line(text, room)]:
            lines.append(f"{start}{line}")
            start = indent
    return "\n".join(lines)


def draw_comments(table: pd.DataFrame, *, width: int = 100, most: int = 12) -> str:
    """Return one line for each of the first comments: author, place, text.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "comment_id": ["a", "b"], "parent_id": [None, "a"],
    ...     "author": ["Anna", None], "text": ["Erst reden.", "Mit wem?"],
    ... })
    >>> print(draw_comments(table))
    Anna              Erst reden.
    –                 └ Mit wem?
    """
    table = add_context(table)
    lines = []
    for row in islice(reading_order(table), most):
        known = table.iloc[row]
        author = known.get(col.AUTHOR)
        head = _one_line("–" if pd.isna(author) else author, NAME_WIDTH)
        branch = _branch(int(known[col.DEPTH]))
        room = max(width - NAME_WIDTH - 2 - len(branch), NARROWEST_TEXT)
        text = _one_line(str(known[col.TEXT]), room)
        lines.append(f"{head:{NAME_WIDTH}}  {branch}{text}")
    more = len(table) - len(lines)
    return "\n".join([*lines, *[f"... {more:,} more"] * (more > 0)])


def _branch(depth: int) -> str:
    return "  " * (depth - 1) + "└ " if depth else ""


def headlines(table: pd.DataFrame) -> list[str]:
    """Return the different headlines of a table, in order."""
    if col.HEADLINE not in table.columns:
        return []
    return table[col.HEADLINE].dropna().drop_duplicates().tolist()


def _one_line(text: str, room: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= room else line[: room - 1] + "…"
