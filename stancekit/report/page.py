"""Make a page of numbers and the comments that they are about."""

from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pandas as pd

from stancekit import columns as col
from stancekit.displays.canvas import looks
from stancekit.errors import missing_extra
from stancekit.labels import clean_labels
from stancekit.readers.report import COUNTED
from stancekit.report.numbers import UNKNOWN_WORDS, Numbers
from stancekit.report.shown import rows_to_show

HERE = Path(__file__).parent
# Longer texts scroll in a box of their own, in characters.
LONG = 3000
# From here on a level more no longer moves a comment to the right.
DEEPEST = 8
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


def render_page(numbers: Numbers, shown: pd.DataFrame) -> bytes:
    """Return the page of what :func:`page_numbers` returns, and of nothing else."""
    try:
        import jinja2
    except ImportError as error:
        raise missing_extra("jinja2", "report", "A page") from error
    language = numbers["settings"]["language"]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        # Comments hold tags and scripts.
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        # Else a name that the template misspells would show as nothing.
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "percent": _percent,
        "count": lambda n: f"{n:,}".replace(",", "." if language == "de" else ","),
    }
    words = tomllib.loads(_own("words.toml"))[language]
    positions = numbers["codebook"]["positions"]
    look = looks(label for label, _, _ in positions)
    style, script = _own("page.css"), _own("page.js")
    page = environment.get_template("page.html").render(
        n=numbers,
        words=words,
        language=language,
        looks=[look[label] for label, _, _ in positions],
        articles=list(_articles(numbers, shown)),
        languages=_languages(shown),
        beside=numbers.get("beside"),
        counted=COUNTED,
        style=style,
        script=script,
        hashes={"style": _csp_hash(style), "script": _csp_hash(script)},
        few_words=UNKNOWN_WORDS,
    )
    # As a browser reads it, and without halves of characters, which no file holds.
    return page.replace("\r\n", "\n").encode(errors="replace")


def _own(name: str) -> str:
    return (HERE / name).read_text("utf-8")


def _percent(share: float) -> str:
    # No model is certain, whatever rounding makes of it.
    return ">99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"


def _csp_hash(content: str) -> str:
    """Return what lets a browser run this content, and nothing else."""
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _languages(shown: pd.DataFrame) -> list[str]:
    if col.LANG not in shown.columns:
        return []
    return sorted({x for x in shown[col.LANG].dropna() if LANGUAGE_TAG.fullmatch(x)})


def _articles(
    numbers: Numbers, shown: pd.DataFrame
) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """Yield headline and comments of each article, in the order of the page."""
    rows = shown.iloc[rows_to_show(shown)]
    ids = [name for name, *_ in numbers["comments"]]
    place_of = {name: place for place, name in enumerate(ids)}
    comments = [
        _comment(row, place, place_of, numbers)
        for place, row in enumerate(_plain_rows(rows, numbers))
    ]
    article = rows.get(col.ARTICLE_ID, pd.Series("", rows.index))
    article = article.groupby(rows[col.THREAD_ID]).transform("first")
    for _, group in groupby(
        zip(article.fillna(""), comments, strict=True), itemgetter(0)
    ):
        members = [comment for _, comment in group]
        yield members[0]["headline"], members


def _plain_rows(rows: pd.DataFrame, numbers: Numbers) -> Iterator[dict[str, Any]]:
    """Yield what is shown of each comment, None where there is nothing."""
    names = [col.AUTHOR, col.CREATED_AT, col.HEADLINE, col.LANG, col.PARENT_AUTHOR]
    names += [col.TEXT, col.PARENT_ID, col.PARENT_TEXT, col.DEPTH, col.PARENT_FOUND]
    plain = rows.reindex(columns=names).astype(object)
    plain = plain.where(plain.notna(), None)
    column = numbers["settings"]["label_column"]
    label = clean_labels(rows[column]) if column in rows.columns else [None] * len(rows)
    for row, given in zip(plain.to_dict("records"), label, strict=True):
        yield row | {col.LABEL: None if given is None else str(given)}


def _comment(
    row: dict[str, Any], place: int, place_of: dict[str, int], numbers: Numbers
) -> dict[str, Any]:
    """Return what the template shows of one comment."""
    name, position, *_ = numbers["comments"][place]
    titles = {label: title for label, title, _ in numbers["codebook"]["positions"]}
    label = row[col.LABEL]
    predicted = list(titles)[position] if position >= 0 else None
    own, answered = numbers.get("marks", {}).get(name, ([], []))
    time, text = row[col.CREATED_AT], row[col.TEXT] or ""
    parent, language = row[col.PARENT_TEXT] or "", row[col.LANG] or ""
    return row | {
        "place": place,
        "parent": place_of.get(row[col.PARENT_ID]) if row[col.PARENT_FOUND] else None,
        "level": min(row[col.DEPTH], DEEPEST) + 1,
        "time": f"{time:%Y-%m-%d %H:%M}" if hasattr(time, "strftime") else time,
        "language": language if LANGUAGE_TAG.fullmatch(language) else "",
        "label": titles.get(label, label) if label not in (None, predicted) else None,
        "pieces": list(_pieces(text, own)),
        "answered": [parent[start:end] for start, end in answered],
        "is_long": len(text) > LONG,
    }


def _pieces(text: str, spans: list[list[int]]) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a text, and whether each is marked."""
    done = 0
    for start, end in sorted(spans):
        yield text[done:start], False
        yield text[start:end], True
        done = end
    yield text[done:], False
