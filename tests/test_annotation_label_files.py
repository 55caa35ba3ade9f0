"""Label files of every tool, with the traps that real ones hold."""

import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from stancekit.annotation import agreement, read_labels, resolve_labels
from stancekit.errors import DataWarning, ReadError

FILES = Path(__file__).parent / "files" / "annotation"
ODD_LABEL = 'nicht "klar"\noder ironisch'


def rows(labels):
    """Return id, annotator, label and status as tuples; None where there is none."""
    shown = labels[["comment_id", "annotator", "label", "status"]].astype(object)
    return [tuple(row) for row in shown.where(shown.notna(), None).to_numpy()]


def test_label_studio_json():
    """Cancelled answers are no labels; drafts and a model's guesses are nothing."""
    assert rows(read_labels(FILES / "label_studio.json")) == [
        ("k1", "1", "negotiation_first", "submitted"),
        ("k1", "ole@example.org", "pro_support", "submitted"),
        ("k2", "1", None, "cancelled"),
        ("k2", "ole@example.org", ODD_LABEL, "submitted"),
        ("k3", "1", "pro_support", "submitted"),
        ("k4", None, None, "unlabelled"),
        ("k5", "1", None, "unlabelled"),
    ]


def test_label_studio_before_version_1():
    found = read_labels(FILES / "label_studio_before_1_0.json", annotator="ina")
    assert rows(found) == [
        ("k1", "ina", "negotiation_first", "submitted"),
        ("k2", "ina", None, "cancelled"),
    ]


@pytest.mark.parametrize(
    "name", ["label_studio_min.json", "label_studio.csv", "label_studio_tabs.csv"]
)
def test_label_studio_min_and_csv(name):
    """One choice is a string, several are ``{"choices": [...]}``, as text in CSV."""
    found = read_labels(FILES / name)
    assert rows(found) == [
        ("k1", "1", "negotiation_first", "submitted"),
        ("k1", "ole@example.org", "pro_support", "submitted"),
        ("k2", "ole@example.org", ODD_LABEL, "submitted"),
        ("k3", "1", "pro_support", "submitted"),
        ("k3", "1", "other", "submitted"),
        ("k4", None, None, "unlabelled"),
        ("k5", "1", None, "unlabelled"),
    ]
    with pytest.raises(ValueError, match="several labels by the same annotator: 'k3'"):
        resolve_labels(found)


def test_a_field_of_an_unanswered_task_is_no_label():
    """A field of the data may have the control's name."""
    task = {
        "comment_id": "k1",
        "stance": "pro",
        "annotator": None,
        "annotation_id": None,
    }
    found = read_labels(json.dumps([task]).encode(), annotator="ina")
    assert rows(found) == [("k1", "ina", None, "unlabelled")]


def two_controls():
    tasks = json.loads((FILES / "label_studio.json").read_text(encoding="utf-8"))
    tone = {"value": {"choices": ["scharf"]}, "from_name": "tone", "type": "choices"}
    sure = {"value": {"rating": 3}, "from_name": "sure", "type": "rating"}
    tasks[0]["annotations"][0]["result"] += [tone, sure]
    return tasks


def test_of_several_controls_one_is_read():
    content = json.dumps(two_controls()).encode()
    by_default = read_labels(content)
    assert rows(by_default)[0] == ("k1", "1", "negotiation_first", "submitted")
    named = read_labels(content, label_field="tone")
    assert named["label"].dropna().tolist() == ["scharf"]
    unclear = content.replace(b'"stance"', b'"haltung"')
    with pytest.raises(ReadError, match=r"not clear .* Found: 'haltung', 'tone'"):
        read_labels(unclear)
    with pytest.raises(ReadError, match=r"no 'tune'\. Found: 'stance', 'tone'"):
        read_labels(content, label_field="tune")


