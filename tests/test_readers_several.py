"""Several sources as one, people's tables, nested records, and what is not read."""

import io
import json
from functools import partial

import openpyxl
import pandas as pd
import pytest

from stancekit import StanceClassifier, evaluate, evaluate_predictions
from stancekit.cli import main
from stancekit.errors import ReadError
from stancekit.readers import ReadReport, read_comments

PAGE = (
    "Streit um das Geld\n\n2 Kommentare\nAnna\nvor 2 Stunden\nErst reden.\nAntworten\n"
)
PAGE += "Ben\nvor 1 Stunde\n@Anna Mit wem?\nAntworten\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.txt").write_text(PAGE, encoding="utf-8")
    (tmp_path / "b.csv").write_text("id,text,mood\n1,Nein.,x\n", encoding="utf-8")
    (tmp_path / ".hidden").write_text("nichts")
    (tmp_path / "a_files").mkdir()
    return tmp_path


def test_several_files_are_one_table_that_names_them(folder):
    paths = [folder / "a.txt", folder / "b.csv"]
    for source in (paths, folder):
        table = read_comments(source)
        assert list(table["text"]) == ["Erst reden.", "Mit wem?", "Nein."]
        assert list(table["source"]) == [str(paths[0])] * 2 + [str(paths[1])]
        assert table["parent_id"][1] == table["comment_id"][0]
        report = ReadReport.of(table)
        assert (report.rows, report.replies, report.format) == (3, 1, "page, csv")
        assert report.unused == ("mood",)


def test_ids_of_several_sources_do_not_collide():
    both = read_comments([b"id,parent,text\n1,,Ja\n2,1,Oh\n", b"id,text\n1,Nein\n"])
    assert len(both) == 3
    assert both["comment_id"].is_unique
    assert both["parent_id"][1] == both["comment_id"][0]
    again = read_comments([b"id,text\n1,Ja\n", b"id,text\n1,Ja\n2,Nein\n"])
    assert list(again["comment_id"]) == ["1", "2"]


def test_an_unreadable_file_in_a_folder_is_named(folder):
    (folder / "c.txt").write_text("Nur ein Absatz.")
    with pytest.raises(ReadError, match=r"c\.txt looks like plain text"):
        read_comments(folder)


def test_an_address_is_not_downloaded():
    with pytest.raises(ReadError, match="Save the page first"):
        read_comments("https://zeitung.example/streit")


@pytest.mark.parametrize(
    "header",
    [
        "Nr.;Antwort auf;Nutzername;Datum;Kommentartext;Artikel;Überschrift",
        "Nummer;Bezug;Verfasser;Zeit;Beitrag;Artikel;Titel",
        "Numéro;Réponse à;Auteur;Heure;Commentaire;Article;Titre",
        "Número;Respuesta a;Usuario;Fecha;Comentario;Artículo;Título",
        "Numero;Risposta a;Autore;Ora;Commento;Articolo;Titolo",
        "Nummer;Antwoord op;Gebruiker;Datum;Reactie;Artikel;Kop",
        "id;Odpowiedź na;Autor;Czas;Komentarz;Artykuł;Tytuł",
    ],
)
@pytest.mark.parametrize("first", ["", "sep=;\r\n"])
def test_headings_of_people_in_many_languages(header, first):
    rows = f"{first}{header}\n1;;Anna;2024-01-02 10:00;Ja;a;T\n2;1;Ben;;Nein;a;T\n"
    table = read_comments(rows.encode())
    assert list(table["text"]) == ["Ja", "Nein"]
    assert list(table["author"]) == ["Anna", "Ben"]
    assert table["parent_id"][1] == "1"
    assert table["created_at"][0] == pd.Timestamp("2024-01-02 10:00", tz="UTC")
    assert (table["article_id"][0], table["headline"][0]) == ("a", "T")


def workbook():
    book = openpyxl.Workbook()
    book.active.append(["Stand", "Heft"])
    for title, text in (("Eins", "Ja"), ("Zwei", "Nein")):
        sheet = book.create_sheet(title)
        sheet.append(["Kommentar"])
        sheet.append([text])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_sheet_can_be_named(tmp_path, capsys):
    assert list(read_comments(workbook())["text"]) == ["Ja"]
    assert list(read_comments(workbook(), sheet="Zwei")["text"]) == ["Nein"]
    with pytest.raises(ReadError, match="no sheet 'Drei'. It has: 'Sheet', 'Eins'"):
        read_comments(workbook(), sheet="Drei")
    path = tmp_path / "mappe.xlsx"
    path.write_bytes(workbook())
    assert main(["read", str(path), "--sheet", "Zwei"]) == 0
    assert "Nein" in capsys.readouterr().out


def test_a_misspelt_column_of_a_workbook_is_no_damage():
    with pytest.raises(ValueError, match="Column 'Komentar' is missing"):
        read_comments(workbook(), columns={"Komentar": "text"})


def test_an_almost_empty_column_does_not_win():
    rows = "".join(f"{i},,v{i},Ja {i}\n" for i in range(20))
    table = read_comments(f"id,post id,video id,text\n{rows}".encode())
    assert table["article_id"][3] == "v3"


