"""Tasks for annotation tools, and their way back."""

import json
from xml.etree import ElementTree

import pandas as pd
import pytest

from stancekit.annotation import label_studio_config, read_labels, suggest, write_tasks
from stancekit.errors import DataWarning
from stancekit.labels import Codebook, Position
from stancekit.threads import add_context

CODEBOOK = Codebook(
    (
        Position("pro", definition="Will <mehr> Hilfe & Waffen", title='"Dafür"'),
        Position("contra > pro"),
        Position("neither", title="Keine\x01 Haltung"),
    ),
    question="Was will der Kommentar?",
    no_position="neither",
)
TEXTS = ["=SUMME(A1)", "Mit\u2028wem, „bitte“?", 'Nie; sagt "er",\nund geht. \x0b', "-"]


def make_table():
    return pd.DataFrame(
        {
            "comment_id": ["a", "b", "007", "d"],
            "parent_id": [None, "a", "b", "gone"],
            "headline": ["Gipfel & mehr", "Gipfel & mehr", None, None],
            "text": TEXTS,
            "author": "Ina Beispiel",
            "stance": ["pro", None, "neither", None],
            "predicted": "pro",
        }
    )


LABELS = ["pro", "contra > pro", "neither", "pro"]
EXPECTED = list(zip(["a", "b", "007", "d"], LABELS, strict=True))


def pairs(labels):
    return list(zip(labels["comment_id"], labels["label"], strict=True))


def test_label_studio_and_back(tmp_path):
    written = write_tasks(
        make_table(), tmp_path / "tasks.json", "label_studio", codebook=CODEBOOK
    )
    assert [path.name for path in written] == ["tasks.json", "tasks.xml"]
    tasks = json.loads(written[0].read_text(encoding="utf-8"))
    assert tasks[1]["data"] == {
        "comment_id": "b",
        "headline": "Gipfel & mehr",
        "parent_text": "=SUMME(A1)",
        "text": TEXTS[1],
    }
    assert tasks[3]["data"]["parent_text"] == tasks[3]["data"]["headline"] == "–"
    for number, (task, label) in enumerate(zip(tasks, LABELS, strict=True)):
        result = {
            "from_name": "stance",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": [label]},
        }
        task["id"] = number
        task["annotations"] = [{"id": number, "completed_by": 1, "result": [result]}]
    assert pairs(read_labels(json.dumps(tasks).encode())) == EXPECTED


def test_the_labelling_configuration_is_sound_xml_made_from_the_codebook():
    view = ElementTree.fromstring(label_studio_config(CODEBOOK))
    assert view[0].attrib == {"value": "Was will der Kommentar?"}
    shown = [each.get("value") for each in view.iter("Text")]
    assert shown == ["$headline", "$parent_text", "$text"]
    choices = view.find("Choices")
    assert (choices.get("name"), choices.get("toName")) == ("stance", "text")
    assert [choice.attrib for choice in choices] == [
        {"value": '"Dafür"', "alias": "pro", "hint": "Will <mehr> Hilfe & Waffen"},
        {"value": "contra > pro"},
        {"value": "Keine\ufffd Haltung", "alias": "neither"},
    ]


def test_doccano_and_back(tmp_path):
    (path,) = write_tasks(make_table(), tmp_path / "ina.jsonl", "doccano")
    # As strict a reader of lines as there is.
    lines = path.read_text(encoding="utf-8").splitlines()
    tasks = [json.loads(line) for line in lines]
    assert tasks[1] == {
        "text": f"Headline: Gipfel & mehr\n\nIn reply to: =SUMME(A1)\n\n{TEXTS[1]}",
        "comment_id": "b",
        "label": [],
    }
    assert tasks[3]["text"] == "-"
    exported = [
        json.dumps({"id": 5, **task, "label": [label], "Comments": []})
        for task, label in zip(tasks, LABELS, strict=True)
    ]
    path.write_text("\n".join(exported))
    assert pairs(read_labels(path)) == EXPECTED


def test_prodigy_and_back(tmp_path):
    (path,) = write_tasks(
        make_table(), tmp_path / "tasks.jsonl", "prodigy", codebook=CODEBOOK
    )
    tasks = [json.loads(line) for line in path.read_text().splitlines()]
    assert tasks[2]["meta"] == {"comment_id": "007"}
    assert tasks[2]["options"][0] == {"id": "pro", "text": '"Dafür"'}
    exported = [
        json.dumps({**task, "accept": [label], "answer": "accept", "_task_hash": 1})
        for task, label in zip(tasks, LABELS, strict=True)
    ]
    assert pairs(read_labels("\n".join(exported).encode(), annotator="ina")) == EXPECTED