def test_doccano_jsonl():
    """The file's name is the annotator; an empty list is no label; lines end at \\n."""
    assert rows(read_labels(FILES / "ina.jsonl")) == [
        ("k1", "ina", "negotiation_first", "submitted"),
        ("k2", "ina", None, "unlabelled"),
        ("k3", "ina", "pro_support", "submitted"),
        ("k4", "ina", "escalation_worry", "submitted"),
        ("k4", "ina", "negotiation_first", "submitted"),
    ]


@pytest.mark.parametrize("key", ["label", "labels", "cats"])
def test_doccano_json_under_all_its_keys(key):
    record = {"id": 3, "text": "", "metadata": {"comment_id": "k1"}, key: ["pro"]}
    found = read_labels(json.dumps([record]).encode(), annotator="ina")
    assert rows(found) == [("k1", "ina", "pro", "submitted")]


def test_doccano_zip_with_one_file_for_each_annotator(tmp_path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for name in ("ina.jsonl", "ole.jsonl"):
            archive.write(FILES / name, name)
    found = read_labels(tmp_path / "export.zip")
    apart = [read_labels(FILES / name) for name in ("ina.jsonl", "ole.jsonl")]
    pd.testing.assert_frame_equal(found, pd.concat(apart, ignore_index=True))


def test_doccano_csv():
    """Several labels are joined by #."""
    assert rows(read_labels(FILES / "doccano.csv", annotator="ina")) == [
        ("k1", "ina", "negotiation_first", "submitted"),
        ("k2", "ina", None, "unlabelled"),
        ("k4", "ina", "escalation_worry", "submitted"),
        ("k4", "ina", "negotiation_first", "submitted"),
    ]


def test_doccano_csv_in_utf_16():
    assert rows(read_labels(FILES / "doccano_utf16.csv")) == [
        ("k3", "doccano_utf16", "pro_support", "submitted"),
        ("k5", "doccano_utf16", None, "unlabelled"),
    ]


def test_doccano_spans_are_refused():
    record = {"id": 1, "text": "Ja.", "comment_id": "k1", "label": [[0, 2, "pro"]]}
    with pytest.raises(ReadError, match="line 1: the labels are spans"):
        read_labels(json.dumps(record).encode())


def test_prodigy_with_one_label():
    """Reject is "not this label", which is neither a label nor the opposite one."""
    found = read_labels(FILES / "prodigy_binary.jsonl")
    assert rows(found) == [
        ("k1", "haltung-ina", "negotiation_first", "submitted"),
        ("k2", "haltung-ina", None, "rejected"),
        ("k3", "haltung-ina", None, "skipped"),
    ]
    assert found["rejected_label"].fillna("-").tolist() == ["-", "pro_support", "-"]


def test_prodigy_with_options():
    found = read_labels(FILES / "prodigy_choice.jsonl")
    assert rows(found) == [
        ("k1", "haltung-ole", "negotiation_first", "submitted"),
        ("k2", "haltung-ole", None, "unlabelled"),
        ("k4", "haltung-ole", None, "rejected"),
        ("k5", "haltung-ole", None, "skipped"),
    ]
    assert found["rejected_label"].dropna().tolist() == ["escalation_worry"]


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({"answer": "maybe", "label": "pro"}, "line 2: the answer is 'maybe'"),
        ({"answer": "accept", "spans": []}, "line 2: neither 'accept' nor 'label'"),
    ],
)
def test_prodigy_tasks_of_another_kind_are_refused(record, problem):
    first = {"comment_id": "k1", "answer": "ignore"}
    lines = [json.dumps(each) for each in (first, {**record, "comment_id": "k2"})]
    with pytest.raises(ReadError, match=problem):
        read_labels("\n".join(lines).encode(), annotator="ina")


