"""Any forest, written in any layout in which sites show comments, is read back."""

import sys

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linear import grows_in_proportion, seconds
from strategies import page_texts, parents

from stancekit.errors import ReadError
from stancekit.readers import read_comments

ARTICLE = "Streit um das Geld im Land\n\nDer Bundestag stritt am Mittwoch lange.\n\n"
TIMES = ["vor {} Stunden", "{} hours ago", "il y a {} heures", "hace {} horas"]
# Of each language: heading, button to answer, another one, what answers begin with.
WORDS = [
    ("{} Kommentare", "Antworten", "Melden", "Antwort auf"),
    ("{} Comments", "Reply", "Report", "In reply to"),
    ("{} commentaires", "Répondre", "Signaler", "En réponse à"),
    ("{} comentarios", "Responder", "Denunciar", "En respuesta a"),
]


class Entry:
    """A comment as a layout shows it, in the words of one language."""

    def __init__(self, i, above, text, place, language):
        self.author, self.text, self.place, self.above = (
            f"Leser {i}",
            text,
            place,
            above,
        )
        self.depth = place.count(".")
        self.time = TIMES[language].format(i + 2)
        _, self.reply, self.report, self.answers = WORDS[language]
        self.answered = f"Leser {above}" if above is not None else None


def header_above(e, *between):
    return [e.author, *between, e.time, "", e.text, "", e.reply, "12", e.report, ""]


def numbered(e):
    return [e.author, f"#{e.place} — {e.time}", "", e.text, "", e.reply, e.report, ""]


def answering(e):
    line = [f"{e.answers} {e.answered}"] if e.answered else []
    return [e.author, e.time, *line, e.text, e.reply, e.report]


def addressing(e):
    name = f"@{e.answered}: " if e.answered else ""
    return [e.author, e.time, name + e.text, e.reply, e.report]


def bulleted(e):
    indent = "  " * (2 * e.depth + 1)
    lines = e.text.split("\n")
    return [
        f"{indent}• {e.author}",
        *(f"{indent}  {line}".rstrip() for line in (e.time, "", *lines)),
        f"{indent}    □ {e.reply}",
        f"{indent}    □ {e.report}",
    ]


def indented(e):
    return ["    " * e.depth + line if line else "" for line in header_above(e)]


MARKED = [numbered, answering, addressing, bulleted, indented]
FLAT = {
    "name above": header_above,
    "votes above": lambda e: header_above(e, "88"),
    "initials": lambda e: ["L", "", *header_above(e)],
    "avatar": lambda e: [f"Avatar von {e.author}", *header_above(e, "•")],
    "one line": lambda e: [f"{e.author} · {e.time}", e.text, f"{e.reply} | {e.report}"],
    "time below": lambda e: [e.author, e.text, e.time, e.report, e.reply, "3"],
    "no time": lambda e: [e.author, e.text, e.reply, e.report],
    "no buttons": lambda e: [e.author, e.time, e.text, ""],
    "time first": lambda e: [f"{e.time} {e.author}", e.text, e.reply],
    "another language": lambda e: [
        *(e.author, f"{e.place} години тому", e.text, "Відповісти", "Поскаржитися")
    ],
    "unknown buttons": lambda e: [e.author, e.time, e.text, "Fregar", "3 spondi"],
}


@st.composite
def pages(draw, flat):
    """Draw comments in page order, with the number of the language."""
    answered = draw(parents()) if not flat else [None] * draw(st.integers(3, 12))
    language = draw(st.integers(0, len(WORDS) - 1))
    children = {}
    for child, above in enumerate(answered):
        children.setdefault(above, []).append(child)
    entries, place_of = [], {None: (None, "")}
    waiting = [*reversed(children[None])]
    counts = {}
    while waiting:
        comment = waiting.pop()
        above, stem = place_of[answered[comment]]
        counts[above] = counts.get(above, 0) + 1
        place = f"{stem}{counts[above]}"
        place_of[comment] = len(entries), f"{place}."
        entries.append(Entry(len(entries), above, draw(page_texts), place, language))
        waiting += reversed(children.get(comment, []))
    return entries, WORDS[language][0].format(len(entries))


def written(entries, heading, layout):
    lines = [line for entry in entries for line in layout(entry)]
    return (ARTICLE + heading + "\n\n" + "\n".join(lines) + "\nImpressum\n").encode()


