"""Read a news page that was pasted or saved as text, with its comments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby, islice
from typing import Any

from stancekit import columns as col
from stancekit.errors import ReadError
from stancekit.readers import page_lines as pl
from stancekit.readers import page_words as vocab
from stancekit.readers.page_lists import find_list, read_list
from stancekit.readers.page_parents import use_groups, use_names
from stancekit.readers.page_patterns import read_pattern
from stancekit.readers.report import Notes
from stancekit.readers.sources import Format, Head, Source, key_of

# Behind the number may stand what was answered: "12 Kommentare zu ...".
LONGEST_HEADING = 140
# A headline has at least so many words; names of newspapers and sections rarely do.
WORDS_OF_A_HEADLINE = 4
# How much of a page is shown where nothing in it was recognised.
SHOWN_BLOCKS = 3

Split = Callable[[Sequence[str]], Iterator[list[str]]]
SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
# Soft hyphens, zero-width signs and marks of direction: they stand within words, and
# names with and without them are the same.
INVISIBLE = re.compile(
    "[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
LINE_ENDS = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
MAY_HEAD = vocab.any_case(
    rf".*\d|(?:noch )?(?:kein|no|eine?|one)|{vocab.BARE_HEADING.pattern}"
)
COUNT_AT_END = vocab.any_case(
    rf"(?:.*\W)?(?P<count>\d{{1,7}}) (?:{vocab.COMMENT_WORDS})"
)
# Kicker and title, lines of their own on the page, may be pasted as one word.
GLUED = re.compile(
    r"(?<=[^\W\d_]{3}[a-zäöüß])(?=[A-ZÄÖÜ][^\W\d_]{2})|(?<=[?!“”])(?=[A-ZÄÖÜ])"
)
REPEATED = (
    "lines that repeat as those of comments do: name, time, text, a button such as "
    "'Antworten'"
)
LOOKED_FOR = (
    "no line that heads comments, such as '12 Kommentare', 'Kommentare (12)', "
    f"'Leserkommentare' or '12 Comments', and no {REPEATED}"
)
PLAINLY = (
    "If each line or each paragraph is a comment, say so: format='lines' or "
    "format='paragraphs'."
)


def _recognise(head: Head) -> bool:
    if not head.text or head.is_html or head.is_json:
        return False
    lines = _clean_lines(head.text)
    headings = _headings(lines)
    if any(count is not None for _, count in headings) or find_list(lines, headings):
        return True
    found, _ = read_pattern(lines, headings, Notes(), whole=head.complete)
    return bool(found)


def _read(source: Source) -> dict[str, list[Any]]:
    lines, notes = _clean_lines(source.read_text()), source.notes
    headings = _headings(lines)
    counts = [count for _, count in headings if count is not None]
    if counts and len(counts) == len(headings) and not any(counts):
        notes.claimed = 0
        return _columns([], lines[: headings[0][0]])
    start, comments, notes.claimed = _best_reading(lines, headings, notes)
    if not comments:
        raise _nothing_found(source.name, lines, headings)
    for comment in comments:
        comment.text = pl.plain_text(comment.lines)
    if not any(comment.parent for comment in comments):
        use_groups(comments, notes)
    use_names(comments, notes)
    pl.warn_of_headers([comment.text for comment in comments], notes)
    if notes.claimed is not None and notes.claimed != len(comments):
        notes.warnings.append(
            f"The page says it has {notes.claimed:,} comments; {len(comments):,} were "
            "read."
        )
    return _columns(comments, lines[: start or comments[0].begin])


def _best_reading(
    lines: list[str], headings: pl.Headings, notes: Notes
) -> tuple[int, list[pl.Comment], int | None]:
    """Return where the comments begin, they, and how many the page says it has."""
    comments, start = read_pattern(lines, headings, notes)
    claimed = _claimed(lines, headings, start)
    if comments and claimed == len(comments):
        return start, comments, claimed
    if listed := find_list(lines, headings):
        line, count = listed
        bulleted = read_list(lines[line + 1 :], count, notes)
        if bulleted and (not comments or count == len(bulleted)):
            return line + 1, bulleted, count
        if len(bulleted) > 1:
            notes.guesses.append(
                f"By their bullets it would be {len(bulleted):,} comments; neither "
                "is the number that the page says."
            )
    if comments:
        return start, comments, claimed
    return _by_number(lines, headings, notes)


def _by_number(
    lines: list[str], headings: pl.Headings, notes: Notes
) -> tuple[int, list[pl.Comment], int | None]:
    for line, count in headings[-1:]:
        for name, split in (("paragraphs", _paragraphs), ("lines", _lines)):
            found = [*split(lines[line + 1 :])]
            if count and count == len(found):
                notes.guesses.append(
                    f"Each of the {count} {name} below the heading was taken for a "
                    "comment, because it says that number."
                )
                return line + 1, [pl.Comment(0, None, part) for part in found], count
    return 0, [], None


def _lines(lines: Sequence[str]) -> Iterator[list[str]]:
    return ([line] for line in lines if line.strip())


def _paragraphs(lines: Sequence[str]) -> Iterator[list[str]]:
    return ([*part] for has_words, part in groupby(lines, bool) if has_words)


def _read_parts(split: Split, source: Source) -> dict[str, list[Any]]:
    parts = split(_clean_lines(source.read_text()))
    texts = ["\n".join(map(str.strip, part)) for part in parts]
    pl.warn_of_headers(texts, source.notes)
    return {col.TEXT: texts}


def _nothing_found(name: str, lines: Sequence[str], headings: pl.Headings) -> ReadError:
    if headings:
        line = headings[-1][0]
        return ReadError(
            f"{name}, line {line + 1}: below {lines[line].strip()!r} no entry begins "
            f"with a bullet, and there are no {REPEATED}. Open the comments in the "
            f"browser, then copy the page again. {PLAINLY}"
        )
    return ReadError(f"{name} holds {said_of(lines)}")


def said_of(lines: Sequence[str]) -> str:
    """Say what was looked for in a text, how it begins, and what can be done."""
    if len(lines) == 1:
        return (
            f"no line that heads comments, only {lines[0].strip()[:60]!r}. If that is "
            "a comment, say so: format= takes 'lines'."
        )
    blocks = (" ".join(map(str.strip, part))[:60] for part in _paragraphs(lines))
    shown = " / ".join(islice(blocks, SHOWN_BLOCKS))
    return (
        f"{LOOKED_FOR}. It begins {shown!r}. Copy the whole page, comments included. "
        f"{PLAINLY}"
    )


def _clean_lines(text: str) -> list[str]:
    text = INVISIBLE.sub("", SPACES.sub(" ", text))
    # Columns are compared, so that a tab needs a width.
    return [line.expandtabs(4).rstrip() for line in LINE_ENDS.split(text)]


def _headings(lines: Sequence[str]) -> pl.Headings:
    """Return the lines that may head comments; word and number may stand in two."""
    found: list[tuple[int, int | None]] = []
    said = [pl.title(line) if len(line) <= LONGEST_HEADING else "" for line in lines]
    for i, (line, below) in enumerate(zip(said, [*said[1:], ""], strict=True)):
        if not line or not MAY_HEAD.match(line):
            continue
        count, is_bare = pl.said_count(line), vocab.BARE_HEADING.fullmatch(line)
        # "Kommentare" and "12" are two lines where the page shows them apart.
        if count is None and (is_bare or line.isdecimal()):
            count = pl.said_count(f"{line} {below}")
        if count is not None or is_bare:
            found.append((i, count))
    return found


def _claimed(lines: Sequence[str], headings: pl.Headings, start: int) -> int | None:
    counts = [count for line, count in headings if line < start and count is not None]
    if counts or start:
        return counts[-1] if counts else None
    ends = (COUNT_AT_END.fullmatch(s) for s in lines if len(s) <= LONGEST_HEADING)
    said = {int(match["count"]) for match in ends if match}
    return said.pop() if len(said) == 1 else None


def _headline(lines: Sequence[str]) -> str | None:
    """Return the first long line; shorter ones may name the newspaper or section."""
    said = [
        line.strip().lstrip("#").strip()
        for line in lines
        if vocab.MARKDOWN_HEADING.match(line) or not vocab.BULLET.match(line)
    ]
    said, above = [*filter(None, said)], None
    for i, line in enumerate(said, 1):
        if vocab.RESIDUE.fullmatch(line) or vocab.DATE.fullmatch(line):
            continue
        if _heads_comments(line):
            continue
        # Below a handle stands a post, which may be a sentence.
        is_post = i > 1 and vocab.HANDLE.fullmatch(said[i - 2])
        # A sentence is the lead; the headline stands above it.
        if line.endswith(".") and above and not is_post:
            return above
        is_paper = above is None and _names_paper(line, said[i:])
        above = _parted(line, lines)
        if len(line.split()) >= WORDS_OF_A_HEADLINE and not is_paper:
            return above
    return above


def _heads_comments(line: str) -> bool:
    """Tell "4 comments" from a headline such as "Ein Kommentar zu den Wahlen"."""
    is_short = len(line.split()) < WORDS_OF_A_HEADLINE
    is_bare = vocab.BARE_HEADING.fullmatch(line) is not None
    return is_short and (is_bare or pl.said_count(line) is not None)


def _names_paper(name: str, below: Sequence[str]) -> bool:
    """Tell a newspaper's name, with a headline below it, from a headline."""
    # Names have capitals, but for short words such as "der" or "und".
    is_sentence = any(len(word) > 3 and word.islower() for word in name.split())
    has_menu = any(map(vocab.RESIDUE.fullmatch, below[:1]))
    if is_sentence or vocab.LEADS_TO_NAME.match(name):
        return False
    if not has_menu and not vocab.PAPER.search(name):
        return False
    for line in below:
        # Below a headline there is who wrote it, and when, or what.
        is_author = vocab.LEADS_TO_NAME.match(line)
        if line.endswith(".") or is_author or vocab.DATE.fullmatch(line):
            return False
        if len(line.split()) >= WORDS_OF_A_HEADLINE:
            return True
    return False


