"""Tell names of authors from what stands for nobody, and hide them behind tokens."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import pandas as pd

from stancekit import columns as col
from stancekit.threads.checks import check_comments

# What platforms, programs and people write where there is no name, in any case; also
# several of these words, as in "Anonymer Nutzer" or "deleted_user".
NOBODY = frozenset(
    "na n/a nan null none ? – — gast guest visitor besucher besucherin "
    "anon anonym anonyme anonymer anonymous anónimo anonimo anoniem unbekannt "
    "unbekannte unbekannter unknown inconnu deleted gelöscht gelöschter removed "
    "entfernt user nutzer nutzerin benutzer benutzerin leser leserin account profil "
    "konto".split()
)
BRACKETS = "[](){}<>* \t\u00a0"
BETWEEN = re.compile(r"[\s_-]+")
NUMBER_BEHIND = re.compile(r"[\s_#.-]*\d+$")

TOKEN_DIGITS = 12
# Columns that name or lead to the person.
AUTHOR_PREFIX = "author_"

MENTION = re.compile(r"(?<![\w@])(?:@|/?u/(?=\w))")
PIECE = re.compile(r"\w+|\W")
# "@Anna-Lena" and "@Annabelle" do not address Anna.
NAME_GOES_ON = re.compile(r"-?\w")
# Of one length, so that a name is as long as where it stands.
SPACES = dict.fromkeys(map(ord, "\t\u00a0\u2009\u202f"), " ")


@lru_cache(maxsize=1 << 16)
def is_nobody(name: Any, *, numbered: bool = False) -> bool:
    """Tell whether a name is nobody's, such as Gast; if `numbered`, also Gast 12."""
    if pd.isna(name):
        return True
    bare = str(name).strip(BRACKETS).casefold()
    if numbered and not bare.isdecimal():
        bare = NUMBER_BEHIND.sub("", bare).strip(BRACKETS)
    return all(word in NOBODY for word in BETWEEN.split(bare) if word)


def pseudonymise(table: Any, salt: str | bytes) -> pd.DataFrame:
    """Return the comments with stable tokens in the place of authors' names.

    The same name and salt give the same token, such as ``author-3f9c2a1b7d04``, in
    any table; without the salt nobody can tell whose it is, nor try names out. Keep
    the salt secret, or throw it away.

    Names are replaced in ``author`` and ``parent_author``, and after an ``@`` (or
    ``u/``) in ``text`` and ``parent_text``, if they are names of authors in this
    table, written in the same way. So call it on the whole table, before rows are
    left out. What stands where there is no name, such as "[deleted]" or "Gast", stays.
    The column ``url`` and columns that begin with ``author_`` are dropped,
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
    table = check_comments(table, require=(col.AUTHOR,))
    table.attrs = {}
    named = [name for name in (col.AUTHOR, col.PARENT_AUTHOR) if name in table.columns]
    names = pd.unique(pd.concat([table[name] for name in named]).astype(object))
    tokens = {name: _token(name, key) for name in names if not is_nobody(name)}
    for column in named:
        table[column] = _mapped(table[column], lambda name: tokens.get(name, name))
    hide = _Names(tokens).hide
    for column in (col.TEXT, col.PARENT_TEXT):
        if column in table.columns:
            table[column] = _mapped(table[column], hide)
    dropped = [
        c for c in table.columns if c == col.URL or str(c).startswith(AUTHOR_PREFIX)
    ]
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
    return col.as_strings(column.astype(object).map(function, na_action="ignore"))


class _Names:
    """Names as paths of words and signs, with the tokens that stand for them.

    A text is followed no further than some name goes, however many names there are.
    """

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self.paths: dict[tuple[int, str], int] = {}
        self.token_at: dict[int, str] = {}
        for name, token in tokens.items():
            place = 0
            # Some platforms keep names with their @.
            for piece in PIECE.findall(str(name).removeprefix("@").translate(SPACES)):
                place = self.paths.setdefault((place, piece), len(self.paths) + 1)
            if place:
                self.token_at[place] = token

    def hide(self, text: str) -> str:
        """Put tokens in the place of the names addressed in a text."""
        plain = text.translate(SPACES)
        pieces, end = [], 0
        for match in MENTION.finditer(plain):
            start = match.end()
            # One name may hold another.
            if start > end and (found := self.longest_at(start, plain)):
                pieces += [text[end:start], found[1]]
                end = found[0]
        return "".join([*pieces, text[end:]])

    def longest_at(self, start: int, text: str) -> tuple[int, str] | None:
        """Return where the longest name that begins here ends, and its token."""
        found, place = None, 0
        for piece in PIECE.finditer(text, start):
            place = self.paths.get((place, piece[0]), 0)
            if not place:
                break
            if place in self.token_at and not NAME_GOES_ON.match(text, piece.end()):
                found = piece.end(), self.token_at[place]
        return found