def test_csv_and_back(tmp_path):
    (path,) = write_tasks(make_table(), tmp_path / "sheet.csv", "csv")
    sheet = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert sheet.columns.tolist() == [
        *("comment_id", "headline", "parent_text", "text", "annotator", "label")
    ]
    assert sheet["text"].tolist() == TEXTS
    sheet.assign(annotator="ina", label=LABELS).to_csv(path, index=False, sep=";")
    assert pairs(read_labels(path)) == EXPECTED


def test_excel_and_back(tmp_path):
    """A comment that starts with = stays text and never becomes a formula."""
    openpyxl = pytest.importorskip("openpyxl")
    (path,) = write_tasks(make_table(), tmp_path / "sheet.xlsx", "excel")
    workbook = openpyxl.load_workbook(path)
    page = workbook.active
    texts = [cell for (cell,) in page.iter_rows(min_row=2, min_col=4, max_col=4)]
    assert {cell.data_type for cell in texts} == {"s"}
    assert texts[0].value == "=SUMME(A1)"
    assert texts[2].value.endswith("geht. \ufffd")
    for row, label in enumerate(LABELS, 2):
        page.cell(row, 5, "ina")
        page.cell(row, 6, label)
    workbook.save(path)
    assert pairs(read_labels(path)) == EXPECTED


@pytest.mark.parametrize("format", ["label_studio", "doccano", "prodigy", "csv"])
def test_nothing_that_could_sway_is_shown(tmp_path, format):
    path = tmp_path / "tasks.txt"
    write_tasks(make_table(), path, format)
    content = path.read_text(encoding="utf-8")
    assert "Beispiel" not in content
    assert "predicted" not in content
    assert "stance" not in content


def test_drawn_comments_are_shown_with_parents_that_were_not_drawn(tmp_path):
    table = suggest(make_table(), 1, strategy="random")
    drawn = table[table["comment_id"] == "b"]
    (path,) = write_tasks(drawn, tmp_path / "tasks.json", "label_studio")
    assert json.loads(path.read_text())[0]["data"]["parent_text"] == "=SUMME(A1)"
    alone = add_context(make_table())[["comment_id", "text", "parent_text"]].iloc[1:2]
    (path,) = write_tasks(alone, tmp_path / "alone.json", "label_studio")
    assert json.loads(path.read_text())[0]["data"]["parent_text"] == "=SUMME(A1)"


def test_removed_comments_are_left_out_and_told(tmp_path):
    table = make_table().assign(status=["visible", "removed", "visible", "deleted"])
    with pytest.warns(DataWarning, match="2 deleted or removed .* 'b', 'd'"):
        (path,) = write_tasks(table, tmp_path / "tasks.jsonl", "prodigy")
    assert len(path.read_text().splitlines()) == 2


def test_an_existing_file_is_kept_unless_forced(tmp_path):
    path = tmp_path / "tasks.json"
    (tmp_path / "tasks.xml").write_text("mine")
    with pytest.raises(FileExistsError, match=r"tasks\.xml exists and is kept"):
        write_tasks(make_table(), path, "label_studio", codebook=CODEBOOK)
    assert not path.exists()
    write_tasks(make_table(), path, "label_studio", codebook=CODEBOOK, force=True)
    assert (tmp_path / "tasks.xml").read_text().startswith("<View>")
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "tasks.json",
        "tasks.xml",
    ]


def test_of_two_files_none_is_written_where_one_cannot_be(tmp_path):
    path = tmp_path / "tasks.json"
    path.write_text("mine")
    (tmp_path / "tasks.xml").mkdir()
    with pytest.raises(OSError, match=r"tasks\.xml is a folder"):
        write_tasks(make_table(), path, "label_studio", codebook=CODEBOOK, force=True)
    assert path.read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("table", "name", "format", "problem"),
    [
        (make_table(), "tasks.json", "labelstudio", "Unknown format 'labelstudio'"),
        (["Ja."], "tasks.json", "doccano", "Column 'comment_id' is missing"),
        (make_table(), "tasks.xml", "label_studio", "Name the tasks tasks.json"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, table, name, format, problem):
    with pytest.raises(ValueError, match=problem):
        write_tasks(table, tmp_path / name, format, codebook=CODEBOOK)
    assert not list(tmp_path.iterdir())
