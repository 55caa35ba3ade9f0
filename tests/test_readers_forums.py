"""Hacker News, Guardian discussions, the Internet Argument Corpus."""

import html
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import forests, free_ids, free_texts

from stancekit.errors import DataWarning, ReadError
from stancekit.readers import ReadReport, read_comments
from stancekit.threads import check_comments

FILES = Path(__file__).parent / "files" / "readers" / "forums"

STORY = 10**18
numeric_ids = st.integers(1, 10**17).map(str)
plain_texts = st.text(st.sampled_from("abcäß 🕊<>&;#x'\"]-!")).map(
    lambda text: " ".join(text.split())
)
HTML_FORESTS = forests(ids=numeric_ids, texts=plain_texts)


def tree(table):
    parents = [None if pd.isna(p) else p for p in table["parent_id"]]
    pairs = zip(parents, table["text"], strict=True)
    return dict(zip(table["comment_id"], pairs, strict=True))


def parent_of(row, root=None):
    return root if pd.isna(row.parent_id) else int(row.parent_id)


def nested(forest, key, make):
    """The trees of a forest: each record holds its replies under the key."""
    records = {
        row.comment_id: {**make(row), "id": int(row.comment_id), key: []}
        for row in forest.itertuples()
    }
    roots = []
    for row in forest.itertuples():
        above = roots if pd.isna(row.parent_id) else records[row.parent_id][key]
        above.append(records[row.comment_id])
    return roots


def firebase_items(forest):
    story = {"id": STORY, "type": "story", "title": "Tische", "by": "o", "time": 10**9}
    return [story] + [
        {
            "id": int(row.comment_id),
            "type": "comment",
            "by": "ö",
            "time": 10**9,
            "parent": parent_of(row, STORY),
            "text": html.escape(row.text),
        }
        for row in forest.itertuples()
    ]


def firebase_lines(forest):
    return "\n".join(map(json.dumps, firebase_items(forest))).encode()


def firebase_list(forest):
    return json.dumps(firebase_items(forest)).encode()


def algolia_bytes(forest):
    def item(row):
        return {
            "type": "comment",
            "author": "ö",
            "created_at_i": 10**9,
            "parent_id": parent_of(row, STORY),
            "story_id": STORY,
            "text": html.escape(row.text),
        }

    story = {"id": STORY, "type": "story", "title": "Tische", "created_at_i": 10**9}
    return json.dumps({**story, "children": nested(forest, "children", item)}).encode()


@pytest.mark.parametrize("write", [firebase_lines, firebase_list, algolia_bytes])
@settings(max_examples=30)
@given(forest=HTML_FORESTS)
def test_any_forest_reads_back_from_hacker_news(write, forest):
    table = read_comments(write(forest))
    assert ReadReport.of(table).format == "hacker_news"
    assert tree(table) == tree(forest)
    assert set(table["article_id"]) == {str(STORY)}
    assert set(table["headline"]) == {"Tische"}
    check_comments(table)


def discussion(comments):
    return {"discussion": {"key": "/p/x", "commentCount": 9, "comments": comments}}


def guardian_nested(forest):
    comments = nested(forest, "responses", guardian_comment)
    return json.dumps(discussion(comments)).encode()


def guardian_flat(forest):
    comments = [
        {**guardian_comment(row), "id": int(row.comment_id)}
        for row in forest.itertuples()
    ]
    return json.dumps(discussion(comments)).encode()


def guardian_comment(row):
    comment = {"body": f"<p>{html.escape(row.text)}</p>", "status": "visible"}
    if not pd.isna(row.parent_id):
        comment["responseTo"] = {"commentId": row.parent_id}
    return comment


@pytest.mark.parametrize("write", [guardian_nested, guardian_flat])
@settings(max_examples=30)
@given(forest=HTML_FORESTS)
def test_any_forest_reads_back_from_the_guardian(write, forest):
    table = read_comments(write(forest))
    assert ReadReport.of(table).format == "guardian"
    assert tree(table) == tree(forest)
    check_comments(table)


def argument_bytes(forest):
    posts = [
        [row.comment_id, None, "ö", row.text, {}, row.parent_id, None, 10**9]
        for row in forest.astype(object).where(forest.notna(), None).itertuples()
    ]
    return json.dumps([posts, {}, {"id": "d", "title": "Tische"}]).encode()


@settings(max_examples=30)
@given(forests(ids=free_ids, texts=free_texts))
def test_any_forest_reads_back_from_the_argument_corpus(forest):
    table = read_comments(argument_bytes(forest))
    assert ReadReport.of(table).format == "iac"
    assert tree(table) == tree(forest)
    check_comments(table)


def test_hacker_news_items():
    table = read_comments(FILES / "hacker_news.jsonl").set_index("comment_id")
    assert table["parent_id"].dropna().to_dict() == {
        "8953": "8952",
        "8954": "8953",
        "9999": "9998",
    }
    assert table["text"]["8952"] == (
        "Talk first &amp; fast.\n\nSee https://rede.example/lange/adresse\n\nIt's late"
    )
    assert list(table["status"]) == [
        *("visible", "deleted", "removed", "visible", "visible")
    ]
    assert list(table["headline"].fillna("")) == ["Tanks & tables"] * 4 + [""]
    assert list(table["article_id"].fillna("")) == ["8863"] * 4 + [""]
    assert table["created_at"]["8952"] == pd.Timestamp("2007-04-04 19:18:20", tz="UTC")
    report = ReadReport.of(table)
    assert (report.claimed, report.orphans, report.deleted) == (5, 1, 1)


