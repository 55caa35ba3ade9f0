"""Name the sources that are known, but hold no comments that can be read."""

from __future__ import annotations

import re

from stancekit.readers.heads import Head

LFS = "version https://git-lfs.github.com/spec"
# JSON with such words in it, and what can be done.
KNOWN = (
    (
        r'"(?:string_map_data|media_list_data)"',
        "an export of Instagram, which holds no threads. Make a table with a column "
        "for the text (and ids and parents, if you have them)",
    ),
    (
        r'"CommentsList"\s*:',
        "an export of TikTok, which holds one user's comments without what they "
        "answer. Make a table with a column for the text",
    ),
    (
        r'"post_stream"\s*:\s*\{',
        "a topic of Discourse in JSON. Save the page of the topic as HTML, with "
        "?print=true at the end of its address, and read that",
    ),
    (
        r'"comments"\s*:\s*\[\s*\{\s*"comment"\s*:\s*\{',
        "an answer of Lemmy. Make a table of comment.id, comment.path, comment.content "
        "and creator.name",
    ),
    (
        r'"quota_max"\s*:|"comment_id"\s*:\s*\d+\s*,\s*"post_id"\s*:\s*\d+\s*,\s*"content_',
        "an answer of Stack Exchange. Make a table of its items: comment_id, body, "
        "owner.display_name, creation_date",
    ),
)


def known_unread(head: Head) -> str | None:
    """Say what a source is that is known and not read, and the way out."""
    if head.text.startswith(LFS):
        return "a Git LFS pointer, not the file itself. Fetch that with 'git lfs pull'"
    if not head.is_json:
        return None
    found = (said for sign, said in KNOWN if re.search(sign, head.text))
    return next(found, None)
