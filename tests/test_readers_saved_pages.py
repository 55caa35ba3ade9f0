"""Saved HTML of news pages: WordPress, taz, Zeit, and pages without comments."""

import html
import shutil
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import NAMES, forests, page_texts

from stancekit.errors import DataWarning, ReadError
from stancekit.readers import ReadReport, read_comments

FILES = Path(__file__).parent / "files" / "readers" / "saved_pages"

COMMENT = (
    '<li class="comment depth-1" id="comment-1"><b class="fn">Ulf aus E.</b>'
    '<div class="comment-content">{}</div></li>'
)


def page(comments="", head=""):
    return f"<!DOCTYPE html><html><head>{head}</head><body>{comments}".encode()


def text_of(body):
    return read_comments(page(COMMENT.format(body)))["text"][0]


def column(table, name):
    return [None if pd.isna(value) else value for value in table[name]]


# WordPress


def test_wordpress_page():
    table = read_comments(FILES / "wordpress.html")
    assert column(table, "comment_id") == [
        f"comment-{n}" for n in (101, 102, 104, 105, 106)
    ]
    assert column(table, "parent_id") == [
        *(None, "comment-101", "comment-102", None, None)
    ]
    assert column(table, "author") == ["Ulf aus E.", "Redaktion", None, None, None]
    assert column(table, "kind") == [*["comment"] * 3, "pingback", "trackback"]
    assert column(table, "by_post_author") == [False, True, False, False, False]
    assert set(table["headline"]) == {"Streit um Geld & Panzer"}
    article = "https://blog.example.org/2021/03/streit-um-geld/"
    assert set(table["article_id"]) == {article}
    assert table["url"][1] == f"{article}#comment-102"
    assert table["created_at"][0] == pd.Timestamp("2021-03-12 09:22", tz="UTC")
    assert column(table, "created_raw")[1] == "vor 8 Stunden"
    assert pd.isna(table["created_at"][1])
    assert ReadReport.of(table).claimed == 5


def test_wordpress_text_is_the_comment_and_nothing_else():
    table = read_comments(FILES / "wordpress.html")
    assert table["text"][0] == (
        "Erst reden & dann\nliefern <b> &amp; 🙂\n\n"
        "Siehe https://zeitung.example/wirtschaft/wer-zahlt-b7ac und hier.\n\n"
        "> Wer zahlt die Panzer?\n\nAlle."
    )
    assert list(table["text"][1:]) == [
        *("Mit wem?", "Mit allen."),
        *("Pingback: Anderes Blog", "Trackback: Drittes Blog"),
    ]


def test_older_wordpress_without_an_element_for_the_text():
    table = read_comments(FILES / "wordpress_old.html")
    assert list(table["text"]) == ["Niemand zahlt.\n\nWirklich.", "Doch: alle."]
    assert column(table, "parent_id") == [None, "comment-7"]
    assert list(table["author"]) == ["Vera L.", "Zaungast 2"]
    assert table["created_at"][0] == pd.Timestamp("2020-01-14 12:06", tz="UTC")
    assert set(table["headline"]) == {"Wer zahlt?"}


def test_wordpress_with_a_plugin_for_votes():
    table = read_comments(FILES / "wordpress_plugins.html")
    assert column(table, "comment_id") == ["comment-31", "comment-32"]
    assert column(table, "parent_id") == [None, "comment-31"]
    assert list(table["likes"]) == [-3, 1204]
    assert list(table["author"]) == ["Kim", "Ö"]
    assert list(table["text"]) == ["Ja!", "Nein!"]
    assert table["created_at"][0] == pd.Timestamp("2021-03-12 13:00", tz="UTC")
    assert ReadReport.of(table).claimed == 2


def test_wordpress_made_of_blocks():
    row = read_comments(FILES / "wordpress_blocks.html").loc[0]
    assert (row["author"], row["text"]) == ("M. Brandt-Kern", "Frieden jetzt.")
    assert row["url"] == "https://blocks.example.org/a/#comment-2"


