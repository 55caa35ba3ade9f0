"""YouTube: pages of the Data API, yt-dlp, youtube-comment-downloader."""

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import forests, free_ids

from stancekit.errors import DataWarning, ReadError
from stancekit.readers import ReadReport, read_comments
from stancekit.threads import check_comments

FILES = Path(__file__).parent / "files" / "readers" / "youtube"
FOREST = ["comment_id", "parent_id", "text"]


def api_comment(name, text="Nein.", **snippet):
    snippet = {"textOriginal": text, **snippet}
    return {"kind": "youtube#comment", "id": name, "snippet": snippet}


def api_thread(name, text="Nein.", replies=(), total=None, video="v1"):
    total = len(replies) if total is None else total
    snippet = {"videoId": video, "totalReplyCount": total}
    snippet["topLevelComment"] = api_comment(name, text)
    thread = {"kind": "youtube#commentThread", "id": name, "snippet": snippet}
    return {**thread, "replies": {"comments": list(replies)}} if replies else thread


def response(*items, **others):
    kind = items[0]["kind"] if items else "youtube#commentThread"
    return {"kind": f"{kind}ListResponse", **others, "items": list(items)}


def read(*values, **options):
    return read_comments("\n".join(map(json.dumps, values)).encode(), **options)


def values_of(column):
    return [None if pd.isna(value) else value for value in column]


def parents_of(table):
    return {
        row.comment_id: None if pd.isna(row.parent_id) else row.parent_id
        for row in table.itertuples()
    }


@pytest.fixture(scope="module")
def pages():
    with pytest.warns(DataWarning, match="says there are 8 comments; 6 were read"):
        return read_comments(FILES / "pages")


@pytest.fixture(scope="module")
def video():
    with pytest.warns(DataWarning, match="says there are 6 comments; 4 were read"):
        return read_comments(FILES / "video.info.json")


@pytest.fixture(scope="module")
def lines():
    with pytest.warns(DataWarning, match="says there are 6 comments; 5 were read"):
        return read_comments(FILES / "downloader.jsonl")


def test_pages_of_a_folder_merge(pages):
    check_comments(pages)
    assert parents_of(pages) == {
        **{"UgA": None, "UgB": None, "UgC": None},
        **dict.fromkeys(["UgA.r1", "UgA.r2", "UgA.r3"], "UgA"),
    }
    report = ReadReport.of(pages)
    assert (report.format, report.duplicates, report.claimed) == ("youtube", 3, 8)


def test_video_and_its_title_reach_every_comment(pages):
    assert set(pages["article_id"]) == {"vid_ERFUND1"}
    assert set(pages["headline"]) == {"Streit um Lieferungen & Geld"}
    links = pages.set_index("comment_id")["url"]
    assert links["UgA.r3"] == "https://www.youtube.com/watch?v=vid_ERFUND1&lc=UgA.r3"


def test_original_text_is_preferred_to_the_displayed_one(pages):
    texts = pages.set_index("comment_id")["text"]
    assert texts["UgA"] == "Erst reden, 'dann' liefern & zahlen.\nOder?"
    assert texts["UgB"] == "Schaut 1:23 an\n\ndas ist <3 'klar'"


def test_other_fields_of_the_api(pages):
    rows = pages.set_index("comment_id")
    assert (rows["author"]["UgB"], rows["likes"]["UgA"]) == ("@m-brandt", 12)
    assert rows["created_at"]["UgA"] == pd.Timestamp("2023-11-14 22:13:20", tz="UTC")
    assert list(rows.index[rows["edited"]]) == ["UgB"]


PAGES = [
    response(
        api_thread("a", "Ja.", [api_comment("a.1", parentId="a")]), nextPageToken="x"
    ),
    response(api_thread("b"), api_thread("a", "Ja.", [api_comment("a.1")])),
]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(PAGES),
        "\n".join(map(json.dumps, PAGES)),
        "\n".join(json.dumps(page, indent=2) for page in PAGES),
        json.dumps({"video": "v1", "pages": PAGES}),
        json.dumps([item for page in PAGES for item in page["items"]]),
        "\n".join(json.dumps(item) for page in PAGES for item in page["items"]),
        json.dumps({"items": PAGES[0]["items"] + PAGES[1]["items"]}),
    ],
)
def test_pages_in_one_file_merge(content):
    table = read_comments(content.encode())
    assert parents_of(table) == {"a": None, "a.1": "a", "b": None}
    report = ReadReport.of(table)
    assert (report.format, report.duplicates, report.claimed) == ("youtube", 2, 3)


