"""Reddit: saved pages, dumps of comments and of posts."""

import html
import json
import warnings
from pathlib import Path

import pandas as pd
import pytest
import zstandard
from hypothesis import given, settings
from strategies import forests

from stancekit.errors import DataWarning, ReadError
from stancekit.readers import ReadReport, read_comments
from stancekit.threads import check_comments

FILES = Path(__file__).parent / "files" / "readers" / "reddit"
FOREST = ["comment_id", "parent_id", "text"]
POST = {"id": "p1", "title": "Reden oder liefern?", "num_comments": 3}


def listing(*children):
    return {"kind": "Listing", "data": {"after": None, "children": list(children)}}


def comment(name, parent="t3_p1", body="Nein.", replies="", **others):
    data = {"id": name, "parent_id": parent, "link_id": "t3_p1", "body": body}
    return {"kind": "t1", "data": {**data, "replies": replies, **others}}


def more(parent, count, *children):
    data = {"id": "_", "parent_id": parent, "count": count, "children": list(children)}
    return {"kind": "more", "data": data}


def thread(*children, **post):
    return [listing({"kind": "t3", "data": {**POST, **post}}), listing(*children)]


def read(value, **options):
    return read_comments(json.dumps(value).encode(), **options)


def read_lines(*records, **options):
    return read_comments("\n".join(map(json.dumps, records)).encode(), **options)


def record(name, parent="t3_p1", body="Nein.", **others):
    return comment(name, parent, body, **others)["data"]


def values_of(column):
    return [None if pd.isna(value) else value for value in column]


def parents_of(table):
    return {
        row.comment_id: None if pd.isna(row.parent_id) else row.parent_id
        for row in table.itertuples()
    }


@pytest.fixture(scope="module")
def page():
    with pytest.warns(DataWarning, match="not in the file"):
        return read_comments(FILES / "thread.json").set_index("comment_id")


@pytest.fixture(scope="module")
def dump():
    return read_comments(FILES / "RC_comments.jsonl").set_index("comment_id")


def test_page_is_read_with_its_nested_replies(page):
    assert parents_of(page.reset_index()) == {
        "kaaa001": None,
        "kaaa003": "kaaa001",
        "kaaa005": "kaaa003",
        "kaaa007": "kaaa005",
        **dict.fromkeys(["kaaa002", "kaaa004", "kaaa006", "kaaa008"]),
    }
    assert list(page.index[:4]) == ["kaaa001", "kaaa003", "kaaa005", "kaaa007"]
    check_comments(page.reset_index())


def test_post_gives_headline_and_article(page):
    assert set(page["headline"]) == {"Reden & liefern: was zuerst?"}
    assert set(page["article_id"]) == {"1pst01"}
    assert set(page["kind"]) == {"comment"}


def test_entities_are_unescaped_once(page):
    assert page["text"]["kaaa001"].startswith(
        "> Erst liefern\n\nNein: erst reden &amp;"
    )
    assert page["text"]["kaaa003"] == "Mit wem denn? 1 < 2, und a?b=1&copy=2."


def test_deleted_and_removed_comments_stay_with_their_status(page):
    assert list(page["status"]) == [
        *("visible", "visible", "deleted", "visible"),
        *("removed", "removed", "visible", "visible"),
    ]
    assert page["author"].isna()["kaaa005"]
    assert page["text"]["kaaa006"] == "Mein Konto ist weg, mein Satz ist noch da."
    assert page["author"].isna()["kaaa006"]


def test_other_fields_of_a_page(page):
    row = page.loc["kaaa003"]
    assert (row["likes"], row["edited"], row["author"]) == (-4, True, "M-Brandt")
    assert row["created_at"] == pd.Timestamp("2023-11-14 22:13:20", tz="UTC")
    assert row["url"] == (
        "https://www.reddit.com/r/debatte_erfunden/comments/1pst01/reden_oder_liefern/"
        "kaaa003/"
    )
    assert pd.isna(page["likes"]["kaaa006"]), "a hidden score is shown as 1"


