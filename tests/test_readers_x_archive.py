"""Archives of X (Twitter)."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import forests, free_texts

from stancekit.errors import ReadError
from stancekit.readers import ReadReport, read_comments
from stancekit.threads import check_comments

FILES = Path(__file__).parent / "files" / "readers" / "x_archive"

numeric_ids = st.integers(1, 10**19).map(str)


def tree(table):
    parents = [None if pd.isna(p) else p for p in table["parent_id"]]
    pairs = zip(parents, table["text"], strict=True)
    return dict(zip(table["comment_id"], pairs, strict=True))


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def archive_bytes(forest, start="window.YTD.tweets.part0 = ", wrapped=True):
    tweets = [
        {
            "id_str": row.comment_id,
            # What a program makes of a long number.
            "id": str(float(row.comment_id)),
            "in_reply_to_status_id_str": None
            if pd.isna(row.parent_id)
            else row.parent_id,
            "full_text": escaped(row.text),
        }
        for row in forest.itertuples()
    ]
    listed = [{"tweet": tweet} for tweet in tweets] if wrapped else tweets
    return (start + json.dumps(listed, ensure_ascii=False, indent=1)).encode()


@settings(max_examples=30)
@given(
    forests(ids=numeric_ids, texts=free_texts),
    st.sampled_from(["window.YTD.tweets.part0 = ", "window.YTD.tweet.part12="]),
    st.booleans(),
)
def test_any_forest_reads_back(forest, start, wrapped):
    table = read_comments(archive_bytes(forest, start, wrapped))
    assert ReadReport.of(table).format == "x_archive"
    assert tree(table) == tree(forest)
    check_comments(table)


def test_archive_folder():
    table = read_comments(FILES).set_index("comment_id")
    assert list(table.index) == [f"150000000000000000{n}" for n in (1, 2, 3, 4)]
    assert table["parent_id"].dropna().to_dict() == {
        "1500000000000000002": "1500000000000000099",
        "1500000000000000003": "1500000000000000001",
    }
    assert list(table["kind"]) == ["post", "comment", "comment", "repost"]
    assert list(table["likes"]) == [12, 0, 1, 0]
    assert table["created_at"].iloc[0] == pd.Timestamp("2022-03-06 13:02:05", tz="UTC")


def test_text_is_unescaped_once_with_full_links_and_without_the_names_before_it():
    texts = list(read_comments(FILES / "tweets.js")["text"])
    assert texts == [
        "Reden & liefern [beides] https://zeitung.example/a?b=1&c=2",
        "@mara_b, so nicht &lt;3",
    ]


def test_answers_to_posts_of_others_are_orphans():
    report = ReadReport.of(read_comments(FILES))
    assert (report.rows, report.replies, report.orphans) == (4, 1, 1)
    assert any("posts of one account" in guess for guess in report.guesses)


def test_parts_are_read_in_the_order_of_their_numbers(tmp_path):
    for part in (0, 2, 10):
        name = f"tweets-part{part}.js" if part else "tweets.js"
        tweet = {"tweet": {"id_str": str(part + 1), "full_text": "Ja"}}
        (tmp_path / name).write_text(
            f"window.YTD.tweets.part{part} = {json.dumps([tweet])}"
        )
    shutil.copy(FILES / "tweets.js", tmp_path / "deleted-tweets.js")
    assert list(read_comments(tmp_path)["comment_id"]) == ["1", "3", "11"]


def test_script_is_never_run():
    script = 'window.YTD.tweets.part0 = [{"id_str": "1", "full_text": alert(1)}]'
    with pytest.raises(ReadError, match="line 1: not valid JSON"):
        read_comments(script.encode())


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("window.YTD.like.part0 = []", "does not begin with 'window.YTD.tweets.part0"),
        ("<html>[</html>", "looks like an HTML page"),
        ("", "looks like an empty file"),
        ('window.YTD.tweets.part0 = [\n{"tweet": {"id_str', r"line 2: .* cut off"),
        ("window.YTD.tweets.part0 = [1]", "entry 1: a number where an object"),
        ("window.YTD.tweets.part0 = " + "[" * 100_000, "nested too deeply"),
    ],
)
def test_bad_archive_is_one_clear_error(script, problem):
    with pytest.raises(ReadError, match=problem):
        read_comments(script.encode(), "x_archive")


def test_folder_without_posts_is_an_error(tmp_path):
    (tmp_path / "like.js").write_text("window.YTD.like.part0 = []")
    with pytest.raises(ReadError, match=r"without 'tweets\.js'"):
        read_comments(tmp_path, "x_archive")


def test_odd_values_do_not_stop_the_reading():
    tweet = {
        "id_str": "1",
        "full_text": "@o Ja",
        "display_text_range": ["x"],
        "entities": {"urls": [7, {"url": None}]},
        "favorite_count": {},
        "tweet": 7,
    }
    table = read_comments(b"window.YTD.tweet.part0 = " + json.dumps([tweet]).encode())
    assert list(table["text"]) == ["@o Ja"]


def test_links_that_grow_with_each_other_do_not_fill_the_memory():
    urls = [{"url": "a", "expanded_url": "aa"}] * 40
    tweet = {"id_str": "1", "full_text": "a", "entities": {"urls": urls}}
    table = read_comments(b"window.YTD.tweet.part0 = " + json.dumps([tweet]).encode())
    assert list(table["text"]) == ["a" * 41]