def test_comments_alone_claim_nothing():
    table = read(response(api_comment("a.1", parentId="a"), api_comment("a.2")))
    assert parents_of(table) == {"a.1": "a", "a.2": "a"}
    report = ReadReport.of(table)
    assert (report.orphans, report.claimed) == (2, None)


def test_claimed_replies_that_are_missing_are_said():
    with pytest.warns(DataWarning, match="says there are 9 comments; 3 were read"):
        table = read(
            response(
                api_thread("a", total=7, replies=[api_comment("a.1")]),
                api_thread("b", total=0),
            )
        )
    assert ReadReport.of(table).claimed == 9


def test_last_page_that_promises_another_is_said():
    with pytest.warns(DataWarning, match="more pages of 1 lists"):
        read(PAGES[0], response(api_thread("c", video="v2")))


def test_page_that_is_an_error_is_said():
    error = {"error": {"code": 403, "message": "quota exceeded"}}
    with pytest.warns(DataWarning, match=r"one page is an error .quota exceeded"):
        assert len(read(PAGES[1], error)) == 3
    with pytest.raises(ReadError, match=r"but an error .quota exceeded"):
        read(error, format="youtube")


def test_video_without_comments_is_an_empty_table():
    assert len(read(response())) == 0


def test_comments_held_back_by_moderators():
    held = api_comment("a", moderationStatus="rejected")
    table = read(response(held, api_comment("b", moderationStatus="published")))
    assert list(table["status"]) == ["removed", "visible"]


def test_yt_dlp_file(video):
    check_comments(video)
    assert parents_of(video) == {
        **{"UgA.r1": "UgA", "UgA": None},
        **{"UgB": None, "UgC.r9": "UgC"},
    }
    report = ReadReport.of(video)
    assert (report.format, report.orphans, report.claimed) == ("yt-dlp", 1, 6)
    assert set(video["headline"]) == {"Streit um Lieferungen & Geld"}
    assert set(video["article_id"]) == {"vid_ERFUND1"}
    assert video["text"][0] == "Mit allen. <3 &amp; so", "texts of yt-dlp are plain"


def test_estimated_times_are_said_and_kept_raw(video):
    assert values_of(video["created_raw"])[2:] == ["3 months ago (edited)", None]
    assert values_of(video["edited"]) == [False, False, True, None]
    assert video["created_at"].notna().tolist() == [True, True, True, False]
    assert "estimates" in ReadReport.of(video).guesses[0]


def test_yt_dlp_files_of_several_videos(tmp_path):
    def info(name, key, **others):
        comments = [
            {"id": f"{name}a", "parent": "root", "text": "Ja.", key: "1 day ago"}
        ]
        return {
            "id": name,
            "title": name,
            "formats": [],
            "comments": comments,
            **others,
        }

    infos = [info("v1", "_time_text"), info("v2", "time_text")]
    playlist = {"_type": "playlist", "entries": infos, "extractor": "youtube:tab"}
    for i, video in enumerate(infos):
        (tmp_path / f"{i}.info.json").write_text(json.dumps(video), encoding="utf-8")
    tables = read_comments(tmp_path), read(*infos), read(infos), read(playlist)
    for table in tables:
        assert list(table["article_id"]) == ["v1", "v2"]
        assert list(table["created_raw"]) == ["1 day ago"] * 2


def test_yt_dlp_file_cut_down_to_its_comments():
    comment = {"id": "a", "parent": "root", "text": "Ja."}
    table = read({"id": "v1", "title": "Streit", "comments": [comment]})
    assert ReadReport.of(table).format == "yt-dlp"


def test_yt_dlp_file_without_comments():
    with pytest.raises(ReadError, match="with yt-dlp --write-comments"):
        read({"id": "v1", "title": "Streit", "formats": [], "comments": None})


def test_downloader_lines(lines):
    check_comments(lines)
    assert parents_of(lines) == {
        **{"UgA": None, "UgA.r1": "UgA", "UgA.r2": "UgA"},
        **{"UgB": None, "UgC": None},
    }
    assert list(lines["likes"].fillna(-1)) == [1200, 1200, 3, 0, -1]
    assert lines["text"][2] == "Mit allen\u2028und jedem."
    report = ReadReport.of(lines)
    assert (report.format, report.claimed) == ("youtube-downloader", 6)


def test_edits_are_seen_in_any_language(lines):
    assert list(lines["edited"]) == [True, False, True, True, False]
    assert lines["created_raw"][0] == "vor 2 Wochen (bearbeitet)"