def test_what_is_not_in_the_file_is_counted():
    with pytest.warns(DataWarning) as caught:
        table = read_comments(FILES / "thread.json")
    assert ReadReport.of(table).claimed == 14
    [warning] = caught
    assert (
        "8 comments were read; not in the file: 7 more behind 2 “load more” and what "
        "follows 1 “continue this thread”"
    ) in str(warning.message)


def test_permalink_page_begins_with_an_orphan():
    table = read_comments(FILES / "permalink.json")
    assert parents_of(table) == {"kaaa003": "kaaa001", "kaaa005": "kaaa003"}
    report = ReadReport.of(table)
    assert (report.orphans, report.replies, report.claimed) == (1, 1, 14)


def test_loaded_stubs_are_not_missing():
    stubs = more("t1_a", 1, "b"), more("t1_b", 0)
    page = thread(comment("a"), *stubs)
    loaded = {"json": {"errors": [], "data": {"things": [comment("b", "t1_a")]}}}
    deeper = thread(comment("b", "t1_a", replies=listing(comment("c", "t1_b"))))
    table = read([page, loaded, deeper])
    assert parents_of(table) == {"a": None, "b": "a", "c": "b"}
    assert ReadReport.of(table).duplicates == 1


def test_stubs_without_ids_count():
    with pytest.warns(DataWarning, match="6,290 more behind 1 “load more”"):
        read(thread(comment("a"), more("t3_p1", 6290)))


@pytest.mark.parametrize(
    "shape",
    [
        lambda things: listing(*things),
        lambda things: list(things),
        lambda things: {"json": {"data": {"things": list(things)}}},
        lambda things: [listing(things[0]), listing(*things[1:])],
        lambda things: json.loads(json.dumps(listing(*things), sort_keys=True)),
    ],
)
def test_comments_without_their_post(shape):
    table = read(shape([comment("a"), comment("b", "t1_a"), comment("c", "t1_b")]))
    assert parents_of(table) == {"a": None, "b": "a", "c": "b"}
    assert ReadReport.of(table).claimed is None


def test_posts_in_a_list_are_rows():
    posts = [
        {"kind": "t3", "data": {"id": f"p{i}", "title": f"Frage {i}", "selftext": text}}
        for i, text in enumerate(["", "Was meint ihr?"])
    ]
    for table in (read(listing(*posts)), read([listing(posts[0]), listing(posts[1])])):
        assert list(table["comment_id"]) == list(table["article_id"]) == ["p0", "p1"]
        assert list(table["text"]) == ["Frage 0", "Was meint ihr?"]
        assert list(table["headline"]) == ["Frage 0", "Frage 1"]
        assert list(table["kind"]) == ["post", "post"]


def test_history_of_a_user_mixes_posts_and_comments():
    post = {"kind": "t3", "data": {"id": "p1", "title": "Frage"}}
    other = comment("b", link_id="t3_p2", link_title="Andere &amp; Frage")
    table = read(listing(comment("a"), post, other))
    assert list(table["kind"]) == ["comment", "post", "comment"]
    assert list(table["headline"]) == ["Frage", "Frage", "Andere & Frage"]
    assert table["parent_id"].isna().all()


def test_thread_without_comments_is_an_empty_table():
    table = read(thread(num_comments=0))
    assert len(table) == 0
    assert ReadReport.of(table).claimed == 0


def test_pages_in_a_folder_and_one_a_line(tmp_path):
    pages = [
        thread(comment("a"), comment("b", "t1_a")),
        thread(comment("c", link_id="t3_p2"), id="p2", title="Zweite Frage"),
    ]
    for i, page in enumerate(pages):
        (tmp_path / f"{i}.json").write_text(json.dumps(page), encoding="utf-8")
    (tmp_path / "._0.json").write_bytes(bytes(20))
    (tmp_path / "notes.txt").write_text("nichts", encoding="utf-8")
    lines = "\n".join(map(json.dumps, pages)).encode()
    indented = "\n".join(json.dumps(page, indent=2) for page in pages).encode()
    for source in (tmp_path, lines, indented):
        table = read_comments(source)
        assert list(table["comment_id"]) == ["a", "b", "c"]
        assert list(table["headline"])[::2] == ["Reden oder liefern?", "Zweite Frage"]
        assert ReadReport.of(table).claimed == 6


