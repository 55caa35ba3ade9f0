"""What all readers of JSON have in common: odd values, odd keys, huge objects."""

import json
import re
import time
import tracemalloc
import warnings
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from stancekit.errors import ReadError
from stancekit.readers import ReadReport, read_comments
from stancekit.readers.markup import full_link
from stancekit.readers.records import (
    Page,
    at,
    columns_at,
    count_at,
    id_at,
    objects,
    walk,
)
from stancekit.readers.sources import Source
from stancekit.readers.values import is_private, public_json
from stancekit.threads import check_comments

FILES = Path(__file__).parent / "files" / "readers"
JSON_FILES = {
    "reddit/thread.json": "reddit",
    "reddit/RC_comments.jsonl": "reddit-dump",
    "reddit/RS_submissions.jsonl": "reddit-dump",
    "youtube/pages/threads_1.json": "youtube",
    "youtube/pages/replies_UgA.json": "youtube",
    "youtube/video.info.json": "yt-dlp",
    "youtube/downloader.jsonl": "youtube-downloader",
    "fediverse/mastodon.json": "mastodon",
    "fediverse/bluesky.json": "bluesky",
    "forums/guardian.json": "guardian",
    "forums/hacker_news.jsonl": "hacker_news",
    "forums/hacker_news_algolia.json": "hacker_news",
    "forums/17.json": "iac",
    "telegram/result.json": "telegram",
    "x_archive/tweets.js": "x_archive",
}
ODD_VALUES = [{}, [], ["a"], {"a": [1]}, True, -1, 1.5, 10**400, "\ud800", "", None]


def parsed(text):
    """The values of JSON, JSON lines or a script, and how to write them again."""
    start = re.match(r"window[^=]*= ", text)
    opening = start[0] if start else ""
    try:
        values = [json.loads(text[len(opening) :])]
    except json.JSONDecodeError:
        values = [json.loads(line) for line in text.split("\n") if line.strip()]
    return values, lambda: (opening + "\n".join(map(json.dumps, values))).encode()