def is_read(entries, heading, layout):
    """Check what is read; return False where it is refused."""
    try:
        table = read_comments(written(entries, heading, layout))
    except ReadError:
        return False
    place = {name: i for i, name in enumerate(table["comment_id"])}
    above = [place.get(name) for name in table["parent_id"]]
    assert list(table["text"]) == [entry.text for entry in entries]
    assert list(table["author"]) == [entry.author for entry in entries]
    assert above == [entry.above for entry in entries]
    return True


@pytest.mark.parametrize("layout", MARKED, ids=lambda layout: layout.__name__)
@settings(max_examples=40)
@given(page=pages(flat=False))
def test_any_forest_in_a_layout_that_marks_parents_is_read_back(layout, page):
    assert is_read(*page, layout)


@pytest.mark.parametrize("name", FLAT)
def test_any_list_of_comments_is_read_back_or_rarely_refused(name):
    read = []

    @settings(max_examples=40)
    @given(page=pages(flat=True))
    def check(page):
        read.append(is_read(*page, FLAT[name]))

    check()
    sys.stdout.write(f"{name}: {read.count(False)} of {len(read)} refused\n")
    assert read.count(False) <= 0.05 * len(read)


def long_page(n):
    entries = [
        Entry(i, None, f"Nummer {i}, und Schluss.", str(i + 1), 0) for i in range(n)
    ]
    return written(entries, f"{n} Kommentare", numbered).decode()


def test_five_thousand_pasted_comments_take_no_time():
    # 1.4 s alone on the machine; slower ones shall pass, too.
    assert seconds(long_page(5_000).encode()) < 4
    assert grows_in_proportion(long_page, 800)


def test_the_page_is_read_whatever_stands_between_the_lines():
    page = long_page(6).replace("\n", "\r\n").replace(" ", "\u00a0")
    assert len(read_comments(page.encode())) == 6


def test_lines_and_paragraphs_are_read_by_name_or_by_the_number_said():
    lines = "Erst reden.\nErst liefern.\n\nMit wem?\n"
    table = read_comments(lines.encode(), "lines")
    assert list(table["text"]) == ["Erst reden.", "Erst liefern.", "Mit wem?"]
    table = read_comments(lines.encode(), "paragraphs")
    assert list(table["text"]) == ["Erst reden.\nErst liefern.", "Mit wem?"]
    for heading, n in (("3 Kommentare", 3), ("2 Kommentare", 2)):
        table = read_comments(f"Kopf\n\n{heading}\n\n{lines}".encode())
        assert len(table) == n
        assert "it says that number" in table.attrs["read_report"]["guesses"][0]


def test_what_is_refused_shows_how_it_begins_and_what_was_looked_for():
    with pytest.raises(ReadError) as caught:
        read_comments(b"Ein Absatz.\n\nNoch einer.\n")
    for said in ("Ein Absatz. / Noch einer.", "'12 Kommentare'", "format='lines'"):
        assert said in str(caught.value)


def test_what_leads_to_a_name_may_be_part_of_it():
    entries = [Entry(i, None, f"Nummer {i}.", str(i), 0) for i in range(3)]
    for entry, name in zip(entries, ("Anna von Berg", "Ben da Costa"), strict=False):
        entry.author = name
    assert is_read(entries, "3 Kommentare", FLAT["one line"])


def test_texts_that_begin_with_author_and_time_are_warned_of():
    letters = "Anna, 12.03.2025\nDie Brücke bleibt.\n\nBen, 13.03.2025\nWer zahlt?\n"
    with pytest.warns(match="2 of 2 texts begin with what looks like an author"):
        assert len(read_comments(letters.encode(), "paragraphs")) == 2


def test_another_reading_that_fits_about_as_well_is_said():
    entries = [Entry(i, None, "Nummer eins.", str(i), 0) for i in range(4)]
    page = written(entries[:3], "Kommentare", header_above)
    page += b"Leser 9\nNummer zwei.\nAntworten\n"
    table = read_comments(page.replace(b"Impressum\n", b""))
    assert len(table) == 3
    assert "By their buttons to answer it would be 4 comments." in str(table.attrs)


def test_replies_that_are_not_shown_are_said():
    entries = [Entry(i, None, "Nummer eins.", str(i), 0) for i in range(4)]
    page = written(entries, "9 Kommentare", lambda e: [*header_above(e), "2 Antworten"])
    with pytest.warns(match="says it has 9 comments; 4 were read"):
        table = read_comments(page)
    assert table["parent_id"].isna().all()
    assert "8 replies are said to be there" in str(table.attrs)
    assert pd.isna(table["created_at"]).all()
