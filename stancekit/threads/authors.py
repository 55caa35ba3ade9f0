"""Tell names of people from what stands where there is none."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import pandas as pd

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


@lru_cache(maxsize=1 << 16)
def is_nobody(name: Any, *, numbered: bool = False) -> bool:
    """Tell whether a name is nobody's, such as Gast; if `numbered`, also Gast 12."""
    if pd.isna(name):
        return True
    bare = str(name).strip(BRACKETS).casefold()
    if numbered and not bare.isdecimal():
        bare = NUMBER_BEHIND.sub("", bare).strip(BRACKETS)
    return all(word in NOBODY for word in BETWEEN.split(bare) if word)
