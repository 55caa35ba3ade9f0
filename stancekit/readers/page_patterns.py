"""Find the comments of a pasted page by what repeats in it.

Whatever the site, each comment has a line that recurs: its time, or else the buttons
below it. These are the anchors. What stands above and below them in the same way each
time is author, text and buttons; lines that recur between most anchors are buttons too,
in any language.
"""

from __future__ import annotations

import re
from bisect import bisect, bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain, pairwise

from stancekit.readers import page_lines as pl
from stancekit.readers import page_words as vocab
from stancekit.readers.page_lines import Anchor, Comment, Headings, Page, is_name
from stancekit.readers.page_parents import set_parents
from stancekit.readers.page_signs import keep_emojis, name_guests
from stancekit.readers.report import Notes

# Between a number of comments and the first one stand so many lines at most.
LINES_OF_A_MENU = 12
NUMBERS = re.compile(r"\d{1,6}")


def read_pattern(
    lines: Sequence[str], headings: Headings, notes: Notes, *, whole: bool = True
) -> tuple[list[Comment], int]:
    """Return the comments in the order of the page, and the line where they begin.

    ``headings`` are the lines that may head comments; ``whole`` says that the page is
    not only its beginning. Without comments that recur in a way that only comments
    do, none are returned.
    """
    page = Page(pl.whole_lines(lines))
    name_guests(page)
    keep_emojis(page)
    kinds, readings = page.kinds, []
    for what, find in SIGNS:
        page.kinds = [*kinds]
        stamps = find(page)
        start = _below_heading(headings, [stamp.line for stamp in stamps])
        if find is Page.recurring:
            start = _below_number(page, stamps, whole)
            stamps = stamps if start else []
        if comments := _read_below(page, stamps, start, find is Page.handled):
            readings.append((comments, start, what))
            if len(comments) == dict(headings).get(start - 1):
                # The page says that this is their number.
                readings = readings[-1:]
                break
    if not readings:
        return [], 0
    (comments, start, what), *others = readings
    set_parents(comments)
    n, buttons = len(comments), len(page.replies(start, len(page.raw)))
    notes.guesses.append(
        f"{n:,} comments were told by their {what}; {min(buttons, n):,} have a button "
        f"to answer, {sum(c.author is None for c in comments):,} no author."
    )
    notes.guesses += [
        f"By their {sign} it would be {len(found):,} comments."
        for found, _, sign in others
        if len(found) != n
    ]
    return comments, start


def _read_below(
    page: Page, stamps: list[Anchor], start: int, has_handles: bool
) -> list[Comment]:
    anchors = [stamp for stamp in stamps if stamp.line >= start]
    end = _end(page, anchors[0].line + 1) if anchors else 0
    anchors = [anchor for anchor in anchors if anchor.line < end]
    answered = page.replies(start, end)
    is_chat = _is_chat(page, anchors)
    is_sure = start > 0 or has_handles or is_chat
    if not is_sure:
        anchors = _of_comments(anchors, answered, end)
    first = anchors[0].line if start and anchors else 0
    if not anchors or any(map(vocab.OTHER_PART.fullmatch, page.texts[start:first])):
        return []
    page.press_recurrent(anchors, end)
    comments = [c for c in _read(page, anchors, start, end) if c.lines or c.author]
    are_told = _are_comments(comments, len(answered), is_sure)
    return comments if are_told else []


def _is_chat(page: Page, anchors: Sequence[Anchor]) -> bool:
    """Tell whether there is nothing but messages, below name and time, and answers."""
    names = [anchor.before for anchor in anchors]
    first = next((i for i, text in enumerate(page.texts) if text), -1)
    is_all = len(names) > 2 and anchors[0].line == first
    return (
        # In a conversation somebody speaks twice.
        is_all and all(map(is_name, filter(None, names))) and len({*names}) < len(names)
    )


def _below_number(page: Page, stamps: Sequence[Anchor], whole: bool) -> int:
    first = stamps[0].line if stamps else 0
    for i in reversed(range(max(0, first - LINES_OF_A_MENU), first)):
        numbers = NUMBERS.findall(page.texts[i][: pl.LONGEST_BUTTON])
        n = int(numbers[0]) if len(numbers) == 1 else 0
        if n == len(stamps) or (not whole and n > len(stamps)):
            return i + 1
    return 0


def _below_heading(headings: Headings, found: list[int]) -> int:
    """Return the line below the heading that stands over most of what was found."""
    n = len(found)
    below = [(line, count, n - bisect(found, line)) for line, count in headings[::-1]]
    exact = (line for line, count, k in below if k and k == count)
    most = (line for line, count, k in below if k and 2 * k >= min(n, 2 * (count or n)))
    return next(chain(exact, most), -1) + 1


