"""Read a news page that was saved as HTML, with its comments."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from stancekit.errors import ReadError, missing_extra
from stancekit.readers.compression import too_long
from stancekit.readers.heads import encoding_marked
from stancekit.readers.page_entries import NOT_TEXT, Entry, class_names, shown
from stancekit.readers.page_sites import PINGS, SITES
from stancekit.readers.page_words import COUNT_WORDS, HEADINGS
from stancekit.readers.sources import Format, Head, Notes, Source
from stancekit.threads import (
    ARTICLE_ID,
    AUTHOR,
    COMMENT_ID,
    CREATED_AT,
    HEADLINE,
    KIND,
    PARENT_ID,
    TEXT,
    URL,
)

# A page is larger in memory than on disk, about tenfold.
MAX_PAGE = 200_000_000

HTML_PART = re.compile(
    r"\s*<(?:title|meta|link|script|main|article|section|div|ol|ul|li)[\s>]", re.I
)
CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
PAGE_ENCODING = re.compile(r"iso|windows|cp|koi8|mac|big5|gb|euc|shift|latin", re.I)
SAVED_FROM = re.compile(r"<!-- saved from url=\(\d+\)(\S+) -->")
# What differs between the pages of one article's comments.
PAGE_PART = re.compile(r"#.*|comment-page-\d+/?|(?<=[?&])cpage=\d+&?")
HOST = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#:]+)", re.I)

# Parsing takes time that grows with the square of a tag's attributes.
LONG_TAG = re.compile(r"<[a-z][^<>]{100000,}", re.I)
ATTRIBUTE = re.compile(r"""[\s/]+[^\s/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"']*))?""")
MOST_ATTRIBUTES = 5_000

# A heading is made of a few pieces and short, spaces and line ends included.
HEADING_PIECES = 8
LONGEST_HEADING = 300
LOADERS = frozenset(
    "js-comment-loader js-load-comment-replies comment-overlay wpd-load-more-submit"
    " comments-load-more load-more-comments".split()
)
PAGERS = frozenset(
    "comment-navigation comments-pagination comment-pagination comments-pager"
    " wp-block-comments-pagination".split()
)
# Elsewhere these lead to further pages of the article.
PAGERS_BELOW = frozenset("pager pager__pages pagination page-numbers".split())

# Sites and services that load comments by script.
SCRIPTED_SITES = {
    "spiegel.de": "Spiegel",
    "nytimes.com": "New York Times",
    "theguardian.com": "Guardian",
    "derstandard.at": "derStandard",
    "derstandard.de": "derStandard",
    "faz.net": "FAZ",
}
SERVICES = {
    "Coral Talk": (
        *('data-component="talk', "coral_talk", "coral-talk", "coral_thread"),
        *("coral-thread", "coral-embed", "talk-embed"),
    ),
    "Disqus": ("disqus_thread", "disqus.com/embed", "disqus_shortname"),
    "OpenWeb": ("data-spot-im", "data-spotim", "spot.im/", "spotim_"),
    "Facebook": ("fb-comments",),
    "derStandard": ("<dst-posting", "<dst-community", "<dst-forum"),
    "Hyvor Talk": ("hyvor-talk",),
    "Viafoura": ("viafoura",),
    "Commento": ('id="commento"',),
    "Isso": ('id="isso-thread"', "data-isso="),
    "Remark42": ("remark42",),
    "giscus": ("giscus.app",),
    "utterances": ("utteranc.es/",),
    "Discourse": ("discourse-comments",),
}
INSTEAD = (
    "Let the browser show the comments, then copy the page into a text file and read "
    "that."
)


@dataclass(frozen=True)
class Page:
    """What a page says besides its comments; ``key`` stands for it in ids."""

    headline: str | None
    url: str | None
    key: str


def recognise(head: Head) -> bool:
    """Tell whether this is HTML."""
    return head.is_html or HTML_PART.match(head.text) is not None


def read(source: Source) -> dict[str, list[Any]]:
    """Return the comments on the page, as raw columns.

    Raises
    ------
    ReadError
        If there are none in the file, as where a script loads them, or the page is
        nested too deeply.
    ImportError
        If lxml is not installed.
    """
    html = _decoded(source)
    _check_tags(html, source.name)
    root = _parsed(html, source.name)
    page = _page(root, html)
    missing = _missing_parts(root)
    entries = _comments(root, source.notes)
    claimed = _claimed(root, entries[0].node if entries else None)
    if not entries:
        _check_empty(source, html, page, claimed)
    source.notes.claimed = claimed if claimed or not entries else None
    _warn_of_missing(entries, missing, source.notes)
    return _columns(entries, page, source.notes)


