"""Read comments from YouTube: pages of its Data API, files of two downloaders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from stancekit.errors import ReadError
from stancekit.readers.markup import html_to_text
from stancekit.readers.records import Record, at, columns_of, objects, text_at
from stancekit.readers.sources import Format, Head, Source
from stancekit.threads import (
    ARTICLE_ID,
    AUTHOR,
    COMMENT_ID,
    CREATED_AT,
    CREATED_RAW,
    EDITED,
    HEADLINE,
    LIKES,
    PARENT_ID,
    SAMPLING_PROB,
    SAMPLING_ROUND,
    STANCE,
    STATUS,
    TEXT,
    URL,
)

REQUIRED = (COMMENT_ID, PARENT_ID, TEXT)
OPTIONAL = (
    *(ARTICLE_ID, HEADLINE, AUTHOR, CREATED_AT, CREATED_RAW, LIKES, STATUS, URL),
    *(EDITED, STANCE, SAMPLING_PROB, SAMPLING_ROUND),
)

TEXT_KEYS = {"textOriginal", "textDisplay"}
API_PART = re.compile(r'"kind"\s*:\s*"youtube#comment|"topLevelComment"\s*:\s*\{')
VIDEO_FILE = re.compile(r'"formats"\s*:\s*\[|"extractor(?:_key)?"\s*:\s*"')
COMMENT_LIST = re.compile(r'"comments"\s*:\s*\[')
ROOT = re.compile(r'"parent"\s*:\s*"root"')
# "(edited)" in any language, behind a relative time.
EDITED_MARK = re.compile(r"(?:\s\(|（)[^()（）]+[)）]\s*$")


def recognise_api(head: Head) -> bool:
    """Tell whether this is a page of the Data API, or a folder of such pages."""
    head = head.first or head
    return head.is_json and API_PART.search(head.text) is not None


def read_api(source: Source) -> dict[str, list[Any]]:
    """Return the comments of one or many pages of the Data API.

    Raises
    ------
    ReadError
        If there is no such page.
    """
    pages = _Pages()
    for file in source.json_files():
        for value in file.json_values():
            pages.add(value)
    if not pages.rows and not pages.finished:
        raise ReadError(
            f"{source.name} holds no comments of the YouTube Data API"
            f"{_because(pages.errors)}. Ask commentThreads for part=snippet,replies."
        )
    for problem in pages.errors:
        source.notes.warnings.append(
            f"{source.name}: one page is an error ({problem}), so comments are missing."
        )
    unfinished = pages.unfinished - pages.finished
    if unfinished:
        source.notes.warnings.append(
            f"{source.name}: there are more pages of {len(unfinished):,} lists; the "
            "last one read has a nextPageToken."
        )
    _complete(pages.rows, pages.titles)
    _note_claimed(pages.rows, pages.replies, source)
    return _columns(pages.rows)


def _because(errors: list[str]) -> str:
    return f" but an error ({errors[0]})" if errors else ""


@dataclass
class _Pages:
    """What stands on the pages: comments, claims, titles of videos, loose ends."""

    rows: list[Record] = field(default_factory=list)
    # How many replies each thread claims.
    replies: dict[Any, int] = field(default_factory=dict)
    titles: dict[Any, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    # The video or comment whose list goes on, or ends, on some page.
    unfinished: set[Any] = field(default_factory=set)
    finished: set[Any] = field(default_factory=set)

    def add(self, value: Any) -> None:
        """Add a response, an item of one, or whatever holds some of these."""
        waiting = [value]
        while waiting:
            part = waiting.pop()
            if isinstance(part, list):
                waiting += reversed(part)
            elif isinstance(part, dict) and not self._take(part):
                waiting += reversed(part.values())

    def _take(self, part: Record) -> bool:
        """Add one part; return False if there may be others inside."""
        snippet = at(part, "snippet")
        if at(snippet, "topLevelComment"):
            self._take_thread(part, snippet)
        elif isinstance(snippet, dict) and snippet.keys() & TEXT_KEYS:
            self.rows.append(_api_row(part))
        elif message := text_at(part, "error", "message"):
            self.errors.append(message)
        elif part.get("kind") == "youtube#video":
            self.titles[part.get("id")] = text_at(snippet, "title")
        else:
            self._note_end(part)
            return False
        return True

    def _take_thread(self, thread: Record, snippet: Record) -> None:
        video = snippet.get("videoId")
        top = _api_row(snippet["topLevelComment"], video)
        name = top[COMMENT_ID]
        self.rows.append({**top, PARENT_ID: None})
        replies = objects(at(thread, "replies", "comments"), f"replies to {name}")
        self.rows += [_api_row(reply, video, name) for reply in replies]
        claimed = snippet.get("totalReplyCount") or 0
        self.replies[name] = max(claimed, self.replies.get(name, 0))

    def _note_end(self, page: Record) -> None:
        items = page.get("items")
        if not isinstance(items, list):
            return
        first = items[0] if items else None
        topic = at(first, "snippet", "videoId") or at(first, "snippet", "parentId")
        (self.unfinished if page.get("nextPageToken") else self.finished).add(topic)


def _api_row(comment: Record, video: Any = None, parent: Any = None) -> Record:
    name, snippet = at(comment, "id"), at(comment, "snippet") or {}
    text = snippet.get("textOriginal")
    if text is None:
        text = html_to_text(text_at(snippet, "textDisplay"), keep_lines=True)
    created, updated = snippet.get("publishedAt"), snippet.get("updatedAt")
    return {
        COMMENT_ID: name,
        PARENT_ID: snippet.get("parentId") or parent or _parent_in(name),
        ARTICLE_ID: snippet.get("videoId") or video,
        AUTHOR: snippet.get("authorDisplayName"),
        CREATED_AT: created,
        TEXT: text,
        LIKES: snippet.get("likeCount"),
        STATUS: snippet.get("moderationStatus"),
        EDITED: None if updated is None else updated != created,
    }


def _parent_in(name: Any) -> str | None:
    """Return the parent that the id of a reply begins with."""
    parent, point, _ = str(name).partition(".")
    return parent if point else None


def _complete(rows: list[Record], titles: dict[Any, str]) -> None:
    """Add the video, known only of the parent where replies are listed alone."""
    videos = {row[COMMENT_ID]: row[ARTICLE_ID] for row in rows if row[ARTICLE_ID]}
    for row in rows:
        video = row[ARTICLE_ID] or videos.get(row[PARENT_ID])
        row[ARTICLE_ID] = video
        row[HEADLINE] = titles.get(video)
        row[URL] = _link(video, row[COMMENT_ID])


def _link(video: Any, comment: Any) -> str | None:
    if not video or not comment:
        return None
    return f"https://www.youtube.com/watch?v={video}&lc={comment}"


def recognise_video(head: Head) -> bool:
    """Tell whether this is what yt-dlp writes about a video."""
    head = head.first or head
    if not head.is_json:
        return False
    listed = COMMENT_LIST.search(head.text) and ROOT.search(head.text)
    return bool(listed or VIDEO_FILE.search(head.text))


def read_video(source: Source) -> dict[str, list[Any]]:
    """Return the comments that yt-dlp wrote with what else it knows of a video.

    Raises
    ------
    ReadError
        If there are no comments in the file.
    """
    videos = [
        video
        for file in source.json_files()
        for value in file.json_values()
        for video in _videos(value)
    ]
    if not videos:
        raise ReadError(
            f"{source.name} tells of a video, but holds no comments. Download it again "
            "with yt-dlp --write-comments."
        )
    rows = [row for video in videos for row in _video_rows(video)]
    totals = [video["comment_count"] for video in videos if video["comment_count"]]
    if len(totals) == len(videos):
        _claim(sum(totals), rows, source)
    _note_estimates(rows, source)
    return _columns(rows)


def _videos(value: Any) -> Iterator[Record]:
    """Yield each video that has comments, those of a playlist too."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += reversed(part)
        elif isinstance(part, dict) and isinstance(part.get("comments"), list):
            yield {key: part.get(key) for key in VIDEO_KEYS}
        elif isinstance(part, dict):
            waiting.append(part.get("entries"))


