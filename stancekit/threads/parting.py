"""Part comments so that those which have to do with each other stay together."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


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
