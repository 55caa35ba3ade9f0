"""Read the messages of a Telegram export (``result.json``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stancekit import columns as col
from stancekit.errors import ReadError
from stancekit.readers import records as rec
from stancekit.readers.heads import Head
from stancekit.readers.sources import FolderFormat, Source

# Of a whole account; other parts of its export, such as contacts, are never read.
CHAT_LISTS = ("chats", "left_chats")


def _recognise(head: Head) -> bool:
    chat = rec.shows(
        r'"messages"\s*:\s*\[',
        r'"type"\s*:\s*"(?:\w+_(?:chat|group|supergroup|channel|messages|codes)|'
        r'replies|message|service)"',
    )
    account = rec.shows(r'"(?:personal_information|left_chats)"\s*:\s*\{')
    return head.text.lstrip().startswith("{") and (chat(head) or account(head))


def _read(source: Source) -> rec.Columns:
    folder = source.head.files is not None
    file = source.member("result.json") if folder else source
    columns = rec.columns_at(source, _chats(file), MESSAGES)
    zoneless = sum(columns.pop(NO_ZONE))
    source.notes.count(zoneless, "times have no zone and were taken as UTC.")
    return columns


def _chats(source: Source) -> Iterator[rec.Page]:
    export = source.read_json()
    services = 0
    for chat, scope, place in _placed_chats(export, source.name):
        messages = rec.listed(chat, "messages", place)
        said = [message for message in messages if message.get("type") != "service"]
        others = {rec.id_at(m, "id") for m in messages if m.get("type") == "service"}
        services += len(messages) - len(said)
        yield rec.Page(said, {**chat, "scope": scope, "services": others})
    source.notes.count(
        services,
        "service messages, such as joins and pins, were left out; what answers one "
        "counts as top-level.",
    )


def _placed_chats(export: Any, name: str) -> Iterator[tuple[rec.Record, str, str]]:
    lists = [key for key in CHAT_LISTS if rec.at(export, key) is not None]
    for key in lists:
        place = f"{name}, list of {key!r}"
        chats = rec.objects(rec.at(export, key, "list"), place)
        for number, chat in enumerate(chats, 1):
            # Ids of messages are those within a chat.
            scope = f"{rec.id_at(chat, 'id') or number}/"
            yield chat, scope, f"{place}, entry {number}"
    if not lists:
        if rec.at(export, "messages") is None:
            raise ReadError(
                f"{name} holds neither 'messages' nor 'chats'. In Telegram Desktop, "
                "export the chat history in the JSON format."
            )
        yield export, "", name


def _parent(node: rec.Node) -> str | None:
    """Return the id of the message answered; it may stand in another chat."""
    answered = rec.id_at(node.record, "reply_to_message_id")
    # "channel123" is the chat 123.
    peer = re.sub(r"\D", "", rec.id_at(node.record, "reply_to_peer_id") or "")
    if answered and peer and peer != rec.id_at(node.about, "id"):
        return f"{peer}/{answered}"
    is_here = answered and answered not in node.about["services"]
    return node.about["scope"] + answered if is_here else None


def _text(node: rec.Node) -> str:
    # Some exports have only the second: a text, or a list of texts and entities.
    parts = node.record.get("text_entities") or node.record.get("text")
    if isinstance(parts, list):
        return "".join(map(_part, parts))
    return parts if isinstance(parts, str) else ""


def _part(part: Any) -> str:
    text = part if isinstance(part, str) else rec.text_at(part, "text")
    is_quoted = rec.at(part, "type") == "blockquote"
    return re.sub("^", "> ", text, flags=re.M) if is_quoted else text


NO_ZONE = "no_zone"
MESSAGES: rec.Fields = {
    col.COMMENT_ID: lambda node: (
        (name := rec.id_at(node.record, "id")) and node.about["scope"] + name
    ),
    col.PARENT_ID: _parent,
    col.ARTICLE_ID: "/id",
    col.HEADLINE: "/name",
    col.AUTHOR: "from",
    # The second is in the zone of who exported, and does not say which.
    col.CREATED_AT: "date_unixtime date",
    col.TEXT: _text,
    col.EDITED: lambda node: (
        not node.record.keys().isdisjoint(("edited", "edited_unixtime"))
    ),
    NO_ZONE: lambda node: "date" in node.record and "date_unixtime" not in node.record,
}

FORMATS = {"telegram": FolderFormat("a Telegram export", _recognise, _read)}