def _decoded(source: Source) -> str:
    """Return the text: as UTF-8 if it is that, else in the encoding it declares."""
    limit = source.max_bytes or MAX_PAGE
    with source.open() as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise too_long(source.name, limit)
    declared = CHARSET.search(content, 0, 1 << 14)
    marked = encoding_marked(content[: 1 << 14])
    try:
        return content.decode(marked or "utf-8", "replace" if marked else "strict")
    except UnicodeDecodeError:
        encoding = declared and _known_encoding(declared[1].decode("ascii", "ignore"))
        return content.decode(encoding, "replace") if encoding else source.read_text()


def _known_encoding(name: str) -> str | None:
    if not PAGE_ENCODING.match(name):
        return None
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return None
    # What calls itself Latin-1 is read by browsers as cp1252.
    return "cp1252" if found == "iso8859-1" else found


def _check_tags(text: str, name: str) -> None:
    for tag in LONG_TAG.finditer(text):
        found = sum(1 for _ in ATTRIBUTE.finditer(text, *tag.span()))
        if found > MOST_ATTRIBUTES:
            line = text.count("\n", 0, tag.start()) + 1
            raise ReadError(
                f"{name}, line {line}: a tag with {found:,} attributes is no part of a "
                "page. Nothing was read. Save the page again."
            )


def _parsed(text: str, name: str) -> Any:
    try:
        from lxml import etree, html
    except ImportError as error:
        raise missing_extra("lxml", "pages", "Reading a saved web page") from error
    parser = html.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        content = text.replace("\0", "").encode("utf-8", "replace")
        root = html.document_fromstring(content, parser=parser)
    except etree.ParserError as error:
        raise ReadError(
            f"{name} holds no HTML element. Save the page again."
        ) from error
    # The parser stops there without raising, and the rest of the page is lost.
    if any(entry.level_name == "FATAL" for entry in parser.error_log):
        raise ReadError(
            f"{name} cannot be read as HTML: {parser.error_log[-1].message}. Nothing "
            f"was read. {INSTEAD}"
        )
    return root


def _page(root: Any, html: str) -> Page:
    headings = (shown(heading) for heading in root.iter("h1"))
    title = shown(next(root.iter("title"), None))
    headline = _meta(root, "og:title") or next(filter(None, headings), None) or title
    saved_from = SAVED_FROM.search(html, 0, 1 << 14)
    links = [
        link.get("href")
        for link in root.iter("link")
        if "canonical" in (link.get("rel") or "").lower().split()
    ]
    addresses = [*links, _meta(root, "og:url"), saved_from and saved_from[1]]
    web = (a for a in addresses if a and re.match("https?://", a.strip(), re.I))
    url = next(web, None)
    if url:
        url = PAGE_PART.sub("", url.strip()).rstrip("?&")
    named = f"{headline or ''}\0{title or ''}"
    known_by = url or (named if headline else html)
    key = hashlib.blake2b(known_by.encode("utf-8", "replace"), digest_size=4)
    return Page(headline, url, key.hexdigest())


def _meta(root: Any, name: str) -> str | None:
    for meta in root.iter("meta"):
        if name in (meta.get("property"), meta.get("name")):
            content = " ".join((meta.get("content") or "").split())
            if content:
                return content
    return None


def _comments(root: Any, notes: Notes) -> list[Entry]:
    for site in SITES:
        entries = site.read(root, notes)
        if entries:
            notes.guesses.append(f"The page was read by the rules for {site.title}.")
            return entries
    return []


def _claimed(root: Any, first: Any) -> int | None:
    """Return the number in the last heading before the first comment."""
    claimed = None
    for element in root.iter("*"):
        if element is first:
            break
        if element.tag in NOT_TEXT or element.tag == "title":
            continue
        for words in _short_texts(element):
            for pattern in HEADINGS:
                if match := pattern.fullmatch(words):
                    claimed = _number(match["count"], claimed)
    return claimed


def _short_texts(element: Any) -> Iterator[str]:
    """Yield what stands directly in an element, and all in it if it is not much."""
    pieces = list(islice(element.itertext(), HEADING_PIECES + 1))
    whole = [] if len(pieces) > HEADING_PIECES else pieces
    for part in ([element.text or ""], whole):
        if sum(map(len, part)) <= LONGEST_HEADING:
            words = " ".join("".join(part).split())
            if words:
                yield words.rstrip(".")


