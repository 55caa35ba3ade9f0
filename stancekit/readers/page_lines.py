"""Tell of each line of a pasted page what kind it is: time, button, sign or text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby, pairwise

from stancekit.readers import page_words as vocab
from stancekit.readers.report import Notes

# Lines of headers and buttons are short; more is text.
LONGEST_HEADER = 120
LONGEST_NAME = 60
LONGEST_BUTTON = 40
LONGEST_TIME = 20
MOST_WORDS_OF_A_NAME = 6
LINES_OF_A_HEADER = 12
LINES_ABOVE_A_TEXT = 3
# A line between this share of the anchors belongs to the page, not to a comment; the
# author of many comments does not reach it.
RECURS = 0.8
FEWEST_THAT_RECUR = 3

# Widths at which programs break lines, and the bullets that they show.
WRAP_WIDTHS = range(60, 101)
RENDERERS = vocab.BULLETS + vocab.LETTER_BULLETS

STAMP = vocab.any_case(
    rf"(?P<before>.{{1,{LONGEST_NAME}}}?)(?P<signs>[ ·•|,(\[»–—-]*)(?<![\w.])"
    rf"(?P<date>{vocab.DATE.pattern})"
    r"(?P<after>[ )\]:]*(?:(?:[|·•–—]|\(#).*)?)"
)
STAMP_FIRST = vocab.any_case(
    rf"\[?(?P<date>{vocab.DATE.pattern})"
    r"(?:(?<=[ ,|-])|(?![^\W\d_]))[] ·•|,:–—-]*"
    rf"(?P<before>[^\W\d].{{1,{LONGEST_NAME}}})"
)
# In chats name and text stand behind the time, in one line.
CHAT = vocab.any_case(
    r"^\[?(?P<date>\d{1,2}[./]\d{1,2}[./]\d{2,4},?"
    r" \d{1,2}:\d\d(?::\d\d)?(?: ?[AP]M)?)"
    r"\]?(?: -)? (?P<name>[^:]{1,60}): (?P<text>.+)"
)
LEADS_TO_TIME = re.compile(
    r"(?:\[\w\])?(?: \( ?\d+ ?\))?(?: -?\d[\d.,k]* (?:points?|punkte?))?"
    r"(?:[ ·•|,:([»–—-]|(?<= )(?:am|on|le|el|il|op|um|at|schrieb)(?![^ ]))*$"
)
# Zeit numbers comments: "#2.1" is the first reply to "#2".
PLACE = re.compile(r"#(?P<place>\d+(?:\.\d+)*)(?![\w.]) *")
PLACE_IN_FRONT = re.compile(rf"{PLACE.pattern}[ —–-]*")
# A number at the end may be part of a name, but not behind a colon.
NUMBER_IN_BUTTON = re.compile(r"^\d+|(?<=\()\d+(?=\))|(?<=: ).*\d.*")
# Forums put the subject of the thread above each answer, behind "Re:" or "AW:".
ANSWERED_SUBJECT = re.compile(r"^(?:re|aw): ")
# A name may end with a point: "Anna B.".
INITIAL = re.compile(r"(?:^|[ .-])\w{1,2}\.$")
NO_WORD = re.compile(r"[\W_]*")
BEGINS_WITH_TIME = vocab.any_case(rf"(?:{vocab.DATE.pattern})$|(?:19|20)\d\d\.")
HAS_DIGIT = re.compile(r"\d")
SENTENCE_END = re.compile(r"[.!?…:;][\"'“”»)]*$")

MARKDOWN_IMAGE = re.compile(r"!\[[^\[\]]*\]\([^()\s]*\)")
MARKDOWN_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)")
# html2text escapes what could be a list, as in "14\. 01. 2020".
MARKDOWN_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!-])")
RENDERED = vocab.any_case(rf"[\[\\]|^#|{vocab.AVATAR.pattern}")
SILENT = vocab.any_case(rf"{vocab.BUTTON.pattern}|{vocab.AVATAR.pattern}")

# Lines that may head comments, with the number they say.
Headings = Sequence[tuple[int, int | None]]

TEXT, BLANK, COUNTED, SIGN, PRESSED = range(5)


KINDS = (
    *((COUNTED, vocab.COUNT), (SIGN, NO_WORD), (PRESSED, vocab.BUTTON)),
    *((SIGN, vocab.ROLE), (SIGN, vocab.AVATAR), (SIGN, PLACE)),
)


def _kind(text: str) -> int:
    if len(text) > LONGEST_HEADER:
        return TEXT
    return next((kind for kind, sign in KINDS if sign.fullmatch(text)), TEXT)


@dataclass(eq=False)
class Comment:
    """A comment of the page, as text lines that were not yet cleaned.

    ``place`` is its number, such as "2.1"; ``answers`` and ``answers_place`` are name
    and number it says it answers; ``replies`` is how many it says it has; ``begin`` is
    the line of the page where it begins.
    """

    column: int
    parent: Comment | None
    lines: list[str]
    author: str | None = None
    date: str | None = None
    text: str = ""
    place: str | None = None
    answers: str | None = None
    answers_place: str | None = None
    replies: int = 0
    shows_replies: bool = False
    begin: int = 0


@dataclass
class Anchor:
    """The line that shows a comment, and what it says of time, author and place."""

    line: int
    date: str | None = None
    before: str = ""
    # Nothing parts name and time: it may be a place, if a name stands above.
    is_loose: bool = False
    # Of the header above it: the first line, and those that may be a name.
    start: int = 0
    above: list[str] = field(default_factory=list)
    # Whether buttons part it from the comment before.
    is_parted: bool = False


def _named_stamp(i: int, text: str) -> Anchor | None:
    if match := STAMP.fullmatch(text):
        name = vocab.LEADS_TO_NAME.sub("", match["before"])
        before = LEADS_TO_TIME.sub("", name)
        # Behind a colon it is the time of something else, such as of an update.
        if name.rstrip().endswith(":"):
            return None
        loose = before == match["before"] and not match["signs"].strip()
        return Anchor(i, match["date"], before.strip(), loose)
    if (match := STAMP_FIRST.fullmatch(text)) and is_name(match["before"]):
        name = vocab.LEADS_TO_NAME.sub("", match["before"])
        return Anchor(i, match["date"].rstrip(" ,-"), name.strip(" :"))
    return None


def is_name(line: str) -> bool:
    """Tell whether a line may be a name: short, and no sentence."""
    is_short = len(line) <= LONGEST_NAME and len(line.split()) <= MOST_WORDS_OF_A_NAME
    is_sentence = SENTENCE_END.search(line) and not INITIAL.search(line)
    return is_short and not is_sentence


def said_count(said: str) -> int | None:
    """Return the number that a heading over comments says, None where it is none."""
    for pattern in vocab.HEADINGS:
        if match := pattern.fullmatch(said):
            number = match["count"].strip().lower()
            known = vocab.COUNT_WORDS.get(number)
            return int(re.sub(r"\D", "", number) or 0) if known is None else known
    return None


def warn_of_headers(texts: Sequence[str], notes: Notes) -> None:
    """Warn where texts begin with what should have been told apart from them."""
    n = sum(map(_begins_with_header, texts))
    if 2 * n > len(texts):
        notes.warnings.append(
            f"{n:,} of {len(texts):,} texts begin with what looks like an author and a "
            "time, which were not told apart from them. Look at the first ones."
        )


def _begins_with_header(text: str) -> bool:
    first, second, *_ = [*text[:LONGEST_HEADER].split("\n"), ""]
    if vocab.DATE.fullmatch(second):
        return is_name(first)
    return bool(vocab.TELLS_TIME.search(first)) and _named_stamp(0, first) is not None


class Page:
    """The lines of a page, each with its column and kind."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.raw = lines
        self.texts: list[str] = []
        self.columns: list[int] = []
        self.bulleted: list[bool] = []
        for line in lines:
            bullet = vocab.BULLET.match(line)
            # "14. 01. 2020" begins like the fourteenth entry of a list.
            if bullet and bullet["number"] and BEGINS_WITH_TIME.match(line.strip()):
                bullet = None
            self.texts.append(plain_line(bullet["text"] if bullet else line))
            self.columns.append(indent_of(line))
            # A dash rarely opens an entry.
            sign = (bullet["sign"] or "1") if bullet else vocab.DASHES
            self.bulleted.append(sign not in vocab.DASHES)
        # Buttons and signs recur, so that few lines are looked at.
        known = {text: _kind(text) for text in {*self.texts}}
        self.kinds = [
            known[text] if line.strip() else BLANK
            for text, line in zip(self.texts, lines, strict=True)
        ]
        for i, is_bulleted in enumerate(self.bulleted):
            if is_bulleted and self.kinds[i] == COUNTED:
                self.kinds[i] = SIGN

    def stamps(self) -> list[Anchor]:
        """Return the lines that are times, alone or behind a name."""
        alone, named = [], []
        for i, text in enumerate(self.texts):
            is_short = self.kinds[i] == TEXT and len(text) <= LONGEST_HEADER
            if not is_short or not vocab.TELLS_TIME.search(text):
                continue
            if vocab.DATE.fullmatch(text):
                alone.append(Anchor(i, PLACE_IN_FRONT.sub("", text)))
            elif anchor := _named_stamp(i, text):
                named.append(anchor)
        # Beside the one, the other is part of texts or of the article.
        return self._without_labels(alone) if len(alone) >= len(named) else named

    def _without_labels(self, stamps: list[Anchor]) -> list[Anchor]:
        """Drop times that the same words follow each time, such as of registering."""
        ends = [*(stamp.line for stamp in stamps), len(self.texts)]
        between = [self.words(here + 1, there) for here, there in pairwise(ends)]
        said = [tuple(map(self._mask, words)) for words in between]
        counts = Counter(said)
        least = max(FEWEST_THAT_RECUR, 0.3 * len(stamps))
        for i, there, words in zip(ends, ends[1:], said, strict=False):
            if counts[words] >= least and not any(map(SENTENCE_END.search, words)):
                # The word above such a time says what it is the time of.
                for k in (*self.words(i - 1, i + 1), *self.words(i, there)):
                    self.kinds[k] = SIGN
        return [stamp for stamp in stamps if self.kinds[stamp.line] != SIGN]

    def handled(self) -> list[Anchor]:
        """Return the times below handles, or above the names over these."""
        words = self.words(0, len(self.texts))
        said = [self.raw[i].strip(" ·") for i in words]
        # Where no name stands above, the handle is the author.
        handles = [
            k
            for k, (above, i) in enumerate(pairwise(words), 1)
            if vocab.HANDLE.fullmatch(self.texts[i])
            and is_name(self.texts[above])
            and {BLANK, SIGN}.issuperset(self.kinds[above + 1 : i])
        ]
        if len(handles) < 2:
            return []
        dates = [text for text in said if vocab.DATE.fullmatch(text)]
        # Networks show times in any form, such as "Mar 12".
        times = {
            k
            for k, text in enumerate(said)
            if len(text) <= LONGEST_TIME and HAS_DIGIT.search(text)
        }
        below = [k for k in handles if k + 1 in times]
        above = [k for k in handles if k - 2 in times]
        # In texts some answer somebody by name.
        if 2 * max(len(below), len(above)) <= max(len(dates), 2):
            return []
        if len(above) > len(below):
            for k in above:
                self.kinds[words[k - 2]] = self.kinds[words[k - 1]] = SIGN
            return [
                Anchor(words[k], said[k - 2], self.texts[words[k - 1]]) for k in above
            ]
        for k in below:
            self.kinds[words[k]] = SIGN
        return [Anchor(words[k + 1], said[k + 1]) for k in below]

    def recurring(self) -> list[Anchor]:
        """Return times above texts that end with the same lines, in any language."""
        masks = {i: self._mask(i) for i in self.words(0, len(self.texts))}
        counts = Counter(masks[i] for i in masks if self._may_be_button(i))
        most = max(counts.values(), default=0)
        if most < FEWEST_THAT_RECUR:
            return []
        for i, mask in masks.items():
            if counts[mask] >= RECURS * most and not HAS_DIGIT.search(mask):
                self.kinds[i] = PRESSED
        runs = groupby(range(len(self.texts)), lambda i: self.kinds[i] == PRESSED)
        blocks = [
            block
            for is_pressed, run in runs
            if not is_pressed and (block := [i for i in run if self.kinds[i] == TEXT])
        ]
        return self._times_at_one_place(blocks) if len(blocks) > 1 else []

    def _times_at_one_place(self, blocks: Sequence[list[int]]) -> list[Anchor]:
        """Return the lines with numbers that stand at the same place of most blocks."""
        # Above the first comment stands the article.
        lines = [i for i in blocks[0] if self._may_be_time(i)][-1:]
        # Above the time stands the author.
        for place in range(1, LINES_ABOVE_A_TEXT):
            found = [
                block[place]
                for block in blocks[1:]
                if len(block) > place and self._may_be_time(block[place])
            ]
            # What follows the last comment is no block of its own kind.
            if len(found) >= max(1, RECURS * (len(blocks) - 2)):
                return [Anchor(i, self.texts[i]) for i in lines + found]
        return []

    def _may_be_time(self, i: int) -> bool:
        return bool(self._may_be_button(i) and HAS_DIGIT.search(self.texts[i]))

    def _may_be_button(self, i: int) -> bool:
        text = self.texts[i]
        return len(text) <= LONGEST_BUTTON and not SENTENCE_END.search(text)

    def replies(self, start: int, end: int) -> list[int]:
        """Return the buttons to answer."""
        return [
            i
            for i in range(start, end)
            if self.kinds[i] == PRESSED and vocab.REPLY_BUTTON.fullmatch(self.texts[i])
        ]

    def press_recurrent(self, anchors: Sequence[Anchor], end: int) -> None:
        """Take what stands between most anchors for buttons."""
        top = max(0, anchors[0].line - LINES_OF_A_HEADER)
        bounds = [top, *(anchor.line for anchor in anchors), end]
        between = [self.words(here + 1, there) for here, there in pairwise(bounds)]
        # Directly above the time stands the author, who may write again.
        for i, anchor in enumerate(anchors):
            if anchor.date and not anchor.before:
                between[i] = between[i][:-1]
        masks = [{self._mask(i) for i in words} for words in between]
        counts = Counter(chain.from_iterable(masks))
        least = max(FEWEST_THAT_RECUR, RECURS * len(anchors))
        for i in chain.from_iterable(between):
            if self._may_be_button(i) and counts[self._mask(i)] >= least:
                self.kinds[i] = PRESSED

    def _mask(self, i: int) -> str:
        text = ANSWERED_SUBJECT.sub("", self.texts[i].casefold())
        return NUMBER_IN_BUTTON.sub("0", text)

    def words(self, start: int, end: int) -> list[int]:
        """Return the lines that say something."""
        return [i for i in range(start, end) if self.kinds[i] == TEXT]


