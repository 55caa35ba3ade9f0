"""Settle which comment answers which: one id for each, no circles."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.errors import name_rows
from stancekit.readers.report import Notes
from stancekit.readers.sources import key_of
from stancekit.readers.values import Column, id_text, typed
from stancekit.threads import add_context, positions

# What stands in place of a parent where there is none.
ROOT_SENTINELS = frozenset(
    "0 0.0 -1 root Root ROOT OP op none None NONE null Null NULL nan NaN NAN "
    "NA N/A n/a <NA>".split()
)
# What one or two answer may be any comment that is missing.
FEWEST_UNDER_A_STORY = 3
# Texts that go into made-up ids.
# So few stand in the first part of a file that is scored in parts, which gives the same
# ids as the whole one.
KEY_TEXTS = 100

Columns = dict[str, Column]


def settle_ids(columns: Columns, notes: Notes) -> Columns:
    """Return the columns with an id for each row, of repeated ones only the first.

    Ids are made up, from the texts and the place, where the source has none.
    """
    if col.COMMENT_ID in columns:
        known = typed(col.ARTICLE_ID, columns[col.COMMENT_ID])
        if known.notna().all() and known.is_unique:
            return {**columns, col.COMMENT_ID: known}
    columns = {name: list(values) for name, values in columns.items()}
    texts = columns[col.TEXT]
    ids = [*map(id_text, columns.get(col.COMMENT_ID, [None] * len(texts)))]
    if None in ids:
        _note_made_up(columns, ids, notes)
        stem = id_stem(texts)
        ids = [name or f"{stem}-{place}" for place, name in enumerate(ids, 1)]
    columns = {**columns, col.COMMENT_ID: ids}
    first = {ids[row]: row for row in reversed(range(len(ids)))}
    notes.duplicates = len(ids) - len(first)
    if not notes.duplicates:
        return columns
    _note_other_texts(ids, texts, first, notes)
    kept = sorted(first.values())
    return {name: [values[row] for row in kept] for name, values in columns.items()}


def id_stem(texts: list[Any]) -> str:
    """Return with what the ids begin that a source with these texts gets."""
    return key_of("\0".join(map(str, texts[:KEY_TEXTS])))


def _note_made_up(columns: Columns, ids: list[str | None], notes: Notes) -> None:
    if col.COMMENT_ID in columns:
        notes.count(ids.count(None), "comments had no id and got one.")
    elif any(columns.get(col.PARENT_ID, [])):
        notes.warnings.append(
            "There are parents but no ids, so no reply can be matched with what it "
            f"answers. Name the column of ids: columns={{'...': {col.COMMENT_ID!r}}}."
        )


def _note_other_texts(
    ids: list[str | None], texts: list[Any], first: dict[str | None, int], notes: Notes
) -> None:
    other = [name for row, name in enumerate(ids) if texts[row] != texts[first[name]]]
    if other:
        notes.warnings.append(
            f"{len(other):,} rows repeat an id with another text and were dropped: "
            f"{name_rows(other)}. Give each comment an id of its own."
        )


def settle_parents(columns: Columns, notes: Notes) -> pd.Series:
    """Return the parents without circles; those not in the table are counted.

    What only marks a missing parent becomes NA: a word such as "root", the
    comment's own id, the id of the article. It is a parent where a comment has it as
    its id.
    """
    ids = typed(col.COMMENT_ID, columns[col.COMMENT_ID])
    parents = typed(col.ARTICLE_ID, columns[col.PARENT_ID])
    place = positions(parents, ids)
    lost = np.flatnonzero(parents.notna() & (place < 0))
    if len(lost):
        # Blanks around a number, or a decimal point, come from a table program.
        alike = {_bare(name): name for name in reversed(ids.tolist())}
        parents.iloc[lost] = [alike.get(_bare(n), n) for n in parents.iloc[lost]]
        place[lost] = positions(parents.iloc[lost], ids)
    rows = np.arange(len(ids))
    only_marks = (place < 0) & parents.isin([*ROOT_SENTINELS])
    if col.ARTICLE_ID in columns:
        articles = typed(col.ARTICLE_ID, columns[col.ARTICLE_ID])
        only_marks |= (place < 0) & (parents == articles)
    parents = parents.mask(only_marks | (place == rows))
    parents = _take_out_story(parents, place, notes)
    notes.orphans = int((parents.notna() & (place < 0)).sum())
    if (place < rows).all():  # then there is no circle
        return parents
    table = pd.DataFrame({col.COMMENT_ID: ids, col.PARENT_ID: parents, col.TEXT: ""})
    # Of one comment of each circle it is found no more.
    found = add_context(table)[col.PARENT_FOUND]
    cut = parents.notna() & (place >= 0) & ~found
    notes.cycles_cut = int(cut.sum())
    return parents.mask(cut)


def _take_out_story(parents: pd.Series, place: np.ndarray, notes: Notes) -> pd.Series:
    """Take an absent parent that most comments share for what they stand under."""
    absent = parents[parents.notna() & (place < 0)].tolist()
    [(story, times)] = Counter(absent).most_common(1) or [("", 0)]
    if times < FEWEST_UNDER_A_STORY or times < 0.5 * len(parents):
        return parents
    notes.guesses.append(
        f"{times:,} comments answer {story!r}, which is not in the source: that was "
        "taken for what all of them stand under."
    )
    return parents.mask(parents == story)


def _bare(name: str) -> str:
    return name.strip().removesuffix(".0")
