"""CSV, JSON lines, JSON lists, Excel, Parquet, DataFrames."""

import csv
import gzip
import io
import json
import time
import tracemalloc
import warnings
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import forests

from stancekit.errors import DataWarning, ReadError
from stancekit.readers import ReadReport, read_comments
from stancekit.threads import check_comments

FOREST = ["comment_id", "parent_id", "text"]


def csv_bytes(table, delimiter=","):
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerow(table.columns)
    writer.writerows(table.astype(object).where(table.notna(), "").to_numpy())
    return stream.getvalue().encode()


def jsonl_bytes(table):
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def json_bytes(table):
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return json.dumps(rows, indent=1).encode()


def excel_bytes(table):
    stream = io.BytesIO()
    table.to_excel(stream, index=False)
    return stream.getvalue()


def parquet_bytes(table):
    stream = io.BytesIO()
    table.to_parquet(stream)
    return stream.getvalue()


def same(table):
    return table


WRITERS = {
    "csv": csv_bytes,
    "semicolon": lambda table: csv_bytes(table, ";"),
    "tab": lambda table: csv_bytes(table, "\t"),
    "jsonl": jsonl_bytes,
    "json": json_bytes,
    "parquet": parquet_bytes,
    "frame": same,
}


@pytest.mark.parametrize("kind", WRITERS)
@settings(max_examples=30)
@given(forest=forests())
def test_any_forest_reads_back(kind, forest):
    table = read_comments(WRITERS[kind](forest))
    assert list(table.columns[:2]) == ["comment_id", "parent_id"]
    pd.testing.assert_frame_equal(table[FOREST], forest, check_index_type=False)
    check_comments(table)


EXCEL_TEXTS = st.text("abcäöü =+-@1", min_size=1).filter(str.strip)


@settings(max_examples=20)
@given(
    forest=forests(
        ids=st.from_regex("[a-z0-9]{1,6}", fullmatch=True), texts=EXCEL_TEXTS
    )
)
def test_any_forest_reads_back_from_excel(forest):
    table = read_comments(excel_bytes(forest))
    pd.testing.assert_frame_equal(table[FOREST], forest)


@settings(max_examples=30)
@given(
    forest=forests(), stances=st.lists(st.sampled_from(["", "pro", " pro", "contra"]))
)
def test_stance_is_a_category_with_empty_as_missing(forest, stances):
    labels = [*stances, *[""] * len(forest)][: len(forest)]
    table = read_comments(csv_bytes(forest.assign(label=labels)))
    assert isinstance(table["stance"].dtype, pd.CategoricalDtype)
    assert [label.strip() or None for label in labels] == [
        None if pd.isna(label) else label for label in table["stance"]
    ]


def test_numeric_stances_stay_strings():
    frame = pd.DataFrame({"text": ["a", "b", "c"], "stance": [1, 0, None]})
    assert list(read_comments(frame)["stance"].cat.categories) == ["0", "1"]
    assert list(read_comments(b"text,stance\na,1\nb,2\n")["stance"]) == ["1", "2"]


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("id,parentId,body,score", "comment_id parent_id text likes"),
        (
            "ID_Post,ID_Parent_Post,Body,ID_Article",
            "comment_id parent_id article_id text",
        ),
        ("Comment ID,reply-to,Comment(s),speaker", "comment_id parent_id author text"),
        ("cid,text,Body,label", "comment_id text stance Body"),
        ("message_id,message,channel", "comment_id text channel"),
        ("comment_id,id,text", "comment_id text id"),
    ],
)
def test_usual_names_are_matched(header, names):
    row = ",".join("1" for _ in header.split(","))
    table = read_comments(f"{header}\n{row}\n".encode())
    assert list(table.columns) == names.split()


def test_one_of_several_candidates_is_taken_and_said():
    table = read_comments(b"id,message,content\n1,Hallo,Welt\n")
    assert list(table["text"]) == ["Hallo"]
    assert list(table["content"]) == ["Welt"]
    assert (
        "'text' was taken from 'message', not from 'content'"
        in ReadReport.of(table).guesses[0]
    )


