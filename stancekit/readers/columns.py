"""Say which column of a found table is which of ours."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import pandas as pd

from stancekit import columns as col
from stancekit.errors import ReadError, name_rows
from stancekit.labels import MISSING_WORDS, clean_labels
from stancekit.readers.report import Notes
from stancekit.readers.sources import Source
from stancekit.readers.values import Column, is_missing, present

REDDIT_NAME = re.compile("t[13]_[0-9A-Za-z]+")

# A parent has more words for none; those of a text are text.
MAY_SAY_MISSING = [
    name for name in col.COMMENT_COLUMNS if name not in (col.PARENT_ID, col.TEXT)
]

# A column with so many times fewer values than another is hardly used.
ALMOST_EMPTY = 10
# Google's Takeout writes a text as a row of JSON objects, links apart.
RUNS = re.compile(r'\{\s*"text"\s*:')

# Rows turned into columns at a time.
CHUNK = 10_000

# The usual names, the better one first: those of exports, then of people's tables in
# German, French, Spanish, Italian, Dutch and Polish. Case, blanks, signs do not matter.
ALIASES = {
    col.COMMENT_ID: """
        id cid message_id post_id_str guid ID_Post id_str uri tweet_id utterance_id
        kommentar_id kommentarnummer nr nummer numéro número numero identifiant
    """.split(),
    col.PARENT_ID: """
        parent comment_parent_id parent_comment_id comment_parent reply_to reply_to_id
        reply_to_message_id in_reply_to_id in_reply_to_status_id_str is_reply_to
        in_reply_to_status_id in_reply_to ID_Parent_Post antwort_auf bezug réponse_à
        en_réponse_à respuesta_a en_respuesta_a risposta_a in_risposta_a antwoord_op
        reactie_op odpowiedź_na
    """.split(),
    col.TEXT: """
        body comment_body comment_text full_text textOriginal message comment_message
        content comment_content comment comments textDisplay sentence tweet
        kommentartext kommentar beitragstext nachricht inhalt beitrag leserkommentar
        texte commentaire message contenu texto comentario mensaje contenido testo
        commento messaggio contenuto tekst reactie bericht inhoud komentarz treść
        wiadomość wpis
    """.split(),
    col.AUTHOR: """
        speaker author_name username user authorDisplayName userDisplayName
        comment_author_name comment_author comment_from_name by from from_name ID_User
        nutzername benutzername nutzer benutzer verfasser verfasserin autor autorin
        kommentator absender auteur utilisateur pseudo usuario nombre autore utente
        nome gebruiker gebruikersnaam użytkownik nick name
    """.split(),
    col.CREATED_AT: """
        created_utc createdAt publishedAt published_at timestamp comment_posted_time
        comment_create_timestamp comment_created comment_published created_time
        published_timestamp createDate created_date created datetime time date
        zeitstempel zeitpunkt erstellt_am veröffentlicht datum uhrzeit zeit heure fecha
        hora data ora tijd datum_tijd czas
    """.split(),
    col.LIKES: """
        like_count comment_likes score comment_score ups votes points numRecommends
        recommendations favorite_count favourites_count PositiveVotes gefällt_mir
        empfehlungen leserempfehlungen stimmen zustimmungen j_aime me_gusta mi_piace
        vind_ik_leuks polubienia
    """.split(),
    col.ARTICLE_ID: """
        article ID_Article conversation_id link_id post_id video_id status_id
        message_tree_id thread root article_url post_url artikel_id artikel articolo
        artículo artykuł
    """.split(),
    col.HEADLINE: """
        title article_title article_headline post_title video_title link_title
        submission_title überschrift schlagzeile titel artikeltitel titre título titolo
        kop tytuł
    """.split(),
    col.URL: "comment_url permalink link lien enlace".split(),
    col.STANCE: "label haltung standpunt".split(),
}


def plain_name(name: str) -> str:
    """Return a column's name without case, blanks and signs.

    Examples
    --------
    >>> plain_name("Comment(s)"), plain_name("reply-to")
    ('comments', 'replyto')
    """
    return re.sub(r"[\W_]+", "", name.casefold())


TEXT_NAMES = frozenset(map(plain_name, (col.TEXT, *ALIASES[col.TEXT])))


def holds_text(found: Sequence[str]) -> bool:
    """Tell whether one of the columns goes by a usual name for the text."""
    return any(plain_name(name) in TEXT_NAMES for name in found)


def our_names(
    found: Sequence[str], source: Source, filled: Mapping[str, int]
) -> dict[str, str]:
    """Return for each column found its name in the comment table.

    What the caller says comes first, then our own names, then the usual ones in the
    order of ``ALIASES``; one with few values, as ``filled`` counts them, stands behind
    one with many. All others keep their names.
    """
    _check_given(found, source.columns)
    names = dict(source.columns)
    taken = {*names.values()}
    for ours in (name for name in col.COMMENT_COLUMNS if name not in taken):
        candidates = _candidates(ours, [name for name in found if name not in names])
        if not candidates:
            continue
        # Most comments answer none: parents may be few.
        if ours not in (col.PARENT_ID, candidates[0]):
            most = max(filled[name] for name in candidates)
            candidates.sort(key=lambda name: ALMOST_EMPTY * filled[name] < most)
        names[candidates[0]] = ours
        if len(candidates) > 1:
            source.notes.guesses.append(
                f"{ours!r} was taken from {candidates[0]!r}, not from "
                f"{name_rows(candidates[1:])}; columns= takes another one."
            )
    taken = {*names.values()}
    if col.TEXT not in taken:
        listed = ", ".join(map(repr, found)) or "none"
        raise ReadError(
            f"{source.name}: no column is known to hold the text. Found: {listed}. Say "
            f"which one it is: columns={{'...': {col.TEXT!r}}}."
        )
    # An unused column must not pass for ours.
    return {n: names.get(n, f"{n}_found" if n in taken else n) for n in found}


def _check_given(found: Sequence[str], columns: Mapping[str, str]) -> None:
    for theirs, ours in columns.items():
        col.require(found, theirs)
        if ours not in col.COMMENT_COLUMNS:
            raise ValueError(
                f"columns={{{theirs!r}: {ours!r}}}: {ours!r} is no column of a comment "
                f"table. These are: {', '.join(col.COMMENT_COLUMNS)}."
            )
    if twice := _repeated([*columns.values()]):
        raise ValueError(f"columns= names {name_rows(twice)} more than once.")


def _repeated(names: Sequence[str]) -> list[str]:
    return sorted(name for name, times in Counter(names).items() if times > 1)


def _candidates(ours: str, found: Sequence[str]) -> list[str]:
    """Return the columns that may be this one of ours, the best first."""
    if ours in found:
        return [ours]
    # Of two names that differ in signs only, the first one counts.
    by_name = {plain_name(name): name for name in reversed(found)}
    usual = dict.fromkeys(map(plain_name, (ours, *ALIASES.get(ours, []))))
    return [by_name[name] for name in usual if name in by_name]


def header_names(header: Sequence[str], source: Source) -> list[str]:
    """Return the column names; those without one are numbered."""
    named = [name.strip() or f"column_{i}" for i, name in enumerate(header, 1)]
    if twice := _repeated(named):
        raise ReadError(
            f"{source.name}, line 1: {name_rows(twice)} is the name of two columns. "
            "Rename one of them."
        )
    return named


def from_rows(rows: Iterator[Sequence[Any]], source: Source) -> dict[str, list[Any]]:
    """Return the columns of rows of equal length, of which the first is the header."""
    first = next(rows, None)
    if first is None:
        raise ReadError(f"{source.name} is empty. A table needs a header and rows.")
    header = header_names([*map(str, first)], source)
    values: list[list[Any]] = [[] for _ in header]
    while chunk := list(islice(rows, CHUNK)):
        for column, part in zip(values, zip(*chunk, strict=True), strict=True):
            column.extend(part)
    return from_columns(dict(zip(header, values, strict=True)), source)


def from_columns(
    values: dict[str, Column], source: Source, *, float32: Sequence[str] = ()
) -> dict[str, Column]:
    """Return the columns under our names.

    ``float32`` names the columns that the source holds with so few digits.
    """
    # Halves of characters, which no file can hold, are written out.
    values = {
        name.encode("utf-8", "backslashreplace").decode(): column
        for name, column in values.items()
    }
    filled = {name: len(present(column)) for name, column in values.items()}
    names = our_names(list(values), source, filled)
    for name in float32:
        if names[name] == col.CREATED_AT:
            source.notes.guesses.append(
                f"{name!r} is float32, which rounds times since 1970 to 128 seconds."
            )
    columns = {names[name]: column for name, column in values.items()}
    source.notes.read_as = {a: b for a, b in names.items() if a != b}
    others = [name for name in columns if not _is_ours(name)]
    source.notes.unused = others if len(others) < len(columns) else []
    _take_out_missing_words(columns, source.notes)
    columns[col.TEXT] = texts = _joined_runs(columns[col.TEXT])
    for number, text in enumerate([] if isinstance(texts, pd.Series) else texts, 1):
        if isinstance(text, (dict, list)):
            raise ReadError(
                f"{source.name}, record {number}: the text is a {type(text).__name__}. "
                "Name another column with columns=, or another format with format=."
            )
    _note_lost_replies(columns, source.notes)
    return _bare_reddit_ids(columns, source.notes)


def _is_ours(name: str) -> bool:
    return name in col.COMMENT_COLUMNS or name.startswith(col.PROBA_PREFIX)


def _joined_runs(texts: Column) -> Column:
    """Return texts that are rows of JSON objects as what these say."""
    if not all(isinstance(text, str) and RUNS.match(text) for text in present(texts)):
        return texts
    try:
        parts = [json.loads(f"[{text or ''}]") for text in texts]
    except (ValueError, RecursionError):
        return texts
    return ["".join(str(run.get("text", "")) for run in row) for row in parts]


def _take_out_missing_words(columns: dict[str, Column], notes: Notes) -> None:
    """Take the words for no value, such as R's NA, for none; in texts they stay."""
    for name in filter(columns.__contains__, MAY_SAY_MISSING):
        given = columns[name]
        missing = _missing_words(given)
        if name == col.COMMENT_ID and missing:
            # One comment may really be called so.
            counts = Counter([*given])
            missing = {word for word in missing if counts[word] > 1}
        if missing:
            found = [isinstance(value, str) and value in missing for value in given]
            columns[name] = (
                given.mask(found)
                if isinstance(given, pd.Series)
                else [None if no else v for no, v in zip(found, given, strict=True)]
            )
            notes.count(
                sum(found),
                f"values of {name!r} stand for none and were taken as missing: "
                f"{name_rows(sorted(missing))}.",
            )


