"""Threads of Mastodon and Bluesky."""

import html
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import forests, free_ids, free_texts

from stancekit.errors import ReadError
from stancekit.readers import ReadReport, read_comments
from stancekit.threads import check_comments

FILES = Path(__file__).parent / "files" / "readers" / "fediverse"

STATUS = "109000000000000000"
plain_texts = st.text(st.sampled_from("abcäß 🕊<>&;#x'\"]-!")).map(
    lambda text: " ".join(text.split())
)


def tree(table):
    parents = [None if pd.isna(p) else p for p in table["parent_id"]]
    pairs = zip(parents, table["text"], strict=True)
    return dict(zip(table["comment_id"], pairs, strict=True))


def context_of(forest):
    """The replies to a status, which is not among them."""
    return {
        "ancestors": [],
        "descendants": [
            {
                "id": row.comment_id,
                "in_reply_to_id": STATUS if pd.isna(row.parent_id) else row.parent_id,
                "content": f"<p>{html.escape(row.text)}</p>",
                "account": {"acct": "ö@turm.example"},
            }
            for row in forest.itertuples()
        ],
    }


@settings(max_examples=30)
@given(forests(ids=free_ids, texts=plain_texts))
def test_any_forest_reads_back_from_mastodon(forest):
    table = read_comments(json.dumps(context_of(forest)).encode())
    assert ReadReport.of(table).format == "mastodon"
    assert tree(table) == tree(forest)
    assert set(table["article_id"]) == {STATUS}
    check_comments(table)


def uri(name):
    return f"at://did:plc:x/app.bsky.feed.post/{name}"


def view(name, text, parent):
    record = {"$type": "app.bsky.feed.post", "text": text}
    if parent is not None:
        record["reply"] = {"parent": {"uri": parent}, "root": {"uri": uri("post")}}
    return {
        "$type": "app.bsky.feed.defs#threadViewPost",
        "post": {"uri": name, "record": record, "author": {"handle": "o.example"}},
        "replies": [],
    }


def thread_of(forest):
    """A post with the forest as its replies."""
    post = view(uri("post"), "Worum es geht", None)
    views = {
        row.comment_id: view(
            row.comment_id,
            row.text,
            uri("post") if pd.isna(row.parent_id) else row.parent_id,
        )
        for row in forest.itertuples()
    }
    for row in forest.itertuples():
        above = post if pd.isna(row.parent_id) else views[row.parent_id]
        above["replies"].append(views[row.comment_id])
    return {"thread": post}


@settings(max_examples=30)
@given(forests(ids=free_ids.map(uri), texts=free_texts))
def test_any_forest_reads_back_from_bluesky(forest):
    table = read_comments(json.dumps(thread_of(forest)).encode())
    assert ReadReport.of(table).format == "bluesky"
    expected = {
        name: (parent or uri("post"), text)
        for name, (parent, text) in tree(forest).items()
    }
    assert tree(table) == {uri("post"): (None, "Worum es geht"), **expected}
    assert set(table["article_id"]) == {uri("post")}
    check_comments(table)


def test_mastodon():
    table = read_comments(FILES / "mastodon.json").set_index("comment_id")
    first, second, third, fourth = (f"10900000000000000{n}" for n in (1, 3, 4, 5))
    assert table["text"].to_dict() == {
        first: "Politik\n\nReden wir &amp; schweigen nicht.",
        second: "@ulf Nein.\n"
        "Siehe https://www.zeitung.example/lange/adresse/zum/bericht",
        third: "Doch!\n\nDoch!",
        fourth: "",
    }
    assert list(table["author"]) == ["ulf", "zaun@berg.example", "ulf", "mara"]
    assert list(table["kind"]) == ["post", "comment", "comment", "comment"]
    assert list(table["likes"]) == [5, 0, 2, 0]
    assert list(table["edited"]) == [False, True, False, False]


def test_mastodon_status_is_not_in_its_own_context():
    """With ancestors it is no article but one of several, and its replies orphans."""
    table = read_comments(FILES / "mastodon.json")
    report = ReadReport.of(table)
    assert report.orphans == 2
    assert "The status '109000000000000002'" in report.guesses[0]
    assert set(table["article_id"]) == {"109000000000000001"}


@pytest.mark.parametrize("lines", [True, False])
def test_several_contexts(lines):
    one = {"ancestors": [], "descendants": [{"id": "1", "in_reply_to_id": "8"}]}
    two = {"ancestors": [], "descendants": [{"id": "2", "in_reply_to_id": "9"}]}
    both = f"{json.dumps(one)}\n{json.dumps(two)}" if lines else json.dumps([one, two])
    table = read_comments(both.encode())
    assert dict(zip(table["comment_id"], table["article_id"], strict=True)) == {
        "1": "8",
        "2": "9",
    }