def _are_comments(
    comments: Sequence[Comment], n_answered: int, has_heading: bool
) -> bool:
    """Tell comments, with names or buttons to answer, from teasers and lists."""
    n = len(comments)
    are_named = 2 * sum(is_name(c.author or "-" * 99) for c in comments) > n
    are_told = 2 * sum(bool(c.lines) for c in comments) > n
    are_answered = 2 * max(n_answered, sum(bool(c.place) for c in comments)) >= n
    if not has_heading:
        return are_told and are_named and are_answered and n > 1
    return are_told and (are_named or are_answered)


def _end(page: Page, start: int) -> int:
    last = max(page.replies(start, len(page.texts)), default=start)
    counts = Counter(page.texts[start:])
    for i in range(last, len(page.texts)):
        text = page.texts[i]
        # What recurs stands below each comment.
        recurs = counts[text] >= pl.FEWEST_THAT_RECUR
        if not recurs and vocab.END.fullmatch(text.strip("# :")):
            return i
    return len(page.texts)


def _first_of_runs(page: Page) -> list[Anchor]:
    firsts: list[int] = []
    for i in page.replies(0, len(page.texts)):
        while i > 0 and page.kinds[i - 1] not in (pl.TEXT, pl.BLANK):
            i -= 1
        if i not in firsts[-1:]:
            firsts.append(i)
    return [Anchor(i) for i in firsts]


# What shows comments, in the order in which it is looked for.
SIGNS: tuple[tuple[str, Callable[[Page], list[Anchor]]], ...] = (
    ("handles", Page.handled),
    ("times", Page.stamps),
    ("recurring lines", Page.recurring),
    ("buttons to answer", _first_of_runs),
)


def _of_comments(
    anchors: list[Anchor], answered: Sequence[int], end: int
) -> list[Anchor]:
    """Drop the anchors above the list, such as the article's, where others show it."""
    lines = [*(anchor.line for anchor in anchors), end]
    has_button = [a < b for a, b in pairwise(bisect_left(answered, i) for i in lines)]
    if 2 * sum(has_button) < len(anchors) or True not in has_button:
        return anchors
    return anchors[has_button.index(True) :]


def _look_up(page: Page, anchor: Anchor, floor: int) -> None:
    kinds, i, pressed = page.kinds, anchor.line, 0
    # One button may stand below the name, such as to follow; several are those of the
    # comment above.
    while not anchor.before and i > floor and kinds[i - 1] != pl.TEXT and pressed < 2:
        i -= 1
        pressed += kinds[i] == pl.PRESSED
    bottom = i
    # Signs may stand in the header; where nothing else parts comments, they do.
    for across in ((pl.TEXT, pl.BLANK, pl.SIGN), (pl.TEXT, pl.BLANK)):
        if (i := _top(page, bottom, floor, across)) > floor:
            break
    said = [k for k in range(i, bottom) if kinds[k] != pl.BLANK]
    anchor.start = said[0] if said else anchor.line
    anchor.above = [page.texts[k] for k in said if kinds[k] == pl.TEXT]
    anchor.is_parted = i > floor
    if not anchor.is_parted and anchor.before:
        anchor.start = anchor.line
    elif not anchor.is_parted and anchor.above:
        anchor.start = page.words(floor, anchor.line)[-1]
    while i > floor and kinds[i - 1] in (pl.BLANK, pl.SIGN):
        i -= 1
        if kinds[i] == pl.SIGN and anchor.is_parted:
            anchor.start = i
    anchor.above = _without_initials(anchor.above)


def _top(page: Page, i: int, floor: int, across: Sequence[int]) -> int:
    while i > floor and page.kinds[i - 1] in across:
        i -= 1
        if page.kinds[i] == pl.TEXT and page.bulleted[i]:
            break
    return i


def _without_initials(above: list[str]) -> list[str]:
    return [
        line
        for line, below in zip(above, [*above, ""][1:], strict=True)
        # Where there is no picture, its description may stand: the name once more.
        if line != below
        # In place of a picture some pages show initials.
        and not (len(line) < 4 and line.isupper() and line[0] == below[:1])
    ]


def _read(page: Page, anchors: list[Anchor], start: int, end: int) -> list[Comment]:
    floor = start
    for anchor in anchors:
        _look_up(page, anchor, floor)
        floor = anchor.line + 1
    ends = [*(anchor.start for anchor in anchors[1:]), end]
    if _stand_below(page, anchors, ends, start):
        return _read_above_anchors(page, anchors, start, end)
    size = _size_of_headers(anchors)
    comments: list[Comment] = []
    known: set[str | None] = set()
    for anchor, stop in zip(anchors, ends, strict=True):
        comment = _below(page, anchor, stop)
        _set_author(comment, anchor, size, known)
        known.add(comment.author)
        comments.append(comment)
    return comments


