"""HTML of comments as plain text."""

import html
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancekit.readers.markup import full_link, html_to_text

PLAIN = st.text(st.sampled_from("ab <>&;#'\"/!-äß🕊")).map(
    lambda text: " ".join(text.split())
)


@given(PLAIN)
def test_escaped_text_comes_back(text):
    assert html_to_text(html.escape(text)) == text


@given(st.lists(PLAIN.filter(bool), min_size=1), st.booleans())
def test_paragraphs_are_parted_whether_closed_or_not(texts, closed):
    end = "</p>" if closed else ""
    markup = "".join(f"<p>{html.escape(text)}{end}" for text in texts)
    assert html_to_text(markup) == "\n\n".join(texts)


@given(st.text(st.sampled_from("<>/!-[]apbr '\"=&;#x3\n?")))
def test_no_markup_is_too_broken(markup):
    assert isinstance(html_to_text(markup), str)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a<br>b<br/>c<br></br>d", "a\nb\nc\nd"),
        ("a<br><br><br>b", "a\n\nb"),
        ("<p>a</p>\n  <p>b <i>c</i>\nd</p>", "a\n\nb c d"),
        ("<ul><li>a</li><li>b</li></ul>c", "a\nb\n\nc"),
        ("<pre>a\nb</pre>", "a\nb"),
        ("<blockquote><p>a</p><p>b</p></blockquote>c", "> a\n\n> b\n\nc"),
        ("<blockquote>" * 9 + "a", "> > > > > a"),
        ("&amp;amp; &lt;b&gt; &#39; &#x2F;", "&amp; <b> ' /"),
        ("a<script>alert('<b>')</script>b<style>p {}</style>c", "abc"),
        ("a<!-- <p>b -->c<!--d", "ac"),
        ("<![endif]>a<!DOCTYPE html>b", "ab"),
        ("I <3 you, a < b", "I <3 you, a < b"),
        ("a <b", "a <b"),
        ("", ""),
    ],
)
def test_markup_becomes_plain_text(markup, text):
    assert html_to_text(markup) == text


def test_line_ends_are_kept_where_they_are_meant():
    written = "Erste\r\nZweite\n\n\nDritte <b>fett</b>\n"
    assert html_to_text(written) == "Erste Zweite Dritte fett"
    assert html_to_text(written, keep_lines=True) == "Erste\nZweite\n\nDritte fett"


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ("https://www.a.example/l…", "https://www.a.example/lang?b=1&c=2"),
        ("www.a.example/la...c=2", "https://www.a.example/lang?b=1&c=2"),
        ("a.example<b>/l</b>...", "https://www.a.example/lang?b=1&c=2"),
        ("hier", "hier"),
        ("b.example/...", "b.example/..."),
        ("Na so was ...", "Na so was ..."),
        ("...", "..."),
    ],
)
@pytest.mark.parametrize("attribute", ["href", "rel='nofollow' href='/x' title"])
def test_only_shortened_links_are_written_in_full(shown, text, attribute):
    link = f'<a {attribute}="https://www.a.example/lang?b=1&amp;c=2">{shown}</a>'
    assert html_to_text(f"Siehe {link}, ja") == f"Siehe {text}, ja"


def test_link_without_end_or_address_stays():
    assert html_to_text('<a href="https://a.example/x">a.exa...') == "a.exa..."
    assert html_to_text("<a>a.exa...</a></a>") == "a.exa..."


def test_text_without_ellipsis_is_no_shortened_link():
    assert full_link("a.example", "https://a.example/x") == "a.example"


@pytest.mark.parametrize("piece", ["<!--", "<a ", "</", "<?", "<![", "<b>", "&#"])
def test_long_broken_markup_takes_no_long_time(piece):
    """Unclosed constructs make the parser of the standard library quadratic."""
    start = time.perf_counter()
    html_to_text(piece * 50_000)
    assert time.perf_counter() - start < 5