def _parted(headline: str, lines: Sequence[str]) -> str:
    """Return a headline with a blank where its kicker is glued to it."""
    for glue in GLUED.finditer(headline):
        place = glue.start()
        word = headline[:place].rpartition(" ")[2] + headline[place:].partition(" ")[0]
        # A word such as "OpenStreetMap" stands elsewhere in the page, too.
        if sum(word in line for line in lines) == 1:
            return f"{headline[:place]} {headline[place:]}"
    return headline


def _columns(
    comments: Sequence[pl.Comment], article: Sequence[str]
) -> dict[str, list[Any]]:
    """Return raw columns; a hash of the article in the ids keeps pages apart."""
    key = key_of("\n".join(line.strip() for line in article if line.strip()))
    ids = {comment: f"{key}-{n}" for n, comment in enumerate(comments, 1)}
    headline = _headline(article)
    columns: dict[str, list[Any]] = {
        col.COMMENT_ID: [ids[comment] for comment in comments],
        col.PARENT_ID: [c.parent and ids[c.parent] for c in comments],
        col.ARTICLE_ID: [key for _ in comments],
        col.HEADLINE: [headline for _ in comments],
        col.AUTHOR: [comment.author for comment in comments],
        col.TEXT: [comment.text for comment in comments],
    }
    dates = [comment.date for comment in comments]
    if any(dates):
        # In a language that is not known here, the words are all that is sure.
        is_known = any(map(vocab.DATE.fullmatch, filter(None, dates)))
        columns[col.CREATED_AT if is_known else col.CREATED_RAW] = dates
    return columns


FORMATS = {
    "page": Format("a pasted news page", _recognise, _read),
    # Only by name: nothing in a text tells that each part of it is a comment.
    "lines": Format(
        "one comment a line", lambda head: False, partial(_read_parts, _lines)
    ),
    "paragraphs": Format(
        "one a paragraph", lambda head: False, partial(_read_parts, _paragraphs)
    ),
}
