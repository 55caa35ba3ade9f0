"""Find which comments of a table have to do with each other."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.folds import group_ids
from stancekit.threads import is_nobody, positions

# Of a prolific author each comment is joined with this many before it, not with all.
MOST_PER_AUTHOR = 10

Pairs = tuple[np.ndarray, np.ndarray]


def reply_pairs(table: pd.DataFrame) -> Pairs:
    """Return the rows (parent, reply) of all replies whose parent is in the table."""
    parent = parent_rows(table)
    replies = np.flatnonzero(parent >= 0)
    return parent[replies], replies


def answer_pairs(table: pd.DataFrame, author: np.ndarray | None = None) -> Pairs:
    """Return the reply pairs without those by one and the same author.

    Here and below, `author` are the codes of the authors, where they are known.
    """
    parent, reply = reply_pairs(table)
    author = author_codes(table) if author is None else author
    same = (author[reply] >= 0) & (author[parent] == author[reply])
    return parent[~same], reply[~same]


def grandparent_pairs(table: pd.DataFrame, author: np.ndarray | None = None) -> Pairs:
    """Return rows (grandparent, reply) that may be by the same author.

    Who answers an answer is often whoever wrote the first comment. Where both names
    are known they tell it better, so those pairs are left out.
    """
    parent = parent_rows(table)
    above = np.where(parent >= 0, parent[parent], -1)
    rows = np.flatnonzero(above >= 0)
    known = (author_codes(table) if author is None else author) >= 0
    unsure = ~(known[rows] & known[above[rows]])
    return above[rows][unsure], rows[unsure]


def author_pairs(table: pd.DataFrame, author: np.ndarray | None = None) -> Pairs:
    """Return pairs of rows by the same author under the same article."""
    places = author_places(table, author)
    known = np.flatnonzero(places >= 0)
    # Most authors wrote once; sorting the others is enough.
    known = known[np.bincount(places[known])[places[known]] > 1]
    # Sorted by id, so that the order of the rows does not matter.
    order = known[np.lexsort((_ids(table)[known], places[known]))]
    pairs = []
    for step in range(1, MOST_PER_AUTHOR + 1):
        first, second = order[:-step], order[step:]
        same = places[first] == places[second]
        pairs.append((first[same], second[same]))
    return (
        np.concatenate([first for first, _ in pairs]),
        np.concatenate([second for _, second in pairs]),
    )


def author_places(table: pd.DataFrame, author: np.ndarray | None = None) -> np.ndarray:
    """Return a number for each author under each article, -1 where nobody is known."""
    author = author_codes(table) if author is None else author
    # As group_ids has it: the article, where that is not known the thread.
    group, threads = pd.factorize(table[col.THREAD_ID])
    if col.ARTICLE_ID in table.columns:
        article, _ = pd.factorize(table[col.ARTICLE_ID])
        group = np.where(article < 0, group, len(threads) + article)
    place = group * (author.max(initial=0) + 1) + author
    # Small numbers, as they are counted.
    return np.where(author >= 0, pd.factorize(place)[0], -1)


def hide_authors(table: pd.DataFrame, share: float) -> pd.DataFrame:
    """Return the table without the authors of some of its articles.

    Which articles is decided by a hash of their id, so it is the same every time.
    """
    if col.AUTHOR not in table.columns:
        return table
    articles, names = pd.factorize(group_ids(table))
    digests = [hashlib.sha256(str(name).encode()).digest() for name in names]
    hidden = np.array([digest[0] < share * 256 for digest in digests], dtype=bool)
    authors = table[col.AUTHOR].astype(object).mask(hidden[articles])
    return table.assign(**{col.AUTHOR: authors})


def parent_rows(table: pd.DataFrame) -> np.ndarray:
    """Return the row of each comment's parent, -1 where it is not in the table."""
    if col.COMMENT_ID not in table.columns or col.PARENT_ID not in table.columns:
        return np.full(len(table), -1)
    rows = positions(table[col.PARENT_ID], table[col.COMMENT_ID])
    # Where a circle was cut there is an id, but no parent.
    return np.where(table[col.PARENT_FOUND].to_numpy(dtype=bool), rows, -1)


def author_codes(table: pd.DataFrame) -> np.ndarray:
    """Return a number for each author, -1 where it is nobody's name."""
    if col.AUTHOR not in table.columns:
        return np.full(len(table), -1)
    codes, names = pd.factorize(table[col.AUTHOR])
    # Two comments by "Gast 12" may well be by two people.
    nobody = [is_nobody(name, numbered=True) for name in names.tolist()]
    return np.where(np.array([*nobody, True])[codes], -1, codes)


def _ids(table: pd.DataFrame) -> np.ndarray:
    if col.COMMENT_ID not in table.columns:
        return np.arange(len(table))
    return table[col.COMMENT_ID].to_numpy(dtype=str)