def test_columns_wins_over_the_usual_names():
    table = read_comments(b"id,text,note\n1,Hallo,Welt\n", columns={"note": "text"})
    assert list(table["text"]) == ["Welt"]
    assert list(table["text_found"]) == ["Hallo"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"bdy": "text"}, "Column 'bdy' is missing. Found: 'id', 'note'"),
        ({"note": "txt"}, "'txt' is no column of a comment table"),
        ({"note": "text", "id": "text"}, "'text' more than once"),
    ],
)
def test_wrong_columns_are_errors(columns, message):
    with pytest.raises(ValueError, match=message):
        read_comments(b"id,note\n1,Welt\n", columns=columns)


@pytest.mark.parametrize(
    "source",
    [
        b"id,note\n1,a\n2,b\n",
        b'{"id": 1, "note": "a"}\n{"id": 2}\n',
        b'[{"id": 1, "note": 2}]',
    ],
)
def test_missing_text_column_lists_the_found_ones(source):
    with pytest.raises(
        ReadError, match=r"hold the text. Found: 'id', 'note'.*columns="
    ):
        read_comments(source)


def test_ids_stay_strings():
    ids = ["007", "1e5", str(2**53 + 1), "10e5"]
    csv_rows = "".join(f"{name},Hallo\n" for name in ids)
    assert list(read_comments(f"id,text\n{csv_rows}".encode())["comment_id"]) == ids
    rows = [
        {"id": 2**53 + 1, "parent": None, "text": "a"},
        {"id": 7, "parent": 2**53 + 1, "text": "a"},
    ]
    numbers = pd.DataFrame(rows).assign(parent=pd.array([None, 2**53 + 1], "Int64"))
    for source in (
        numbers,
        parquet_bytes(numbers),
        json.dumps(rows).encode(),
    ):
        table = read_comments(source)
        assert list(table["comment_id"]) == [str(2**53 + 1), "7"]
        assert table["parent_id"][1] == str(2**53 + 1)


def test_ids_that_lost_digits_are_an_error():
    frame = pd.DataFrame(
        {"id": ["a", "b"], "parent": [np.nan, 2.0**53 + 2], "text": "x"}
    )
    with pytest.raises(ReadError, match="may have lost digits"):
        read_comments(frame)
    frame["parent"] = [np.nan, 7.0]
    assert read_comments(frame)["parent_id"][1] == "7"


@pytest.mark.parametrize(
    "root", ["", "0", "root", "None", "nan", "OP", "null", "a1", "same"]
)
def test_what_marks_a_missing_parent_is_none(root):
    rows = f"id,parent,post_id,text\nx,{root.replace('same', 'x')},a1,Hallo\n"
    table = read_comments(rows.encode())
    assert table["parent_id"].isna().all()
    assert ReadReport.of(table).orphans == 0


def test_a_comment_may_bear_an_id_that_looks_like_no_parent():
    table = read_comments(b"id,parent,text\n0,,Reden.\n1,0,Wie?\n")
    assert list(table["parent_id"].fillna("-")) == ["-", "0"]


def test_first_of_repeated_ids_wins():
    with pytest.warns(DataWarning, match="1 rows repeat an id with another text.*'1'"):
        table = read_comments(b"id,text\n1,a\n2,b\n1,c\n2,b\n")
    assert list(table["text"]) == ["a", "b"]
    assert ReadReport.of(table).duplicates == 2


def test_ids_are_made_up_where_there_are_none():
    table = read_comments(b"text\nReden.\nNein.\n")
    assert table["comment_id"].is_unique
    assert table.equals(read_comments(b"text\nReden.\nNein.\n"))
    other = read_comments(b"text\nLiefern.\n")
    assert not set(table["comment_id"]) & set(other["comment_id"])


def test_parents_without_ids_warn():
    with pytest.warns(DataWarning, match="parents but no ids"):
        table = read_comments(b"parent,text\n,Reden.\n7,Nein.\n")
    assert ReadReport.of(table).orphans == 1


def test_lost_tree_is_said():
    table = read_comments(
        b"id,parent_id,is_reply,text\n1,,False,Reden.\n2,,True,Nein.\n"
    )
    assert "marks 1 replies" in ReadReport.of(table).guesses[0]


@pytest.mark.parametrize("bad", ["1,a,b", "1", '1,"a'])
def test_row_of_another_length_names_file_and_line(bad, tmp_path):
    path = tmp_path / "comments.csv"
    path.write_text(f'id,text\n1,"zwei\nZeilen"\n{bad}\n2,b\n', encoding="utf-8")
    with pytest.raises(ReadError, match=r"comments.csv, line 4: ") as caught:
        read_comments(path, format="csv")
    assert "Nothing was read" in str(caught.value)


