"""Read and write the folders in which ConvoKit keeps conversations."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from stancekit.errors import ReadError
from stancekit.readers.private import is_private
from stancekit.readers.sources import Format, Head, Source
from stancekit.threads import (
    ARTICLE_ID,
    AUTHOR,
    COMMENT_ID,
    CREATED_AT,
    HEADLINE,
    LIKES,
    PARENT_ID,
    TEXT,
    THREAD_ID,
    URL,
    add_context,
    check_comments,
)

UTTERANCES = "utterances.jsonl"
OLD_UTTERANCES = "utterances.json"
CONVERSATIONS = "conversations.json"
CORPUS = "corpus.json"

# The fields of an utterance, the present name first.
FIELDS = {
    COMMENT_ID: ("id",),
    PARENT_ID: ("reply-to", "reply_to"),
    ARTICLE_ID: ("conversation_id", "root"),
    AUTHOR: ("speaker", "user"),
    CREATED_AT: ("timestamp",),
    TEXT: ("text",),
}
# What some corpora call what is ours.
META_NAMES = {"score": LIKES, "permalink": URL}
TITLES = (HEADLINE, "title")
# Stands for values that ConvoKit keeps in a pickle beside the file.
PICKLED = re.compile(r"<##bin\{\d+\}&&@\*\*>")

# Names the columns of a table in the corpus that was made of it.
COLUMNS = "comment_columns"
NOBODY = "[unknown]"
# Smaller numbers are not read as seconds since 1970.
FIRST_SECONDS = 100_000_000


def recognise(head: Head) -> bool:
    """Tell whether this is a folder with utterances."""
    return not {UTTERANCES, OLD_UTTERANCES}.isdisjoint(head.files or ())


def read(source: Source) -> dict[str, list[Any]]:
    """Return the utterances of a corpus, as raw columns; metadata are columns too.

    Raises
    ------
    ReadError
        If the folder holds no utterances, or one of them has no id or no text.
    """
    ours = _written_columns(source)
    columns: dict[str, list[Any]] = {name: [] for name in FIELDS}
    titles = _titles(source)
    if ours is None and titles:
        columns[HEADLINE] = []
    for row, utterance in enumerate(_utterances(source)):
        values = _values(utterance, titles, written=ours is not None)
        for name in values:
            if name not in columns:
                columns[name] = [None] * row
        for name, column in columns.items():
            column.append(values.get(name))
    if ours is None:
        return columns
    empty = [None] * len(columns[TEXT])
    return {name: columns.get(name, empty) for name in ours}


def _written_columns(source: Source) -> list[str] | None:
    """Return the columns of the table that the corpus was made of, if it was."""
    names = _object(source, CORPUS).get(COLUMNS)
    if not isinstance(names, list) or not {COMMENT_ID, TEXT} <= set(map(str, names)):
        return None
    return [str(name) for name in names]


def _object(source: Source, name: str) -> dict[str, Any]:
    """Return the JSON object in a file of the folder, empty where there is no file."""
    if name not in (source.head.files or ()):
        return {}
    found = source.member(name).read_json()
    return found if isinstance(found, dict) else {}


def _titles(source: Source) -> dict[str, str]:
    """Return the title of each conversation that has one."""
    titles = {}
    for name, conversation in _object(source, CONVERSATIONS).items():
        meta = conversation.get("meta", conversation)
        found = [meta.get(key) for key in TITLES] if isinstance(meta, dict) else []
        title = next((t for t in found if isinstance(t, str) and t), None)
        if title is not None:
            titles[name] = title
    return titles


def _utterances(source: Source) -> Iterator[dict[str, Any]]:
    """Yield the utterances that have an id and a text."""
    old = UTTERANCES not in (source.head.files or ())
    member = source.member(OLD_UTTERANCES if old else UTTERANCES)
    for number, utterance in _listed(member) if old else member.json_lines():
        missing = next((key for key in ("id", "text") if key not in utterance), None)
        if missing is None:
            yield utterance
        else:
            member.bad_line(number, f"the utterance has no {missing!r}")


def _listed(member: Source) -> Iterator[tuple[int, dict[str, Any]]]:
    found = member.read_json()
    if not isinstance(found, list) or not all(isinstance(u, dict) for u in found):
        raise ReadError(f"{member.name} is JSON, but no list of utterances.")
    return enumerate(found, 1)


def _values(
    utterance: dict[str, Any], titles: dict[str, str], *, written: bool
) -> dict[str, Any]:
    """Return what an utterance says, by column."""
    values = {
        name: next((utterance[key] for key in keys if key in utterance), None)
        for name, keys in FIELDS.items()
    }
    speaker = values[AUTHOR]
    if isinstance(speaker, dict):
        values[AUTHOR] = speaker.get("id")
    if titles:
        values[HEADLINE] = titles.get(str(values[ARTICLE_ID]))
    meta = utterance.get("meta")
    if not isinstance(meta, dict):
        return values
    if written:
        return {**values, **meta}
    return {**_other_values(meta), **values}


def _other_values(meta: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata of a corpus that others made, under names of their own."""
    values = {}
    for key, value in meta.items():
        pickled = isinstance(value, str) and PICKLED.fullmatch(value)
        if pickled or is_private(key):
            continue
        name = META_NAMES.get(key, key)
        # A number that only looks like one of our columns must not pass for it.
        values[f"{name}_meta" if name in FIELDS or name in values else name] = value
    return values


