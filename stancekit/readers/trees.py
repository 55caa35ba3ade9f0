"""Settle which comment answers which: one id for each, no circles."""

from __future__ import annotations

import hashlib
from itertools import repeat
from typing import Any

import pandas as pd

from stancekit.readers.sources import Notes
from stancekit.readers.values import id_texts
from stancekit.threads import (
    ARTICLE_ID,
    COMMENT_ID,
    PARENT_FOUND,
    PARENT_ID,
    TEXT,
    add_context,
    name_rows,
)

# What stands in place of a parent where there is none.
ROOT_SENTINELS = frozenset(
    "0 0.0 -1 root Root ROOT OP op none None NONE null Null NULL nan NaN NAN "
    "NA N/A n/a <NA>".split()
)
# Texts that go into made-up ids.
KEY_TEXTS = 100

Columns = dict[str, list[Any]]


def settle_ids(columns: Columns, notes: Notes) -> tuple[Columns, int]:
    """Return the columns with an id for each row, and how many rows repeated one.

    Ids are made up, from the texts and the place, where the source has none. Of rows
    with the same id only the first is kept.
    """
    texts = columns[TEXT]
    ids = id_texts(columns.get(COMMENT_ID, [None] * len(texts)))
    if None in ids:
        _note_made_up(columns, ids, notes)
        ids = _made_up(ids, texts)
    columns = {**columns, COMMENT_ID: ids}
    first: dict[str | None, int] = {}
    for row, name in enumerate(ids):
        first.setdefault(name, row)
    repeated = len(ids) - len(first)
    if not repeated:
        return columns, 0
    _note_other_texts(ids, texts, first, notes)
    kept = first.values()
    return {
        name: [values[row] for row in kept] for name, values in columns.items()
    }, repeated


def _made_up(ids: list[str | None], texts: list[Any]) -> list[str | None]:
    key = "\0".join(map(str, texts[:KEY_TEXTS])).encode("utf-8", "replace")
    stem = hashlib.blake2b(key, digest_size=4).hexdigest()
    return [name or f"{stem}-{place}" for place, name in enumerate(ids, 1)]


def _note_made_up(columns: Columns, ids: list[str | None], notes: Notes) -> None:
    if COMMENT_ID in columns:
        notes.guesses.append(f"{ids.count(None):,} comments had no id and got one.")
    elif any(columns.get(PARENT_ID, [])):
        notes.warnings.append(
            "There are parents but no ids, so no reply can be matched with what it "
            f"answers. Name the column of ids: columns={{'...': {COMMENT_ID!r}}}."
        )


def _note_other_texts(
    ids: list[str | None], texts: list[Any], first: dict[str | None, int], notes: Notes
) -> None:
    """Warn of two comments under one id; the same one twice is harmless."""
    other = [name for row, name in enumerate(ids) if texts[row] != texts[first[name]]]
    if other:
        notes.warnings.append(
            f"{len(other):,} rows repeat an id with another text and were dropped: "
            f"{name_rows(other)}. Give each comment an id of its own."
        )


def settle_parents(columns: Columns) -> tuple[list[str | None], int, int]:
    """Return the parents, how many are not in the table, and how many circles were cut.

    What only marks a missing parent becomes None: a word such as "root", the
    comment's own id, the id of the article. It is a parent where a comment has it as
    its id.
    """
    ids = columns[COMMENT_ID]
    parents = id_texts(columns[PARENT_ID])
    articles = id_texts(columns[ARTICLE_ID]) if ARTICLE_ID in columns else repeat(None)
    place = {name: row for row, name in enumerate(ids)}
    orphans, in_order = 0, True
    for row, (parent, article) in enumerate(zip(parents, articles, strict=False)):
        if parent is None:
            continue
        if parent in place and place[parent] != row:
            in_order = in_order and place[parent] < row
        elif parent in place or parent in ROOT_SENTINELS or parent == article:
            parents[row] = None
        else:
            orphans += 1
    # Only where a parent stands below its reply can there be a circle.
    return parents, orphans, 0 if in_order else _cut_circles(ids, parents, place)


def _cut_circles(
    ids: list[str], parents: list[str | None], place: dict[str, int]
) -> int:
    """Take the parent off one comment of each circle; return how many there were."""
    table = pd.DataFrame({COMMENT_ID: ids, PARENT_ID: parents, TEXT: ""})
    found = add_context(table)[PARENT_FOUND].tolist()
    cut = [
        row for row, parent in enumerate(parents) if parent in place and not found[row]
    ]
    for row in cut:
        parents[row] = None
    return len(cut)