def test_bad_rows_can_be_skipped():
    table = read_comments(
        b"id,text\n1,a\n2\n3,c,d\n4,e,\n", format="csv", skip_bad_lines=True
    )
    assert list(table["comment_id"]) == ["1", "4"]
    assert ReadReport.of(table).skipped_lines == (3, 4)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"id": "2", "text": "b"', "not valid JSON .*cut off"),
        ('{"id": "2", "text": "b', "not valid JSON .*cut off"),
        ("{'id': 2}", "not valid JSON"),
        ("[1, 2]", "not a JSON object but list"),
        ("[" * 100_000, "nested too deeply"),
        ('{"id": ' + "1" * 5000 + "}", "not usable JSON"),
        ('{"id": "2", "id": "3", "text": "b"}', "the key 'id' stands twice"),
    ],
    ids="cut cut-string quotes list deep digits twice".split(),
)
def test_bad_json_line_names_itself(line, problem):
    lines = f'{{"id": "1", "text": "a"}}\n\n{line}\n'.encode()
    with pytest.raises(ReadError, match=f"<bytes>, line 3: .*{problem}"):
        read_comments(lines, format="jsonl")
    assert len(read_comments(lines, format="jsonl", skip_bad_lines=True)) == 1


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (b'[{"id": 1, "text": "a"}, {"id": 2', "not valid JSON.*cut off"),
        (b"[" * 100_000, "nested too deeply"),
        (b'[{"id": 1, "text": "a"}, 3]', "record 2: not an object but int"),
        (b'[{"id": 1, "text": {"de": "a"}}]', "record 1: the text is a dict"),
        (b"[]", "holds no record"),
    ],
)
def test_bad_json_list_is_one_error(source, problem):
    with pytest.raises(ReadError, match=problem):
        read_comments(source)


def test_json_object_that_holds_a_list():
    found = read_comments(b'{"comments": [{"id": 1, "text": "a"}], "next": null}')
    assert list(found["comment_id"]) == ["1"]


def test_jsonl_lines_end_at_newlines_only():
    lines = '{"text": "eins\u2028zwei\x85drei"}\n{"text": "vier"}\n'
    assert list(read_comments(lines.encode())["text"]) == [
        "eins\u2028zwei\x85drei",
        "vier",
    ]


def test_lone_surrogates_are_replaced():
    lines = (
        b'{"id": "a\\ud83d", "text": "\\ud83d", "mood": "\\ud83d"}\n'
        b'{"text": "\\ud83d\\ude00"}\n'
    )
    table = read_comments(lines)
    assert list(table["text"]) == ["\ufffd", "\U0001f600"]
    assert (table["comment_id"][0], table["mood"][0]) == ("a\ufffd", "\ufffd")


def test_texts_are_kept_as_they_are():
    texts = ["NA", "None", "", "\U0001f600", "a\0b", "x" * 200_000, "‮rtl", " leer "]
    table = pd.DataFrame({"id": [str(i) for i in range(8)], "text": texts})
    for source in (csv_bytes(table), jsonl_bytes(table), table):
        assert list(read_comments(source)["text"]) == texts


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2025. március 12.", "2025-03-12"),
        ("2025. március 12. 14:32", "2025-03-12 14:32"),
        ("2025. május 2. 10.32", "2025-05-02 10:32"),
        ("2012. 12. 14. 8:05", "2012-12-14 08:05"),
        ("2012-12-14 um 10:15 Uhr", "2012-12-14 10:15"),
        ("14.12.2012. 10.15 Uhr", "2012-12-14 10:15"),
        ("12.03.2025 10:00 UTC+01:00", "2025-03-12 09:00"),
        ("2025-03-12 10:00:05 UTC+01:00", "2025-03-12 09:00:05"),
        ("12. März 2025 10:00 GMT-5", "2025-03-12 15:00"),
        ("Wed, 12 Mar 2025 10:00:00 -0500", "2025-03-12 15:00"),
        ("Wed, 12 Mar 2025 10:00:00 GMT", "2025-03-12 10:00"),
        ("12.03.2025 10:00 +0130", "2025-03-12 08:30"),
        ("March 12, 2025 at 3:04 PM UTC+2", "2025-03-12 13:04"),
        ("12.03.2025 10:00-11:00", "2025-03-12 10:00"),
    ],
)
def test_a_year_in_front_and_an_offset_behind_are_read(written, moment):
    """Regression test: the one gave another date, the other was dropped."""
    table = read_comments(f"text;datum\na;{written}\nb;\n".encode())
    assert table["created_at"][0] == pd.Timestamp(moment, tz="UTC")


