"""Telegram exports, of a chat and of a whole account."""

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import forests, free_texts

from stancekit.errors import ReadError
from stancekit.readers import ReadReport, read_comments
from stancekit.threads import check_comments

FILES = Path(__file__).parent / "files" / "readers" / "telegram"

numeric_ids = st.integers(1, 2**60).map(str)


def tree(table):
    parents = [None if pd.isna(p) else p for p in table["parent_id"]]
    pairs = zip(parents, table["text"], strict=True)
    return dict(zip(table["comment_id"], pairs, strict=True))


def as_parts(text):
    """The text as a list of plain and formatted parts."""
    half = len(text) // 2
    return [text[:half], {"type": "bold", "text": text[half:]}]


def as_entities(text):
    return [part if isinstance(part, dict) else plain(part) for part in as_parts(text)]


def plain(text):
    return {"type": "plain", "text": text}


TEXT_FORMS = {
    "text": lambda text: {"text": text, "text_entities": []},
    "parts": lambda text: {"text": as_parts(text)},
    "entities": lambda text: {"text": "überholt", "text_entities": as_entities(text)},
}


def chat_of(forest, form="text"):
    messages = [
        {"id": int(row.comment_id), "type": "message", "from": "Ö"}
        | TEXT_FORMS[form](row.text)
        | (
            {}
            if pd.isna(row.parent_id)
            else {"reply_to_message_id": int(row.parent_id)}
        )
        for row in forest.itertuples()
    ]
    return {"name": "Platz", "type": "private_group", "id": 3, "messages": messages}


@settings(max_examples=30)
@given(forests(ids=numeric_ids, texts=free_texts), st.sampled_from(sorted(TEXT_FORMS)))
def test_any_forest_reads_back(forest, form):
    table = read_comments(json.dumps(chat_of(forest, form)).encode())
    assert ReadReport.of(table).format == "telegram"
    assert tree(table) == tree(forest)
    check_comments(table)


@settings(max_examples=30)
@given(forests(ids=numeric_ids, texts=free_texts))
def test_any_forest_reads_back_from_an_account(forest):
    """A second chat with the same ids does not mix with the first."""
    chats = [chat_of(forest), {**chat_of(forest), "id": 4}]
    export = {"chats": {"list": chats}}
    table = read_comments(json.dumps(export).encode(), "telegram")
    for chat in ("3", "4"):
        scoped = forest.assign(
            comment_id=f"{chat}/" + forest["comment_id"],
            parent_id=f"{chat}/" + forest["parent_id"],
        )
        assert tree(table[table["article_id"] == chat]) == tree(scoped)


def test_chat():
    table = read_comments(FILES / "result.json").set_index("comment_id")
    assert table["text"].to_dict() == {
        "2": "Reden und liefern: https://dorf.example/a?b=1&c=2",
        "3": "Nie beides!",
        "4": "Zum anderen Kanal",
        "5": "Ohne Unixzeit",
        "6": "> Nie beides!\n> Nie!\nDoch.",
    }
    assert set(table["headline"]) == {"Dorfplatz"}
    assert set(table["article_id"]) == {"1500000001"}
    assert table["author"].fillna("").to_dict()["3"] == ""
    assert table["edited"].tolist() == [False, True, False, False, False]


def test_service_messages_are_left_out_and_counted():
    table = read_comments(FILES / "result.json").set_index("comment_id")
    assert "1" not in table.index
    assert pd.isna(table["parent_id"]["2"])
    assert any("1 service messages" in guess for guess in ReadReport.of(table).guesses)


def test_answer_to_another_chat_is_no_answer_to_the_same_number_here():
    table = read_comments(FILES / "result.json").set_index("comment_id")
    assert table["parent_id"]["4"] == "1500000002/3"
    assert table["parent_id"]["5"] == "4"
    assert ReadReport.of(table).orphans == 2


def test_time_without_zone_is_taken_as_utc_and_said_so():
    table = read_comments(FILES / "result.json").set_index("comment_id")
    assert table["created_at"]["4"] == pd.Timestamp("2022-06-01 08:08", tz="UTC")
    assert table["created_at"]["5"] == pd.Timestamp("2022-06-01 10:10", tz="UTC")
    assert any("1 times have no zone" in g for g in ReadReport.of(table).guesses)


def test_account():
    table = read_comments(FILES / "account.json").set_index("comment_id")
    assert list(table["text"]) == ["Wer liefert?", "Wir.", "Wirklich?", "Ende."]
    assert table["parent_id"].dropna().to_dict() == {
        "1500000001/2": "1500000001/1",
        "102/1": "1500000001/2",
    }
    assert ReadReport.of(table).orphans == 0


def test_folder_of_an_export(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "result.json").write_bytes((FILES / "result.json").read_bytes())
    assert len(read_comments(tmp_path)) == 5


def test_chat_without_messages_is_an_empty_table():
    export = {"name": "Leer", "type": "personal_chat", "id": 1, "messages": []}
    assert len(read_comments(json.dumps(export).encode())) == 0


@pytest.mark.parametrize(
    ("export", "problem"),
    [
        ({"name": "x"}, "neither 'messages' nor 'chats'"),
        ([1], "neither 'messages' nor 'chats'"),
        ({"messages": {}}, "'messages': an object where a list should be"),
        ({"messages": [{}, "a"]}, "'messages', entry 2: a text where an object"),
        ({"chats": {"list": [7]}}, "'chats', entry 1: a number where an object"),
        (
            {"chats": {"list": [{"messages": [None]}]}},
            "entry 1, 'messages', entry 1: nothing where an object",
        ),
    ],
)
def test_other_shape_is_an_error_with_its_place(export, problem):
    with pytest.raises(ReadError, match=problem):
        read_comments(json.dumps(export).encode(), "telegram")


@pytest.mark.parametrize("part", [0.2, 0.5, 0.99])
def test_cut_off_export_is_an_error_with_its_line(part, tmp_path):
    content = (FILES / "result.json").read_text("utf-8")
    path = tmp_path / "result.json"
    path.write_text(content[: int(len(content) * part)], "utf-8")
    with pytest.raises(ReadError, match=r"result\.json, line \d+: not valid JSON"):
        read_comments(path)


def test_deep_nesting_is_refused():
    export = b'{"messages": ' + b"[" * 100_000
    with pytest.raises(ReadError, match="nested too deeply"):
        read_comments(export, "telegram")


def test_odd_values_do_not_stop_the_reading():
    message = {
        "id": [],
        "from": {},
        "date_unixtime": {},
        "text": {"a": 1},
        "reply_to_message_id": {},
        "text_entities": [7, None, {"type": "plain"}],
    }
    table = read_comments(json.dumps({"messages": [message]}).encode(), "telegram")
    assert list(table["text"]) == [""]