def test_a_long_sheet():
    """Worker and rating are usual names; "1 " is 1; blank, "?" and "n/a" are none."""
    assert rows(read_labels(FILES / "long.csv")) == [
        ("k1", "w7", "1", "submitted"),
        ("k1", "w9", "1", "submitted"),
        ("k2", "w7", "0", "submitted"),
        ("k2", "w9", None, "skipped"),
        ("k3", "w7", None, "unlabelled"),
        ("k3", "w9", None, "skipped"),
    ]


def test_numbers_mean_what_the_reader_says_and_nothing_else():
    codes = {1: "pro_support", 0: "other"}
    found = read_labels(FILES / "long.csv", codes=codes)
    assert found["label"].dropna().tolist() == ["pro_support", "pro_support", "other"]
    with pytest.raises(ValueError, match="does not say what '0' stands for"):
        read_labels(FILES / "long.csv", codes={"1": "pro_support"})


def test_a_wide_sheet_from_a_german_spreadsheet_program():
    with pytest.warns(DataWarning, match="not UTF-8"):
        found = read_labels(FILES / "wide.csv", id_field="Nr")
    assert rows(found) == [
        ("k1", "annotator_1", "pro", "submitted"),
        ("k1", "annotator_2", "contra", "submitted"),
        ("k2", "annotator_1", None, "skipped"),
        ("k2", "annotator_2", "pro", "submitted"),
        ("k3", "annotator_1", None, "unlabelled"),
        ("k3", "annotator_2", "contra", "submitted"),
    ]


def test_a_wide_sheet_with_names_for_columns():
    sheet = b"comment_id,Ina,Ole\nk1,pro,none\n"
    found = read_labels(sheet, label_field=["Ina", "Ole"])
    assert rows(found) == [
        ("k1", "Ina", "pro", "submitted"),
        ("k1", "Ole", None, "skipped"),
    ]
    with pytest.raises(ReadError, match="names the columns 'Uwe', which are not there"):
        read_labels(sheet, label_field=["Ina", "Uwe"])


def test_a_table_of_labels_comes_back_from_csv_as_it_was(tmp_path):
    files = ("label_studio.json", "prodigy_binary.jsonl", "long.csv")
    labels = pd.concat([read_labels(FILES / name) for name in files], ignore_index=True)
    labels.to_csv(tmp_path / "labels.csv", index=False)
    pd.testing.assert_frame_equal(read_labels(tmp_path / "labels.csv"), labels)


def write_workbook(path, sheets):
    openpyxl = pytest.importorskip("openpyxl")
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, lines in sheets.items():
        page = workbook.create_sheet(title)
        for line in lines:
            page.append(line)
    workbook.save(path)


def test_a_workbook_with_a_sheet_for_each_annotator(tmp_path):
    header = ["comment_id", "text", "label"]
    sheets = {
        "ina": [header, [1, "Ja.", 1], [2, "Nein.", None]],
        "ole": [[None] * 3, header, [1, "Ja.", 0], [2, "Nein.", "?"]],
        "notes": [],
    }
    write_workbook(tmp_path / "labels.xlsx", sheets)
    assert rows(read_labels(tmp_path / "labels.xlsx")) == [
        ("1", "ina", "1", "submitted"),
        ("2", "ina", None, "unlabelled"),
        ("1", "ole", "0", "submitted"),
        ("2", "ole", None, "skipped"),
    ]


def test_a_workbook_with_one_sheet_is_named_after_its_file(tmp_path):
    write_workbook(
        tmp_path / "uwe.xlsx", {"Sheet1": [["comment_id", "label"], ["k1", "x"]]}
    )
    assert rows(read_labels(tmp_path / "uwe.xlsx")) == [("k1", "uwe", "x", "submitted")]


def test_an_archive_that_is_no_workbook_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "letter.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(ReadError, match=r"letter\.docx is no workbook"):
        read_labels(tmp_path / "letter.docx")


def test_an_archive_that_would_unpack_to_too_much_is_refused(tmp_path):
    with zipfile.ZipFile(
        tmp_path / "big.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1
    ) as archive:
        archive.writestr("ina.jsonl", b" " * 201_000_000)
    with pytest.raises(ReadError, match="unpacks to 201,000,000 bytes"):
        read_labels(tmp_path / "big.zip")


