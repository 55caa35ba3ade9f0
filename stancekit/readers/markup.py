"""Turn the HTML of a comment into plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

PARAGRAPHS = frozenset(
    "p div blockquote pre ul ol table h1 h2 h3 h4 h5 h6 hr section article".split()
)
LINES = frozenset(("br", "li", "tr"))
DROPPED = frozenset(("script", "style"))
SPACE = re.compile(r"[ \t\n\r\f]+")
ELLIPSIS = re.compile(r"…|\.\.\.")
SCHEME = re.compile(r"^(?:https?:)?(?://)?(?:www\.)?", re.I)
LINE_END = re.compile(r"\r\n?|\n")
# As browsers read them; HTMLParser fails on some, and is slow on unclosed ones.
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<![^>]*>?", re.S)
# More levels of quotation than this say nothing more.
MOST_QUOTES = 5


def html_to_text(html: str, *, keep_lines: bool = False) -> str:
    r"""Return what a reader of the HTML of one comment sees, as plain text.

    Paragraphs are parted by a blank line, quotations begin with ``>``; a link that is
    shown shortened stands in full. ``keep_lines`` keeps the line ends of the source,
    as where people write them and tags are added on display.

    Examples
    --------
    >>> html_to_text("Wer zahlt &amp; wer lenkt?<p>Siehe <i>oben</i>.<br>Danke")
    'Wer zahlt & wer lenkt?\n\nSiehe oben.\nDanke'
    >>> html_to_text('<a href="https://example.org/lange-rede">example.org/lan…</a>')
    'https://example.org/lange-rede'
    """
    parser = _PlainText(keep_lines)
    shown = COMMENT.sub("", html)
    # What stands behind the last ">" is no tag.
    end = shown.rfind(">") + 1
    parser.feed(shown[:end] + shown[end:].replace("<", "&lt;"))
    parser.close()
    return parser.text()


def full_link(shown: str, *addresses: str) -> str:
    """Return the address that the shown text shortens, or else the shown text."""
    parts = ELLIPSIS.split(SCHEME.sub("", shown.strip()))
    if len(parts) != 2 or not parts[0]:
        return shown
    for address in addresses:
        full = SCHEME.sub("", address.strip())
        if full.startswith(parts[0]) and full.endswith(parts[1]):
            return address
    return shown


class _PlainText(HTMLParser):
    def __init__(self, keep_lines: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._pieces: list[str] = []
        self._quotes = 0
        self._line_keepers = int(keep_lines)
        self._dropping = False
        # The addresses of an open link, and where its shown text begins.
        self._link: tuple[list[str], int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._dropping = tag in DROPPED
        if tag == "a":
            addresses = [value for name, value in attrs if name in ("href", "title")]
            self._link = [a for a in addresses if a], len(self._pieces)
        self._break_at(tag)
        self._quotes += tag == "blockquote"
        self._line_keepers += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        self._dropping = False
        if tag == "a":
            self._end_link()
        # A stray </br> is no second line end.
        if tag in PARAGRAPHS:
            self._break_at(tag)
        self._quotes -= tag == "blockquote" and self._quotes > 0
        self._line_keepers -= tag == "pre" and self._line_keepers > 0

    def handle_data(self, data: str) -> None:
        if self._dropping:
            return
        if not self._line_keepers:
            self._pieces.append(data)
            return
        first, *others = LINE_END.split(data)
        self._pieces.append(first)
        for line in others:
            self._end_line()
            self._pieces.append(line)

    def text(self) -> str:
        """Return the text read so far, without blank lines in a row."""
        self._end_line()
        kept = [
            line
            for before, line in zip(["", *self._lines], self._lines, strict=False)
            if line or before
        ]
        return "\n".join(kept).strip()

    def _break_at(self, tag: str) -> None:
        if tag in PARAGRAPHS:
            self._end_line()
            self._lines.append("")
        elif tag in LINES:
            self._end_line()

    def _end_line(self) -> None:
        line = SPACE.sub(" ", "".join(self._pieces)).strip()
        marks = "> " * min(self._quotes, MOST_QUOTES)
        self._lines.append(marks + line if line else "")
        self._pieces = []
        self._link = None

    def _end_link(self) -> None:
        if self._link is None:
            return
        addresses, start = self._link
        shown = "".join(self._pieces[start:])
        self._pieces[start:] = [full_link(shown, *addresses)]
        self._link = None