@pytest.mark.parametrize(
    "start",
    [
        '<li id="comment-{0}" class="comment depth-{1}">',
        '<li id="li-comment-{0}" class="comment even depth-{1} parent">',
        '<div class="depth-{1}" id="div-comment-{0}">',
        '<article class="comment depth-{1}"><i id="comment-{0}"></i>',
        '<li class="depth-{1}"><div class="comment depth-{1}" id="comment-{0}">',
        '<li class="comment" id="comment-{0}">',
    ],
)
def test_places_for_id_and_depth(start):
    both = "".join(
        start.format(number, number) + f"<p class='comment-text'>Nummer {number}.</p>"
        for number in (1, 2)
    )
    table = read_comments(page(f"<ul>{both}</ul>"))
    assert list(table["text"]) == ["Nummer 1.", "Nummer 2."]
    assert column(table, "comment_id") == ["comment-1", "comment-2"]
    if not start.startswith("<li") or "depth" in start:
        assert column(table, "parent_id") == [None, "comment-1"]


def test_comments_without_any_id_get_one():
    comment = '<li class="comment depth-1"><p class="comment-text">Ja.</p></li>'
    table = read_comments(page(comment + comment, "<title>Streit</title>"))
    assert table["comment_id"].is_unique
    assert "2 comments had no id" in " ".join(ReadReport.of(table).guesses)


def test_comment_that_was_not_closed_is_no_parent():
    bodies = [
        f'<div class="comment depth-1" id="comment-{n}"><p class="comment-text">Ja.'
        for n in (1, 2)
    ]
    assert column(read_comments(page("".join(bodies))), "parent_id") == [None, None]


def test_replies_that_stand_behind_what_they_answer():
    flat = "".join(
        f'<div class="comment depth-{depth}" id="comment-{n}">'
        '<p class="comment-text">Ja.</p></div>'
        for n, depth in enumerate((1, 2, 3, 2, 1), 1)
    )
    table = read_comments(page(flat))
    assert column(table, "parent_id") == [
        *(None, "comment-1", "comment-2", "comment-1", None)
    ]
    assert "3 replies do not stand inside" in ReadReport.of(table).guesses[0]


def test_levels_of_menus_are_no_comments():
    menu = '<ul><li class="menu-item depth-0">a</li><li class="depth-1">b</li></ul>'
    assert len(read_comments(page(menu + COMMENT.format("Ja.")))) == 1
    with pytest.raises(ReadError, match="no comments were found"):
        read_comments(page(menu))


def test_pages_that_show_no_authors_say_so():
    comment = '<li class="comment" id="comment-1"><p class="comment-text">Ja.</p></li>'
    guesses = ReadReport.of(read_comments(page(comment))).guesses
    assert "No comment shows its author." in guesses


def test_pages_of_one_article_can_be_joined():
    pages = [
        page(
            COMMENT.replace("comment-1", f"comment-{n}").format("Ja."),
            f'<link rel="canonical" href="https://a.example/b/comment-page-{n}/">',
        )
        for n in (1, 2)
    ]
    both = pd.concat([read_comments(one) for one in pages])
    assert both["comment_id"].is_unique
    assert set(both["article_id"]) == {"https://a.example/b/"}


# taz


def test_taz_page():
    table = read_comments(FILES / "taz.html")
    ids = [f"bb_message_400000{n}" for n in (7, 9)] + ["bb_message_4000010"]
    assert column(table, "comment_id")[:3] == ids
    assert column(table, "parent_id") == [
        *(None, ids[0], ids[1], ids[0]),
        *(None, "bb_message_4000003", None),
    ]
    assert list(table["author"]) == [
        *("Vera L.", "88181 (Profil gelöscht)", "Otto-Emil Krug", "Nachteule"),
        *("Anna B. alias C. D.", "Vera L.", "Karl"),
    ]
    assert list(table["text"]) == [
        "Erst reden,\ndann liefern & zahlen.\n\n"
        "Mehr unter https://www.zeitung.example/wirtschaft/panzer-b7ac",
        "@Vera L. Mit wem denn?",
        "@88181 (Profil gelöscht) Mit dem am anderen Ende des Tisches.",
        "Sehe ich auch so.",
        "Die Ukraine hat jedes Recht.\n\nSich zu verteidigen.",
        "Das bestreitet niemand.",
        "Danke!",
    ]
    assert table["created_at"][0] == pd.Timestamp("2020-01-14 09:22", tz="UTC")
    assert set(table["headline"]) == {"Streit um Lieferungen: Wer zahlt die Panzer?"}
    assert set(table["article_id"]) == {"https://taz.example/Streit/!1234567/"}
    assert ReadReport.of(table).claimed == 7


# Zeit


@pytest.fixture
def zeit():
    with pytest.warns(DataWarning, match="571 comments; 8 were read"):
        return read_comments(FILES / "zeit.html").set_index("comment_id")