def test_times_that_were_parsed_are_taken(lines):
    assert lines["created_at"][0] == pd.Timestamp("2023-11-14 22:13:20.25", tz="UTC")
    assert lines["created_at"][2:].isna().all()


def downloaded(cid, text="Ja.", **others):
    return {"cid": cid, "text": text, "votes": "0", "replies": "", **others}


def test_downloader_files_written_as_a_whole():
    records = [downloaded("a", replies="1"), downloaded("a.b")]
    for value in (records, {"comments": records}):
        content = json.dumps(value, indent=4).encode()
        assert parents_of(read_comments(content)) == {"a": None, "a.b": "a"}


def test_rounded_counts_claim_nothing():
    assert ReadReport.of(read(downloaded("a", replies="1.2K"))).claimed is None


def test_without_parsed_times_there_are_none():
    table = read(downloaded("a", time="vor 2 Wochen", stance="pro"))
    assert list(table["stance"]) == ["pro"]
    assert "created_at" not in table
    assert "no dates" in ReadReport.of(table).guesses[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (json.dumps(PAGES)[:-30], "line 1: not valid JSON .* cut off"),
        (json.dumps(PAGES[1], indent=1)[:-60], r"line \d\d: not valid JSON"),
        ('{"kind": "youtube#comment", "id": 1, "id": 2}', "'id' stands twice"),
        ('{"kind": "youtube#comment", "id": "a"}', "holds no comments of the YouTube"),
        ('{"kind": "youtube#comment", "a": ' + "[" * 100_000, "nested too deeply"),
        ('{"id": "v", "formats": [], "comments": ["Ja."]}', "entry 1: a text where"),
        (json.dumps(downloaded("a")) + '\n{"cid": "b', "line 2: not valid JSON"),
        (json.dumps(downloaded("a")) + '\n{"id": "b"}', "line 2: no comment"),
        (json.dumps([downloaded("a"), {"id": "b"}]), "record 2: no comment"),
    ],
)
def test_bad_input_is_one_clear_error(content, message, tmp_path):
    path = tmp_path / "seite.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ReadError, match=message) as caught:
        read_comments(path)
    assert "seite.json" in str(caught.value) or "comments of v" in str(caught.value)


def rows_of(forest):
    for row in forest.itertuples():
        parent = None if pd.isna(row.parent_id) else row.parent_id
        yield row.comment_id, parent, row.text


def assert_same_forest(table, forest):
    check_comments(table)
    found, wanted = (
        frame[FOREST].sort_values("comment_id", ignore_index=True)
        for frame in (table, forest)
    )
    pd.testing.assert_frame_equal(found, wanted)


@settings(max_examples=100)
@given(forest=forests(), inline=st.booleans())
def test_any_forest_reads_back_from_the_api(forest, inline):
    """First replies may stand in the thread; all others have pages of their own."""
    replies = {
        name: api_comment(name, text, parentId=parent)
        for name, parent, text in rows_of(forest)
        if parent is not None
    }
    threads = []
    for name, parent, text in rows_of(forest):
        below = [r for r in replies.values() if r["snippet"]["parentId"] == name]
        if parent is None:
            threads.append(api_thread(name, text, below if inline else ()))
    table = read(response(*threads), response(*replies.values()))
    assert_same_forest(table, forest)


@settings(max_examples=100)
@given(forest=forests(ids=free_ids.filter(lambda name: name != "root")))
def test_any_forest_reads_back_from_yt_dlp(forest):
    comments = [
        {"id": name, "parent": parent or "root", "text": text}
        for name, parent, text in rows_of(forest)
    ]
    table = read({"id": "v1", "title": "Streit", "formats": [], "comments": comments})
    pd.testing.assert_frame_equal(table[FOREST], forest)


short_ids = st.from_regex("[A-Za-z0-9_-]{1,6}", fullmatch=True)


@settings(max_examples=100)
@given(forest=forests(ids=short_ids))
def test_any_two_levels_read_back_from_the_downloader(forest):
    """All replies hang on the top-level comment; the ids say which one."""
    above = {name: parent for name, parent, _ in rows_of(forest)}
    names, tops = {}, {}
    for name in above:
        top = name
        while above[top] is not None:
            top = above[top]
        tops[name] = None if top == name else top
        names[name] = name if top == name else f"{top}.{name}"
    flat = forest.assign(
        comment_id=forest["comment_id"].map(names),
        parent_id=forest["comment_id"].map(tops).astype(forest["parent_id"].dtype),
    )
    table = read(*(downloaded(name, text) for name, _, text in rows_of(flat)))
    pd.testing.assert_frame_equal(table[FOREST], flat)
