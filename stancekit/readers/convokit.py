"""Read and write the folders in which ConvoKit keeps conversations."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from stancekit import columns as col
from stancekit.readers import records as rec
from stancekit.readers.heads import Head
from stancekit.readers.sources import FolderFormat, Source
from stancekit.readers.values import is_private
from stancekit.threads import add_context, check_comments

UTTERANCES = "utterances.jsonl"
OLD_UTTERANCES = "utterances.json"
CONVERSATIONS = "conversations.json"
CORPUS = "corpus.json"

# The fields of an utterance; of several names the first is today's, and is written.
FIELDS: rec.Fields = {
    col.COMMENT_ID: "id",
    col.PARENT_ID: "reply-to reply_to",
    col.ARTICLE_ID: "conversation_id root",
    col.AUTHOR: "speaker.id user.id speaker user",
    col.CREATED_AT: "timestamp",
    col.TEXT: "text",
}
KEYS = {name: re.split("[ .]", str(path))[0] for name, path in FIELDS.items()}
# What some corpora call what is ours.
META_NAMES = {"score": col.LIKES, "permalink": col.URL}
# Each takes a value in every row, however short the file.
MOST_METADATA = 200
# Stands for values that ConvoKit keeps in a pickle beside the file.
PICKLED = re.compile(r"<##bin\{\d+\}&&@\*\*>")

# Names the columns of a table in the corpus that was made of it.
COLUMNS = "comment_columns"
NOBODY = "[unknown]"
# Smaller numbers are not read as seconds since 1970.
FIRST_SECONDS = 100_000_000


def _recognise(head: Head) -> bool:
    return not {UTTERANCES, OLD_UTTERANCES}.isdisjoint(head.files or ())


def _read(source: Source) -> rec.Columns:
    utterances = list(_utterances(source))
    columns = rec.columns_at(source, [rec.Page(utterances, {})], FIELDS)
    if titles := _titles(source):
        articles = map(str, columns[col.ARTICLE_ID])
        columns[col.HEADLINE] = [titles.get(name) for name in articles]
    found = (utterance.get("meta") for utterance in utterances)
    metadata = [meta if isinstance(meta, dict) else {} for meta in found]
    written = list(map(str, rec.list_at(_object(source, CORPUS), COLUMNS)))
    if not {col.COMMENT_ID, col.TEXT}.issubset(written):
        return columns | _metadata(metadata, taken=columns, source=source)
    # The corpus was made of a table; what stands in the metadata is as it was there.
    nothing = [None] * len(utterances)
    return {
        name: [
            meta.get(name, value)
            for meta, value in zip(metadata, columns.get(name, nothing), strict=True)
        ]
        for name in written
    }


def _object(source: Source, name: str) -> rec.Record:
    if name not in (source.head.files or ()):
        return {}
    found = source.member(name).read_json()
    return found if isinstance(found, dict) else {}


def _titles(source: Source) -> dict[str, str]:
    titles = {}
    for name, conversation in _object(source, CONVERSATIONS).items():
        meta = rec.at(conversation, "meta") or conversation
        titles[name] = rec.text_at(meta, col.HEADLINE) or rec.text_at(meta, "title")
    return {name: title for name, title in titles.items() if title}


def _utterances(source: Source) -> Iterator[rec.Record]:
    old = UTTERANCES not in (source.head.files or ())
    member = source.member(OLD_UTTERANCES if old else UTTERANCES)
    listed = enumerate(rec.objects(member.read_json(), member.name), 1) if old else None
    for number, utterance in listed or member.json_lines():
        missing = next((key for key in ("id", "text") if key not in utterance), None)
        if missing is None:
            yield utterance
        else:
            member.bad_line(number, f"the utterance has no {missing!r}")


def _metadata(
    metadata: list[rec.Record], taken: rec.Columns, source: Source
) -> rec.Columns:
    counts = Counter(key for meta in metadata for key in meta if not is_private(key))
    if len(counts) > MOST_METADATA:
        source.notes.guesses.append(
            f"Of {len(counts):,} keys of metadata the {MOST_METADATA} most common "
            "became columns; the others were left out."
        )
    columns: rec.Columns = {}
    common = dict(counts.most_common(MOST_METADATA))
    for key in filter(common.__contains__, counts):
        values = [meta.get(key) for meta in metadata]
        if sum(map(_is_pickled, values)) == counts[key]:
            continue
        name = META_NAMES.get(key, key)
        # A number that only looks like one of our columns must not pass for it.
        while name in taken or name in columns:
            name += "_meta"
        columns[name] = [None if _is_pickled(value) else value for value in values]
    return columns


def _is_pickled(value: Any) -> bool:
    return isinstance(value, str) and PICKLED.fullmatch(value) is not None


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
    table = check_comments(table, require=(col.COMMENT_ID,))
    if table.empty:
        raise ValueError("There are no comments to write.")
    target = Path(folder)
    if target.is_dir() and any(target.iterdir()) and not force:
        raise FileExistsError(
            f"{target} is not empty, and what is in it is kept. Give another folder, "
            "or allow it to be replaced (force=True)."
        )
    target.mkdir(parents=True, exist_ok=True)
    # In there, since a file replaces another at once only on the same disk.
    with tempfile.TemporaryDirectory(dir=target, prefix=".") as unfinished:
        _write_corpus(Path(unfinished), table)
        for file in Path(unfinished).iterdir():
            file.replace(target / file.name)


def _write_corpus(target: Path, table: pd.DataFrame) -> None:
    plain = table.astype(object).where(table.notna(), None)
    values = {name: [*map(_json_value, plain[name])] for name in plain}
    threads = add_context(table)[col.THREAD_ID]
    conversations = table.get(col.ARTICLE_ID, threads).fillna(threads).tolist()
    pairs = zip(conversations, values.get(col.HEADLINE, []), strict=False)
    # From the end, so that the first title stays.
    titles = {name: headline for name, headline in reversed([*pairs]) if headline}
    speakers = [name or NOBODY for name in values.get(col.AUTHOR, [None] * len(table))]
    with (target / UTTERANCES).open("w", encoding="utf-8", newline="\n") as stream:
        for row in range(len(table)):
            comment = {name: column[row] for name, column in values.items()}
            utterance = _utterance(comment, conversations[row], speakers[row], titles)
            stream.write(_json(utterance) + "\n")
    metas = {
        name: {col.HEADLINE: titles[name]} if name in titles else {}
        for name in conversations
    }
    # Without these ConvoKit reads none.
    files = {
        CONVERSATIONS: _described(metas),
        "speakers.json": _described({name: {} for name in speakers}),
        CORPUS: {COLUMNS: list(values)},
        "index.json": _index(values, has_titles=bool(titles)),
    }
    for name, content in files.items():
        (target / name).write_text(_json(content) + "\n", encoding="utf-8")


def _described(metas: dict[str, rec.Record]) -> rec.Record:
    return {name: {"meta": meta, "vectors": []} for name, meta in metas.items()}


def _index(values: rec.Columns, *, has_titles: bool) -> rec.Record:
    kinds = {
        name: sorted({str(type(value)) for value in column if value is not None})
        for name, column in values.items()
        if name not in FIELDS
    }
    return {
        "utterances-index": kinds,
        "speakers-index": {},
        "conversations-index": {col.HEADLINE: [str(str)]} if has_titles else {},
        "overall-index": {COLUMNS: [str(list)]},
        "version": 1,
        "vectors": [],
    }


def _json_value(value: Any) -> Any:
    if not isinstance(value, pd.Timestamp):
        return value.item() if hasattr(value, "item") else value
    is_whole = value == value.floor("s")
    seconds = int(value.timestamp())
    return seconds if is_whole and seconds >= FIRST_SECONDS else value.isoformat()


def _utterance(
    comment: dict[str, Any], conversation: str, speaker: str, titles: dict[str, str]
) -> dict[str, Any]:
    """Return a comment as an utterance; what has no field of its own is metadata."""
    given = {**comment, col.ARTICLE_ID: conversation, col.AUTHOR: speaker}
    implied = {name: given.get(name) for name in KEYS}
    utterance = {KEYS[name]: value for name, value in implied.items()}
    implied[col.HEADLINE] = titles.get(conversation)
    meta = {k: v for k, v in comment.items() if k not in implied or implied[k] != v}
    return {**utterance, "meta": meta, "vectors": []}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


FORMATS = {"convokit": FolderFormat("a ConvoKit corpus", _recognise, _read)}
