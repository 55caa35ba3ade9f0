"""Find which comments of a table have to do with each other."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from stancekit.threads import (
    AUTHOR,
    COMMENT_ID,
    PARENT_FOUND,
    PARENT_ID,
    group_ids,
)

# Of a prolific author each comment is joined with this many before it, not with all.
MOST_PER_AUTHOR = 10

Pairs = tuple[np.ndarray, np.ndarray]


def reply_pairs(table: pd.DataFrame) -> Pairs:
    """Return the rows (parent, reply) of all replies whose parent is in the table."""
    parent = parent_rows(table)
    replies = np.flatnonzero(parent >= 0)
    return parent[replies], replies


def answer_pairs(table: pd.DataFrame) -> Pairs:
    """Return the reply pairs without those by one and the same author."""
    parent, reply = reply_pairs(table)
    author = author_codes(table)
    same = (author[reply] >= 0) & (author[parent] == author[reply])
    return parent[~same], reply[~same]


def grandparent_pairs(table: pd.DataFrame) -> Pairs:
    """Return rows (grandparent, reply) that may be by the same author.

    Who answers an answer is often whoever wrote the first comment. Where both names
    are known they tell it better, so those pairs are left out.
    """
    parent = parent_rows(table)
    above = np.where(parent >= 0, parent[parent], -1)
    rows = np.flatnonzero(above >= 0)
    known = author_codes(table) >= 0
    unsure = ~(known[rows] & known[above[rows]])
    return above[rows][unsure], rows[unsure]


def author_pairs(table: pd.DataFrame) -> Pairs:
    """Return pairs of rows by the same author under the same article."""
    author = author_codes(table)
    article, _ = pd.factorize(group_ids(table))
    known = np.flatnonzero(author >= 0)
    # Sorted by id, so that the order of the rows does not matter.
    order = known[np.lexsort((_ids(table)[known], author[known], article[known]))]
    pairs = []
    for step in range(1, MOST_PER_AUTHOR + 1):
        first, second = order[:-step], order[step:]
        same = (author[first] == author[second]) & (article[first] == article[second])
        pairs.append((first[same], second[same]))
    return (
        np.concatenate([first for first, _ in pairs]),
        np.concatenate([second for _, second in pairs]),
    )


def hide_authors(table: pd.DataFrame, share: float) -> pd.DataFrame:
    """Return the table without the authors of some of its articles.

    Which articles is decided by a hash of their id, so it is the same every time.

    Examples
    --------
    >>> table = pd.DataFrame({"author": ["A"], "article_id": ["1"], "thread_id": ["x"]})
    >>> hide_authors(table, share=1.0)["author"].isna().tolist()
    [True]
    """
    if AUTHOR not in table.columns:
        return table
    articles, names = pd.factorize(group_ids(table))
    digests = [hashlib.sha256(str(name).encode()).digest() for name in names]
    hidden = np.array([digest[0] < share * 256 for digest in digests], dtype=bool)
    authors = table[AUTHOR].astype(object).mask(hidden[articles])
    return table.assign(**{AUTHOR: authors})


def parent_rows(table: pd.DataFrame) -> np.ndarray:
    """Return the row of each comment's parent, -1 where it is not in the table."""
    if COMMENT_ID not in table.columns or PARENT_ID not in table.columns:
        return np.full(len(table), -1)
    answered = table[PARENT_ID]
    rows = pd.Index(table[COMMENT_ID]).get_indexer(answered)
    # Where a circle was cut there is an id, but no parent.
    rows[answered.isna().to_numpy() | ~table[PARENT_FOUND].to_numpy(dtype=bool)] = -1
    return rows


def author_codes(table: pd.DataFrame) -> np.ndarray:
    """Return a number for each author, -1 where the author is not known."""
    if AUTHOR not in table.columns:
        return np.full(len(table), -1)
    known = table[AUTHOR].notna() & (table[AUTHOR] != "")
    return pd.factorize(table[AUTHOR].astype(object).where(known))[0]


def _ids(table: pd.DataFrame) -> np.ndarray:
    if COMMENT_ID not in table.columns:
        return np.arange(len(table))
    return table[COMMENT_ID].to_numpy(dtype=str)