@pytest.mark.parametrize("key", ["replies", "children", "answers"])
def test_nested_replies_in_any_json_are_rows(key):
    tree = {"id": 1, "body": "a", key: [{"id": 2, "body": "b", key: [{"body": "c"}]}]}
    for found in ([tree], {"post": {"title": "T"}, "comments": [tree]}, tree):
        table = read_comments(json.dumps(found).encode(), "json")
        assert list(table["text"]) == ["a", "b", "c"]
        assert list(table["parent_id"])[1:] == ["1", "2"]


def test_authors_beside_the_records_are_joined():
    page = {
        "data": [{"id": "1", "text": "Ja", "author_id": "7"}],
        "includes": {"users": [{"id": "7", "username": "anna"}]},
    }
    assert read_comments(json.dumps(page).encode())["author"][0] == "anna"


def test_what_all_comments_answer_is_no_comment():
    rows = "".join(f"{i},story,Ja {i}\n" for i in range(4))
    table = read_comments(f"id,parent,text\n{rows}4,0,Nein\n".encode())
    assert ReadReport.of(table).orphans == 0
    assert "'story', which is not in the source" in str(ReadReport.of(table))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ('{"post_stream": {"posts": []}}', "Discourse"),
        ('[{"media_list_data": [], "string_map_data": {}}]', "Instagram"),
        ('{"Comment": {"Comments": {"CommentsList": []}}}', "TikTok"),
        ('{"comments": [{"comment": {"id": 1}}]}', "Lemmy"),
        ('{"items": [], "quota_max": 300}', "Stack Exchange"),
    ],
)
def test_what_is_known_and_not_read_is_named_with_the_way_out(content, name):
    with pytest.raises(ReadError, match=f"{name}.*(Make a table|Save the page)"):
        read_comments(content.encode())


@pytest.mark.parametrize(
    ("times", "first"),
    [
        (["3/14/2024 10:00", "1/2/2024"], "2024-03-14 10:00"),
        (["14/3/2024 10:00", "1/2/2024"], "2024-03-14 10:00"),
        (["le 1/2/2024 à 14h32", "le 3/2/2024"], "2024-02-01 14:32"),
        (["2024-01-01 10:00:00 UTC"], "2024-01-01 10:00"),
        (["12 marzo 2025 alle 14:32"], "2025-03-12 14:32"),
        (["1er août 2024"], "2024-08-01"),
        (["3 de mayo de 2024 a las 9:05"], "2024-05-03 09:05"),
    ],
)
def test_written_times_of_europe(times, first):
    rows = pd.DataFrame({"text": "Ja", "date": times})
    assert read_comments(rows)["created_at"][0] == pd.Timestamp(first, tz="UTC")


def test_day_and_month_that_cannot_be_told_apart_stay_as_given():
    table = read_comments(pd.DataFrame({"text": ["Ja"], "date": ["1/2/2024"]}))
    assert table["created_raw"][0] == "1/2/2024"


def test_kicker_and_title_that_are_glued_are_parted():
    table = read_comments(("HaushaltDrei Milliarden für Kiew\n" + PAGE).encode())
    assert table["headline"][0] == "Haushalt Drei Milliarden für Kiew"
    page = "OpenStreetMap hilft beim Suchen\n\nOpenStreetMap ist frei.\n\n" + PAGE
    assert read_comments(page.encode())["headline"][0].startswith("OpenStreetMap")


def test_reading_shows_the_first_comments_as_a_tree(tmp_path, capsys):
    path = tmp_path / "page.txt"
    path.write_text(PAGE, encoding="utf-8")
    assert main(["read", str(path)]) == 0
    out = capsys.readouterr()
    assert "Anna              Erst reden.\nBen               └ Mit wem?" in out.err
    assert "2 comments" in out.err
    assert main(["read", str(path), str(path), "--format", "lines"]) == 0


@pytest.mark.parametrize("blank", ["", " \n\n", "\ufeff"])
def test_a_blank_file_is_named_in_one_sentence(folder, blank):
    """Regression test: a paragraph of two messages, with a list of all formats."""
    (folder / "b.txt").write_text(blank, encoding="utf-8")
    said = "looks like an empty file, which is nothing that format= takes."
    with pytest.raises(ReadError) as caught:
        read_comments(folder)
    assert str(caught.value) == f"{folder / 'b.txt'} {said}"


@pytest.mark.parametrize("text", ["Nur ein Satz.\n", "Ein Satz.\n\nNoch einer.\n"])
def test_plain_text_is_no_reason_to_list_all_formats(text):
    with pytest.raises(ReadError) as caught:
        read_comments(text.encode())
    assert ".;" not in str(caught.value)
    assert "hacker_news" not in str(caught.value)
    assert text.split("\n")[0] in str(caught.value)


def test_a_column_read_under_our_name_is_named_where_its_own_is_asked_for(tmp_path):
    """Regression test: the error said only that the column was missing."""
    path = tmp_path / "a.csv"
    path.write_text("text;Haltung\nJa;pro\nNein;contra\n", encoding="utf-8")
    for table in (read_comments(path), read_comments([path, path])):
        for ask in (evaluate_predictions, partial(evaluate, StanceClassifier())):
            with pytest.raises(ValueError, match="'Haltung' was read as 'stance'"):
                ask(table, label_column="Haltung")
