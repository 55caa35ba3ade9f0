"""Choose and order the comments that a page shows, and hide who wrote them."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from itertools import count

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.scoring.predicting import ABSTAIN_BELOW
from stancekit.threads import pseudonymise, reading_order
from stancekit.threads.pseudonyms import AUTHOR_PREFIX

LANGUAGES = ("en", "de")
# How the name of the table beside a page ends.
BESIDE = "-comments.csv"
# A page with more opens slowly and is read by nobody.
MOST_SHOWN = 5000
TOKEN = re.compile(r"author-[0-9a-f]{12}")


@dataclass(frozen=True)
class Settings:
    """What a page was asked to show, by the arguments of :func:`write_report`."""

    language: str = "en"
    label_column: str = col.STANCE
    abstain_below: float = ABSTAIN_BELOW
    pseudonymise: bool = False
    authors: bool = True

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise ValueError(
                f"language={self.language!r} is none of {', '.join(LANGUAGES)}."
            )


def without_names(table: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return comments as they may be shown."""
    # Authors become author-1, author-2 ... in the order in which they appear: unlike
    # tokens made with a salt, these can be made again by whoever has the comments, and
    # tell nothing to those who have not.
    if settings.pseudonymise and col.AUTHOR in table.columns:
        table = pseudonymise(table, secrets.token_hex())
        number = count(1)
        tokens = table[col.AUTHOR].dropna().drop_duplicates()
        names = {t: f"author-{next(number)}" for t in tokens if TOKEN.fullmatch(t)}
        for column in {col.AUTHOR, col.PARENT_AUTHOR, col.TEXT, col.PARENT_TEXT}:
            if column in table.columns:
                table[column] = table[column].map(
                    lambda text: TOKEN.sub(lambda t: names.get(t[0], t[0]), text),
                    na_action="ignore",
                )
    if not settings.authors:
        leads_to_them = [col.AUTHOR, col.PARENT_AUTHOR, col.URL]
        leads_to_them += [c for c in table.columns if str(c).startswith(AUTHOR_PREFIX)]
        table = table.drop(columns=leads_to_them, errors="ignore")
    return table


def rows_to_show(table: pd.DataFrame, most: int = MOST_SHOWN) -> list[int]:
    """Return the rows of a page in reading order, each article's together.

    Of too many comments whole threads are drawn, by hashes of their ids, so that the
    same are drawn each time.
    """
    rows = np.fromiter(reading_order(table), dtype=int)
    threads = table[col.THREAD_ID].to_numpy(dtype=object)[rows]
    if len(rows) > most:
        sizes = pd.Series(threads).value_counts(sort=False)
        sizes = sizes.sort_index(key=lambda ids: ids.map(_draw))
        # Of a thread that is too long alone, the beginning is shown.
        n_drawn = max(int((sizes.cumsum() <= most).sum()), 1)
        drawn = np.isin(threads, sizes.index[:n_drawn].to_numpy(dtype=object))
        rows, threads = rows[drawn][:most], threads[drawn][:most]
    if col.ARTICLE_ID not in table.columns:
        return rows.tolist()
    article = table[col.ARTICLE_ID].groupby(table[col.THREAD_ID]).transform("first")
    codes, _ = pd.factorize(article.iloc[rows], use_na_sentinel=False)
    return rows[np.argsort(codes, kind="stable")].tolist()


def _draw(thread_id: str) -> str:
    return hashlib.sha256(str(thread_id).encode(errors="replace")).hexdigest()
