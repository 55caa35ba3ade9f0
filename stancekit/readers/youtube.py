"""Read comments from YouTube: pages of its Data API, files of two downloaders."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from stancekit import columns as col
from stancekit.errors import ReadError
from stancekit.readers import records as rec
from stancekit.readers.heads import Head
from stancekit.readers.sources import FolderFormat, Source

REQUIRED = (col.COMMENT_ID, col.PARENT_ID, col.TEXT)
# How many replies a thread says it has.
CLAIMED = "claimed"
ITEM_KEYS = {"topLevelComment", "textOriginal", "textDisplay"}

# "(edited)" in any language, behind a relative time.
EDITED_MARK = re.compile(r"(?:\s\(|（)[^()（）]+[)）]\s*$")


def _read_api(source: Source) -> rec.Columns:
    parts: dict[str | None, list[rec.Record]] = defaultdict(list)
    for part in _parts(source, lambda part: _kind(part) not in (None, "list")):
        parts[_kind(part)].append(part)
    errors = [rec.text_at(part, "error", "message") for part in parts["error"]]
    if not parts["item"] and all(page.get("nextPageToken") for page in parts["list"]):
        because = f" but an error ({errors[0]})" if errors else ""
        raise ReadError(
            f"{source.name} holds no comments of the YouTube Data API{because}. Ask "
            "commentThreads for part=snippet,replies."
        )
    _note_missing(errors, parts["list"], source)
    pages = (page for part in parts["item"] for page in _pages(part))
    columns = rec.columns_at(source, pages, API)
    _add_videos(columns, {rec.id_at(v, "id"): v for v in parts["video"]})
    _note_replies(columns, source)
    return rec.filled(columns, *REQUIRED)


def _parts(
    source: Source, is_whole: Callable[[rec.Record], bool]
) -> Iterator[rec.Record]:
    for file in source.json_files():
        for value in file.json_values():
            waiting = [value]
            while waiting:
                part = waiting.pop()
                if isinstance(part, list):
                    waiting += reversed(part)
                elif isinstance(part, dict):
                    yield part
                    waiting += [] if is_whole(part) else reversed(part.values())


def _kind(part: rec.Record) -> str | None:
    snippet = part.get("snippet")
    if isinstance(snippet, dict) and snippet.keys() & ITEM_KEYS:
        return "item"
    if rec.text_at(part, "error", "message"):
        return "error"
    if part.get("kind") == "youtube#video":
        return "video"
    return "list" if isinstance(part.get("items"), list) else None


def _note_missing(errors: list[str], lists: list[rec.Record], source: Source) -> None:
    begun = {_topic(page) for page in lists if page.get("nextPageToken")}
    ended = {_topic(page) for page in lists if not page.get("nextPageToken")}
    source.notes.warnings += [
        f"{source.name}: one page is an error ({problem}), so comments are missing."
        for problem in errors
    ]
    if unfinished := begun - ended:
        source.notes.warnings.append(
            f"{source.name}: there are more pages of {len(unfinished):,} lists; the "
            "last one read has a nextPageToken."
        )


def _topic(page: rec.Record) -> str | None:
    snippet = rec.at(next(iter(page["items"]), None), "snippet")
    return rec.id_at(snippet, "videoId") or rec.id_at(snippet, "parentId")


def _pages(item: rec.Record) -> Iterator[rec.Page]:
    snippet = item["snippet"]
    if not snippet.get("topLevelComment"):
        yield rec.Page([item], {})
        return
    [top] = rec.objects([snippet["topLevelComment"]], "'topLevelComment'")
    video, name = snippet.get("videoId"), rec.id_at(top, "id")
    # At most five of them stand in a page.
    claimed = rec.count_at(snippet, "totalReplyCount") or 0
    yield rec.Page([top], {"video": video, CLAIMED: claimed})
    replies = rec.objects(rec.at(item, "replies", "comments"), f"replies to {name}")
    yield rec.Page(replies, {"video": video, "parent": name})


def _parent(node: rec.Node) -> str | None:
    if CLAIMED in node.about:
        return None
    named = rec.id_at(node.record, "snippet", "parentId")
    return named or node.about.get("parent") or _parent_in(node, "id")


def _parent_in(node: rec.Node, key: str) -> str | None:
    # The id of a reply is that of its parent, a point, and its own.
    parent, point, _ = (rec.id_at(node.record, key) or "").partition(".")
    return parent if point else None


def _is_updated(node: rec.Node) -> bool | None:
    snippet = node.record.get("snippet")
    created, updated = (rec.at(snippet, key) for key in ("publishedAt", "updatedAt"))
    return None if updated is None else updated != created


API: rec.Fields = {
    col.COMMENT_ID: "id",
    col.PARENT_ID: _parent,
    col.ARTICLE_ID: "snippet.videoId /video",
    col.AUTHOR: "snippet.authorDisplayName",
    col.CREATED_AT: "snippet.publishedAt",
    col.TEXT: (
        # The displayed one is HTML; some old files hold no other.
        "snippet.textOriginal",
        rec.html("snippet.textDisplay", keep_lines=True),
    ),
    col.LIKES: "snippet.likeCount",
    col.STATUS: "snippet.moderationStatus",
    col.EDITED: _is_updated,
    CLAIMED: f"/{CLAIMED}",
}


def _add_videos(columns: rec.Columns, known: dict[str | None, rec.Record]) -> None:
    ids, articles = columns[col.COMMENT_ID], columns[col.ARTICLE_ID]
    videos = {name: video for name, video in zip(ids, articles, strict=True) if video}
    rows = zip(articles, columns[col.PARENT_ID], strict=True)
    articles = [video or videos.get(parent) for video, parent in rows]
    columns[col.ARTICLE_ID] = articles
    titles = (rec.text_at(known.get(v), "snippet", "title") for v in articles)
    columns[col.HEADLINE] = [title or None for title in titles]
    columns[col.URL] = list(map(_link, articles, ids))


def _link(video: Any, comment: Any) -> str | None:
    link = f"https://www.youtube.com/watch?v={video}&lc={comment}"
    return link if video and comment else None


def _read_videos(source: Source) -> rec.Columns:
    videos = list(filter(_has_comments, _parts(source, _has_comments)))
    if not videos:
        raise ReadError(
            f"{source.name} tells of a video, but holds no comments. Download it again "
            "with yt-dlp --write-comments."
        )
    pages = [
        rec.Page(rec.objects(v["comments"], f"the comments of {v.get('id')}"), v)
        for v in videos
    ]
    columns = rec.columns_at(source, pages, VIDEO)
    totals = [rec.count_at(video, "comment_count") for video in videos]
    if all(totals):
        _claim(sum(filter(None, totals)), columns, source)
    return _with_estimates(columns, source)


def _has_comments(video: rec.Record) -> bool:
    return isinstance(video.get("comments"), list)


VIDEO: rec.Fields = {
    col.COMMENT_ID: "id",
    col.PARENT_ID: "parent",
    col.ARTICLE_ID: "/id",
    col.HEADLINE: "/title",
    col.AUTHOR: "author",
    col.CREATED_AT: "timestamp",
    # Older versions of yt-dlp write the second.
    col.CREATED_RAW: "_time_text time_text",
    col.TEXT: ("text", rec.html("html")),
    col.LIKES: "like_count",
    col.URL: lambda node: (
        _link(rec.id_at(node.about, "id"), rec.id_at(node.record, "id"))
        if "youtube.com" in rec.text_at(node.about, "webpage_url")
        else None
    ),
}


def _read_downloads(source: Source) -> rec.Columns:
    records = rec.read_objects(source, {"cid": "comment"}, "comments")
    columns = rec.columns_at(source, [rec.Page(records, {})], DOWNLOADED)
    _note_replies(columns, source)
    return _with_estimates(columns, source)


DOWNLOADED: rec.Fields = {
    col.COMMENT_ID: "cid",
    col.PARENT_ID: lambda node: _parent_in(node, "cid"),
    col.AUTHOR: "author",
    col.CREATED_AT: "time_parsed",
    col.CREATED_RAW: "time",
    col.TEXT: "text",
    col.LIKES: "votes",
    CLAIMED: lambda node: node.record.get("replies") or 0,
    **rec.ADDED,
}


def _note_replies(columns: rec.Columns, source: Source) -> None:
    ids, parents = columns[col.COMMENT_ID], columns[col.PARENT_ID]
    replies: dict[Any, int] = {}
    for name, parent, said in zip(ids, parents, columns.pop(CLAIMED), strict=True):
        if parent or said is None:
            continue
        count = rec.count_at({CLAIMED: said}, CLAIMED)
        # A rounded number, such as "1.2K", is no claim.
        if count is None:
            return
        replies[name] = max(count, replies.get(name, 0))
    if replies:
        rows = zip(ids, parents, strict=True)
        alone = {i for i, parent in rows if i not in replies and parent not in replies}
        _claim(len(replies) + sum(replies.values()) + len(alone), columns, source)


def _claim(claimed: int, columns: rec.Columns, source: Source) -> None:
    rec.claim(source, claimed)
    read = len(set(columns[col.COMMENT_ID]))
    if read < claimed:
        source.notes.warnings.append(
            f"{source.name} says there are {claimed:,} comments; {read:,} were read. "
            "The others, mostly replies, are not in the file."
        )


def _with_estimates(columns: rec.Columns, source: Source) -> rec.Columns:
    """Say that times are estimates, and take edits from their words."""
    times = columns[col.CREATED_RAW]
    columns[col.EDITED] = [
        None if time is None else EDITED_MARK.search(str(time)) is not None
        for time in times
    ]
    raw = next(filter(None, times), None)
    if raw is not None:
        source.notes.guesses.append(
            f"Times are estimates by the downloader, from words such as {raw!r}."
            if any(columns[col.CREATED_AT])
            else f"There are no dates, only words such as {raw!r}."
        )
    return rec.filled(columns, *REQUIRED)


def _shows_video(head: Head) -> bool:
    comments = rec.shows(r'"comments"\s*:\s*\[', r'"parent"\s*:\s*"root"')
    about = rec.shows(r'"formats"\s*:\s*\[|"extractor(?:_key)?"\s*:\s*"')
    return comments(head) or about(head)


FORMATS = {
    "youtube": FolderFormat(
        "pages of the YouTube Data API",
        rec.shows(r'"kind"\s*:\s*"youtube#comment|"topLevelComment"\s*:\s*\{'),
        _read_api,
    ),
    "yt-dlp": FolderFormat("a video's file of yt-dlp", _shows_video, _read_videos),
    "youtube-downloader": FolderFormat(
        "lines of youtube-comment-downloader",
        lambda head: {"cid", "text", "votes"} <= (head.first_object or {}).keys(),
        _read_downloads,
    ),
}
