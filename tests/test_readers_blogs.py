"""Disqus and WordPress exports."""

import tracemalloc
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import forests

from stancekit.errors import ReadError
from stancekit.readers import ReadReport, read_comments
from stancekit.threads import check_comments

FILES = Path(__file__).parent / "files" / "readers" / "blogs"

numeric_ids = st.integers(1, 10**17).map(str)
# What is left of a text on the way through HTML: no other white space.
plain_texts = st.text(st.sampled_from("abcäß 🕊<>&;#x'\"]-!")).map(
    lambda text: " ".join(text.split())
)
FORESTS = forests(ids=numeric_ids, texts=plain_texts)


def rows_of(forest):
    return forest.astype(object).where(forest.notna(), None).to_dict("records")


def tree(table):
    parents = [None if pd.isna(p) else p for p in table["parent_id"]]
    return dict(
        zip(table["comment_id"], zip(parents, table["text"], strict=True), strict=True)
    )


def disqus_bytes(forest):
    posts = "".join(
        f"<post dsq:id={quoteattr(row['comment_id'])}>"
        f"<message>{escape('<p>' + escape(row['text']) + '</p>')}</message>"
        '<author><name>Ö</name></author><thread dsq:id="t" />'
        + (f"<parent dsq:id={quoteattr(parent)} />" if parent else "")
        + "</post>"
        for row in rows_of(forest)
        for parent in [row["parent_id"]]
    )
    return (
        '<disqus xmlns="http://disqus.com" '
        'xmlns:dsq="http://disqus.com/disqus-internals">'
        f'<thread dsq:id="t"><title>Streit</title></thread>{posts}</disqus>'
    ).encode()


def wxr_bytes(forest, scheme="http"):
    comments = "".join(
        f"<wp:comment><wp:comment_id>{row['comment_id']}</wp:comment_id>"
        f"<wp:comment_content>{escape(escape(row['text']))}</wp:comment_content>"
        f"<wp:comment_parent>{row['parent_id'] or 0}</wp:comment_parent>"
        "<wp:comment_approved>1</wp:comment_approved></wp:comment>"
        for row in rows_of(forest)
    )
    return (
        f'<rss xmlns:wp="{scheme}://wordpress.org/export/1.1/"><channel><item>'
        f"<wp:post_id>5</wp:post_id>{comments}</item></channel></rss>"
    ).encode()


@settings(max_examples=30)
@given(FORESTS)
def test_any_forest_reads_back_from_disqus(forest):
    table = read_comments(disqus_bytes(forest))
    assert ReadReport.of(table).format == "disqus"
    assert tree(table) == tree(forest)
    check_comments(table)


@settings(max_examples=30)
@given(FORESTS, st.sampled_from(["http", "https"]))
def test_any_forest_reads_back_from_wordpress(forest, scheme):
    table = read_comments(wxr_bytes(forest, scheme))
    assert ReadReport.of(table).format == "wxr"
    scoped = forest.assign(
        comment_id="5/" + forest["comment_id"], parent_id="5/" + forest["parent_id"]
    )
    assert tree(table) == tree(scoped)


def test_disqus():
    table = read_comments(FILES / "disqus.xml").set_index("comment_id")
    assert list(table["article_id"]) == ["100", "100", "101", "101", "999"]
    assert table["parent_id"].fillna("").to_dict() == {
        "2002": "2001",
        "2001": "",
        "2003": "",
        "2004": "2003",
        "2005": "1",
    }
    assert table["text"]["2002"] == "Und wer zahlt's?\nWir &amp; ihr!"
    assert table["text"]["2001"] == (
        "Erst reden, dann liefern.\n\nSiehe https://stadtblatt.example/archiv/rede"
    )
    assert list(table["author"]) == [
        *("Zaungast 2", "ulf_e", "M. Brandt-Kern", "Uhren-Otto", "Ö")
    ]
    assert list(table["status"]) == [
        *("visible", "visible", "deleted", "removed", "visible")
    ]
    assert table["created_at"]["2002"] == pd.Timestamp("2022-05-01 09:30", tz="UTC")


def test_disqus_threads_are_not_merged_by_title():
    table = read_comments(FILES / "disqus.xml")
    streit = table[table["headline"] == "Streit um den Haushalt & die Panzer"]
    assert set(streit["article_id"]) == {"100", "101"}


def test_disqus_post_without_its_thread_has_no_headline():
    table = read_comments(FILES / "disqus.xml")
    assert table["headline"].isna().tolist() == [False] * 4 + [True]
    report = ReadReport.of(table)
    assert report.orphans == 1
    assert any("1 comments stand under threads" in guess for guess in report.guesses)