def test_zeit_parents_from_links_words_and_numbers(zeit):
    assert dict(zip(zeit.index, column(zeit, "parent_id"), strict=True)) == {
        **{"cid-50": None, "cid-51": None, "cid-52": None},
        **{"cid-61": "cid-50", "cid-62": "cid-61"},
        "cid-63": "cid-51",
        # What these answer is not on the page.
        **{"cid-64": "cid-99", "cid-65": "#7"},
    }


def test_zeit_older_page_links_to_the_parent():
    table = read_comments(FILES / "zeit_older.html")
    assert column(table, "parent_id") == [None, "cid-3"]
    assert table["created_at"][1] == pd.Timestamp("2018-03-07 09:20", tz="UTC")


def test_zeit_indented_comment_without_a_link_answers_the_one_above():
    articles = (
        '<article id="cid-1" class="comment"><div class="comment__body">Ja.</div>'
        '</article><article id="cid-2" class="comment comment--indented">'
        '<div class="comment__body">Nein.</div></article>'
    )
    assert column(read_comments(page(articles)), "parent_id") == [None, "cid-1"]


def test_zeit_relative_times_are_kept_raw(zeit):
    assert zeit["created_raw"]["cid-61"] == "vor 8 Stunden"
    assert pd.isna(zeit["created_at"]["cid-61"])
    assert zeit["created_at"]["cid-63"] == pd.Timestamp("2020-01-14 12:06", tz="UTC")


def test_zeit_authors_texts_and_recommendations(zeit):
    assert list(zeit["author"])[:3] == ["Ulf aus E.", "M. Brandt-Kern", "Zaungast 2"]
    assert zeit["text"]["cid-50"] == "Erst reden.\n\nDann liefern."
    assert zeit["likes"]["cid-50"] == 12
    assert pd.isna(zeit["likes"]["cid-61"])


def test_zeit_comment_a_moderator_removed(zeit):
    assert zeit["status"]["cid-51"] == "removed"
    assert zeit["text"]["cid-51"].startswith("Entfernt. Bitte bleiben")
    assert (zeit["status"].drop("cid-51") == "visible").all()


def test_zeit_comment_a_moderator_shortened_keeps_its_own_words(zeit):
    assert zeit["text"]["cid-63"] == "Warum entfernt? […]"


def test_missing_comments_are_counted_and_explained():
    with pytest.warns(DataWarning) as caught:
        table = read_comments(FILES / "zeit.html")
    message = str(caught[0].message)
    assert "4 buttons that load more replies" in message
    assert "links to further pages of comments" in message
    assert (ReadReport.of(table).claimed, ReadReport.of(table).orphans) == (571, 2)


def test_signs_of_more_comments_warn_also_without_a_number():
    pager = '<nav class="navigation comment-navigation"><a href="#">2</a></nav>'
    with pytest.warns(DataWarning, match="Some are missing; 1 were read. There are li"):
        read_comments(page(COMMENT.format("Ja.") + pager))


def test_pager_of_the_article_is_no_sign_of_more_comments():
    pager = '<ul class="pager__pages pager"><li>2</li></ul>'
    read_comments(page(pager + COMMENT.format("Ja.")))
    with pytest.warns(DataWarning, match="links to further pages of comments"):
        read_comments(page(f'<div id="comments">{pager}{COMMENT.format("Ja.")}</div>'))


def test_list_that_stands_twice_is_counted_once():
    twice = f"<h2>1 Kommentar</h2>{COMMENT.format('Ja.') * 2}"
    report = ReadReport.of(read_comments(page(twice)))
    assert (report.rows, report.duplicates, report.claimed) == (1, 1, 1)


# Pages without comments


def test_page_that_loads_comments_by_script_names_the_cause():
    with pytest.raises(ReadError, match=r"scripted.html .*Coral Talk loads them by"):
        read_comments(FILES / "scripted.html")


@pytest.mark.parametrize(
    ("head", "cause"),
    [
        ('<link rel="canonical" href="https://www.spiegel.de/a">', "Spiegel"),
        ('<meta property="og:url" content="https://www.nytimes.com/a">', "New York"),
        ("<!-- saved from url=(0031)https://www.theguardian.com/a -->", "Guardian"),
        ('<link rel="canonical" href="https://www.derstandard.at/a">', "derStandard"),
        ('<link rel="canonical" href="https://www.faz.net/a">', "FAZ"),
        ('<script src="https://b.disqus.com/embed.js"></script>', "Disqus"),
        ("</head><body><dst-posting data-level='1'></dst-posting>", "derStandard"),
    ],
)
def test_sites_and_services_that_use_scripts(head, cause):
    with pytest.raises(ReadError, match=f"{cause}.* loads? them by script"):
        read_comments(page("<h1>Streit</h1>", head))