def places(value):
    """Container and key of every value inside."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from places(value[key])


def read_quietly(content, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_comments(content, name)


@pytest.mark.parametrize("name", JSON_FILES)
def test_values_of_a_wrong_type_are_left_out_or_one_clear_error(name):
    """Each value of the first of its kind is another in turn; the rest stays."""
    values, written = parsed((FILES / name).read_text("utf-8"))
    first = {
        (key if isinstance(container, dict) else "", type(container[key])): (
            container,
            key,
        )
        for container, key in reversed(list(places(values)))
    }
    read = 0
    for number, (container, key) in enumerate(first.values()):
        kept, container[key] = container[key], ODD_VALUES[number % len(ODD_VALUES)]
        with suppress(ReadError):
            table = read_quietly(written(), JSON_FILES[name])
            check_comments(table)
            table.to_csv().encode()
            read += 1
        container[key] = kept
    assert read > len(first) / 2


def reddit(**values):
    comment = {"id": "a", "parent_id": "t3_p", "link_id": "t3_p", "body": "Nein."}
    return [comment | values, {**comment, "id": "b", "body": "Doch."}]


ODD_FIELDS = [
    ("id", {"a": 1}),
    ("parent_id", ["t1_b"]),
    ("parent_id", float("inf")),
    ("link_id", {}),
    ("author", {"name": "Ulf"}),
    ("created_utc", "\udc00"),
    ("score", 10**400),
    ("permalink", 5),
    ("removed_by_category", {}),
    ("_meta", "verdreht"),
    ("edited", []),
    ("title", {"a": 1}),
    ("subreddit", {"\ud800": 1}),
]


@pytest.mark.parametrize(("key", "value"), ODD_FIELDS)
def test_odd_value_costs_no_other_one(key, value):
    lines = "\n".join(map(json.dumps, reddit(**{key: value}))).encode()
    table = read_quietly(lines, "reddit-dump")
    assert list(table["text"]) == ["Nein.", "Doch."]
    assert table["comment_id"][1] == "b"
    assert table["article_id"][1] == "p"
    table.to_csv().encode()


def test_values_that_were_left_out_are_counted():
    lines = "\n".join(map(json.dumps, reddit(author={"name": "Ulf"}))).encode()
    [guess] = ReadReport.of(read_comments(lines)).guesses
    assert (
        guess == "1 values of 'author' are neither text nor number and were left out."
    )


def test_counts_of_a_wrong_type_claim_nothing():
    post = {"kind": "t3", "data": {"id": "p", "title": "Was?", "num_comments": {}}}
    stub = {"kind": "more", "data": {"count": "viele", "children": [{}], "id": "_"}}
    comment = {"kind": "t1", "data": reddit()[0]}
    page = [
        {"kind": "Listing", "data": {"children": children}}
        for children in ([post], [comment, stub])
    ]
    table = read_quietly(json.dumps(page).encode(), "reddit")
    assert list(table["headline"]) == ["Was?"]
    assert ReadReport.of(table).claimed is None


def test_key_twice_among_many_is_found_at_once():
    keys = ",".join(f'"k{number}": 1' for number in range(32_000))
    start = time.process_time()
    with pytest.raises(ReadError, match="the key 'twice' stands twice in one object"):
        read_comments(f'{{{keys}, "twice": 1, "twice": 2}}'.encode(), "jsonl")
    assert time.process_time() - start < 2


def corpus(folder, utterances):
    lines = "\n".join(map(json.dumps, utterances))
    (folder / "utterances.jsonl").write_text(lines, "utf-8")
    return folder


def test_metadata_with_a_new_key_each_take_little_memory(tmp_path):
    corpus(
        tmp_path,
        (
            {"id": str(n), "text": "Ja", "meta": {f"k{n}": n, "lang": "de"}}
            for n in range(4000)
        ),
    )
    tracemalloc.start()
    table = read_comments(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60_000_000
    assert list(table["lang"].unique()) == ["de"]
    [guess] = ReadReport.of(table).guesses
    assert "Of 4,001 keys of metadata the 200 most common became columns" in guess


def test_odd_parts_of_a_corpus_are_left_out(tmp_path):
    corpus(
        tmp_path,
        [
            {"id": "1", "text": "Ja", "speaker": {"id": {}}, "meta": {"\ud800": 1}},
            {"id": "2", "text": "Nein", "reply-to": [], "timestamp": {}, "meta": 7},
        ],
    )
    (tmp_path / "conversations.json").write_text('{"a": 1, "b": {"meta": [2]}}')
    (tmp_path / "corpus.json").write_text('{"comment_columns": [{}, "id"]}')
    table = read_comments(tmp_path)
    assert list(table["text"]) == ["Ja", "Nein"]
    assert pd.isna(table["author"]).all()
    table.to_csv().encode()


TREE = {"id": 1, "re": [{"id": 2, "user": {"name": "Ulf"}}, {"id": "007", "re": None}]}


def test_values_stand_at_paths_of_the_record_the_one_above_and_the_page():
    fields = {"id": "id", "to": "^id", "by": "user.name", "of": "/no"}
    source = Source("baum.json")
    assert columns_at(source, [Page([TREE], {"no": 7})], fields, "re") == {
        "id": [1, 2, "007"],
        "to": [None, 1, 1],
        "by": [None, "Ulf", None],
        "of": [7, 7, 7],
    }
    assert [record["id"] for record, _ in walk([TREE], "re", "baum")] == [1, 2, "007"]


def test_values_of_other_kinds_are_none():
    assert at({"user": {"name": "Ulf"}}, "user", "name") == "Ulf"
    assert at({"reply": None}, "reply", "id") is None
    assert [id_at({"id": value}, "id") for value in (7, "007", [])] == [
        "7",
        "007",
        None,
    ]
    odd = [3, "12", "1.2K", True, -1, 10**400]
    found = [count_at({"n": n}, "n") for n in odd]
    assert found == [3, 12, None, None, None, None]
    with pytest.raises(ReadError, match="'comments', entry 2: a text where an object"):
        objects([{"id": 1}, "zwei"], "seite.json, 'comments'")


def test_names_and_values_that_are_private_are_told():
    names = ("comment_author_IP", "userEmail", "recipient")
    assert [is_private(name) for name in names] == [True, True, False]
    value = {"name": "Ulf", "email": "ulf@post.example"}
    assert public_json(value) == '{"name": "Ulf"}'


def test_shortened_links_stand_in_full():
    address = "https://www.example.org/wirtschaft-b7ac"
    assert full_link("example.org/wir...b7ac", address) == address
    assert full_link("hier", "https://example.org/") == "hier"
