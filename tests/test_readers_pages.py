"""Pasted news pages, and pages as text browsers render them."""

import json
import warnings
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from linear import grows_in_proportion
from strategies import page_text, page_trees

from stancekit.errors import DataWarning, ReadError
from stancekit.readers import ReadReport, read_comments

FILES = Path(__file__).parent / "files" / "readers"

PAGE = """Kopf
Ein Vorspann, der lang genug ist, um nicht für ein Menü gehalten zu werden, ganz sicher.

3 Kommentare

  • Erst reden.

    • @Anna:

      Mit wem?

  • Erst liefern.
"""


def read(text, **options):
    return read_comments(text.encode(), **options)


def tree_of(table):
    """Return text, place of the parent, and author of each comment."""
    place = {name: i for i, name in enumerate(table["comment_id"])}
    return [
        (
            row.text,
            None if pd.isna(row.parent_id) else place[row.parent_id],
            None if pd.isna(row.author) else row.author,
        )
        for row in table.itertuples()
    ]


def test_sample_page_gives_its_tree():
    table = read_comments(FILES / "page.txt")
    wanted = json.loads((FILES / "page.json").read_text(encoding="utf-8"))
    assert set(table["headline"]) == {wanted["headline"]}
    assert len(table) == len(wanted["comments"])
    for comment, (text, parent, author) in zip(
        wanted["comments"], tree_of(table), strict=True
    ):
        assert (comment["parent"] or 0) == (0 if parent is None else parent + 1)
        assert comment["author"] == author
        assert text.startswith(comment["starts"])
        assert text.endswith(comment["ends"])
    assert not table["text"].str.contains("@").any()
    assert (
        "aber\n\n- ein zerstörtes Kraftwerk kostet mehr;\n\n- ein" in table["text"][0]
    )
    report = ReadReport.of(table)
    assert (report.rows, report.top_level, report.replies, report.claimed) == (
        7,
        3,
        4,
        7,
    )


@given(
    page_trees(),
    st.sampled_from(["•", "*", "+", "◦", "•◦▪", "•□☆○■", "*+o", "o"]),
    st.integers(2, 5),
    st.integers(1, 3),
)
def test_any_tree_written_as_page_reads_back(tree, bullets, step, blank_lines):
    text = page_text(tree, bullets=bullets, step=step, blank_lines=blank_lines)
    assert tree_of(read(text)) == tree


@pytest.mark.parametrize(
    "change",
    [
        lambda page: page.replace("\n", "\r\n"),
        lambda page: page.replace("  ", "\t"),
        lambda page: page.replace(" ", "\u00a0"),
        lambda page: page.replace("reden", "re\u00adden").replace("Mit", "\u200bMit"),
        lambda page: "\ufeff" + page,
        lambda page: page.replace("• Erst", "•\n    Erst"),
        lambda page: page.replace("@Anna:\n\n      Mit", "@Anna: Mit"),
        lambda page: page.replace("@Anna:", "@Anna"),
        lambda page: page.replace(
            "Mit wem?", "Mit wem?\n\n      antworten\n      melden"
        ),
    ],
    ids="crlf tabs nbsp invisible bom alone same-line no-colon buttons".split(),
)
def test_layout_does_not_change_the_tree(change):
    assert tree_of(read(change(PAGE))) == [
        ("Erst reden.", None, "Anna"),
        ("Mit wem?", 0, None),
        ("Erst liefern.", None, None),
    ]


@pytest.mark.parametrize(
    ("heading", "claimed"),
    [
        ("3 Kommentare", 3),
        ("Kommentare (3)", 3),
        ("Kommentare: 3", 3),
        ("Alle 3 Kommentare", 3),
        ("3 Leserkommentare", 3),
        ("3 Beiträge", 3),
        ("3 Kommentare zu „Kopf“", 3),
        ("3 Antworten auf „Kopf“", 3),
        ("3 Comments", 3),
        ("3 thoughts on “Kopf”", 3),
        ("## 3 Kommentare", 3),
        ("3 commentaires", 3),
        ("Kommentare", None),
        ("Leserkommentare", None),
        ("Comments", None),
    ],
)
def test_headings_are_recognised(heading, claimed):
    table = read(PAGE.replace("3 Kommentare", heading))
    assert len(table) == 3
    assert ReadReport.of(table).claimed == claimed