def test_mail_addresses_can_be_hidden():
    found = read_labels(FILES / "label_studio.json", pseudonymise=True)
    assert found["annotator"].fillna("-").tolist() == [
        *("annotator_1", "annotator_2", "annotator_1", "annotator_2", "annotator_1"),
        *("-", "annotator_1"),
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "looks like an empty file"),
        (b"<!doctype html><p>Anmelden</p>", "looks like an HTML page"),
        (b'{"text": "Ja."}', "looks like JSON; it is no export of labels"),
        (b'["Ja."]', "record 1: not an object but str"),
        (b'{"answer": "accept",', "line 1: not valid JSON"),
        (b"comment_id,label\nk1,pro\n", "nothing says who labelled 'k1'"),
        (b"comment_id,label,annotator\n", "holds no answers"),
        (b"comment_id,annotator,mood\nk1,ina,pro\n", "not clear which field holds"),
        (b"comment_id,label,label\nk1,pro,pro\n", "'label' is the name of two columns"),
        (
            b"comment_id,label,coder\nk1,pro,ina,ole\n",
            "line 2: the row has 4 fields, the header has 3",
        ),
        (b"nr,label,coder\n1,pro,ina\n", "line 2: no 'comment_id'.* id_field="),
    ],
)
def test_what_is_no_label_file_is_explained(content, problem):
    with pytest.raises(ReadError, match=problem):
        read_labels(content)


def test_bad_lines_are_left_out_only_if_the_reader_wants_that(tmp_path):
    path = tmp_path / "ina.jsonl"
    good = (FILES / "ina.jsonl").read_bytes()
    path.write_bytes(good + b'{"text": "Ja.", "lab\n')
    with pytest.raises(ReadError, match="line 5: not valid JSON"):
        read_labels(path)
    with pytest.warns(DataWarning, match="1 lines were left out: 5"):
        found = read_labels(path, skip_bad_lines=True)
    pd.testing.assert_frame_equal(found, read_labels(good, annotator="ina"))


def test_an_unknown_format_is_refused():
    with pytest.raises(
        ValueError, match=r"Unknown format 'argilla'\. Known: label_studio"
    ):
        read_labels(b"", "argilla")


def test_labels_of_two_files_are_compared():
    both = [read_labels(FILES / name) for name in ("ina.jsonl", "ole.jsonl")]
    labels = pd.concat(both).query("comment_id != 'k4'")
    result = agreement(labels)
    assert (result.n_comments, result.observed) == (2, 0.5)


def test_a_quotation_mark_that_is_never_closed_is_an_error():
    sheet = b'comment_id,annotator,label\nc1,ina,"pro\nc2,ina,contra\nc3,ina,pro\n'
    with pytest.raises(ReadError, match="line 2: .*quotation mark may be missing"):
        read_labels(sheet)


def test_a_row_with_too_few_cells_is_an_error_or_left_out():
    sheet = b"comment_id,annotator,label\nc1,ina\nc2,ina,pro\n"
    with pytest.raises(ReadError, match="line 2: the row has 2 fields"):
        read_labels(sheet)
    with pytest.warns(DataWarning, match="1 lines were left out: 2"):
        found = read_labels(sheet, skip_bad_lines=True)
    assert rows(found) == [("c2", "ina", "pro", "submitted")]


FOUR_RATERS = b"comment_id,who,label\nc1,a,pro\nc1,b,pro\nc2,a,contra\nc2,b,pro\n"


def test_several_people_are_never_taken_for_one(tmp_path):
    path = tmp_path / "export.csv"
    path.write_bytes(FOUR_RATERS)
    with pytest.raises(ReadError, match=r"'c1', 'c2'.*'who'.*annotator_field="):
        read_labels(path)
    found = read_labels(path, annotator_field="who")
    assert found["annotator"].tolist() == ["a", "b", "a", "b"]
    with pytest.raises(ReadError, match="no 'coder'. Found: 'comment_id', 'label'"):
        read_labels(path, annotator_field="coder")