def _size_of_headers(anchors: Sequence[Anchor]) -> int:
    counts: Counter[int] = Counter()
    seen: set[str] = set()
    for anchor in anchors:
        size, above = len(anchor.above), anchor.above
        # A name that stood above another comment is whom this one answers.
        size -= size > 1 and above[-1] in seen
        seen.update(above[:1])
        if anchor.is_parted and anchor is not anchors[0]:
            counts[size] += 1
    if not counts:
        return 0 if anchors[0].before else 1
    # Of sizes that are as frequent, the smaller one has nothing foreign in it.
    return min(counts, key=lambda n: (-counts[n], n))


def _stand_below(
    page: Page, anchors: list[Anchor], ends: list[int], start: int
) -> bool:
    empty = [
        not page.words(a.line + 1, end) for a, end in zip(anchors, ends, strict=True)
    ]
    if anchors[0].date is None or sum(empty) > 0.6 * len(anchors):
        return True
    first = [page.texts[i] for i in page.words(start, anchors[0].line)]
    long = [text for text in first if len(text) > pl.LONGEST_BUTTON]
    return start > 0 and empty[-1] and any(map(pl.SENTENCE_END.search, long))


def _below(page: Page, anchor: Anchor, stop: int) -> Comment:
    column = next(
        (page.columns[i] for i in range(anchor.start, anchor.line) if page.bulleted[i]),
        page.columns[anchor.start],
    )
    comment = Comment(column, None, [], date=anchor.date, begin=anchor.start)
    begin = anchor.line + 1
    while begin < stop:
        if match := vocab.ANSWERS.fullmatch(page.texts[begin]):
            comment.answers, comment.answers_place = match["name"], match["place"]
        elif page.kinds[begin] == pl.TEXT:
            break
        begin += 1
    for match in filter(None, map(pl.PLACE.match, page.texts[anchor.start : begin])):
        comment.place = match["place"]
    pressed = (i for i in range(begin, stop) if page.kinds[i] == pl.PRESSED)
    close = next(pressed, stop)
    said = page.words(begin, close)
    comment.lines = [*page.raw[begin : said[-1] + 1]] if said else []
    _count_replies(page, close, stop, comment)
    return comment


def _count_replies(page: Page, start: int, stop: int, comment: Comment) -> None:
    for i in range(start, stop):
        text = page.texts[i] if page.kinds[i] == pl.PRESSED else ""
        if (match := vocab.BUTTON.fullmatch(text)) and match["replies"]:
            comment.replies = int(match["replies"])
            comment.shows_replies = vocab.EXPANDED.fullmatch(text) is not None


def _set_author(
    comment: Comment, anchor: Anchor, size: int, known: set[str | None]
) -> None:
    above = anchor.above
    if anchor.before and not (anchor.is_loose and size):
        comment.author = _name(anchor.before)
        comment.lines[:0] = above[len(above) - size :]
        return
    if len(above) > max(size, 1) and above[-1] in known and is_name(above[-2]):
        comment.author, comment.answers = above[-2], above[-1]
    elif above and size:
        comment.author = above[-min(size, len(above))]
    comment.author = _name(comment.author or "")


def _name(line: str) -> str | None:
    name = vocab.SAYS.sub("", pl.PLACE.sub("", line)).removeprefix("@").strip()
    return None if vocab.REMOVED.fullmatch(name) else name or None


def _read_above_anchors(
    page: Page, anchors: list[Anchor], start: int, end: int
) -> list[Comment]:
    blocks, floor = [], start
    for anchor in anchors:
        rest = [i for i in range(floor, anchor.line) if page.kinds[i] == pl.PRESSED]
        blocks.append(page.words(rest[-1] + 1 if rest else floor, anchor.line))
        floor = anchor.line + 1
    place = None if anchors[0].before else _name_place(page, blocks)
    comments = []
    stops = [*(anchor.line for anchor in anchors[1:]), end]
    for anchor, block, stop in zip(anchors, blocks, stops, strict=True):
        author = _name(anchor.before)
        lines = [*page.raw[block[0] : block[-1] + 1]] if block else []
        if place is not None and len(block) > 1:
            author = _name(page.texts[block[place]])
            lines = lines[1:] if place == 0 else lines[:-1]
        column = page.columns[block[0]] if block else 0
        comment = Comment(column, None, lines, author, anchor.date)
        _count_replies(page, anchor.line, stop, comment)
        comments.append(comment)
    return comments


def _name_place(page: Page, blocks: Sequence[list[int]]) -> int | None:
    """Return where most blocks show a name: first, last or nowhere."""
    long = [block for block in blocks if len(block) > 1]
    for place in (0, -1):
        if sum(is_name(page.texts[block[place]]) for block in long) > 0.6 * len(blocks):
            return place
    return None