def _number(said: str, otherwise: int | None) -> int | None:
    """Return the number said; "Ein Kommentar" may be the name of a genre."""
    if said[0].isdigit():
        return int(re.sub(r"\D", "", said))
    return otherwise if COUNT_WORDS[said.strip().lower()] else 0


def _missing_parts(root: Any) -> list[str]:
    """Return what on the page says that comments are not in the file."""
    counts = _class_counts(root)
    below = root.get_element_by_id("comments", None)
    pagers = {name for name in PAGERS if counts[name]}
    if below is not None:
        pagers |= PAGERS_BELOW & _class_counts(below).keys()
    loaders = max(counts[name] for name in LOADERS)
    buttons = [f"{loaders:,} buttons that load more replies"] if loaders else []
    return buttons + ["links to further pages of comments"] * bool(pagers)


def _class_counts(root: Any) -> Counter[str]:
    return Counter(name for element in root.iter("*") for name in class_names(element))


def _check_empty(source: Source, html: str, page: Page, claimed: int | None) -> None:
    """Raise the reason why there are no comments, unless the page says it has none."""
    service = _loaded_by(html, page)
    if service:
        raise ReadError(
            f"{source.name} is an HTML page without comments: {service} loads them by "
            f"script, so that they are not in a saved page. {INSTEAD}"
        )
    if claimed:
        raise ReadError(
            f"{source.name} is an HTML page that says it has {claimed:,} comments, but "
            f"they are not in it; a script loads them. {INSTEAD}"
        )
    if claimed is None:
        looked_for = ", ".join(site.looked_for for site in SITES)
        raise ReadError(
            f"{source.name} is an HTML page, but no comments were found in it. Looked "
            f"for: {looked_for}. {INSTEAD}"
        )


def _loaded_by(html: str, page: Page) -> str | None:
    match = HOST.match(page.url or "")
    host = match[1].lower() if match else ""
    for domain, name in SCRIPTED_SITES.items():
        if host == domain or host.endswith(f".{domain}"):
            return name
    html = html.lower()
    for name, signs in SERVICES.items():
        if any(sign in html for sign in signs):
            return name
    return None


def _warn_of_missing(
    entries: Sequence[Entry], missing: Sequence[str], notes: Notes
) -> None:
    """Warn if there are other comments than the page says, or signs of more."""
    kept = {entry.comment_id or entry: entry for entry in entries}.values()
    claimed, rows = notes.claimed, len(kept)
    without_pings = sum(entry.values.get(KIND) not in PINGS for entry in kept)
    if claimed in (rows, without_pings) or (claimed is None and not missing):
        return
    said = (
        f"The page says it has {claimed:,} comments" if claimed else "Some are missing"
    )
    hint = f" There are {' and '.join(missing)}: open or save those too."
    more = missing and (claimed is None or claimed > rows)
    notes.warnings.append(f"{said}; {rows:,} were read.{hint if more else ''}")


def _columns(
    entries: Sequence[Entry], page: Page, notes: Notes
) -> dict[str, list[Any]]:
    unnamed = [entry for entry in entries if not entry.comment_id]
    ids = {e: e.comment_id or f"{page.key}-{n}" for n, e in enumerate(entries, 1)}
    if unnamed:
        notes.guesses.append(f"{len(unnamed):,} comments had no id and got one.")
    columns: dict[str, list[Any]] = {
        COMMENT_ID: [ids[entry] for entry in entries],
        PARENT_ID: [_parent_id(entry, ids) for entry in entries],
        ARTICLE_ID: [page.url or page.key for _ in entries],
        HEADLINE: [page.headline for _ in entries],
    }
    always = dict.fromkeys((AUTHOR, CREATED_AT, TEXT))
    for name in always | dict.fromkeys(n for e in entries for n in e.values):
        values = [entry.values.get(name) for entry in entries]
        if name in always or any(value is not None for value in values):
            columns[name] = values
    if page.url:
        anchors = [f"#{e.comment_id}" if e.comment_id else "" for e in entries]
        columns[URL] = [f"{page.url}{anchor}" for anchor in anchors]
    return columns


def _parent_id(entry: Entry, ids: dict[Entry, str]) -> str | None:
    return ids[entry.parent] if isinstance(entry.parent, Entry) else entry.parent


FORMATS = {"html": Format("a saved news page", recognise, read)}