def _missing_words(values: Column) -> set[str]:
    if isinstance(values, pd.Series):  # each text is touched once, by Arrow
        bare = values.str.strip().str.lower()
        values = values[bare.isin([*MISSING_WORDS])].tolist()
    words = [*{value for value in values if isinstance(value, str) and value}]
    cleaned = zip(words, clean_labels(words), strict=True)
    return {word for word, label in cleaned if label is None}


def _note_lost_replies(columns: dict[str, Column], notes: Notes) -> None:
    if len(present(columns.get(col.PARENT_ID, []))):
        return
    for flag in [name for name in columns if plain_name(name) == "isreply"][:1]:
        words = (str(value).casefold() for value in columns[flag])
        if marked := sum(word in ("true", "1", "yes") for word in words):
            notes.guesses.append(
                f"{flag!r} marks {marked:,} replies, but no parents are given: "
                "the tree is lost, all comments count as top-level."
            )


def _bare_reddit_ids(columns: dict[str, Column], notes: Notes) -> dict[str, Column]:
    """Return ids without Reddit's marks, where parents bear them and comments do not.

    The parent of a comment is ``t1_<id>``, or ``t3_<id>`` if it answers the post.
    """
    answered = present(columns.get(col.PARENT_ID, []))
    marked = len(answered) and all(REDDIT_NAME.fullmatch(str(p)) for p in answered)
    if not marked or any(map(_is_marked, columns.get(col.COMMENT_ID, []))):
        return columns
    parents = ["" if is_missing(p) else str(p) for p in columns[col.PARENT_ID]]
    notes.guesses.append(
        "The parents are Reddit's names of comments (t1_) and posts (t3_); a comment "
        "that answers the post counts as top-level."
    )
    answered = [p[3:] if p.startswith("t1_") else None for p in parents]
    bare = {**columns, col.PARENT_ID: answered}
    for name in {col.ARTICLE_ID} & columns.keys():
        bare[name] = [v[3:] if _is_marked(v) else v for v in columns[name]]
    return bare


def _is_marked(name: Any) -> bool:
    return isinstance(name, str) and REDDIT_NAME.fullmatch(name) is not None
