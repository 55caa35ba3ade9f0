"""Read threads and posts of networks: Mastodon, Bluesky, and X (Twitter)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from typing import Any

from stancekit import columns as col
from stancekit.errors import ReadError, name_rows
from stancekit.readers import records as rec
from stancekit.readers.heads import Head, describe
from stancekit.readers.markup import full_link
from stancekit.readers.sources import FolderFormat, Source

# Of the archive of an account of X: what stands above the posts, and their files.
ASSIGNMENT = re.compile(r"\s*window\.YTD\.(?:community_)?tweets?\.part\d+\s*=\s*(?=\[)")
PART_FILE = re.compile(r"tweets?(?:-part(\d+))?\.js")


def _contexts(source: Source) -> Iterator[rec.Page]:
    """Yield what is above and below the status whose context each is."""
    for context in rec.read_objects(source):
        if "ancestors" not in context and "descendants" not in context:
            raise ReadError(
                f"{source.name} holds neither 'ancestors' nor 'descendants'. Save what "
                "/api/v1/statuses/<id>/context returns."
            )
        above = rec.listed(context, "ancestors", source.name)
        below = rec.listed(context, "descendants", source.name)
        posts = [*above, *below]
        here = {rec.id_at(post, "id") for post in posts} | {None}
        answered = Counter(rec.id_at(post, "in_reply_to_id") for post in below)
        # Most of the replies to what is not here are to the status itself.
        missing = (name for name, _ in answered.most_common() if name not in here)
        if status := next(missing, None):
            source.notes.guesses.append(
                f"The status {status!r}, whose context this is, is not in the file."
            )
        yield rec.Page(
            posts, {"article": rec.id_at(posts[0], "id") if above else status}
        )


HTML = rec.html("content")
MASTODON: rec.Fields = {
    col.COMMENT_ID: "id",
    col.PARENT_ID: "in_reply_to_id",
    col.ARTICLE_ID: "/article",
    col.AUTHOR: "account.acct",
    col.CREATED_AT: "created_at",
    col.TEXT: lambda node: "\n\n".join(
        filter(None, (rec.text_at(node.record, "spoiler_text"), HTML(node)))
    ),
    col.LIKES: "favourites_count",
    col.EDITED: lambda node: node.record.get("edited_at") is not None,
    col.URL: "url",
    col.KIND: lambda node: _kind(rec.id_at(node.record, "in_reply_to_id")),
}


def _outbox(source: Source) -> Iterator[rec.Page]:
    """Yield the posts of an account's archive; others' that it shared are none."""
    for box in rec.read_objects(source):
        items = rec.listed(box, "orderedItems", source.name)
        posts = [i["object"] for i in items if isinstance(i.get("object"), dict)]
        source.notes.count(
            len(items) - len(posts),
            "entries are no posts of their own, such as what was shared, and were left "
            "out.",
        )
        yield rec.Page(posts, {})


OUTBOX: rec.Fields = {
    col.COMMENT_ID: "id",
    col.PARENT_ID: "inReplyTo",
    col.ARTICLE_ID: "conversation",
    col.AUTHOR: "attributedTo",
    col.CREATED_AT: "published",
    col.TEXT: HTML,
    col.URL: "url",
    col.KIND: lambda node: _kind(rec.id_at(node.record, "inReplyTo")),
}


def _kind(parent: str | None) -> str:
    return "comment" if parent else "post"


def _threads(source: Source) -> Iterator[rec.Page]:
    place = f"{source.name}, 'thread'"
    for found in rec.read_objects(source):
        if "feed" in found:
            yield rec.Page(rec.listed(found, "feed", source.name), {})
            continue
        chain = _chain(found.get("thread", found), place)
        views = [view for view, _ in rec.walk(chain, "replies", place)]
        # A thread may be null.
        if odd := [view for view in views or [{}] if not _uri(view)]:
            raise ReadError(
                f"{place}: there is something that is no post (its keys are "
                f"{name_rows(odd[0]) or 'none'}). Save what "
                "app.bsky.feed.getPostThread returns."
            )
        # The first post, and the replies that each one names.
        counts = [rec.count_at(view, "post", "replyCount") for view in views]
        known = [count for count in counts if count is not None]
        rec.claim(source, 1 + sum(known) if known else None)
        roots = [rec.text_at(view, *REPLY, "root", "uri") for view in chain]
        article = next(filter(None, roots), "") or _uri(chain[0])
        yield rec.Page(chain, {"article": article})


REPLY = ("post", "record", "reply")


def _chain(thread: Any, place: str) -> list[rec.Record]:
    chain: list[rec.Record] = []
    while thread is not None:
        chain += rec.objects([thread], place)
        thread = thread.get("parent")
    return chain[::-1]


def _uri(view: rec.Record | None) -> str:
    return rec.text_at(view, "post", "uri") or rec.text_at(view, "uri")


def _answered(node: rec.Node) -> str:
    return rec.text_at(node.record, *REPLY, "parent", "uri") or _uri(node.above)


def _status(node: rec.Node) -> str:
    hidden = "removed" if node.record.get("blocked") else "deleted"
    return "visible" if node.record.get("post") else hidden


def _text(node: rec.Node) -> str:
    """Return the text with links in full; facets count its bytes in UTF-8."""
    record = rec.at(node.record, "post", "record")
    data = rec.text_at(record, "text").encode()
    # From the end, so that earlier places stay right.
    for start, end, address in sorted(_links(record), reverse=True):
        shown = data[start:end].decode("utf-8", "replace")
        full = full_link(shown, address)
        if full != shown:
            data = data[:start] + full.encode() + data[end:]
    return data.decode("utf-8", "replace")


def _links(record: Any) -> Iterator[tuple[int, int, str]]:
    for facet in rec.list_at(record, "facets"):
        start, end = (rec.count_at(facet, "index", k) for k in ("byteStart", "byteEnd"))
        for feature in rec.list_at(facet, "features"):
            address = rec.text_at(feature, "uri")
            if address and start is not None and end is not None and start < end:
                yield start, end, address


BLUESKY: rec.Fields = {
    col.COMMENT_ID: lambda node: _uri(node.record),
    col.PARENT_ID: _answered,
    col.ARTICLE_ID: ("/article", "post.record.reply.root.uri", "post.uri"),
    col.AUTHOR: "post.author.handle",
    col.CREATED_AT: "post.record.createdAt post.indexedAt",
    col.TEXT: _text,
    col.LIKES: "post.likeCount",
    col.STATUS: _status,
    col.KIND: lambda node: _kind(_answered(node)),
}


def _shows_tweets(head: Head) -> bool:
    if head.files is not None:
        return any(map(PART_FILE.fullmatch, head.files))
    return ASSIGNMENT.match(head.text) is not None


def _read_archive(source: Source) -> rec.Columns:
    tweets = (tweet for part in _archive_parts(source) for tweet in _tweets(part))
    columns = rec.columns_at(source, [rec.Page(tweets, {})], TWEETS)
    if any(columns[col.PARENT_ID]):
        source.notes.guesses.append(
            "An archive holds the posts of one account; what they answer is mostly "
            "not in it, and such replies are orphans."
        )
    return columns


def _archive_parts(source: Source) -> list[Source]:
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


def _tweet_text(node: rec.Node) -> str:
    tweet = node.record
    text = rec.text_at(tweet, "full_text") or rec.text_at(tweet, "text")
    shown = rec.list_at(tweet, "display_text_range")
    # Before it stand the names of those who are answered.
    start = rec.count_at({"start": next(iter(shown), None)}, "start")
    text = unescape(text[start or 0 :])
    for url in rec.list_at(tweet, "entities", "urls"):
        short, full = rec.text_at(url, "url"), rec.text_at(url, "expanded_url")
        if short and full:
            # Each link stands in the list as often as in the text.
            text = text.replace(short, full, 1)
    return text


def _tweet_kind(node: rec.Node) -> str:
    answered = (rec.id_at(node.record, key) for key in ANSWERED.split())
    kind = "comment" if any(answered) else "post"
    # An archive has no other mark of them.
    return "repost" if _tweet_text(node).startswith("RT @") else kind


# Ids are whole only in the keys for texts.
ANSWERED = "in_reply_to_status_id_str in_reply_to_status_id"
TWEETS: rec.Fields = {
    col.COMMENT_ID: "id_str id",
    col.PARENT_ID: ANSWERED,
    col.CREATED_AT: "created_at",
    col.TEXT: _tweet_text,
    col.LIKES: "favorite_count",
    col.KIND: _tweet_kind,
}

FORMATS = {
    "mastodon": rec.json_format(
        "a Mastodon context",
        signs=[r'\A[\[\s]*\{\s*"(?:ancestors|descendants)"\s*:\s*\['],
        pages=_contexts,
        fields=MASTODON,
    ),
    "mastodon_outbox": rec.json_format(
        "the outbox of a Mastodon account",
        signs=[r'"orderedItems"\s*:\s*\[', r'"type"\s*:\s*"(?:Create|OrderedColl)'],
        pages=_outbox,
        fields=OUTBOX,
    ),
    "bluesky": rec.json_format(
        "a Bluesky thread or feed",
        signs=[
            r'"feed"\s*:\s*\[\s*\{\s*"post"|"app\.bsky\.feed\.defs#(?:threadView|notFound|blocked)Post"'
        ],
        pages=_threads,
        fields=BLUESKY,
        nested="replies",
    ),
    "x_archive": FolderFormat("posts of an X archive", _shows_tweets, _read_archive),
}
