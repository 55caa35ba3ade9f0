"""Say what a comment table is: its checks, its threads, its authors' names."""

from stancekit.threads.authors import is_nobody
from stancekit.threads.checks import (
    check_comments,
    check_unique,
    has_no_text,
    positions,
)
from stancekit.threads.context import (
    add_context,
    reading_order,
    with_context,
    with_replies,
)
from stancekit.threads.parting import part_table
from stancekit.threads.pseudonyms import pseudonymise

__all__ = [
    "add_context",
    "check_comments",
    "check_unique",
    "has_no_text",
    "is_nobody",
    "part_table",
    "positions",
    "pseudonymise",
    "reading_order",
    "with_context",
    "with_replies",
]