def test_wordpress():
    table = read_comments(FILES / "wordpress.xml").set_index("comment_id")
    assert list(table.index) == ["10/1", "10/2", "10/3", "11/1", "11/2", "11/4"]
    assert table["parent_id"].dropna().to_dict() == {"10/2": "10/1", "11/2": "11/1"}
    assert table["text"]["10/1"] == (
        "Wer liefert, eskaliert.\n\nZweiter Absatz\nund dritte Zeile <3"
    )
    assert table["text"]["10/3"] == "[...] schreibt die Feldpost [...]"
    assert list(table["headline"].unique()) == [
        "Waffen – und dann?",
        "Noch ein Beitrag",
    ]
    assert table["kind"].to_dict()["10/3"] == "pingback"
    assert set(table["kind"]) == {"comment", "pingback"}


def test_wordpress_spam_and_trash_are_removed_and_what_waits_is_named():
    table = read_comments(FILES / "wordpress.xml").set_index("comment_id")
    assert table["status"].fillna("").to_dict() == {
        **dict.fromkeys(("10/1", "10/2", "10/3"), "visible"),
        **dict.fromkeys(("11/1", "11/2"), "removed"),
        "11/4": "",
    }
    assert table["status_given"]["11/4"] == "pending"


def test_wordpress_zero_date_is_missing():
    table = read_comments(FILES / "wordpress.xml")
    assert table["created_at"].isna().tolist() == [False, True] + [False] * 4


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_encoding_is_the_one_declared(encoding):
    text = (FILES / "wordpress.xml").read_text("utf-8").replace("–", "-")
    declared = text.replace("UTF-8", encoding.removesuffix("-sig"), 1)
    table = read_comments(declared.encode(encoding))
    assert table["author"].iloc[4] == "Ö"


def test_export_without_comments_is_an_empty_table():
    empty = read_comments(b'<disqus xmlns="http://disqus.com"></disqus>')
    assert len(empty) == 0
    check_comments(empty)


BOMB = (
    b'<?xml version="1.0"?>\n<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">\n'
    + b"".join(
        b'<!ENTITY %c "%b">' % (c, b"&%c;" % (c - 1) * 10) for c in range(98, 110)
    )
    + b']>\n<disqus xmlns="http://disqus.com"><post>&m;</post></disqus>'
)


@pytest.mark.parametrize(
    "export",
    [
        BOMB,
        b'<!DOCTYPE disqus SYSTEM "file:///etc/passwd">\n<disqus></disqus>',
        b"<!-- " + b"x" * 400_000 + b' -->\n<!DOCTYPE disqus [<!ENTITY a "b">]>'
        b"<disqus><post>&a;</post></disqus>",
        BOMB.decode().encode("utf-16"),
    ],
)
def test_doctype_is_refused(export):
    with pytest.raises(ReadError, match=r"<bytes>, line \d: there is a DOCTYPE"):
        read_comments(export, "disqus")


def test_doctype_in_a_comment_is_only_text():
    export = b"<disqus><post><message>&lt;!DOCTYPE x&gt; ja</message></post></disqus>"
    assert list(read_comments(export)["text"]) == ["ja"]


@pytest.mark.parametrize("levels", [101, 100_000])
def test_deep_nesting_is_refused(levels):
    export = b"<disqus><post>" + b"<a>" * levels + b"</a>" * levels
    with pytest.raises(ReadError, match="nested more than 100 levels"):
        read_comments(export + b"</post></disqus>")


@pytest.mark.parametrize("name", ["disqus.xml", "wordpress.xml"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_cut_off_export_is_an_error_with_its_line(name, part, tmp_path):
    content = (FILES / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(ReadError, match=rf"{name}, line \d+: not valid XML .* cut off"):
        read_comments(path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"<html><p>Kommentare</p></html>", "looks like an HTML page, not XML"),
        (b'{"comments": []}', "looks like JSON, not XML"),
        (b"", "looks like an empty file, not XML"),
        (b"<rss><channel/></rss>", "begins with <rss>, not with <disqus>"),
        (b'<?xml version="1.0" encoding="klingon"?><disqus/>', "not valid XML"),
        (b'<?xml version="1.0" encoding="shift-jis"?><disqus/>', "not valid XML"),
        (b"<disqus>\n<post>" + b"a" * 99 + b"\x08</post>", "line 2: not valid XML"),
    ],
)
def test_wrong_kind_is_an_error_that_names_it(content, problem):
    with pytest.raises(ReadError, match=problem):
        read_comments(content, "disqus")


def test_large_export_is_read_a_post_at_a_time(tmp_path):
    post = '<post dsq:id="{}"><message>Nein.</message>' + "<id>x</id>" * 200 + "</post>"
    start = '<disqus xmlns:dsq="http://disqus.com/disqus-internals">'
    posts = "".join(post.format(number) for number in range(500))
    path = tmp_path / "gross.xml"
    path.write_text(f"{start}{posts}</disqus>", "utf-8")
    tracemalloc.start()
    assert len(read_comments(path)) == 500
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Its 100,000 elements take more than 10 MB.
    assert peak < 5_000_000