def test_times_likes_and_status_get_their_types():
    rows = [
        ("2020-01-14T12:06:40+01:00", "1.2K", "online"),
        ("1579000000", "1,234", "deleted"),
        ("1579000000000", "-3", "spam"),
        ("Tue Jan 14 11:06:40 +0000 2020", "3.0", ""),
        ("14.01.2020, 11:06:40 Uhr", "12 Tsd.", "rejected"),
        ("14. Januar 2020", "viele", "neu"),
        ("vor 8 Stunden", "", "visible"),
    ]
    lines = [
        json.dumps({"text": "a", "created_utc": time, "votes": likes, "status": status})
        for time, likes, status in rows
    ]
    table = read_comments("\n".join(lines).encode())
    moment = pd.Timestamp("2020-01-14 11:06:40", tz="UTC")
    assert list(table["created_at"][:5]) == [moment] * 5
    assert table["created_at"][5] == pd.Timestamp("2020-01-14", tz="UTC")
    assert table["created_at"].isna()[6]
    assert table["created_raw"][6] == "vor 8 Stunden"
    assert str(table["likes"].dtype) == "Int64"
    assert table["likes"].fillna(0).tolist() == [1200, 1234, -3, 3, 12000, 0, 0]
    assert table["status"].fillna("-").tolist() == (
        "visible deleted removed - removed - visible".split()
    )
    assert table["status_given"][5] == "neu"
    check_comments(table)


def test_further_columns_are_carried_through():
    frame = pd.DataFrame({"text": ["a", "b"], "n": [1, 2], "mood": ["x", None]})
    table = read_comments(frame)
    assert list(table.columns) == ["comment_id", "text", "n", "mood"]
    assert table["n"].dtype == "int64"
    assert read_comments(b'{"text": "a", "x": {"y": [1]}}\n')["x"][0] == '{"y": [1]}'


def test_a_written_table_reads_back_with_its_types(tmp_path):
    table = pd.DataFrame(
        {
            **{"comment_id": ["1", "2"], "text": ["a", "b"], "depth": [0, 1]},
            **{"parent_found": [False, True], "proba_pro": [0.25, 0.75]},
        }
    )
    table.to_csv(tmp_path / "scored.csv", index=False)
    again = read_comments(tmp_path / "scored.csv")
    assert again["depth"].dtype == "int64"
    assert again["proba_pro"].tolist() == [0.25, 0.75]
    assert again["parent_found"].tolist() == [False, True]


def test_a_polars_like_table_is_taken():
    class Polars:
        def to_pandas(self):
            return pd.DataFrame({"body": ["a"]})

    assert list(read_comments(Polars())["text"]) == ["a"]


def test_header_with_one_name_twice_is_an_error():
    with pytest.raises(ReadError, match="'text' is the name of two columns"):
        read_comments(b"text,text\na,b\n")


@pytest.mark.parametrize("header", [b"id,text\n", b"id;text;mood\n"])
def test_table_without_rows_is_empty(header):
    table = read_comments(header)
    assert len(table) == 0
    assert {"comment_id", "text"} <= set(table.columns)


def test_commas_in_texts_do_not_hide_the_delimiter():
    rows = "id;text\n" + "".join(f"{i};ja, nein, doch, oh\n" for i in range(30))
    assert read_comments(rows.encode())["text"][0] == "ja, nein, doch, oh"


def test_damaged_texts_are_reported_not_repaired():
    table = read_comments("text\nfÃ¼r\n&#39;ja&#39;\n".encode())
    assert list(table["text"]) == ["fÃ¼r", "&#39;ja&#39;"]
    assert "1 texts show a wrong encoding" in ReadReport.of(table).guesses[0]
    assert "1 texts show HTML escapes" in ReadReport.of(table).guesses[1]