def test_dump_in_any_order(dump):
    assert parents_of(dump.reset_index()) == {
        "kaaa003": "kaaa001",
        "kaaa001": None,
        "kaaa005": "kaaa003",
        "kaaa006": None,
        "kaaa002": None,
        "kaaa009": "kzzz999",
    }
    assert dump["text"]["kaaa001"].startswith(
        "> Erst liefern\n\nNein: erst reden &amp;"
    )
    assert dump["text"]["kaaa003"] == "Mit wem denn? 1 < 2\u2028und weiter."
    assert list(dump["status"]) == [
        *("visible", "visible", "deleted", "visible", "removed", "visible")
    ]
    assert list(dump["subreddit"].unique()) == ["debatte_erfunden"]


def test_times_and_edits_of_dumps_in_all_their_types(dump):
    seconds = (dump["created_at"] - pd.Timestamp("2023-11-14 22:13:20", tz="UTC")).dt
    assert list(seconds.total_seconds()) == [500, 0, 600, 700, 800, 900]
    assert values_of(dump["edited"]) == [True, True, False, False, None, None]


def test_texts_kept_from_before_they_were_deleted_are_marked(dump):
    assert dump["text"]["kaaa009"].startswith("Worauf ich antworte")
    assert list(dump.index[dump["deleted_later"].eq(True)]) == ["kaaa005", "kaaa009"]


def test_posts_of_a_dump():
    table = read_comments(FILES / "RS_submissions.jsonl")
    assert set(table["kind"]) == {"post"}
    assert list(table["text"][:2]) == ["Was meint ihr?", "Nur ein Verweis"]
    assert list(table["status"]) == ["visible", "visible", "removed", "deleted"]
    assert table["headline"][0] == "Reden & liefern: was zuerst?"


def test_titles_are_found_in_the_same_dump():
    table = read_lines(record("a"), {"subreddit": "x", **POST})
    assert list(table["headline"]) == ["Reden oder liefern?"] * 2


def test_dump_with_a_large_window(tmp_path):
    parameters = zstandard.ZstdCompressionParameters(window_log=28, compression_level=1)
    compressor = zstandard.ZstdCompressor(compression_params=parameters)
    path = tmp_path / "RC_2023-11.zst"
    with path.open("wb") as file, compressor.stream_writer(file) as stream:
        stream.write((FILES / "RC_comments.jsonl").read_bytes())
    assert ReadReport.of(read_comments(path)).format == "reddit-dump"
    assert len(read_comments(path)) == 6


@pytest.mark.parametrize(
    ("parent", "wanted"),
    [
        (29, "t"),
        (29.0, "t"),
        (41497293111, "j2af0af"),
        ("t1_t", "t"),
        ("t3_p1", None),
        (None, None),
        (0, None),
    ],
)
def test_parents_that_are_numbers_stand_for_names(parent, wanted):
    others = [record("t"), record("j2af0af")]
    table = read_lines(*others, record("z", parent))
    assert parents_of(table)["z"] == wanted


def test_number_of_a_parent_is_its_id_where_ids_are_numbers():
    assert parents_of(read_lines(record(1, None), record(2, 1))) == {
        "1": None,
        "2": "1",
    }


def test_names_with_marks_match():
    table = read_lines(
        record("t1_a"), {**record("x", "t1_a"), "id": None, "name": "t1_b"}
    )
    assert parents_of(table) == {"a": None, "b": "a"}


@pytest.mark.parametrize(
    "shape",
    [
        lambda records: records,
        lambda records: {"data": records},
        lambda records: {"data": records, "metadata": {}},
    ],
)
def test_records_in_a_list(shape):
    records = [record("a"), record("b", "t1_a", subreddit="x")]
    table = read(shape(records))
    assert ReadReport.of(table).format == "reddit-dump"
    assert parents_of(table) == {"a": None, "b": "a"}
    assert (
        len(read_lines(shape(records), shape([record("c")]), format="reddit-dump")) == 3
    )