def whole_lines(lines: Sequence[str]) -> Sequence[str]:
    """Return lines as they were written: unbroken, with a header of its own each."""
    if lines and CHAT.fullmatch(lines[0]):
        return [
            part
            for line in lines
            for part in CHAT.sub(r"\g<name>, \g<date>\n\g<text>", line).split("\n")
        ]
    # What shows bullets was rendered by a program, which also breaks lines.
    bullets = filter(None, map(vocab.BULLET.match, lines))
    rendered = any((bullet["sign"] or "-") in RENDERERS for bullet in bullets)
    return _unwrapped(lines) if rendered else lines


def _unwrapped(lines: Sequence[str]) -> Sequence[str]:
    # No program breaks an address, however long it is.
    plain = [line for line in lines if "](" not in line and "://" not in line]
    width = max(map(len, plain), default=0)
    if width not in WRAP_WIDTHS:
        return lines
    joined: list[list[str]] = []
    last = ""
    for line in lines:
        words = line.split(maxsplit=1)
        # A program breaks a line only where the next word has no room in it.
        full = words and len(last) + 1 + len(words[0]) > width
        is_own = vocab.BULLET.match(line) or vocab.BUTTON.fullmatch(line.strip())
        if joined and last and full and not is_own:
            joined[-1].append(line.strip())
        else:
            joined.append([line])
        last = line
    return [" ".join(parts) for parts in joined]


