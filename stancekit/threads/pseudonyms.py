"""Put stable tokens in the place of authors' names."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from stancekit.threads.checks import check_comments
from stancekit.threads.columns import AUTHOR, PARENT_AUTHOR, PARENT_TEXT, TEXT, URL

TOKEN_DIGITS = 12
# Not names: what platforms show where there is none.
NOBODY = frozenset(("[deleted]", "[removed]", "[unknown]"))

# Columns that name or lead to the person.
AUTHOR_PREFIX = "author_"

MENTION = re.compile(r"(?<![\w@])(?:@|/?u/(?=\w))")
# "@Anna-Lena" and "@Annabelle" do not address Anna.
NAME_GOES_ON = re.compile(r"-?\w")
# Of one length, so that a name is as long as where it stands.
SPACES = dict.fromkeys(map(ord, "\t\u00a0\u2009\u202f"), " ")


def pseudonymise(table: Any, salt: str | bytes) -> pd.DataFrame:
    """Return the comments with stable tokens in the place of authors' names.

    The same name and salt give the same token, such as ``author-3f9c2a1b7d04``, in
    any table; without the salt nobody can tell whose it is, nor try names out. Keep
    the salt secret, or throw it away.

    Names are replaced in ``author`` and ``parent_author``, and after an ``@`` (or
    ``u/``) in ``text`` and ``parent_text``, if they are names of authors in this
    table, written in the same way. So call it on the whole table, before rows are
    left out. The column ``url`` and columns that begin with ``author_`` are dropped,
    since they lead to the person, and so is the read report.

    Parameters
    ----------
    table : DataFrame
        Comments, with ``author``. Is not changed.
    salt : str or bytes
        What the tokens are made with; not empty.

    Returns
    -------
    DataFrame
        The same rows.

    Raises
    ------
    TypeError, ValueError
        If the salt is no text or empty; else as :func:`check_comments`.

    Notes
    -----
    A token is the beginning of the HMAC-SHA256 of the name [1]_. Names that stand in
    a text without ``@``, people who wrote no comment, and what ids and further columns
    say are not replaced: the result is pseudonymous, not anonymous.

    References
    ----------
    .. [1] H. Krawczyk, M. Bellare and R. Canetti, "HMAC: Keyed-Hashing for Message
       Authentication", RFC 2104, 1997.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "comment_id": ["1", "2"],
    ...     "author": ["Ulf aus E.", "Kim"],
    ...     "text": ["Erst reden!", "@Ulf aus E.: Mit wem?"],
    ... })
    >>> hidden = pseudonymise(table, "geheim")
    >>> hidden["author"][0]
    'author-...'
    >>> hidden["text"][1] == f"@{hidden['author'][0]}: Mit wem?"
    True
    >>> pseudonymise(table, "")
    Traceback (most recent call last):
    ValueError: The salt is empty, so that anyone could find out the names ...
    """
    key = _key(salt)
    table = check_comments(table, require=(AUTHOR,))
    table.attrs = {}
    named = [name for name in (AUTHOR, PARENT_AUTHOR) if name in table.columns]
    names = {name for column in named for name in table[column].dropna()} - NOBODY
    tokens = {name: _token(name, key) for name in names}
    for column in named:
        table[column] = _mapped(table[column], lambda name: tokens.get(name, name))
    hide = _mention_hider(tokens)
    for column in (TEXT, PARENT_TEXT):
        if column in table.columns:
            table[column] = _mapped(table[column], hide)
    dropped = [c for c in table.columns if c == URL or str(c).startswith(AUTHOR_PREFIX)]
    return table.drop(columns=dropped)


def _key(salt: str | bytes) -> bytes:
    if not isinstance(salt, (str, bytes)):
        raise TypeError(f"The salt must be a text; found {type(salt).__name__}.")
    if not salt:
        raise ValueError(
            "The salt is empty, so that anyone could find out the names by trying. "
            "Give a long secret one: secrets.token_hex()."
        )
    return salt.encode("utf-8", "surrogatepass") if isinstance(salt, str) else salt


def _token(name: str, key: bytes) -> str:
    content = str(name).encode("utf-8", "surrogatepass")
    digest = hmac.new(key, content, hashlib.sha256).hexdigest()
    return f"author-{digest[:TOKEN_DIGITS]}"


def _mapped(column: pd.Series, function: Callable[[str], str]) -> pd.Series:
    # The categories of a categorical column name people who are in no row.
    return column.astype(object).map(function, na_action="ignore").astype("str")


def _mention_hider(tokens: Mapping[str, str]) -> Callable[[str], str]:
    """Return what puts tokens in the place of the names addressed in a text."""
    # Some platforms keep names with their @.
    known = {
        str(name).removeprefix("@").translate(SPACES): token
        for name, token in tokens.items()
    }
    sizes = sorted({len(name) for name in known if name}, reverse=True)

    def hide(text: str) -> str:
        plain = text.translate(SPACES)
        pieces, end = [], 0
        for match in MENTION.finditer(plain):
            start = match.end()
            # One name may hold another.
            for size in sizes if start > end else ():
                token = known.get(plain[start : start + size])
                if token and not NAME_GOES_ON.match(plain, start + size):
                    pieces += [text[end:start], token]
                    end = start + size
                    break
        return "".join([*pieces, text[end:]])

    return hide
