"""Read the posts of an X (Twitter) archive: ``tweets.js`` and its further parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from stancekit import columns as col
from stancekit.errors import ReadError
from stancekit.readers import records as rec
from stancekit.readers.heads import Head, describe
from stancekit.readers.sources import FolderFormat, Source

ASSIGNMENT = re.compile(r"\s*window\.YTD\.(?:community_)?tweets?\.part\d+\s*=\s*(?=\[)")
PART_FILE = re.compile(r"tweets?(?:-part(\d+))?\.js")


def _recognise(head: Head) -> bool:
    if head.files is not None:
        return any(map(PART_FILE.fullmatch, head.files))
    return ASSIGNMENT.match(head.text) is not None


def _read(source: Source) -> rec.Columns:
    tweets = (tweet for part in _parts(source) for tweet in _tweets(part))
    columns = rec.columns_at(source, [rec.Page(tweets, {})], POSTS)
    if any(columns[col.PARENT_ID]):
        source.notes.guesses.append(
            "An archive holds the posts of one account; what they answer is mostly "
            "not in it, and such replies are orphans."
        )
    return columns


def _parts(source: Source) -> list[Source]:
    files = source.head.files
    if files is None:
        return [source]
    found = [match for name in files if (match := PART_FILE.fullmatch(name))]
    if not found:
        raise ReadError(
            f"{source.name} is {describe(source.head)}, without 'tweets.js'. It stands "
            "in the folder 'data' of an archive."
        )
    found.sort(key=lambda match: int(match[1] or 0))
    return [source.member(match[0]) for match in found]


def _tweets(part: Source) -> Iterator[rec.Record]:
    """Yield what stands in the list that the script assigns; nothing is run."""
    text = part.read_text()
    assignment = ASSIGNMENT.match(text)
    if assignment is None:
        raise ReadError(
            f"{part.name} looks like {describe(part.head)}; it does not begin with "
            "'window.YTD.tweets.part0 = ['. Take 'tweets.js' out of the archive."
        )
    listed = text[assignment.end() :].rstrip().removesuffix(";")
    for entry in rec.objects(part.parse_json(listed), part.name):
        tweet = entry.get("tweet")
        # Older archives list the posts themselves.
        yield tweet if isinstance(tweet, dict) else entry


def _text(node: rec.Node) -> str:
    tweet = node.record
    text = rec.text_at(tweet, "full_text") or rec.text_at(tweet, "text")
    shown = rec.list_at(tweet, "display_text_range")
    start = rec.count_at({"start": next(iter(shown), None)}, "start")
    text = unescape(text[start or 0 :])
    for url in rec.list_at(tweet, "entities", "urls"):
        short, full = rec.text_at(url, "url"), rec.text_at(url, "expanded_url")
        if short and full:
            # Each link stands in the list as often as in the text.
            text = text.replace(short, full, 1)
    return text


def _kind(node: rec.Node) -> str:
    answered = (rec.id_at(node.record, key) for key in ANSWERED.split())
    kind = "comment" if any(answered) else "post"
    return "repost" if _text(node).startswith("RT @") else kind


# Ids are whole only in the keys for texts.
ANSWERED = "in_reply_to_status_id_str in_reply_to_status_id"
POSTS: rec.Fields = {
    col.COMMENT_ID: "id_str id",
    col.PARENT_ID: ANSWERED,
    col.CREATED_AT: "created_at",
    col.TEXT: _text,
    col.LIKES: "favorite_count",
    col.KIND: _kind,
}

FORMATS = {"x_archive": FolderFormat("posts of an X archive", _recognise, _read)}
