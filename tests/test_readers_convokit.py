"""ConvoKit folders, read with their old and new names, and written."""

import json
import shutil
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import NAMES, forests

from stancekit.errors import ReadError
from stancekit.readers import ReadReport, read_comments
from stancekit.readers.convokit import to_convokit

FILES = Path(__file__).parent / "files" / "readers" / "convokit"


def column(table, name):
    return [None if pd.isna(value) else value for value in table[name]]


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(FILES / "new", tmp_path / "corpus")
    return tmp_path / "corpus"


def test_folder_with_present_names():
    table = read_comments(FILES / "new")
    assert column(table, "comment_id") == ["p1", "c1", "c2", "c3", "c4"]
    assert column(table, "parent_id") == [None, "p1", "c1", "fehlt", None]
    assert column(table, "article_id") == ["p1", "p1", "p1", "q9", "q9"]
    assert column(table, "headline") == [*["Streit um Geld"] * 3, None, None]
    assert column(table, "author")[:2] == ["Redaktion", "Ulf aus E."]
    assert list(table["text"][:2]) == ["Wer zahlt die Panzer?", "Alle.\nJetzt."]
    assert table["text"][4] == ""
    report = ReadReport.of(table)
    assert (report.format, report.rows, report.orphans) == ("convokit", 5, 1)
    assert (report.deleted, report.removed) == (1, 1)


def test_times_may_be_numbers_texts_or_nothing():
    times = read_comments(FILES / "new")["created_at"]
    assert times[0] == times[2] == pd.Timestamp("2020-01-14 11:06:40", tz="UTC")
    assert pd.isna(times[1])
    assert times[3] == pd.Timestamp("2020-01-14 11:06:41", tz="UTC")


def test_metadata_become_columns():
    table = read_comments(FILES / "new")
    assert column(table, "likes") == [3, -1, 1, None, None]
    assert table["url"][1] == "/r/streit/p1/c1/"
    assert column(table, "stickied")[:2] == [False, False]
    assert table["text_meta"][2] == "ein Merkmal"


def test_pickles_and_e_mail_addresses_are_not_read():
    table = read_comments(FILES / "new")
    assert not {"parsed", "author_email", "email"} & set(table.columns)
    assert "example.org" not in table.to_csv()


def test_folder_with_old_names():
    table = read_comments(FILES / "old")
    assert column(table, "comment_id") == ["7.0", "7.1"]
    assert column(table, "parent_id") == [None, "7.0"]
    assert list(table["article_id"]) == ["7.0", "7.0"]
    assert list(table["author"]) == ["Vera L.", "Zaungast 2"]
    assert set(table["headline"]) == {"Diskussion: Panzer"}
    assert table["created_at"][1] == pd.Timestamp("2009-01-03 16:27:40", tz="UTC")


def test_oldest_corpora_hold_one_list(folder):
    lines = (folder / "utterances.jsonl").read_text(encoding="utf-8").splitlines()
    (folder / "utterances.json").write_text(f"[{','.join(lines)}]", encoding="utf-8")
    (folder / "utterances.jsonl").unlink()
    pd.testing.assert_frame_equal(read_comments(folder), read_comments(FILES / "new"))


def test_utterances_alone_are_enough(folder):
    for name in ("conversations.json", "speakers.json", "corpus.json", "index.json"):
        (folder / name).unlink()
    table = read_comments(folder)
    assert len(table) == 5
    assert "headline" not in table.columns


def test_utterance_without_an_id_is_named(folder):
    path = folder / "utterances.jsonl"
    path.write_text('{"id": "1", "text": "Ja."}\n{"text": "Nein."}\n', encoding="utf-8")
    with pytest.raises(ReadError, match=r"utterances.jsonl, line 2: .* has no 'id'"):
        read_comments(folder)
    table = read_comments(folder, skip_bad_lines=True)
    assert ReadReport.of(table).skipped_lines == (2,)


def test_folder_without_utterances(folder):
    (folder / "utterances.jsonl").unlink()
    with pytest.raises(ReadError, match=r"not a folder with 'utterances.json"):
        read_comments(folder, format="convokit")


def test_damaged_files_are_named(folder):
    (folder / "conversations.json").write_text('{"p1": ', encoding="utf-8")
    with pytest.raises(ReadError, match=r"conversations.json, line 1: not valid JSON"):
        read_comments(folder)