@pytest.mark.parametrize(
    "heading", ["0 Kommentare", "Noch keine Kommentare", "No comments yet"]
)
def test_page_with_no_comments_gives_empty_table(heading):
    table = read(f"Kopf\n\n{heading}\n\nImpressum\n")
    assert len(table) == 0
    assert list(table.columns) == [
        *("comment_id", "parent_id", "article_id", "headline", "author", "text")
    ]
    assert ReadReport.of(table).claimed == 0


def test_other_count_than_the_heading_says_warns():
    with pytest.warns(DataWarning, match="says it has 1,234 comments; 3 were read"):
        table = read(PAGE.replace("3 Komm", "1.234 Komm"))
    assert "1,234" in ReadReport.of(table).warnings[0]


def test_page_without_heading_says_what_was_looked_for():
    with pytest.raises(
        ReadError, match=r"no line that heads comments.*'12 Kommentare'"
    ):
        read("Kopf\n\nEin Absatz.\n")
    with pytest.raises(ReadError, match="holds no line that heads comments"):
        read("Kopf\n\nEin Absatz.\n", format="page")


def test_heading_without_entries_names_its_line():
    with pytest.raises(ReadError, match="line 3: below '4 Kommentare' no entry"):
        read("Kopf\n\n4 Kommentare\n\nKommentar schreiben\n")


def test_the_heading_over_the_list_counts_not_a_link_to_it():
    page = PAGE.replace("Kopf\n", "Kopf\n\n5 Kommentare\n\n", 1)
    assert ReadReport.of(read(page)).claimed == 3


@pytest.mark.parametrize(
    "footer",
    [
        "\nMehr zum Thema\n\n  • Noch ein Artikel\n  • Impressum\n",
        "\nÜber uns\n\n  • Kontakt\n    • Redaktion\n",
        "\n  • Impressum\n  • AGB\n",
    ],
)
def test_what_follows_the_list_is_no_comment(footer):
    assert len(read(PAGE + footer)) == 3


def test_first_line_of_real_text_is_the_headline():
    page = "piwik no script img\n\nZum Inhalt springen\n  * Politik\nMenü\n\n" + PAGE
    assert set(read(page)["headline"]) == {"Kopf"}


@pytest.mark.parametrize(
    ("top", "headline"),
    [
        ("Bote für Stadt und Land\nStreit um das Geld im Land", "Streit um"),
        ("Der Hafen am Abend\nMenü\nStreit um das Geld im Land", "Streit um"),
        ("Streit um das Geld im Land\nWarum niemand zahlen will", "Streit um"),
        ("Streit um die Neue Zeitung\nVon Mara Lind\nWer sie noch liest", "Streit um"),
        ("Bote für Stadt und Land", "Bote für"),
    ],
)
def test_the_name_of_a_newspaper_above_a_headline_is_none(top, headline):
    """Regression test: a name of four words was taken for the headline."""
    table = read(f"{top}\n\nDer Rat hat lange beraten.\n\n{PAGE[PAGE.index('3 K') :]}")
    assert table["headline"][0].startswith(headline)


@pytest.mark.parametrize("above", ["", "Streit um Geld\n"])
@pytest.mark.parametrize("heading", ["4 comments\n\nComments", "4 comments\n\nNewest"])
def test_what_heads_the_comments_is_no_headline(above, heading):
    """Regression test: "4 comments" was the headline."""
    page = "".join(f"Bo {i}\n{i} hours ago\nNo {i}.\nReply\n\n" for i in "2345")
    table = read(f"{above}\n{heading}\n\n{page}")
    assert list(table["text"]) == ["No 2.", "No 3.", "No 4.", "No 5."]
    assert list(table["headline"].fillna("")) == [above.strip()] * 4