def test_link_to_such_a_site_is_not_the_cause():
    link = '<a href="https://www.spiegel.de/a">Spiegel</a>'
    with pytest.raises(ReadError, match="no comments were found"):
        read_comments(page(link))


def test_page_that_claims_comments_but_holds_none():
    with pytest.raises(
        ReadError, match=r"says it has 12 comments, but they are not in"
    ):
        read_comments(page("<h2>12 Kommentare</h2><div id='load'></div>"))


def test_page_that_says_it_has_none_gives_an_empty_table():
    table = read_comments(page("<h3>Noch keine Kommentare.</h3>"))
    assert len(table) == 0
    assert {"comment_id", "parent_id", "text"} <= set(table.columns)
    assert ReadReport.of(table).claimed == 0


def test_page_without_comments_says_what_was_looked_for():
    with pytest.raises(ReadError) as caught:
        read_comments(page("<p>Ein Absatz.</p>"))
    for sign in ("bb_message_1", "cid-1", "depth-1", "copy the page into a text file"):
        assert sign in str(caught.value)


def test_comments_inside_scripts_are_none():
    script = f"<script>document.write('{COMMENT.format('Ja.')}')</script>"
    with pytest.raises(ReadError, match="no comments were found"):
        read_comments(page(script))


# What pages have in common


@pytest.mark.parametrize(
    ("head", "headline"),
    [
        ('<meta property="og:title" content="A &amp; B"><title>C</title>', "A & B"),
        ("<title>Nur\n der Titel</title>", "Nur der Titel"),
        (
            "<title>C</title></head><body><h1></h1><h1> Die <i>Zeile</i></h1>",
            "Die Zeile",
        ),
    ],
)
def test_headline(head, headline):
    table = read_comments(page(COMMENT.format("Ja."), head))
    assert list(table["headline"]) == [headline]


@pytest.mark.parametrize(
    ("heading", "claimed"),
    [
        ("<h2>1 Kommentar</h2>", 1),
        ("<div><span>1</span> Comments</div>", 1),
        ("<h3>Kommentare (1)</h3>", 1),
        ("<a href='#c'>7 Kommentare</a><h3>1 Gedanken zu „Streit“</h3>", 1),
        ("<p>Ein Kommentar</p>", None),
        ("<p>Keine Kommentare</p>", None),
        ("<script>7 Kommentare</script>", None),
    ],
)
def test_claimed_number(heading, claimed):
    table = read_comments(page(heading + COMMENT.format("Ja.")))
    assert ReadReport.of(table).claimed == claimed


def test_pingbacks_may_or_may_not_be_counted():
    ping = '<li class="pingback depth-1" id="comment-2">Pingback: a</li>'
    comments = COMMENT.format("Ja.") + ping
    for number in (1, 2):
        read_comments(page(f"<h2>{number} Kommentare</h2>{comments}"))
    with pytest.warns(DataWarning, match="says it has 5 comments; 2 were read"):
        read_comments(page(f"<h2>5 Kommentare</h2>{comments}"))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("a<br>b<br/>c", "a\nb\nc"),
        ("a<br></br>b", "a\nb"),
        ("<p>a\n  b</p><p>c</p>", "a b\n\nc"),
        ("&lt;b&gt; &amp;lt; &#8222;x&#8220;", "<b> &lt; „x“"),
        ("a <script>x()</script><style>p{}</style><button>Teilen</button>b", "a b"),
        ("a <!-- nicht dies --> b", "a b"),
        ('<a href="https://a.example/lang/x">https://a.example/la...</a>',) * 1
        + ("https://a.example/lang/x",),
        ('<a href="https://a.example/x">die Studie</a>', "die Studie"),
        ('<img class="wp-smiley" alt=":-)"> ja <img alt="Bild">', ":-) ja"),
    ],
)
def test_html_becomes_plain_text(body, text):
    assert text_of(body) == text


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ('<meta charset="windows-1251">', "cp1251"),
        (
            '<meta http-equiv="Content-Type" content="text/html; charset=koi8-u">',
            "koi8-u",
        ),
        ('<meta charset="iso-8859-1">', "utf-8"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
    ],
)
def test_encodings(declared, encoding):
    content = page(COMMENT.format("Мир"), declared).decode()
    assert read_comments(content.encode(encoding))["text"][0] == "Мир"


