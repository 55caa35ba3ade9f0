"""Say what a comment table is: its checks, its threads, its authors' names."""

from stancekit.threads.checks import (
    check_comments,
    check_unique,
    has_no_text,
    positions,
)
from stancekit.threads.context import (
    add_context,
    part_table,
    reading_order,
    with_context,
    with_replies,
)
from stancekit.threads.pseudonyms import is_nobody, pseudonymise

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