def test_a_headline_may_be_about_a_comment():
    page = "".join(f"Bo {i}\nvor {i} Tagen\nNein.\nAntworten\n\n" for i in "23")
    table = read(f"Ein Kommentar zu den Wahlen\n\n2 Kommentare\n\n{page}")
    assert set(table["headline"]) == {"Ein Kommentar zu den Wahlen"}


def test_a_handle_with_no_name_above_it_is_the_author():
    entries = [
        f"@leser{i}\nvor {i} Tagen\nNummer {i}.\n{i}\nAntworten\n" for i in range(2, 5)
    ]
    table = read("Kopf\n\nKommentare\n" + "".join(entries))
    assert list(table["author"]) == ["leser2", "leser3", "leser4"]


def test_two_pages_can_be_joined():
    tables = [read(PAGE), read(PAGE.replace("Kopf", "Anderer Kopf"))]
    both = pd.concat(tables)
    assert both["comment_id"].is_unique
    assert both["article_id"].nunique() == 2
    assert read(PAGE).equals(tables[0])


def test_a_list_inside_a_comment_is_told_by_the_count():
    """Bullets of the same kind at the place of a reply: only the heading can tell."""
    page = PAGE.replace(
        "  • Erst liefern.", "  • Erst liefern:\n\n    • Panzer\n    • Geld"
    )
    table = read(page)
    assert len(table) == 3
    assert table["text"][2] == "Erst liefern:\n\n• Panzer\n• Geld"
    assert "lists inside comments" in ReadReport.of(table).guesses[0]


def test_replies_that_name_the_same_parent_differently_warn():
    page = PAGE.replace("3 Komm", "4 Komm").replace(
        "      Mit wem?", "      Mit wem?\n\n    • @Bert:\n\n      Nein."
    )
    with pytest.warns(DataWarning, match=r"names 'Bert', but stands below .* 'Anna'"):
        table = read(page)
    assert tree_of(table)[0] == ("Erst reden.", None, "Anna")
    assert tree_of(table)[2] == ("Nein.", 0, None)


def test_numbered_list():
    page = PAGE.replace("  • Erst reden", "  1. Erst reden").replace(
        "  • Erst liefern", "  2. Erst liefern"
    )
    assert [parent for _, parent, _ in tree_of(read(page.replace("• @", "1. @")))] == [
        *(None, 0, None)
    ]


RENDERED = [
    ("Vera L.", None, "2020-01-14 10:22"),
    ("88181 (Profil gelöscht)", 0, "2020-01-14 11:05"),
    ("Otto-Emil Krug", 1, "2020-01-14 12:00"),
    ("Nachteule", 0, "2020-01-14 13:30"),
    ("Anna B. alias C. D.", None, "2020-01-13 09:00"),
    ("Vera L.", 4, "2020-01-13 09:30"),
    ("Karl", None, "2020-01-12 08:00"),
]


@pytest.mark.parametrize("browser", ["w3m", "lynx", "inscriptis", "html2text"])
def test_rendered_page_gives_authors_dates_and_tree(browser):
    table = read_comments(FILES / f"page_{browser}.txt")
    assert [(a, p) for _, p, a in tree_of(table)] == [(a, p) for a, p, _ in RENDERED]
    times = pd.to_datetime([time for *_, time in RENDERED], utc=True)
    assert list(table["created_at"]) == list(times)
    texts = list(table["text"])
    assert texts[0].startswith("Erst reden, dann liefern.")
    assert texts[0].rstrip().endswith("noch ein Punkt")
    assert "nicht falscher dadurch, dass" in texts[0]
    assert texts[1].startswith("Mit wem denn?")
    assert texts[2] == "Mit dem, der am anderen Ende des Tisches sitzt."
    assert texts[3:] == [
        "Sehe ich auch so.",
        "Die Ukraine hat jedes Recht, sich zu verteidigen.",
        "Das bestreitet niemand.",
        "Danke für den Artikel!",
    ]
    assert set(table["headline"]) == {"Streit um Lieferungen Wer zahlt die Panzer?"}