def test_latin_1_is_read_as_browsers_do():
    content = page(COMMENT.format("„süß“ – 5 €"), "<meta charset=iso-8859-1>").decode()
    assert read_comments(content.encode("cp1252"))["text"][0] == "„süß“ – 5 €"


@pytest.mark.parametrize("declared", ["", "<meta charset=rot13>", "<meta charset=x>"])
def test_encoding_that_is_not_known_warns(declared):
    content = page(COMMENT.format("süß"), declared).decode().encode("cp1252")
    with pytest.warns(DataWarning, match="read as cp1252"):
        assert read_comments(content)["text"][0] == "süß"


def test_part_of_a_page_is_enough():
    table = read_comments(f"<ol>{COMMENT.format('Ja.')}</ol>".encode())
    assert (list(table["text"]), ReadReport.of(table).format) == (["Ja."], "html")


def test_comments_far_down_the_page_are_found():
    filler = "<p>Ein langer Artikel.</p>" * 20_000
    assert len(read_comments(page(filler + COMMENT.format("Ja.")))) == 1


def test_files_of_the_page_do_not_matter(tmp_path):
    shutil.copy(FILES / "taz.html", tmp_path / "seite.htm")
    (tmp_path / "seite_files").mkdir()
    assert len(read_comments(tmp_path / "seite.htm")) == 7


# Safety


def test_entities_and_external_files_are_not_loaded(tmp_path):
    (tmp_path / "secret").write_text("geheim")
    bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    doctype = (
        f'<!DOCTYPE html [<!ENTITY a0 "x">{bomb}'
        f'<!ENTITY s SYSTEM "file://{tmp_path}/secret">]>'
    )
    content = f"{doctype}<html><body>{COMMENT.format('ja &a11; &s;')}</body></html>"
    text = read_comments(content.encode(), format="html")["text"][0]
    assert "geheim" not in text
    assert len(text) < 50


@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * 100_000,
        "<blockquote>" * 100_000,
        "<div class='comment depth-1'>" * 9999,
    ],
)
def test_nesting_too_deep_is_an_error_and_nothing_is_lost_silently(hostile):
    with pytest.raises(ReadError, match="cannot be read as HTML: Excessive depth"):
        read_comments(page(COMMENT.format("Ja.") + hostile))


def test_tag_with_too_many_attributes_is_refused():
    tag = "<p " + " ".join(f"a{n}='1'" for n in range(50_000)) + ">"
    with pytest.raises(ReadError, match="line 1: a tag with 50,000 attributes"):
        read_comments(page(tag))


@pytest.mark.parametrize(
    "hostile", ["&" * 200_000, "<" * 200_000, "<!--" * 50_000, "<p a='" * 50_000]
)
def test_hostile_pages_take_no_time(hostile):
    start = time.process_time()
    assert len(read_comments(page(COMMENT.format("Ja.") + hostile))) == 1
    assert time.process_time() - start < 5


def test_page_over_the_limit_is_refused():
    content = page(COMMENT.format("Ja."))
    with pytest.raises(ReadError, match="more than 100 bytes"):
        read_comments(content, max_bytes=100)


def test_empty_page():
    with pytest.raises(ReadError, match=r"no comments were found|no HTML element"):
        read_comments(b"<!DOCTYPE html>")


def test_without_lxml_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "lxml", None)
    with pytest.raises(ImportError, match=r"'lxml'.*stancekit\[pages\]"):
        read_comments(page(COMMENT.format("Ja.")))


# Any forest

# Separators and characters that are none do not survive in HTML.
lines = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1)
texts = page_texts | st.lists(
    st.lists(lines, min_size=1, max_size=3).map("\n".join), min_size=1, max_size=3
).map("\n\n".join)
numbers = st.integers(1, 10**12)


def replies_of(table, comment):
    """Return the rows that answer a comment, None for the top level."""
    parents = table["parent_id"]
    return table[parents.isna() if comment is None else parents == comment]


def paragraphs(text):
    return "".join(
        f"<p>{html.escape(part).replace(chr(10), '<br>')}</p>"
        for part in text.split("\n\n")
    )


def write(table, entry, comment=None, depth=1):
    """Write a forest with each reply inside what it answers."""
    return "".join(
        entry.format(
            id=row.comment_id,
            depth=depth,
            author=html.escape(row.author),
            text=paragraphs(row.text),
            replies=write(table, entry, row.comment_id, depth + 1),
        )
        for row in replies_of(table, comment).itertuples()
    )


