"""Add to each comment its place in the thread and the comment it answers."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from stancekit import columns as col
from stancekit.errors import DataWarning, name_rows
from stancekit.threads.checks import check_comments, positions

# More say nothing new of the comment, and some threads have thousands.
MOST_REPLIES = 20


def add_context(table: Any) -> pd.DataFrame:
    """Add to each comment what only other rows can tell: its place in the thread.

    Call it on the whole table, before any split: afterwards each row stands alone.

    Parameters
    ----------
    table : DataFrame or sequence of str
        Comments, as :func:`check_comments` takes them.

    Returns
    -------
    DataFrame
        The table with the columns

        - ``parent_text``, ``parent_author``: of the comment answered, else NA;
        - ``thread_id``: id of the top-level ancestor found;
        - ``depth``: 0 for a top-level comment, 1 for a reply to it, and so on;
        - ``reply_index``: 0 for the first reply to the same comment in the order of
          the table (for top-level comments: within the article), and so on;
        - ``n_replies``: how many direct replies are in the table;
        - ``parent_found``: whether the comment answered is in the table.

        A comment whose parent is not in the table keeps its ``parent_id`` and starts
        a thread of its own.

    Raises
    ------
    TypeError, ValueError
        As :func:`check_comments`.

    Warns
    -----
    DataWarning
        If comments answer each other in a circle. The circle is cut above its
        smallest id.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "comment_id": ["a", "b", "c"],
    ...     "parent_id": [None, "a", "b"],
    ...     "text": ["Erst reden.", "Mit wem?", "Mit allen."],
    ... })
    >>> add_context(table)[["comment_id", "parent_text", "thread_id", "depth"]]
      comment_id  parent_text thread_id  depth
    0          a          NaN         a      0
    1          b  Erst reden.         a      1
    2          c     Mit wem?         a      2
    """
    table = check_comments(table)
    n = len(table)
    ids = _row_ids(table)
    parent = _parent_positions(table, ids)
    parent = _cut_cycles(parent, ids)
    root, depth = _roots_and_depths(parent)
    found = parent >= 0
    table[col.PARENT_TEXT] = _take(table[col.TEXT], parent, table.index)
    authors = table.get(col.AUTHOR, pd.Series(np.nan, table.index, dtype="str"))
    table[col.PARENT_AUTHOR] = _take(authors, parent, table.index)
    table[col.THREAD_ID] = _take(ids, root, table.index)
    table[col.DEPTH] = depth
    table[col.REPLY_INDEX] = _reply_index(table, parent)
    table[col.N_REPLIES] = np.bincount(parent[found], minlength=n)
    table[col.PARENT_FOUND] = found
    return table


def with_context(table: Any) -> pd.DataFrame:
    """Return a checked table with its context, added only where it is not there."""
    if isinstance(table, pd.DataFrame) and set(col.CONTEXT_COLUMNS) <= set(
        table.columns
    ):
        return check_comments(table)
    return add_context(table)


def with_replies(table: pd.DataFrame) -> pd.DataFrame:
    r"""Return a table with context and ``replies_text``: what is said below a comment.

    These are the texts of its first 20 direct replies in the order of the table, a line
    each; empty without replies. A column of that name that is there stays.

    >>> table = add_context(pd.DataFrame({
    ...     "comment_id": ["a", "b", "c"], "parent_id": [None, "a", "a"],
    ...     "text": ["Erst reden.", "Mit wem?", "Eben!"],
    ... }))
    >>> with_replies(table)["replies_text"].tolist()
    ['Mit wem?\nEben!', '', '']
    """
    if col.REPLIES_TEXT in table.columns:
        return table
    said = np.full(len(table), "", dtype=object)
    parent = _parent_positions(table, _row_ids(table))
    rows = np.flatnonzero(
        table[col.PARENT_FOUND].to_numpy(dtype=bool)
        & (parent >= 0)
        & (table[col.REPLY_INDEX].to_numpy() < MOST_REPLIES)
    )
    rows = rows[np.argsort(parent[rows], kind="stable")]
    texts = table[col.TEXT].iloc[rows].tolist()
    # A groupby of pandas takes longer than all else that is done with the comments.
    answered, first = np.unique(parent[rows], return_index=True)
    for row, (start, end) in zip(answered, pairwise([*first, len(rows)]), strict=True):
        said[row] = "\n".join(texts[start:end])
    return table.assign(**{col.REPLIES_TEXT: pd.Series(said, table.index, dtype="str")})


def reading_order(table: pd.DataFrame) -> Iterator[int]:
    """Yield the rows of a table with its context as a reader meets them.

    Each comment, then its replies, in the order of the table.

    >>> table = pd.DataFrame({"comment_id": ["a", "b", "c"], "text": "Ja",
    ...                       "parent_id": [None, None, "a"]})
    >>> list(reading_order(add_context(table)))
    [0, 2, 1]
    """
    parents = _parent_positions(table, _row_ids(table))
    # Where a circle was cut, the parent is in the table, but is not above.
    below = (parents >= 0) & table[col.PARENT_FOUND].to_numpy(dtype=bool)
    replies = defaultdict(list)
    for row in np.flatnonzero(below).tolist():
        replies[parents[row]].append(row)
    waiting = np.flatnonzero(~below)[::-1].tolist()
    while waiting:
        row = waiting.pop()
        yield row
        waiting.extend(reversed(replies[row]))


def part_table(
    parent: np.ndarray,
    article: np.ndarray,
    rows: int,
    *,
    kept: np.ndarray | None = None,
) -> np.ndarray:
    """Return the part of each comment; one of about so many rows, in their order.

    `parent` and `article` are the row of the comment answered and that of the first one
    under the same article, or -1. Comments that answer each other or stand under one
    article are in one part. Only the rows that are kept count, by default all.

    >>> parent, article = np.array([-1, -1, 0]), np.array([-1, -1, -1])
    >>> part_table(parent, article, 2).tolist()
    [0, 1, 0]
    """
    n = len(parent)
    row = np.concatenate([np.flatnonzero(link >= 0) for link in (parent, article)])
    other = np.concatenate([link[link >= 0] for link in (parent, article)])
    # Old versions of scipy walk along 32 bits only.
    places = (row.astype(np.int32), other.astype(np.int32))
    links = coo_array((np.ones(len(row), np.int8), places), shape=(n, n))
    _, group = connected_components(links, directed=False)
    group = group if kept is None else np.unique(group[kept], return_inverse=True)[1]
    part = (np.cumsum(np.bincount(group)) - 1) // rows
    return np.unique(part, return_inverse=True)[1][group]


def _row_ids(table: pd.DataFrame) -> pd.Series:
    if col.COMMENT_ID in table.columns:
        return table[col.COMMENT_ID]
    return pd.Series(map(str, range(len(table))), dtype="str")


def _parent_positions(table: pd.DataFrame, ids: pd.Series) -> np.ndarray:
    """Return for each row the position of its parent, or -1."""
    if col.PARENT_ID not in table.columns:
        return np.full(len(table), -1)
    return positions(table[col.PARENT_ID], ids)


def _cut_cycles(parent: np.ndarray, ids: pd.Series) -> np.ndarray:
    """Return the parents without circles; each is cut above its smallest id."""
    on_cycle = _rows_on_cycles(parent)
    if not len(on_cycle):
        return parent
    parent = parent.copy()
    cut = []
    unseen = set(on_cycle.tolist())
    while unseen:
        cycle = [unseen.pop()]
        while (following := int(parent[cycle[-1]])) != cycle[0]:
            cycle.append(following)
            unseen.discard(following)
        cut.append(min(cycle, key=lambda row: ids.iloc[row]))
    parent[cut] = -1
    warnings.warn(
        f"{len(cut)} circle(s) of replies were cut; these comments now start a thread: "
        f"{name_rows(sorted(ids.iloc[row] for row in cut))}.",
        DataWarning,
        stacklevel=4,
    )
    return parent


def _rows_on_cycles(parent: np.ndarray) -> np.ndarray:
    """Return the rows from which following the parents leads back to themselves."""
    root, _ = _roots_and_depths(parent)
    # After at least n steps up, whoever is not at a root is on a circle, and every
    # row of a circle is reached from another one of it.
    return np.unique(root[parent[root] >= 0])


def _roots_and_depths(parent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Follow the parents to the top by doubling the step, in log2(n) rounds."""
    up = np.where(parent < 0, np.arange(len(parent)), parent)
    depth = (parent >= 0).astype(np.int64)
    for _ in range(len(parent).bit_length()):
        further = up[up]
        if np.array_equal(further, up):
            break
        depth += depth[up]
        up = further
    return up, depth


def _take(values: pd.Series, position: np.ndarray, index: pd.Index) -> pd.Series:
    """Return the value at each position, NA where it is -1."""
    taken = values.array.take(position, allow_fill=True)
    return col.as_strings(pd.Series(taken, index))


def _reply_index(table: pd.DataFrame, parent: np.ndarray) -> np.ndarray:
    article = np.full(len(parent), -1)
    if col.ARTICLE_ID in table.columns:
        article = pd.factorize(table[col.ARTICLE_ID])[0]
    # Comments of all articles count as one group where they answer the same comment.
    article = np.where(parent >= 0, -1, article)
    keys = pd.DataFrame({"parent": parent, "article": article}, copy=False)
    return keys.groupby(["parent", "article"]).cumcount().to_numpy()
