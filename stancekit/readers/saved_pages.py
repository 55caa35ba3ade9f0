"""Read a news page that was saved as HTML, with its comments."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from stancekit import columns as col
from stancekit.errors import ReadError, missing_extra
from stancekit.readers import page_entries, page_fields
from stancekit.readers.compression import too_long
from stancekit.readers.heads import encoding_marked
from stancekit.readers.page_entries import Entry
from stancekit.readers.page_lines import said_count, warn_of_headers
from stancekit.readers.report import Notes
from stancekit.readers.sources import Format, Head, Source, key_of

# A page is larger in memory than on disk, about tenfold.
MAX_PAGE = 200_000_000

HTML_PART = re.compile(
    r"\s*<(?:title|meta|link|script|main|article|section|div|ol|ul|li)[\s>]", re.I
)
CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
# UTF-8 was tried already; and Python has codecs that are no encodings, such as rot13.
PAGE_ENCODING = re.compile(r"iso|windows|cp|koi8|mac|big5|gb|euc|shift|latin", re.I)
SAVED_FROM = re.compile(r"<!-- saved from url=\(\d+\)(\S+) -->")
# What differs between the pages of one article's comments.
PAGE_PART = re.compile(r"#.*|comment-page-\d+/?|(?<=[?&])cpage=\d+&?")
HOST = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#:]+)", re.I)

NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
REFERENCE = re.compile(r"&#0*(?:(\d{1,7})|x0*([0-9a-f]{1,6}));?", re.I)

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
    "Coral Talk": r'data-component="talk|coral[-_](?:talk|thread)|(?:coral|talk)-embed',
    "Disqus": r"disqus_thread|disqus\.com/embed|disqus_shortname",
    "OpenWeb": r"data-spot-?im|spot\.im/|spotim_",
    "Facebook": "fb-comments",
    "derStandard": "<dst-(?:posting|community|forum)",
    "Hyvor Talk": "hyvor-talk",
    "Viafoura": "viafoura",
    "Commento": 'id="commento"',
    "Isso": 'id="isso-thread"|data-isso=',
    "Remark42": "remark42",
    "giscus": r"giscus\.app",
    "utterances": r"utteranc\.es/",
    "Discourse": "discourse-comments",
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


def _recognise(head: Head) -> bool:
    return head.is_html or HTML_PART.match(head.text) is not None


def _read(source: Source) -> dict[str, list[Any]]:
    html = _decoded(source)
    _check_tags(html, source.name)
    root = _parsed(html, source.name)
    page = _page(root, html)
    missing = _missing_parts(root)
    found = page_entries.find_entries(root)
    claimed = _claimed(root, found)
    like = [] if found else page_entries.entries_like(root, claimed or 0)
    if like and all(page_fields.author_part(entry) is not None for entry in like):
        found = like
    entries = _comments(root, found, source.notes)
    if not entries:
        _check_empty(source, html, page, claimed)
    # Beside comments a 0 counts something else.
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
    # Without "huge" a text of 10 MB, or the 257th level, would end the reading.
    # Comments part texts, as React writes them between words, and neighbours.
    parser = html.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        # The parser takes control characters, but no text with one can be moved then.
        content = NOT_XML.sub("", REFERENCE.sub(_reference, text)).encode()
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


def _reference(match: re.Match[str]) -> str:
    """Return a numbered character, or nothing where no page can hold it."""
    number = int(match[1] or match[2], 10 if match[1] else 16)
    return "" if number > 0x10FFFF or NOT_XML.match(chr(number)) else match[0]


def _page(root: Any, html: str) -> Page:
    headings = (page_entries.shown(heading) for heading in root.iter("h1"))
    title = page_entries.shown(next(root.iter("title"), None))
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
    # Further pages of its comments have the same address and title, but another HTML.
    return Page(headline, url, key_of(url or (named if headline else html)))


def _meta(root: Any, name: str) -> str | None:
    found = root.xpath("//meta[@property=$name or @name=$name]/@content", name=name)
    return next(filter(None, (" ".join(said.split()) for said in found)), None)


def _comments(root: Any, entries: list[Entry], notes: Notes) -> list[Entry]:
    if not entries:
        return page_entries.linked_data(root)
    page_fields.read_headers(entries)
    page_entries.settle(entries, notes)
    entries = page_fields.read_texts(entries, notes)
    for name in (col.AUTHOR, col.TEXT):
        if entries and not any(entry.values.get(name) for entry in entries):
            notes.guesses.append(f"No comment shows its {name}.")
    warn_of_headers([entry.values[col.TEXT] for entry in entries], notes)
    return entries


def _claimed(root: Any, entries: Sequence[Entry]) -> int | None:
    claimed = None
    for element in root.iter("*"):
        # A heading stands above the comments; numbers among them are of something else.
        if entries and element is entries[0].node:
            break
        if element.tag in page_fields.NOT_TEXT or element.tag == "title":
            continue
        for words in _short_texts(element):
            count = said_count(words)
            # "Ein Kommentar" may be the name of a genre.
            if count is not None and (count != 1 or "1" in words):
                claimed = count
    return claimed


def _short_texts(element: Any) -> Iterator[str]:
    pieces = list(islice(element.itertext(), HEADING_PIECES + 1))
    whole = [] if len(pieces) > HEADING_PIECES else pieces
    for part in ([element.text or ""], whole):
        is_short = sum(map(len, part)) <= LONGEST_HEADING
        if words := " ".join("".join(part).split()) if is_short else "":
            yield words.rstrip(".: ")


def _missing_parts(root: Any) -> list[str]:
    counts = _class_counts(root)
    below = root.get_element_by_id("comments", None)
    pagers = PAGERS & counts.keys()
    if below is not None:
        pagers |= PAGERS_BELOW & _class_counts(below).keys()
    loaders = max(counts[name] for name in LOADERS)
    missing = [f"{loaders:,} buttons that load more replies"] if loaders else []
    return [*missing, "links to further pages of comments"] if pagers else missing


def _class_counts(root: Any) -> Counter[str]:
    return Counter(chain.from_iterable(map(page_entries.class_names, root.iter("*"))))


def _check_empty(source: Source, html: str, page: Page, claimed: int | None) -> None:
    looked_for = f" Looked for: {page_entries.LOOKED_FOR}."
    if service := _loaded_by(html, page):
        problem = (
            f" without comments: {service} loads them by script, so that they are not "
            "in a saved page."
        )
    elif claimed:
        problem = (
            f" that says it has {claimed:,} comments, but they are not in it; most "
            f"likely a script loads them.{looked_for}"
        )
    else:
        problem = f", but no comments were found in it.{looked_for}"
    if service or claimed != 0:
        raise ReadError(f"{source.name} is an HTML page{problem} {INSTEAD}")


def _loaded_by(html: str, page: Page) -> str | None:
    match = HOST.match(page.url or "")
    host = f".{match[1].lower()}" if match else ""
    sites = (name for end, name in SCRIPTED_SITES.items() if host.endswith(f".{end}"))
    signs = (name for name, sign in SERVICES.items() if re.search(sign, html, re.I))
    return next(chain(sites, signs), None)


def _warn_of_missing(
    entries: Sequence[Entry], missing: Sequence[str], notes: Notes
) -> None:
    # A list may stand twice in a page; repeated ids are dropped later.
    kept = {entry.comment_id or entry: entry for entry in entries}.values()
    claimed, rows = notes.claimed, len(kept)
    pings = sum(entry.values.get(col.KIND) in page_entries.PINGS for entry in kept)
    # Some themes count pingbacks as comments, others do not.
    if claimed in (rows, rows - pings) or (claimed is None and not missing):
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
    ids = {e: e.comment_id or f"{page.key}-{n}" for n, e in enumerate(entries, 1)}
    unnamed = sum(not entry.comment_id for entry in entries)
    notes.count(unnamed, "comments had no id and got one.")
    columns: dict[str, list[Any]] = {
        col.COMMENT_ID: [ids[entry] for entry in entries],
        col.PARENT_ID: [
            ids[e.parent] if isinstance(e.parent, Entry) else e.parent for e in entries
        ],
        col.ARTICLE_ID: [page.url or page.key for _ in entries],
        col.HEADLINE: [page.headline for _ in entries],
    }
    always = dict.fromkeys((col.AUTHOR, col.CREATED_AT, col.TEXT))
    for name in always | dict.fromkeys(n for e in entries for n in e.values):
        values = [entry.values.get(name) for entry in entries]
        if name in always or any(value is not None for value in values):
            columns[name] = values
    if page.url:
        anchors = [f"#{e.comment_id}" if e.comment_id else "" for e in entries]
        columns[col.URL] = [f"{page.url}{anchor}" for anchor in anchors]
    return columns


FORMATS = {"html": Format("a saved news page", _recognise, _read)}