VIDEO_KEYS = ("id", "title", "comments", "comment_count", "webpage_url")


def _video_rows(video: Record) -> Iterator[Record]:
    address = str(video["webpage_url"])
    for comment in objects(video["comments"], f"the comments of {video['id']}"):
        name, parent = comment.get("id"), comment.get("parent")
        raw = comment.get("_time_text") or comment.get("time_text")
        text = comment.get("text")
        if text is None:
            text = html_to_text(text_at(comment, "html"))
        yield {
            COMMENT_ID: name,
            PARENT_ID: None if parent == "root" else parent,
            ARTICLE_ID: video["id"],
            HEADLINE: video["title"],
            AUTHOR: comment.get("author"),
            CREATED_AT: comment.get("timestamp"),
            CREATED_RAW: raw,
            TEXT: text,
            LIKES: comment.get("like_count"),
            URL: _link(video["id"], name) if "youtube.com" in address else None,
            EDITED: _is_edited(raw),
        }


def _is_edited(time: Any) -> bool | None:
    return None if time is None else EDITED_MARK.search(str(time)) is not None


def recognise_records(head: Head) -> bool:
    """Tell whether the first record is one of youtube-comment-downloader."""
    record = (head.first or head).first_object
    return record is not None and {"cid", "text", "votes"} <= record.keys()