@pytest.mark.parametrize("browser", ["w3m", "lynx", "inscriptis"])
def test_a_line_that_says_what_somebody_is_does_not_end_the_list(browser):
    page = (FILES / f"page_{browser}.txt").read_text(encoding="utf-8")
    indent = {"w3m": 8, "lynx": 12, "inscriptis": 10}[browser] * " "
    page = page.replace("Nachteule\n", f"Nachteule\n\n{indent}Gast\n")
    table = read(page)
    assert [(a, p) for _, p, a in tree_of(table)] == [(a, p) for a, p, _ in RENDERED]
    assert "Gast" not in " ".join(table["text"])


@pytest.mark.parametrize("name", ["Gast", "Guest", "Redaktion", "Anonym"])
@pytest.mark.parametrize("parted", ["\n", ""])
def test_a_name_of_nobody_in_place_of_a_name_is_the_author(name, parted):
    """Regression test: the time became the author, or the comment above did."""
    page = f"Kommentare (2)\n\n{name}\nvor 5 Minuten\nDas ist falsch.\nAntworten\n"
    page += f"{parted}{name}\nvor 7 Minuten\nNein, so ist es\nAntworten\n"
    table = read(page)
    assert list(table["author"]) == [name, name]
    assert list(table["text"]) == ["Das ist falsch.", "Nein, so ist es"]
    assert list(table["created_raw"]) == ["vor 5 Minuten", "vor 7 Minuten"]


@pytest.mark.parametrize("parted", ["\n", ""])
def test_a_guest_below_a_text_without_buttons_is_the_author(parted):
    """Regression test: the text above became the author, and was lost."""
    blocks = ["Anna Moll\nvor 5 Minuten\nDas ist falsch.\n"]
    blocks += ["Bert Knie\nvor 6 Minuten\nIch weiß nicht\n"]
    blocks += ["Gast\nvor 7 Minuten\nIch schon.\n"]
    table = read("Kommentare (3)\n\n" + parted.join(blocks))
    assert list(table["author"]) == ["Anna Moll", "Bert Knie", "Gast"]
    assert list(table["text"]) == ["Das ist falsch.", "Ich weiß nicht", "Ich schon."]


def test_a_guest_below_a_name_says_what_somebody_is():
    page = "Kommentare (2)\n\nAnna Moll\nGast\nvor 5 Minuten\nNein.\nAntworten\n\n"
    table = read(page + "Bert Knie\nGast\nvor 6 Minuten\nDoch.\nAntworten\n")
    assert list(table["author"]) == ["Anna Moll", "Bert Knie"]
    assert list(table["text"]) == ["Nein.", "Doch."]


@pytest.mark.parametrize("end", ["Antworten\n", ""])
def test_emojis_alone_are_the_text_of_a_comment(end):
    """Regression test: they were taken for signs, and names became the texts."""
    blocks = ["Anna Moll\nvor 5 Minuten\n👍👍👍\n", "Bert Knie\nvor 6 Minuten\nGut.\n"]
    blocks += ["Gast\nvor 7 Minuten\n👍 ❤️\n"]
    table = read("Kommentare (3)\n\n" + f"{end}\n".join(blocks))
    assert list(table["author"]) == ["Anna Moll", "Bert Knie", "Gast"]
    assert list(table["text"]) == ["👍👍👍", "Gut.", "👍 ❤️"]


def test_an_emoji_below_each_time_is_the_pages_own():
    page = "".join(f"Bo {i}\nvor {i} Tagen\n💬\nNein.\nAntworten\n\n" for i in "234")
    assert list(read(f"Kommentare (3)\n\n{page}")["text"]) == ["Nein."] * 3


def test_the_report_says_by_what_comments_were_told():
    guesses = ReadReport.of(read_comments(FILES / "page_w3m.txt")).guesses
    assert "7 comments were told by their times; 7 have a button" in " ".join(guesses)