def says_something(line: str) -> bool:
    """Tell a line of text from blank ones, buttons and pictures."""
    bare = line.strip()
    return bool(bare) and SILENT.fullmatch(bare) is None


def plain_line(line: str) -> str:
    """Return a line without what renderers add: avatars, link targets, escapes."""
    line = line.strip()
    if RENDERED.search(line) is None:
        return vocab.SAYS.sub("", line)
    if vocab.ANSWERS.fullmatch(bare := line.strip("[]")):
        return bare
    line = MARKDOWN_IMAGE.sub("", vocab.MARKDOWN_HEADING.sub("", line))
    line = re.sub(
        rf"^(?:{vocab.AVATAR.pattern} *)+", "", MARKDOWN_LINK.sub(r"\1 ", line)
    )
    return vocab.SAYS.sub("", MARKDOWN_ESCAPE.sub(r"\1", line).strip())


def indent_of(line: str) -> int:
    """Return how many blanks a line begins with."""
    return len(line) - len(line.lstrip())


def title(line: str) -> str:
    """Return a line as a heading: without signs around it."""
    return line.strip().strip("#*•").strip().rstrip(":").rstrip()


def plain_text(lines: Sequence[str]) -> str:
    """Return the lines without buttons; paragraphs are parted by one blank line."""
    kept = [line.strip() for line in lines if not line.strip() or says_something(line)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