def read_records(source: Source) -> dict[str, list[Any]]:
    """Return the comments that youtube-comment-downloader wrote.

    Raises
    ------
    ReadError
        If a record is no comment.
    """
    rows = [
        _record_row(record) for file in source.json_files() for record in _records(file)
    ]
    answers = {row[COMMENT_ID]: row["replies"] for row in rows if not row[PARENT_ID]}
    # A rounded number, such as "1.2K", is no claim.
    if all(str(count or 0).isdigit() for count in answers.values()):
        _note_claimed(rows, {c: int(n or 0) for c, n in answers.items()}, source)
    _note_estimates(rows, source)
    return _columns(rows)


def _records(source: Source) -> Iterator[Record]:
    if source.head.record and "cid" in source.head.record:
        for number, record in source.json_lines():
            if "cid" in record:
                yield record
            else:
                source.bad_line(number, "no comment (no 'cid')")
        return
    for value in source.json_values():
        listed = at(value, "comments") or value
        records = objects(listed if isinstance(listed, list) else [listed], source.name)
        for number, record in enumerate(records, 1):
            if "cid" not in record:
                raise ReadError(
                    f"{source.name}, record {number}: no comment (no 'cid'). Nothing "
                    "was read."
                )
            yield record


def _record_row(record: Record) -> Record:
    raw = record.get("time")
    return {
        COMMENT_ID: record["cid"],
        PARENT_ID: _parent_in(record["cid"]),
        AUTHOR: record.get("author"),
        CREATED_AT: record.get("time_parsed"),
        CREATED_RAW: raw,
        TEXT: record.get("text"),
        LIKES: record.get("votes"),
        EDITED: _is_edited(raw),
        # What the user added.
        STANCE: record.get(STANCE, record.get("label")),
        SAMPLING_PROB: record.get(SAMPLING_PROB),
        SAMPLING_ROUND: record.get(SAMPLING_ROUND),
        "replies": record.get("replies"),
    }


def _note_claimed(rows: list[Record], replies: dict[Any, int], source: Source) -> None:
    """Compare what was read with how many replies each thread says it has."""
    if not replies:
        return
    alone = {
        row[COMMENT_ID]
        for row in rows
        if row[COMMENT_ID] not in replies and row[PARENT_ID] not in replies
    }
    _claim(len(replies) + sum(replies.values()) + len(alone), rows, source)


def _claim(claimed: int, rows: list[Record], source: Source) -> None:
    source.notes.claimed = claimed
    read = len({row[COMMENT_ID] for row in rows})
    if read < claimed:
        source.notes.warnings.append(
            f"{source.name} says there are {claimed:,} comments; {read:,} were read. "
            "The others, mostly replies, are not in the file."
        )


def _note_estimates(rows: list[Record], source: Source) -> None:
    raw = next((row[CREATED_RAW] for row in rows if row[CREATED_RAW]), None)
    if raw is None:
        return
    if any(row[CREATED_AT] for row in rows):
        said = "Times are estimates by the downloader, from words such as {!r}."
    else:
        said = "There are no dates, only words such as {!r}."
    source.notes.guesses.append(said.format(raw))


def _columns(rows: list[Record]) -> dict[str, list[Any]]:
    """Return raw columns, without those that no comment has."""
    columns = columns_of(rows, (*REQUIRED, *OPTIONAL))
    return {
        name: values
        for name, values in columns.items()
        if name in REQUIRED or any(value is not None for value in values)
    }


FORMATS = {
    "youtube": Format("pages of the YouTube Data API", recognise_api, read_api),
    "yt-dlp": Format("a video's file of yt-dlp", recognise_video, read_video),
    "youtube-downloader": Format(
        "lines of youtube-comment-downloader", recognise_records, read_records
    ),
}