def full_table():
    """A table with every kind of column, headlines and articles partly missing."""
    rows = pd.DataFrame(
        {
            "comment_id": ["a", "b", "c", "d", "007"],
            "parent_id": [None, "a", "b", "gone", None],
            "article_id": ["1", "1", None, "2", "2"],
            "headline": ["Streit", "Streit", "Streit", "Geld", None],
            "author": ["Ulf aus E.", None, "Ö", "[unknown]", "Ulf aus E."],
            "created_at": [
                *("2020-01-14T11:06:40Z", "2020-01-14T11:06:40.25Z"),
                *("1969-12-31T23:00:00Z", None, "vor 8 Stunden"),
            ],
            "text": [
                "Erst reden!\u2028Dann\nliefern.",
                "[deleted]",
                "",
                "Ja. 🙂",
                "=1",
            ],
            "likes": [3, None, -1, 0, None],
            "status": ["visible", "deleted", None, "removed", "visible"],
            "kind": ["post", None, "comment", "comment", "comment"],
            "edited": [True, None, False, None, None],
            "stance": ["pro_support", None, "other", None, None],
            "sampling_prob": [0.25, None, 1.0, 0.5, None],
            "annotator": ["eins", "zwei", "eins", "zwei", "drei"],
            "meta": [1, 2, 3, 4, 5],
        }
    )
    return read_comments(rows)


def test_written_corpus_reads_back_equal(tmp_path):
    table = full_table()
    to_convokit(table, tmp_path / "corpus")
    pd.testing.assert_frame_equal(read_comments(tmp_path / "corpus"), table)


def test_written_corpus_is_as_convokit_has_it(tmp_path):
    to_convokit(full_table(), tmp_path)
    content = {
        path.name: json.loads(path.read_text(encoding="utf-8"))
        for path in tmp_path.glob("*.json")
    }
    lines = (tmp_path / "utterances.jsonl").read_bytes().decode().split("\n")
    first, second, third = map(json.loads, lines[:3])
    assert first == {
        "id": "a",
        "conversation_id": "1",
        "text": "Erst reden!\u2028Dann\nliefern.",
        "speaker": "Ulf aus E.",
        "reply-to": None,
        "timestamp": 1579000000,
        "meta": first["meta"],
        "vectors": [],
    }
    assert first["meta"]["likes"] == 3
    assert (second["speaker"], second["reply-to"]) == ("[unknown]", "a")
    # Without an article the thread is the conversation.
    assert third["conversation_id"] == "a"
    assert set(content["speakers.json"]) == {"Ulf aus E.", "[unknown]", "Ö"}
    assert content["conversations.json"]["1"]["meta"] == {"headline": "Streit"}
    assert content["index.json"]["utterances-index"]["likes"] == ["<class 'int'>"]
    assert {"utterances-index", "speakers-index", "conversations-index"} < set(
        content["index.json"]
    )


def test_other_corpus_written_again_reads_back_equal(tmp_path):
    table = read_comments(FILES / "old")
    to_convokit(table, tmp_path)
    pd.testing.assert_frame_equal(read_comments(tmp_path), table)


def test_folder_that_is_not_empty_is_kept(tmp_path):
    table = full_table()
    (tmp_path / "notes.md").write_text("wichtig")
    with pytest.raises(FileExistsError, match="is not empty"):
        to_convokit(table, tmp_path)
    to_convokit(table, tmp_path, force=True)
    assert len(read_comments(tmp_path)) == 5


def test_comments_without_ids_are_refused(tmp_path):
    with pytest.raises(ValueError, match="'comment_id' is missing"):
        to_convokit(["Reden!"], tmp_path)


def test_writing_does_not_change_the_table(tmp_path):
    table = full_table()
    before = table.copy()
    to_convokit(table, tmp_path)
    pd.testing.assert_frame_equal(table, before)


maybe_names = st.lists(st.none() | st.sampled_from(NAMES), min_size=12, max_size=12)
maybe_articles = st.lists(st.none() | st.sampled_from("AB"), min_size=12, max_size=12)


@given(forests(), maybe_names, maybe_articles, maybe_names)
def test_any_forest_written_as_convokit_reads_back(forest, authors, articles, titles):
    n = len(forest)
    rows = forest.assign(
        author=authors[:n], article_id=articles[:n], headline=titles[:n]
    )
    table = read_comments(rows)
    with tempfile.TemporaryDirectory() as folder:
        to_convokit(table, folder)
        again = read_comments(folder)
    pd.testing.assert_frame_equal(again, table)
    assert list(again["text"]) == list(forest["text"])
    assert column(again, "parent_id") == column(forest, "parent_id")


@pytest.mark.parametrize(
    ("table", "error"),
    [
        (pd.DataFrame({"comment_id": [], "text": []}), ValueError),
        (
            pd.DataFrame({"comment_id": list("ab"), "text": "x", "tags": [1, {1, 2}]}),
            TypeError,
        ),
    ],
    ids=["empty", "no JSON"],
)
def test_what_cannot_be_written_leaves_nothing_behind(table, error, tmp_path):
    with pytest.raises(error):
        to_convokit(table, tmp_path)
    assert list(tmp_path.iterdir()) == []