def test_indent_wins_over_the_name_in_a_rendered_page():
    page = (FILES / "page_w3m.txt").read_text(encoding="utf-8")
    with pytest.warns(DataWarning, match="names 'Karl', but stands below"):
        table = read(page.replace("@Vera L. Mit wem", "@Karl Mit wem"))
    assert tree_of(table)[1][:2] == (table["text"][1], 0)
    assert table["text"][1].startswith("@Karl Mit wem")


def test_relative_times_are_kept_as_given():
    page = (FILES / "page_w3m.txt").read_text(encoding="utf-8")
    table = read(page.replace("12. 01. 2020, 08:00", "vor 8 Stunden"))
    assert pd.isna(table["created_at"].iloc[-1])
    assert table["created_raw"].iloc[-1] == "vor 8 Stunden"


def test_a_good_page_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(PAGE)


BLOG = """Ein Blog

3 Antworten auf „Ein Blog“

  1. Hans sagt:
     12. März 2021 um 10:22

     Guter Text.

     Antworten
       1. Petra
          13. März 2021 um 11:00 Uhr

          @Hans Finde ich auch.

  2. Max
     14. März 2021 um 09:00

     Nein.
"""


def test_numbered_blog_comments_with_dates():
    table = read(BLOG)
    assert tree_of(table) == [
        ("Guter Text.", None, "Hans"),
        ("Finde ich auch.", 0, "Petra"),
        ("Nein.", None, "Max"),
    ]
    assert table["created_at"][0] == pd.Timestamp("2021-03-12 10:22", tz="UTC")


def test_paragraphs_that_lost_their_indent_belong_to_the_comment():
    page = PAGE.replace("      Mit wem?", "Mit wem?").replace(
        "liefern.", "liefern.\n\nJa."
    )
    assert [text for text, *_ in tree_of(read(page))] == [
        *("Erst reden.", "Mit wem?", "Erst liefern.\n\nJa.")
    ]


def test_menu_below_a_list_that_is_too_short_is_no_comment():
    menu = "\nAlle Artikel der Woche\n\n  • Noch einer\n  • Und noch einer\n"
    with pytest.warns(DataWarning, match="says it has 9 comments; 3 were read"):
        assert len(read(PAGE.replace("3 Komm", "9 Komm") + menu)) == 3


def dated_page(n):
    """Return a page of n authors, each answered by name."""
    return f"{2 * n} Kommentare\n\n" + "".join(
        f"• Autor {i}\n  1. Januar 2024, 10:00\n\n  Hallo.\n\n"
        f"  • Bo {i}\n    1. Januar 2024, 11:00\n\n    @Autor {i} nein.\n\n"
        for i in range(n)
    )


LONG_PAGES = {
    "names": (dated_page, 500),
    "counted headings": (lambda n: "12 Kommentare\nkurz\n" * n, 2_000),
    "headings": (lambda n: "Kommentare\n\n" * n, 2_000),
    "broken lines": (
        lambda n: "1 Kommentar\n\n• Bo\n  1. Mai 2024\n\n" + ("  wort" * 16 + "\n") * n,
        4_000,
    ),
    "empty bullets": (lambda n: "1 Kommentar\n\n" + "• \n" * n + "• Nein.", 10_000),
    "dates": (lambda n: "1 Kommentar\n\n• Bo\n  1. Mai 2024" + "-11:11" * n + "x", 10),
}


@pytest.mark.parametrize("name", LONG_PAGES)
def test_time_grows_with_the_page(name):
    """Regression test: a page of 4,000 authors took more than 25 seconds."""
    assert grows_in_proportion(*LONG_PAGES[name])


def test_the_longest_name_that_fits_is_taken_off():
    page = dated_page(2).replace("Autor 1", "Autor 0 Maier")
    table = read(page)
    assert list(table["text"]) == ["Hallo.", "nein."] * 2


@pytest.mark.parametrize("heading", ["{} Kommentare", "Kommentare ({})"])
def test_a_number_of_thousands_of_digits_is_no_heading(heading):
    """Regression test: this was a ValueError of int()."""
    with pytest.raises(ReadError, match="plain text"):
        read(heading.format("9" * 5_000) + "\n\n• Erst reden.\n")
