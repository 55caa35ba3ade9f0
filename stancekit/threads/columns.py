"""Name the columns of a comment table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

COMMENT_ID = "comment_id"
TEXT = "text"
PARENT_ID = "parent_id"
ARTICLE_ID = "article_id"
HEADLINE = "headline"
AUTHOR = "author"
CREATED_AT = "created_at"
LIKES = "likes"
STATUS = "status"
URL = "url"
SOURCE = "source"
KIND = "kind"
EDITED = "edited"
CREATED_RAW = "created_raw"
STANCE = "stance"
SAMPLING_PROB = "sampling_prob"
SAMPLING_ROUND = "sampling_round"

PARENT_TEXT = "parent_text"
PARENT_AUTHOR = "parent_author"
THREAD_ID = "thread_id"
DEPTH = "depth"
REPLY_INDEX = "reply_index"
N_REPLIES = "n_replies"
PARENT_FOUND = "parent_found"

PREDICTED = "predicted"
CONFIDENCE = "confidence"
ABSTAINED = "abstained"
EVIDENCE = "evidence"
PROBA_PREFIX = "proba_"

CONTEXT_COLUMNS = (
    PARENT_TEXT,
    PARENT_AUTHOR,
    THREAD_ID,
    DEPTH,
    REPLY_INDEX,
    N_REPLIES,
    PARENT_FOUND,
)
COMMENT_COLUMNS = (
    COMMENT_ID,
    PARENT_ID,
    ARTICLE_ID,
    HEADLINE,
    AUTHOR,
    CREATED_AT,
    TEXT,
    LIKES,
    STATUS,
    URL,
    SOURCE,
    KIND,
    EDITED,
    CREATED_RAW,
    STANCE,
    SAMPLING_PROB,
    SAMPLING_ROUND,
)
STATUSES = ("visible", "deleted", "removed")

# Above this a float cannot tell neighbouring integers apart.
LARGEST_EXACT_FLOAT = 2**53


def proba_columns(labels: Iterable[Any]) -> list[str]:
    """Return the names of the probability columns, one for each label."""
    return [f"{PROBA_PREFIX}{label}" for label in labels]