WORDPRESS = [
    '<li id="{id}" class="comment depth-{depth}"><article class="comment-body"><footer '
    'class="comment-meta"><b class="fn">{author}</b><span class="says">sagt:</span>'
    '</footer><div class="comment-content">{text}</div></article>'
    "<ol>{replies}</ol></li>",
    '<li class="comment even depth-{depth}" id="li-{id}"><div id="{id}" class="x">'
    '<div class="comment-author vcard"><cite class="fn">{author}</cite></div>'
    '<div class="comment-text">{text}</div><div class="reply"><a>Antworten</a></div>'
    "</div><ul>{replies}</ul></li>",
    '<div class="comment depth-{depth}" id="{id}"><b class="fn">{author}</b>'
    '<div class="comment-content">{text}</div></div>{replies}',
]
TAZ = (
    '<li id="{id}" class="member"><a class="author person"><h4>{author}</h4></a><time '
    'datetime="2020-01-14T10:22:00+01:00">14. 01. 2020</time><div class="objlink">'
    '{text}</div><ul class="toolbar"><li>antworten</li></ul>'
    '<ul class="thread">{replies}</ul></li>'
)


def with_authors(forest, authors):
    return forest.assign(author=authors[: len(forest)])


def assert_same(table, forest):
    names = ["comment_id", "parent_id", "author", "text"]
    read, given = (t[names].sort_values("comment_id") for t in (table, forest))
    pd.testing.assert_frame_equal(
        read.reset_index(drop=True), given.reset_index(drop=True)
    )


authors = st.lists(st.sampled_from(NAMES), min_size=12, max_size=12)


@given(
    forests(ids=numbers.map("comment-{}".format), texts=texts),
    authors,
    st.sampled_from(WORDPRESS),
)
def test_any_forest_written_as_wordpress_reads_back(forest, authors, entry):
    forest = with_authors(forest, authors)
    assert_same(read_comments(page(write(forest, entry))), forest)


@given(forests(ids=numbers.map("bb_message_{}".format), texts=texts), authors)
def test_any_forest_written_as_taz_reads_back(forest, authors):
    forest = with_authors(forest, authors)
    assert_same(read_comments(page(f"<ul>{write(forest, TAZ)}</ul>")), forest)


def write_zeit(table, linked):
    """Write a forest as one list, with numbers such as "#2.1" and links."""
    places, articles = {}, []
    waiting = [(row, None) for row in replies_of(table, None).itertuples()][::-1]
    counts = {}
    while waiting:
        row, above = waiting.pop()
        counts[above] = counts.get(above, 0) + 1
        stem = f"{places[above]}." if above else ""
        places[row.comment_id] = f"{stem}{counts[above]}"
        link = (
            f'<form action="?x#{above}"><b class="comment__origin">Antwort</b></form>'
        )
        articles.append(
            f'<article id="{row.comment_id}"><h4 class="comment-meta__name"><a>'
            f'{html.escape(row.author)}</a></h4><a class="comment-meta__date">'
            f"#{places[row.comment_id]} &nbsp;—&nbsp; vor 8 Stunden</a>"
            f'<div class="comment__body">{paragraphs(row.text)}</div>'
            f"{link if above and linked else ''}</article>"
        )
        replies = replies_of(table, row.comment_id).itertuples()
        waiting += [(reply, row.comment_id) for reply in replies][::-1]
    return "".join(articles)


@given(forests(ids=numbers.map("cid-{}".format), texts=texts), authors, st.booleans())
def test_any_forest_written_as_zeit_reads_back(forest, authors, linked):
    forest = with_authors(forest, authors)
    assert_same(read_comments(page(write_zeit(forest, linked))), forest)


@pytest.mark.parametrize(
    "sign", ["&#1;", "&#x1f;", "\x01", "&#xFFFE;", "&#55296;", "&#11"]
)
@pytest.mark.parametrize(
    "body", ["a<script>x</script>{}b", "a<img class='emoji' alt='{}'>b", "a{}b"]
)
def test_control_characters_do_not_end_the_reading(body, sign):
    """Regression test: one of them behind a script was a ValueError."""
    page = f"<html><ol><li class='comment'>{body.format(sign)}</li></ol></html>"
    assert list(read_comments(page.encode())["text"]) == ["ab"]


def test_numbered_characters_stay():
    page = "<html><ol><li class='comment'>&#8222;S&#xFC;&#00223;&#8220; &amp;#1;</li>"
    assert list(read_comments(page.encode())["text"]) == ["„Süß“ &#1;"]