def to_convokit(
    table: Any, folder: str | os.PathLike[str], *, force: bool = False
) -> None:
    r"""Write a comment table as a ConvoKit corpus.

    A comment becomes an utterance, an article a conversation, and an author a
    speaker. Comments without an article make up a conversation per thread, and those
    without an author are spoken by ``[unknown]``. All other columns are metadata of
    the utterances, the headline of the conversation. :func:`read_comments` gives back
    the same table; only its index is not kept, and columns that are none of ours have
    the types that JSON has.

    Parameters
    ----------
    table : DataFrame
        Comments, with ``comment_id``.
    folder : path
        Is made if it does not exist.
    force : bool, default=False
        Write into a folder that is not empty, and replace what is there.

    Raises
    ------
    TypeError, ValueError
        As :func:`check_comments`; and if there is no comment, or a value that JSON
        does not have. Nothing is written then.
    FileExistsError
        If the folder is not empty and `force` is not set.

    Examples
    --------
    >>> import tempfile
    >>> from stancekit.readers import read_comments
    >>> table = read_comments(b"id,parent,text\n1,,Reden!\n2,1,Mit wem?\n")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_convokit(table, folder)
    ...     read_comments(folder).equals(table)
    True
    """
    table = check_comments(table, require=(COMMENT_ID,))
    if table.empty:
        raise ValueError("There are no comments to write.")
    target = Path(folder)
    if target.is_dir() and any(target.iterdir()) and not force:
        raise FileExistsError(
            f"{target} is not empty, and what is in it is kept. Give another folder, "
            "or allow it to be replaced (force=True)."
        )
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".") as unfinished:
        _write_corpus(Path(unfinished), table)
        for file in Path(unfinished).iterdir():
            file.replace(target / file.name)


def _write_corpus(target: Path, table: pd.DataFrame) -> None:
    """Write all files of a corpus."""
    values = {name: _json_values(table[name]) for name in table.columns}
    conversations = _conversation_ids(table)
    titles = _first_titles(values, conversations)
    speakers = [name or NOBODY for name in values.get(AUTHOR, [None] * len(table))]
    with (target / UTTERANCES).open("w", encoding="utf-8", newline="\n") as stream:
        for row in range(len(table)):
            comment = {name: column[row] for name, column in values.items()}
            utterance = _utterance(comment, conversations[row], speakers[row], titles)
            stream.write(_json(utterance) + "\n")
    _write_others(target, values, speakers, titles, conversations)


def _json_values(column: pd.Series) -> list[Any]:
    """Return the values as JSON has them, times in seconds or as text."""
    plain = column.astype(object).where(column.notna(), None)
    return [_json_value(value) for value in plain]


def _json_value(value: Any) -> Any:
    if not isinstance(value, pd.Timestamp):
        return value.item() if hasattr(value, "item") else value
    whole = not (value.microsecond or value.nanosecond)
    seconds = int(value.timestamp())
    return seconds if whole and seconds >= FIRST_SECONDS else value.isoformat()


def _conversation_ids(table: pd.DataFrame) -> list[str]:
    """Return the article of each comment, its thread where there is none."""
    threads = add_context(table)[THREAD_ID]
    if ARTICLE_ID not in table.columns:
        return threads.tolist()
    return table[ARTICLE_ID].fillna(threads).tolist()


def _first_titles(
    values: dict[str, list[Any]], conversations: list[str]
) -> dict[str, str]:
    titles: dict[str, str] = {}
    for name, headline in zip(conversations, values.get(HEADLINE, []), strict=False):
        if headline:
            titles.setdefault(name, headline)
    return titles


def _utterance(
    comment: dict[str, Any], conversation: str, speaker: str, titles: dict[str, str]
) -> dict[str, Any]:
    """Return a comment as an utterance; what has no field of its own is metadata."""
    fields = {
        COMMENT_ID: comment[COMMENT_ID],
        ARTICLE_ID: conversation,
        TEXT: comment[TEXT],
        AUTHOR: speaker,
        PARENT_ID: comment.get(PARENT_ID),
        CREATED_AT: comment.get(CREATED_AT),
    }
    implied = {**fields, HEADLINE: titles.get(conversation)}
    utterance = {FIELDS[name][0]: value for name, value in fields.items()}
    utterance["meta"] = {
        name: value
        for name, value in comment.items()
        if name not in implied or implied[name] != value
    }
    return {**utterance, "vectors": []}


def _write_others(
    target: Path,
    values: dict[str, list[Any]],
    speakers: list[str],
    titles: dict[str, str],
    conversations: list[str],
) -> None:
    """Write the other files, without which ConvoKit reads none."""
    kinds = {
        name: sorted({str(type(value)) for value in column if value is not None})
        for name, column in values.items()
        if name not in FIELDS
    }
    metas = {
        name: {HEADLINE: titles[name]} if name in titles else {}
        for name in dict.fromkeys(conversations)
    }
    described = {name: {"meta": meta, "vectors": []} for name, meta in metas.items()}
    index = {
        "utterances-index": kinds,
        "speakers-index": {},
        "conversations-index": {HEADLINE: [str(str)]} if titles else {},
        "overall-index": {COLUMNS: [str(list)]},
        "version": 1,
        "vectors": [],
    }
    files = {
        CONVERSATIONS: described,
        "speakers.json": {
            name: {"meta": {}, "vectors": []} for name in dict.fromkeys(speakers)
        },
        CORPUS: {COLUMNS: list(values)},
        "index.json": index,
    }
    for name, content in files.items():
        (target / name).write_text(_json(content) + "\n", encoding="utf-8")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


FORMATS = {"convokit": Format("a ConvoKit corpus", recognise, read)}