def test_hacker_news_nested_items():
    table = read_comments(FILES / "hacker_news_algolia.json").set_index("comment_id")
    assert table["parent_id"].dropna().to_dict() == {"8953": "8952", "8954": "8953"}
    assert list(table["text"]) == ["Talk first.\n\nThen talk.", "", "Never &amp; ever."]
    assert list(table["status"]) == ["visible", "deleted", "visible"]
    assert set(table["article_id"]) == {"8863"}


def test_hacker_news_folder_and_single_comment(tmp_path):
    lines = (FILES / "hacker_news.jsonl").read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        (tmp_path / f"{number}.json").write_text(line, "utf-8")
    assert tree(read_comments(tmp_path)) == tree(
        read_comments(FILES / "hacker_news.jsonl")
    )
    assert list(read_comments(tmp_path / "4.json")["text"]) == ["Why?"]


def test_hacker_news_circle_of_parents_is_cut():
    items = [
        {"id": i, "type": "comment", "by": "o", "time": 10**9, "parent": j}
        for i, j in ((1, 2), (2, 3), (3, 1), (4, 2), (5, 5))
    ]
    with pytest.warns(DataWarning, match="1 circle"):
        table = read_comments(json.dumps(items).encode())
    assert ReadReport.of(table).cycles_cut == 1
    assert len(table) == 5


def test_guardian():
    table = read_comments(FILES / "guardian.json").set_index("comment_id")
    assert list(table.index) == ["9007199254740993", "12", "13", "14", "15"]
    assert table["parent_id"].dropna().to_dict() == {
        "12": "9007199254740993",
        "13": "12",
        "15": "3",
    }
    assert table["text"].iloc[0] == "Talk now &amp; here.\n\n> War\n\nNo."
    assert list(table["status"]) == ["visible"] * 3 + ["removed", "visible"]
    assert list(table["likes"]) == [4, 0, 1, 0, 0]
    report = ReadReport.of(table)
    assert (report.rows, report.claimed, report.removed, report.orphans) == (5, 6, 1, 1)


@pytest.mark.parametrize("lines", [True, False])
def test_guardian_pages_are_one_discussion(lines):
    page = json.loads((FILES / "guardian.json").read_text("utf-8"))
    more = {"id": 16, "body": "<p>Last.</p>", "status": "visible"}
    pages = [page, {**page, "discussion": {**page["discussion"], "comments": [more]}}]
    content = "\n".join(map(json.dumps, pages)) if lines else json.dumps(pages)
    table = read_comments(content.encode())
    report = ReadReport.of(table)
    assert (report.format, report.rows, report.claimed) == ("guardian", 6, 6)


def test_argument_corpus():
    table = read_comments(FILES / "17.json").set_index("comment_id")
    assert table["parent_id"].dropna().to_dict() == {"3": "2", "2": "1", "4": "99"}
    assert table["text"]["1"] == "Talks first & fast.\nAlways."
    assert set(table["article_id"]) == {"17"}
    assert set(table["headline"]) == {"Tanks or tables"}
    assert table["created_at"].isna().tolist() == [False, False, True, True]
    assert "side" not in table.columns


def test_argument_corpus_folder_keeps_discussions_apart(tmp_path):
    for name in ("17", "18"):
        shutil.copy(FILES / "17.json", tmp_path / f"{name}.json")
    table = read_comments(tmp_path)
    assert len(table) == 8
    assert set(table["article_id"]) == {"17", "18"}
    assert "18/2" in set(table["parent_id"])


@pytest.mark.parametrize(
    ("content", "format", "problem"),
    [
        ([1], "hacker_news", "entry 1: a number where an object"),
        ({"a": 1}, "hacker_news", "without an 'id'"),
        ({"id": 1, "children": 5}, "hacker_news", "'children' .*a number where a list"),
        ({"a": 1}, "guardian", "page 1: there is no 'discussion'"),
        ({"discussion": 1}, "guardian", "page 1: there is no 'discussion'"),
        (discussion({}), "guardian", "'comments': an object where a list"),
        (discussion([{"responses": [4]}]), "guardian", "entry 1: a number where"),
        ({}, "iac", "does not begin with a list of posts"),
        ([], "iac", "does not begin with a list of posts"),
        ([[[1, 2, 3]], {}, {}], "iac", "post 1: not a list of 8 values"),
        ([["a"], {}, {}], "iac", "post 1: not a list of 8 values"),
    ],
)
def test_other_shape_is_an_error_with_its_place(content, format, problem):
    with pytest.raises(ReadError, match=problem):
        read_comments(json.dumps(content).encode(), format)


@pytest.mark.parametrize("format", ["hacker_news", "guardian", "iac"])
@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ('[[[1, null, "a", "b"', r"x\.json, line 1: not valid JSON .*cut off"),
        ('{"id": 1,\n "text": "a', r"x\.json, line 2: not valid JSON .*cut off"),
        ("<!DOCTYPE html><p>", r"x\.json looks like an HTML page, not like JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"children": [' * 100_000, "nested too deeply"),
    ],
)
def test_bad_input_is_one_clear_error(format, bad, problem, tmp_path):
    path = tmp_path / "x.json"
    path.write_text(bad, "utf-8")
    with pytest.raises(ReadError, match=problem):
        read_comments(path, format)


def test_bad_line_can_be_skipped():
    lines = firebase_lines(
        pd.DataFrame({"comment_id": ["1"], "parent_id": [None], "text": ["Ja"]})
    )
    table = read_comments(lines + b'\n{"id": 2, "te', skip_bad_lines=True)
    assert ReadReport.of(table).skipped_lines == (3,)
    assert len(table) == 1