def test_excel_with_lines_above_the_header_and_two_sheets():
    stream = io.BytesIO()
    with pd.ExcelWriter(stream) as book:
        pd.DataFrame({"Notiz": ["x"]}).to_excel(book, sheet_name="Info", index=False)
        rows = pd.DataFrame({"ID": [7, 8], "Comment": ["=1", "NA"], "Likes": [1, None]})
        rows.to_excel(book, sheet_name="Daten", index=False, startrow=6)
    table = read_comments(stream.getvalue())
    assert list(table["comment_id"]) == ["7", "8"]
    assert list(table["text"]) == ["=1", "NA"]
    assert list(ReadReport.of(table).guesses) == [
        "Only sheet 'Daten' was read, of 2 sheets.",
        "The header was taken from row 7.",
    ]


def swollen(size):
    stream = io.BytesIO(excel_bytes(pd.DataFrame({"text": ["a"]})))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("xl/large.xml", "w", force_zip64=True) as part:
            for _ in range(size // 1_000_000):
                part.write(b"a" * 1_000_000)
    return stream.getvalue()


def test_excel_that_declares_too_much_is_refused():
    with pytest.raises(ReadError, match=r"a workbook of 2\d\d,\d\d\d,\d\d\d bytes"):
        read_comments(swollen(210_000_000))
    with pytest.raises(ReadError, match=r"packed to one in \d\d\d"):
        read_comments(swollen(50_000_000))
    assert len(read_comments(swollen(50_000_000), max_bytes=60_000_000)) == 1


@pytest.mark.parametrize("write", [excel_bytes, parquet_bytes])
def test_damaged_workbook_is_an_error(write):
    whole = write(pd.DataFrame({"text": ["a"] * 100}))
    with pytest.raises(ReadError, match=r"damaged"):
        read_comments(whole[: len(whole) * 2 // 3])


def test_parquet_over_the_limit_is_refused():
    with pytest.raises(ReadError, match="more than 10 bytes"):
        read_comments(parquet_bytes(pd.DataFrame({"text": ["a" * 50]})), max_bytes=10)


def test_float32_times_are_reported():
    frame = pd.DataFrame({"text": ["a"], "created_utc": np.array([1.58e9], "float32")})
    for source in (frame, parquet_bytes(frame)):
        assert "float32" in ReadReport.of(read_comments(source)).guesses[0]


def test_workbook_with_a_damaged_sheet_is_an_error():
    whole = io.BytesIO(excel_bytes(pd.DataFrame({"text": ["a"]})))
    damaged = io.BytesIO()
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(damaged, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            new.writestr(part, content[:-40] if "sheet1" in part.filename else content)
    with pytest.raises(ReadError, match="is damaged"):
        read_comments(damaged.getvalue())


SMALL = pd.DataFrame({"id": ["1", "2"], "parent": ["", "1"], "text": ["für", "wen"]})
WHOLE = [
    *(write(SMALL) for write in (csv_bytes, jsonl_bytes, json_bytes, parquet_bytes)),
    "2 Kommentare\n\n  • für\n\n    • @Ö:\n\n      wen\n".encode(),
    gzip.compress(csv_bytes(SMALL)),
]


@given(
    st.sampled_from(WHOLE),
    st.integers(0, 400),
    st.integers(0, 9),
    st.binary(max_size=9),
)
def test_any_damage_gives_a_table_or_one_clear_error(whole, start, length, inserted):
    damaged = whole[:start] + inserted + whole[start + length :]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        try:
            table = read_comments(damaged)
        except ReadError:
            return
    check_comments(table)


def test_a_table_of_reddit_comments_keeps_its_tree():
    found = read_comments(
        b"id,parent_id,link_id,body\n"
        b"kx1,t3_p0st,t3_p0st,Reden\nkx2,t1_kx1,t3_p0st,Mit wem?\n"
        b"kx3,t1_gone,t3_p0st,Ja\nkx4,,t3_p0st,Nein\n"
    )
    assert found["comment_id"].tolist() == ["kx1", "kx2", "kx3", "kx4"]
    assert found["parent_id"].isna().tolist() == [True, False, False, True]
    assert found["article_id"].tolist() == ["p0st"] * 4
    report = ReadReport.of(found)
    assert (report.top_level, report.replies, report.orphans) == (2, 1, 1)
    assert any("Reddit" in guess for guess in report.guesses)


def test_reddit_names_on_both_sides_stay():
    found = read_comments(b"id,parent_id,body\nt3_a,,P\nt1_a,t3_a,x\nt1_b,t1_a,y\n")
    assert found["parent_id"].fillna("").tolist() == ["", "t3_a", "t1_a"]


def test_ids_that_only_look_a_little_like_those_of_reddit_stay():
    found = read_comments(b"id,parent,text\nt1_a,,Reden\nt1_b,t1_a,x\nt1_c,other,y\n")
    assert found["comment_id"].tolist() == ["t1_a", "t1_b", "t1_c"]


@pytest.mark.parametrize("kind", ["csv", "frame", "jsonl"])
def test_words_for_no_value_are_missing_and_counted(kind):
    """Regression test: NA labels were a position, all NA authors one person."""
    rows = pd.DataFrame(
        {
            "id": [f"c{i}" for i in range(12)],
            "author": ["NA", "Ilse", "null", "-", *["Bo"] * 8],
            "created_at": ["NA", *["2024-01-02 10:00:00"] * 11],
            "likes": ["NA", *"12345678901"],
            "text": ["NA", "null", "?", "-", *["Reden."] * 8],
            "stance": "pro,NA,nan,NULL,?,-,n/a,none, ,,pro ,contra".split(","),
        }
    )
    table = read_comments(WRITERS[kind](rows))
    assert list(table["stance"].cat.categories) == ["contra", "pro"]
    assert list(table["stance"].dropna()) == ["pro", "pro", "contra"]
    assert table["author"].isna().sum() == 3
    assert "created_raw" not in table
    assert table["created_at"].isna().sum() == table["likes"].isna().sum() == 1
    assert list(table["text"][:4]) == ["NA", "null", "?", "-"]
    said = str(ReadReport.of(table))
    assert "8 values of 'stance' stand for none" in said
    assert "3 values of 'author' stand for none" in said


def test_a_table_as_r_writes_it():
    table = read_comments(
        b'"","comment_id","parent_id","article_id","author","text","stance"\n'
        b'"1","c0",NA,"a0",NA,"Reden.","talks"\n"2","c1","c0",NA,"Bo","Nein.",NA\n'
        b'"3",NA,"c0","a0","Bo","NA","aid"\n"4",NA,"c0","a0","Bo","Doch.","aid"\n'
    )
    assert len(table) == 4
    assert table["parent_id"].fillna("").tolist() == ["", "c0", "c0", "c0"]
    assert table["article_id"].isna().tolist() == [False, True, False, False]
    assert table["author"].fillna("").tolist() == ["", "Bo", "Bo", "Bo"]
    assert table["stance"].isna().tolist() == [False, True, False, False]


def test_comments_without_text_are_counted():
    table = read_comments(b"id,text\n1,\n2, \n3,[deleted]\n4,Erst verhandeln!\n5,\n")
    report = ReadReport.of(table)
    assert (report.rows, report.deleted, report.without_text) == (5, 1, 3)
    assert "without text: 3" in str(report)


@pytest.mark.parametrize(
    ("name", "parent"),
    [("1", "1.0"), ("1.0", "1"), ("1 ", "1"), ("1", "1 "), ("1.0", " 1")],
)
def test_ids_that_a_table_program_changed_meet(name, parent):
    """Regression test: such replies became orphans."""
    table = read_comments(f"id,text,parent\n{name},a,\n2,b,{parent}\n".encode())
    assert table["parent_id"][1] == table["comment_id"][0] == name
    assert ReadReport.of(table).replies == 1


def test_numbers_of_steps_are_no_decimal_ids():
    table = read_comments(b"id,text,parent\n1,a,\n1.0,b,1\n1.1,c,1.0\n")
    assert table["parent_id"].fillna("").tolist() == ["", "1", "1.0"]


@pytest.mark.parametrize(
    "value", ["9" * 20, "9" * 400, "1e999", "-1e999", "1e400", "Infinity", "9" * 31]
)
@pytest.mark.parametrize(
    "column", ["likes", "depth", "sampling_round", "sampling_prob", "confidence"]
)
def test_numbers_beyond_all_measure_are_missing(column, value):
    """Regression test: these ended in an OverflowError."""
    sources = [f"id,text,{column}\n1,a,{value}\n2,b,1\n".encode()]
    sources += [f'{{"text": "a", "{column}": {value}}}\n{{"text": "b"}}'.encode()]
    sources += [pd.DataFrame({"text": ["a"], column: [10**400]}, dtype=object)]
    for source in sources:
        found = read_comments(source)[column][0]
        assert pd.isna(found) or abs(found) < 1e32


def test_lone_surrogates_in_times_and_keys_can_be_written(tmp_path):
    """Regression test: these ended in a UnicodeEncodeError."""
    table = read_comments(
        rb'{"id": "1", "text": "Hallo", "created_at": "\ud800", "\udc00x": ["\ud800"]}'
    )
    table.to_parquet(tmp_path / "table.parquet")
    assert list(table.columns[-1:]) == ["�x"]
    assert table["created_raw"][0] == "�"
    names = pd.Index(["text", "\udc00x"], dtype=object)
    frame = pd.DataFrame([["Hallo", "a"]], columns=names)
    assert list(read_comments(frame).columns[-1:]) == [r"\udc00x"]


def test_a_new_key_in_each_record_is_refused():
    """Regression test: 294 KB of it took 1.7 GB."""
    lines = "".join(f'{{"text": "a", "k{n}": 1}}\n' for n in range(12_000))
    tracemalloc.start()
    with pytest.raises(ReadError, match="different keys, most of them in few"):
        read_comments(lines.encode())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000_000


def test_one_cell_far_out_does_not_make_a_sheet_large():
    """Regression test: each of a million empty rows was 16,384 cells long."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "text"])
    sheet.append(["1", "Hallo"])
    sheet["XFD20000"] = "x"
    stream = io.BytesIO()
    book.save(stream)
    start = time.process_time()
    assert len(read_comments(stream.getvalue())) == 1
    assert time.process_time() - start < 20


def test_misspelt_column_of_a_workbook_is_named():
    """Regression test: the file was said to be damaged."""
    book = excel_bytes(pd.DataFrame({"id": ["1"], "text": ["a"]}))
    with pytest.raises(ValueError, match="Column 'txet' is missing. Found: 'id'"):
        read_comments(book, columns={"txet": "text"})


def test_workbook_of_charts_alone_is_an_error():
    """Regression test: it was an IndexError."""
    book = openpyxl.Workbook()
    book.create_chartsheet()
    book.remove(book.active)
    stream = io.BytesIO()
    book.save(stream)
    with pytest.raises(ReadError, match="no sheet with cells|is damaged"):
        read_comments(stream.getvalue())


def test_a_parquet_text_that_is_no_utf8_is_refused(tmp_path):
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    ends = pa.py_buffer(np.array([0, 4, 9], np.int32).tobytes())
    texts = pa.Array.from_buffers(
        pa.string(), 2, [None, ends, pa.py_buffer(b"ab\x89creden")]
    )
    parquet.write_table(pa.table({"text": texts}), tmp_path / "broken.parquet")
    with pytest.raises(ReadError, match=r"broken\.parquet"):
        read_comments(tmp_path / "broken.parquet")


def test_decimal_commas_are_read_where_a_whole_column_has_them():
    """Regression test: each of them was missing, without a word."""
    given = b"text;sampling_prob;confidence;known;proba_pro\n"
    given += b"Ja;0,25;0,5;1;9,5E-01\nNein;0,5;;0,3;0,1\n"
    table = read_comments(given)
    assert list(table["sampling_prob"]) == [0.25, 0.5]
    assert list(table["confidence"].fillna(-1)) == [0.5, -1]
    assert list(table["known"]) == [1, 0.3]
    assert list(table["proba_pro"]) == [0.95, 0.1]


@pytest.mark.parametrize("lost", ["0,25", "viel", "1,000,5"])
def test_a_decimal_that_cannot_be_read_is_told(lost):
    given = f"text;sampling_prob\nJa;{lost}\nNein;0.5\nGut;NA\n"
    said = f"1 values of 'sampling_prob', such as '{lost}', are no numbers"
    with pytest.warns(DataWarning, match=said):
        table = read_comments(given.encode())
    assert list(table["sampling_prob"].fillna(-1)) == [-1, 0.5, -1]


def test_a_comma_in_a_count_of_replies_parts_no_decimals():
    table = read_comments(b"text;n_replies\nJa;1,000\n")
    assert table["n_replies"].isna().all()


def test_a_column_name_is_the_author_where_no_other_is():
    table = read_comments(b"Name;Kommentar;Datum\nAnna;Ja;03.04.2025\n")
    assert list(table["author"]) == ["Anna"]
    table = read_comments(b"Name;Nutzer;Kommentar\nTaz;Anna;Ja\n")
    assert list(table["author"]) == ["Anna"]
    assert list(table["Name"]) == ["Taz"]