def test_labels_that_were_added_are_kept():
    table = read_lines(record("a", label="pro"), record("b", sampling_prob=0.5))
    assert values_of(table["stance"]) == ["pro", None]
    assert table["sampling_prob"][1] == 0.5


def test_tables_that_only_remind_of_reddit_are_tables():
    lines = [{"id": "a", "parent_id": None, "text": "Nein.", "subreddit": "x"}]
    assert ReadReport.of(read_lines(*lines)).format == "jsonl"
    table = read_lines(record("a", mood=1), columns={"body": "text"})
    assert table["mood"][0] == 1


def wrap(value, times):
    return '{"a": ' * times + value + "}" * times


DEEP = json.dumps(comment("a"))[:-2] + ', "x": ' + wrap("1", 100_000) + "}}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (json.dumps(thread(comment("a")))[:-40], "line 1: not valid JSON .* cut off"),
        ('{"kind": "Listing", "kind": "t1", "data": {}}', "'kind' stands twice"),
        (DEEP, "nested too deeply"),
        (json.dumps(listing("kaaa001")), "'children'|an object should be"),
        ('{"kind": "Listing", "data": []}', "a Listing of comments is expected"),
        (json.dumps(listing(comment("a", replies="x"))), "'x' stands where a comment"),
        (json.dumps(record("a")) + '\n{"id": "b", "bo', "line 2: not valid JSON"),
        (json.dumps(record("a")) + '\n{"error": 429}', "line 2: neither a comment"),
        (json.dumps([record("a"), {"id": 1}]), "record 2: neither a comment"),
    ],
)
def test_bad_input_is_one_clear_error(content, message, tmp_path):
    path = tmp_path / "seite.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ReadError, match=message) as caught:
        read_comments(path)
    assert "seite.json" in str(caught.value)


def test_bad_lines_of_a_dump_can_be_skipped():
    lines = [record("a"), {"error": 429}, record("b", "t1_a")]
    table = read_lines(*lines, skip_bad_lines=True)
    assert parents_of(table) == {"a": None, "b": "a"}
    assert ReadReport.of(table).skipped_lines == (2,)


def test_folder_without_json_is_refused(tmp_path):
    (tmp_path / "seite.html").touch()
    with pytest.raises(ReadError, match=r"a folder with 'seite.html'; no file in it"):
        read_comments(tmp_path, format="reddit")


def nested(forest):
    """Write a forest as a page, replies inside what they answer."""
    rows = {
        row.comment_id: comment(
            row.comment_id,
            "t3_p1" if pd.isna(row.parent_id) else f"t1_{row.parent_id}",
            html.escape(row.text, quote=False),
        )
        for row in forest.itertuples()
    }
    roots = []
    for row in forest.itertuples():
        if pd.isna(row.parent_id):
            roots.append(rows[row.comment_id])
            continue
        data = rows[row.parent_id]["data"]
        data["replies"] = data["replies"] or listing()
        data["replies"]["data"]["children"].append(rows[row.comment_id])
    return thread(*roots)


@settings(max_examples=100)
@given(forest=forests())
def test_any_forest_reads_back_from_a_page(forest):
    table = read(nested(forest))
    assert_same_forest(table, forest)


@settings(max_examples=100)
@given(forest=forests())
def test_any_forest_reads_back_from_a_dump(forest):
    lines = [
        record(
            row.comment_id,
            "t3_p1" if pd.isna(row.parent_id) else f"t1_{row.parent_id}",
            html.escape(row.text, quote=False),
        )
        for row in forest.itertuples()
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = read_lines(*lines)
    pd.testing.assert_frame_equal(table[FOREST], forest)


def assert_same_forest(table, forest):
    check_comments(table)
    found, wanted = (
        frame[FOREST].sort_values("comment_id", ignore_index=True)
        for frame in (table, forest)
    )
    pd.testing.assert_frame_equal(found, wanted)


def test_long_chain_of_replies_is_no_recursion():
    deepest = ""
    for i in reversed(range(150)):
        deepest = listing(
            comment(f"c{i}", f"t1_c{i - 1}" if i else "t3_p1", "", deepest)
        )
    table = read(deepest)
    assert len(table) == 150
    assert ReadReport.of(table).orphans == 0
