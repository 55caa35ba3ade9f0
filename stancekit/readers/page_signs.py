"""Tell which signs of a pasted page are what somebody is called or wrote."""

from __future__ import annotations

import re
from itertools import pairwise

from stancekit.readers import page_lines as pl
from stancekit.readers import page_words as vocab
from stancekit.readers.page_lines import BLANK, SIGN, TEXT, Page, is_name

# Of pictures those that people write, rather than the arrows and stars of pages.
EMOJI = re.compile("[\U0001f000-\U0001faff\u2639\u263a\u2764]")


def name_guests(page: Page) -> None:
    """Take a role, such as guest, for the author where it stands in place of one."""
    said = [i for i, kind in enumerate(page.kinds) if kind != BLANK]
    for place, (i, below) in enumerate(pairwise(said)):
        is_role = page.kinds[i] != TEXT and vocab.ROLE.fullmatch(page.texts[i])
        if is_role and _is_time(page, below):
            above, before = [*said[max(0, place - 2) : place][::-1], -1, -1][:2]
            # Where blank lines part the two, but not role and time, it may be a text.
            is_near = above == i - 1 or below > i + 1
            is_alone = before < 0 or page.kinds[before] != TEXT
            is_name_above = _names_author(page, above, before)
            if not is_name_above or not (is_near or is_alone):
                page.kinds[i] = TEXT


def keep_emojis(page: Page) -> None:
    """Take emojis directly below a time for text; what recurs there is no comment's."""
    said = [i for i, kind in enumerate(page.kinds) if kind != BLANK]
    for above, i in pairwise(said):
        if page.kinds[i] != SIGN or not EMOJI.search(page.texts[i]):
            continue
        if _is_time(page, above) or pl.STAMP.fullmatch(page.texts[above]):
            page.kinds[i] = TEXT


def _names_author(page: Page, i: int, before: int) -> bool:
    """Tell whether a line names who wrote; directly below a time there is a text."""
    if i < 0 or page.kinds[i] != TEXT or not is_name(page.texts[i]):
        return False
    said = pl.title(page.texts[i])
    is_heading = pl.said_count(said) is not None or vocab.BARE_HEADING.fullmatch(said)
    return not is_heading and not (before >= 0 and _is_time(page, before))


def _is_time(page: Page, i: int) -> bool:
    return vocab.DATE.fullmatch(page.texts[i]) is not None