def test_empty_context_is_an_empty_table():
    assert len(read_comments(b'{"ancestors":[],"descendants":[]}')) == 0


def test_bluesky():
    table = read_comments(FILES / "bluesky.json")
    names = [name.rpartition("/")[2] for name in table["comment_id"]]
    assert names == ["1", "2", "3", "4", "5"]
    parents = [name.rpartition("/")[2] for name in table["parent_id"].fillna("")]
    assert parents == ["", "1", "2", "2", "2"]
    assert len(set(table["article_id"])) == 1
    assert list(table["kind"]) == ["post"] + ["comment"] * 4
    assert list(table["author"])[:3] == ["ulf.example", "mara.example", "zaun.example"]
    assert table["created_at"][0] == pd.Timestamp("2024-02-01 10:00", tz="UTC")


def test_bluesky_posts_that_are_not_shown_stay_in_the_tree():
    table = read_comments(FILES / "bluesky.json")
    assert list(table["status"]) == ["visible"] * 3 + ["deleted", "removed"]
    assert list(table["text"])[3:] == ["", ""]
    # Four replies to the second post are claimed, and one to the first.
    assert ReadReport.of(table).claimed == 6


def test_bluesky_links_are_written_in_full_where_the_text_shortens_them():
    """Places in the text are counted in bytes, which the dove and the dash shift."""
    text = read_comments(FILES / "bluesky.json")["text"][1]
    assert (
        text
        == "Für Kiew 🕊 – siehe https://zeitung.example/lange/adresse & rede.example"
    )


@pytest.mark.parametrize(
    ("start", "end"), [(-5, 9), (9, 2), (0, 10**9), ("a", 3), (4, 5)]
)
def test_bluesky_links_at_wrong_places_change_nothing(start, end):
    thread = view(uri("1"), "Süß ist a.example/...", None)
    link = {"uri": "https://a.example/lang"}
    thread["post"]["record"]["facets"] = [
        {"index": {"byteStart": start, "byteEnd": end}, "features": [link]}
    ]
    table = read_comments(json.dumps({"thread": thread}).encode())
    assert list(table["text"]) == ["Süß ist a.example/..."]


def test_bluesky_parent_that_is_not_found_ends_the_chain():
    thread = view(uri("2"), "Ja", uri("1"))
    thread["parent"] = {
        "$type": "app.bsky.feed.defs#notFoundPost",
        "uri": uri("1"),
        "notFound": True,
    }
    table = read_comments(json.dumps({"thread": thread}).encode())
    assert list(table["comment_id"]) == [uri("1"), uri("2")]
    assert list(table["status"]) == ["deleted", "visible"]
    assert table["parent_id"][1] == uri("1")


def test_bluesky_long_chain_of_parents():
    thread = view(uri("0"), "Ja", None)
    for number in range(1, 400):
        thread = {
            **view(uri(number), "Ja", uri(number - 1)),
            "parent": thread,
        }
    table = read_comments(json.dumps({"thread": thread}).encode())
    assert list(table["comment_id"]) == [uri(number) for number in range(400)]


@pytest.mark.parametrize(
    ("content", "format", "problem"),
    [
        ({"a": 1}, "mastodon", "neither 'ancestors' nor 'descendants'"),
        ({"descendants": 1}, "mastodon", "'descendants': a number where a list"),
        ({"descendants": ["a"]}, "mastodon", "'descendants', entry 1: a text"),
        ([1], "mastodon", "entry 1: a number where an object"),
        ({"thread": 1}, "bluesky", "'thread', entry 1: a number where an object"),
        ({"thread": {}}, "bluesky", "something that is no post"),
        ({"thread": None}, "bluesky", "something that is no post"),
        ({"uri": "a", "replies": 1}, "bluesky", "'replies' .*a number where a list"),
        ({"uri": "a", "parent": "b"}, "bluesky", "a text where an object"),
    ],
)
def test_other_shape_is_an_error_with_its_place(content, format, problem):
    with pytest.raises(ReadError, match=problem):
        read_comments(json.dumps(content).encode(), format)


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
def test_bad_input_is_one_clear_error(name, tmp_path):
    path = tmp_path / f"{name}.json"
    content = (FILES / path.name).read_text("utf-8")
    for bad, problem in [
        (content[:-40], rf"{name}\.json, line \d+: not valid JSON .*cut off"),
        ("<!DOCTYPE html><p>", f"{name}.json looks like an HTML page, not like JSON"),
        ('{"replies": [' * 100_000, "nested too deeply"),
    ]:
        path.write_text(bad, "utf-8")
        with pytest.raises(ReadError, match=problem):
            read_comments(path, name)
