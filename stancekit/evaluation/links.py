"""Find which comments have a thread, an author or a text in common."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from stancekit.evaluation.shared_texts import near_duplicates, quotations, text_keys
from stancekit.threads import AUTHOR, TEXT, THREAD_ID

THREADS, AUTHORS = "threads", "authors"
NEAR_DUPLICATES, QUOTATIONS = "near-duplicates", "quotations"
TEXT_KINDS = (NEAR_DUPLICATES, QUOTATIONS)

NO_PAIRS = np.empty((0, 2), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Links:
    """Which comments have something in common.

    Parameters
    ----------
    keys : array of shape (n,), optional
        All comments with the same key; missing or empty means none.
    pairs : array of int, shape (n_pairs, 2), default=none
        Single pairs besides.
    """

    keys: np.ndarray | None = None
    pairs: np.ndarray = field(default_factory=NO_PAIRS.copy)

    def across(self, fold: np.ndarray) -> np.ndarray:
        """Return linked pairs of rows in different folds, shape (m, 2).

        Of the comments with one key, each comes with one partner, not with all.

        Examples
        --------
        >>> links = Links(keys=np.array(["a", "a", "b", "b"], dtype=object))
        >>> links.across(np.array([0, 1, 1, 1])).tolist()
        [[0, 1]]
        """
        differ = fold[self.pairs[:, 0]] != fold[self.pairs[:, 1]]
        pairs = self.pairs[differ]
        if self.keys is not None:
            same = _partners(self.keys, fold)
            pairs = np.unique(np.sort(np.vstack([pairs, same]), axis=1), axis=0)
        return pairs


def find_links(comments: pd.DataFrame) -> dict[str, Links]:
    """Return what comments have in common, by kind; no authors where none are known."""
    texts = comments[TEXT].tolist()
    links = {THREADS: Links(comments[THREAD_ID].to_numpy(dtype=object))}
    if AUTHOR in comments.columns:
        links[AUTHORS] = Links(comments[AUTHOR].to_numpy(dtype=object))
    links[NEAR_DUPLICATES] = Links(text_keys(texts), near_duplicates(texts))
    links[QUOTATIONS] = Links(pairs=quotations(texts))
    return links


def _partners(keys: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return each row with one of the same key in another fold, if there is one."""
    rows = pd.DataFrame({"key": keys, "fold": fold, "row": np.arange(len(keys))})
    rows = rows[rows["key"].notna() & (rows["key"] != "")]
    # One row of each fold in which the key stands; two of them are enough, since at
    # least one of the two is in another fold than any given row.
    firsts = rows.drop_duplicates(["key", "fold"])
    place = firsts.groupby("key").cumcount()
    found = [
        rows.merge(firsts[place == n], on="key", suffixes=("", "_partner"))
        for n in (0, 1)
    ]
    pairs = pd.concat(found, ignore_index=True)
    pairs = pairs[pairs["fold"] != pairs["fold_partner"]]
    return pairs[["row", "row_partner"]].to_numpy(dtype=np.int64)
