"""Small sources of many kinds, each with what is to be read from it written down.

Those called held_ were opened only when the reader was done; of the fifteen of the
second round six were read right at first.
"""

import json
import re
import warnings
from pathlib import Path

import pytest

from stancekit.errors import ReadError
from stancekit.readers import ReadReport, read_comments

READERS = Path(__file__).parent / "files" / "readers"
WANTED = {
    (folder, name): wanted
    for folder in ("cases", "pasted", "saved")
    for name, wanted in json.loads(
        (READERS / folder / "expected.json").read_text("utf-8")
    ).items()
}


def rows_of(table):
    """Return id, place or id of the parent, author, text and time of each comment."""
    place = {name: i for i, name in enumerate(table["comment_id"])}
    rows = []
    for row in table.astype(object).where(table.notna(), None).to_dict("records"):
        time, raw = row.get("created_at"), row.get("created_raw")
        given = time.tz_localize(None) if time else raw
        parent = row.get("parent_id")
        rows.append(
            [
                row["comment_id"],
                place.get(parent, parent),
                row.get("author"),
                row["text"],
                None if given is None else str(given),
            ]
        )
    return rows


@pytest.mark.parametrize(("folder", "name"), WANTED, ids=map("/".join, WANTED))
def test_what_is_written_down_is_read(folder, name):
    wanted = WANTED[folder, name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if "refused" in wanted:
            with pytest.raises(ReadError, match=wanted["refused"]):
                read_comments(READERS / folder / name)
            return
        table = read_comments(READERS / folder / name)
    found = rows_of(table)
    for row, known in zip(found, wanted["rows"], strict=False):
        row[0] = row[0] if known[0] else None
    assert found == wanted["rows"]
    report = ReadReport.of(table)
    assert report.claimed == wanted.get("claimed", report.claimed)
    assert re.search(wanted.get("said", ""), str(report))
    if "headline" in wanted:
        assert set(table["headline"]) == {wanted["headline"]}


NO_COMMENTS = sorted((READERS / "no_comments").iterdir())


@pytest.mark.parametrize("path", NO_COMMENTS, ids=lambda path: path.name)
def test_pages_that_hold_no_comments_are_refused(path):
    """Articles, menus, recipes, overviews of forums and blogs, search results."""
    with pytest.raises(ReadError):
        read_comments(path)
