"""Read the messages of a Telegram export (``result.json``)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from stancekit.errors import ReadError
from stancekit.readers.records import Record, at, columns_of, id_at, objects, text_at
from stancekit.readers.sources import Format, Head, Source
from stancekit.threads import (
    ARTICLE_ID,
    AUTHOR,
    COMMENT_ID,
    CREATED_AT,
    EDITED,
    HEADLINE,
    PARENT_ID,
    TEXT,
)

NAMES = (
    *(COMMENT_ID, PARENT_ID, ARTICLE_ID, HEADLINE),
    *(AUTHOR, CREATED_AT, TEXT, EDITED),
)
# Of a whole account; other parts of its export, such as contacts, are never read.
CHAT_LISTS = ("chats", "left_chats")

MESSAGES = re.compile(r'"messages"\s*:\s*\[')
CHAT_TYPE = re.compile(
    r'"type"\s*:\s*"(?:\w+_(?:chat|group|supergroup|channel|messages|codes)|replies|'
    r'message|service)"'
)
ACCOUNT = re.compile(r'"(?:personal_information|left_chats)"\s*:\s*\{')


def recognise(head: Head) -> bool:
    """Tell whether this is the export of a chat or account, or the folder with it."""
    text = (head.first or head).text
    if not text.lstrip().startswith("{"):
        return False
    chat = MESSAGES.search(text) and CHAT_TYPE.search(text)
    return chat is not None or ACCOUNT.search(text) is not None


def read(source: Source) -> dict[str, list[Any]]:
    """Return the messages of all chats; service messages are counted.

    In the export of a whole account the ids begin with that of the chat.

    Raises
    ------
    ReadError
        If there are no chats in the file.
    """
    counts: Counter[str] = Counter()
    if source.head.files is not None:
        source = source.member("result.json")
    columns = columns_of(_messages(source, counts), NAMES)
    if counts["service"]:
        source.notes.guesses.append(
            f"{counts['service']:,} service messages, such as joins and pins, were "
            "left out; what answers one counts as top-level."
        )
    if counts["no zone"]:
        source.notes.guesses.append(
            f"{counts['no zone']:,} times have no zone and were taken as UTC."
        )
    return columns


def _messages(source: Source, counts: Counter[str]) -> Iterator[Record]:
    export = source.read_json()
    lists = [name for name in CHAT_LISTS if at(export, name) is not None]
    for name in lists:
        place = f"{source.name}, list of {name!r}"
        for number, chat in enumerate(objects(at(export, name, "list"), place), 1):
            scope = f"{id_at(chat, 'id') or number}/"
            yield from _chat_messages(chat, scope, f"{place}, entry {number}", counts)
    if not lists:
        if at(export, "messages") is None:
            raise ReadError(
                f"{source.name} holds neither 'messages' nor 'chats'. In Telegram "
                "Desktop, export the chat history in the JSON format."
            )
        yield from _chat_messages(export, "", source.name, counts)


def _chat_messages(
    chat: Record, scope: str, place: str, counts: Counter[str]
) -> Iterator[Record]:
    messages = objects(chat.get("messages"), f"{place}, 'messages'")
    services = {id_at(m, "id") for m in messages if m.get("type") == "service"}
    for message in messages:
        if message.get("type") == "service":
            counts["service"] += 1
            continue
        counts["no zone"] += "date" in message and "date_unixtime" not in message
        name = id_at(message, "id")
        yield {
            COMMENT_ID: None if name is None else f"{scope}{name}",
            PARENT_ID: _parent(message, chat, scope, services),
            ARTICLE_ID: id_at(chat, "id"),
            HEADLINE: text_at(chat, "name"),
            AUTHOR: text_at(message, "from"),
            CREATED_AT: message.get("date_unixtime", message.get("date")),
            TEXT: _text(message),
            EDITED: "edited" in message or "edited_unixtime" in message,
        }


def _parent(
    message: Record, chat: Record, scope: str, services: set[str | None]
) -> str | None:
    """Return the id of the message answered; it may stand in another chat."""
    answered = id_at(message, "reply_to_message_id")
    # "channel123" is the chat 123.
    peer = re.sub(r"\D", "", id_at(message, "reply_to_peer_id") or "")
    if answered is None:
        return None
    if peer and peer != id_at(chat, "id"):
        return f"{peer}/{answered}"
    return None if answered in services else f"{scope}{answered}"


def _text(message: Record) -> str:
    parts = message.get("text_entities") or message.get("text")
    if isinstance(parts, list):
        return "".join(map(_part, parts))
    return parts if isinstance(parts, str) else ""


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    text = text_at(part, "text")
    if at(part, "type") == "blockquote":
        return re.sub("^", "> ", text, flags=re.M)
    return text


FORMATS = {"telegram": Format("a Telegram export", recognise, read)}