@pytest.mark.parametrize(
    "record",
    [
        {"answer": "accept", "accept": ["pro"], "rater": "ole"},
        {"text": "Ja.", "label": ["pro"], "rater": "ole"},
        {"annotation_id": 1, "annotator": 7, "stance": "pro", "rater": "ole"},
        {
            "data": {},
            "annotations": [
                {
                    "rater": "ole",
                    "result": [{"from_name": "x", "value": {"choices": ["pro"]}}],
                }
            ],
        },
    ],
    ids=["prodigy", "doccano", "flat", "label_studio"],
)
def test_in_every_format_a_field_can_be_named_that_tells_who_labelled(record):
    content = json.dumps([{"comment_id": "k1", **record}]).encode()
    found = read_labels(content, annotator_field="rater")
    assert rows(found) == [("k1", "ole", "pro", "submitted")]


@pytest.mark.parametrize(
    ("content", "ids", "told"),
    [
        (
            b'{"answer": "accept", "label": "pro", "_task_hash": -7, "id": 3}',
            ["-7"],
            "'_task_hash' tells comments apart",
        ),
        (
            b'{"id": 3, "text": "Ja.", "label": ["pro"]}',
            ["3"],
            "'id' tells comments apart",
        ),
        (b"guid,label,coder\na,pro,ina\n", ["a"], "'guid' tells comments apart"),
        (b"text,label\nJa.,pro\nNein.,contra\n", ["1", "2"], "in the same order"),
        (
            b"nr,annotator_1,annotator_2\nx,pro,pro\ny,pro,\n",
            ["1", "1", "2", "2"],
            "in the same order",
        ),
    ],
)
def test_a_file_without_our_id_makes_do_and_says_so(content, ids, told):
    with pytest.warns(DataWarning, match=f"no 'comment_id', so .*{told}"):
        found = read_labels(content, annotator="ina")
    assert found["comment_id"].tolist() == ids


def test_an_id_that_was_named_is_the_only_one():
    with pytest.raises(ReadError, match="no 'nr'"):
        read_labels(b"id,label\n1,pro\n", id_field="nr", annotator="ina")


@pytest.mark.parametrize("word", ["NA", "nan", "NULL", "None", "?", "-", "n/a", " "])
def test_in_every_format_a_word_for_none_is_no_label(word):
    task = {
        "data": {"comment_id": "k1"},
        "annotations": [{"result": [{"from_name": "x", "value": {"choices": [word]}}]}],
    }
    contents = [
        json.dumps([task]),
        json.dumps({"comment_id": "k1", "text": "", "label": [word]}),
        json.dumps({"comment_id": "k1", "answer": "accept", "label": word}),
        f"comment_id;label;annotator\nk1;{word};ina\n",
    ]
    status = "skipped" if word.strip() else "unlabelled"
    for content in contents:
        found = read_labels(content.encode(), annotator="ina")
        assert rows(found) == [("k1", "ina", None, status)]


def test_the_status_of_a_sheet_is_read_however_it_is_written():
    sheet = b"comment_id,rater,label,status\nk1,ina,pro,Submitted\nk2,ina,pro,SKIPPED\n"
    assert [status for *_, status in rows(read_labels(sheet))] == [
        "submitted",
        "skipped",
    ]
    with pytest.raises(ReadError, match="'status' holds 'draft'; it takes 'submitted'"):
        read_labels(sheet.replace(b"SKIPPED", b"draft"))
    of_comments = sheet.replace(b"SKIPPED", b"deleted").replace(
        b"Submitted", b"visible"
    )
    assert read_labels(of_comments)["label"].tolist() == ["pro", "pro"]
