"""A round of labels through the command line: draw, label, merge, decide, doubt."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stancekit
from stancekit.cli import main

CODEBOOK = """
question = "Was will der Kommentar?"
rules = ["Wer reden will und arms erwähnt, ist talks."]
[[position]]
label = "talks"
definition = "Will Gespräche."
[[position]]
label = "arms"
definition = "Will Waffen."
"""
SAID = {
    "talks": ["Erst reden wir miteinander", "Gespräche jetzt", "Redet endlich"],
    "arms": ["Erst liefern wir Panzer", "Waffen jetzt", "Liefert endlich"],
}


def truth(comment_id):
    return "talks" if int(comment_id[1:]) % 2 else "arms"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Forty comments with replies, and a codebook that is not the bundled one."""
    monkeypatch.chdir(tmp_path)
    ids = [f"c{n}" for n in range(40)]
    table = pd.DataFrame(
        {
            "comment_id": ids,
            "parent_id": [f"c{n - 1}" if n % 4 else None for n in range(40)],
            "article_id": [f"a{n // 4}" for n in range(40)],
            "headline": "Gipfel vertagt",
            "text": [f"{SAID[truth(each)][int(each[1:]) % 3]} {each}" for each in ids],
        }
    )
    table.to_csv("comments.csv", index=False)
    (tmp_path / "codebook.toml").write_text(CODEBOOK, encoding="utf-8")
    return tmp_path


def draw(tool, name, n=12):
    command = ["suggest", "comments.csv", "-n", str(n), "--codebook", "codebook.toml"]
    return main([*command, "--tasks", name, "--tool", tool])


def fill_sheet(path, target, labels, **changes):
    """Write what a person made of a sheet of tasks: a label for each id, or none."""
    sheet = pd.read_csv(path, dtype=str)
    sheet["label"] = sheet["comment_id"].map(labels)
    sheet.assign(**changes).to_csv(target, index=False)


def merge(*files, options=()):
    command = ["labels", *files, "--into", "drawn.csv", "-o", "labelled.csv"]
    return main([*command, "--codebook", "codebook.toml", *options])


@pytest.fixture
def drawn(folder, capsys):
    """Twelve comments drawn, as a sheet; the ids in the order of the sheet."""
    assert draw("csv", "tasks.csv") == 0
    (folder / "tasks_drawn.csv").rename(folder / "drawn.csv")
    capsys.readouterr()
    return pd.read_csv("tasks.csv")["comment_id"].tolist()


def test_the_draw_says_how_and_what_comes_next(folder, capsys):
    assert draw("label_studio", "tasks.json") == 0
    told = capsys.readouterr().err
    assert "12 of 40 comments drawn at random (round 1)" in told
    assert "stancekit labels FILE" in told
    assert "--into tasks_drawn.csv" in told
    table = stancekit.read_comments("tasks_drawn.csv")
    assert len(table) == 40
    assert table["sampling_prob"].astype(float).sum() == pytest.approx(12)
    tasks = json.loads((folder / "tasks.json").read_text())
    assert len(tasks) == 12
    assert {"headline", "parent_text", "text"} <= set(tasks[0]["data"])
    assert "Will Gespräche." in (folder / "tasks.xml").read_text(encoding="utf-8")


def test_where_a_tool_does_not_get_the_labels_they_are_said(folder, capsys):
    assert draw("doccano", "tasks.jsonl") == 0
    assert "labels in the project: talks, arms" in capsys.readouterr().err
    command = ["suggest", "comments.csv", "-n", "3", "--tasks", "more.csv"]
    assert main(command) == 0
    assert "no labels: there is no --codebook" in capsys.readouterr().err


def test_the_bundled_model_steers_on_its_own_subject_only(folder, capsys):
    command = ["suggest", "comments.csv", "-n", "3", "--codebook", "codebook.toml"]
    assert main([*command, "--strategy", "mixed", "-o", "out.csv"]) == 1
    assert "give a fitted one as --model" in capsys.readouterr().err
    assert not (folder / "out.csv").exists()


def test_tasks_that_are_there_are_kept_before_anything_is_drawn(folder, capsys):
    (folder / "tasks.csv").write_text("mine")
    assert draw("csv", "tasks.csv") == 1
    assert "exists and is kept" in capsys.readouterr().err
    assert (folder / "tasks.csv").read_text() == "mine"
    assert not (folder / "tasks_drawn.csv").exists()


def test_a_workbook_offers_the_labels_and_explains_them(folder):
    openpyxl = pytest.importorskip("openpyxl")
    assert draw("excel", "tasks.xlsx") == 0
    book = openpyxl.load_workbook("tasks.xlsx")
    [choices] = book["comments"].data_validations.dataValidation
    assert (str(choices.sqref), choices.formula1) == ("F2:F13", "codebook!$A$2:$A$3")
    assert [row[0].value for row in book["codebook"]["A1:A3"]] == [
        *("label", "talks", "arms")
    ]
    assert "Will Waffen." in [cell.value for cell in book["codebook"]["C"]]


def test_two_annotators_with_different_tools_and_a_third_for_ties(folder, capsys):
    """From the draw to the labelled table; Anna sorts her workbook, as people do."""
    openpyxl = pytest.importorskip("openpyxl")
    assert draw("excel", "tasks.xlsx") == 0
    book = openpyxl.load_workbook("tasks.xlsx")
    page = book["comments"]
    header, *rows = [[cell.value for cell in row] for row in page.iter_rows()]
    rows = [[*row[:4], "anna", truth(row[0])] for row in sorted(rows, reverse=True)]
    for number, row in enumerate([header, *rows], 1):
        for place, value in enumerate(row, 1):
            page.cell(number, place, value)
    book.save("anna.xlsx")

    ids = sorted(row[0] for row in rows)
    wrong = ids[0]
    records = [
        {
            "data": {"comment_id": each, "text": row_text(each)},
            "annotations": [
                {
                    "completed_by": {"email": "ben"},
                    "result": [
                        {
                            "from_name": "stance",
                            "value": {"choices": [label_of_ben(each, wrong)]},
                        }
                    ],
                }
            ],
        }
        for each in ids
    ]
    (folder / "ben.json").write_text(json.dumps(records))
    (folder / "tasks_drawn.csv").rename(folder / "drawn.csv")
    capsys.readouterr()

    assert merge("anna.xlsx", "ben.json") == 0
    told = capsys.readouterr().out
    assert "anna: 12 labels\nben: 12 labels" in told
    assert "Krippendorff's alpha" in told
    assert "Cohen's kappa of anna and ben: 0." in told
    assert "(n = 12 comments, 91.7 % alike)" in told
    assert f"Ties: 1 of 12 comments: '{wrong}'" in told
    assert "11 of 40 comments have a label" in told
    assert "stancekit check-labels labelled.csv" in told
    assert pd.read_csv("labelled_ties.csv")["comment_id"].tolist() == [wrong]

    third = dict.fromkeys(ids, truth(wrong))
    fill_sheet("labelled_ties.csv", "labelled_ties.csv", third, annotator="uwe")
    decided = ["--third", "labelled_ties.csv", "--force"]
    assert merge("anna.xlsx", "ben.json", options=decided) == 0
    told = capsys.readouterr().out
    assert "Third person: uwe: 1 labels; 0 on comments without a tie" in told
    assert "12 of 40 comments have a label" in told
    table = pd.read_csv("labelled.csv", dtype=str)
    found = table.dropna(subset="stance").set_index("comment_id")["stance"]
    assert found.to_dict() == {each: truth(each) for each in ids}
    assert table["sampling_prob"].notna().all()


def row_text(comment_id):
    table = pd.read_csv("comments.csv").set_index("comment_id")
    return table.loc[comment_id, "text"]


def label_of_ben(comment_id, wrong):
    other = {"talks": "arms", "arms": "talks"}
    right = truth(comment_id)
    return other[right] if comment_id == wrong else right


def test_doccano_files_are_taken_in_by_their_names(drawn, folder, capsys):
    for name in ("ina", "ole"):
        lines = [
            {
                "id": n,
                "text": f"Headline: Gipfel vertagt\n\n{row_text(each)}",
                "comment_id": each,
                "label": [truth(each)],
            }
            for n, each in enumerate(drawn)
        ]
        text = "\n".join(map(json.dumps, lines))
        (folder / f"{name}.jsonl").write_text(text)
    assert merge("ina.jsonl", "ole.jsonl") == 0
    told = capsys.readouterr().out
    assert "Cohen's kappa of ina and ole: 1.000 (n = 12 comments, 100.0 %" in told
    assert "Ties" not in told
    assert not (folder / "labelled_ties.csv").exists()


def test_a_sheet_half_filled_says_how_much_is_open(drawn, capsys):
    half = {each: truth(each) for each in drawn[:5]} | {drawn[5]: "?"}
    fill_sheet("tasks.csv", "anna.csv", half, annotator="anna")
    assert merge("anna.csv") == 0
    told = capsys.readouterr().out
    assert "anna: 5 labels, 6 unlabelled, 1 skipped" in told
    assert f"1 skipped ('{drawn[5]}', " in told
    assert "No comment has labels by two annotators" in told
    assert "5 of 40 comments have a label" in told


def test_files_of_two_people_that_are_named_alike(drawn, folder, capsys):
    """Each is named after its file, so they would be one person."""
    for person in ("anna", "ben"):
        (folder / person).mkdir()
        fill_sheet("tasks.csv", f"{person}/sheet.csv", dict.fromkeys(drawn, "arms"))
    files = ["anna/sheet.csv", "ben/sheet.csv"]
    assert main(["agreement", *files]) == 1
    assert "Annotators found: 'sheet'" in capsys.readouterr().err
    fill_sheet("tasks.csv", "ben/sheet.csv", dict.fromkeys(drawn, "talks"))
    assert merge(*files) == 1
    assert "name their files differently" in capsys.readouterr().err


def test_advice_on_label_files_names_options_that_are_there(drawn, capsys):
    sheet = pd.read_csv("tasks.csv").assign(label="arms")
    pd.concat([sheet, sheet]).to_csv("both.csv", index=False)
    assert merge("both.csv") == 1
    told = capsys.readouterr().err
    assert "Give its name as --annotator-field" in told
    assert "--annotator." not in told


def test_a_second_round_goes_on_from_the_labelled_table(drawn, capsys):
    labels = {each: truth(each) for each in drawn}
    fill_sheet("tasks.csv", "anna.csv", labels, annotator="anna")
    assert merge("anna.csv") == 0
    command = ["suggest", "labelled.csv", "-n", "6", "--tasks", "more.csv"]
    assert main(command) == 0
    assert "6 of 40 comments drawn at random (round 2)" in capsys.readouterr().err
    table = pd.read_csv("more_drawn.csv", dtype={"sampling_round": "Int64"})
    assert table["sampling_round"].value_counts().to_dict() == {1: 12, 2: 6}
    assert table["stance"].notna().sum() == 12
    more = set(pd.read_csv("more.csv")["comment_id"])
    assert len(more) == 6
    assert not more & set(drawn)


def test_a_kappa_that_chance_explains_is_not_defined(drawn, capsys):
    for name in ("anna", "ben"):
        labels = dict.fromkeys(drawn[:3], "arms")
        fill_sheet("tasks.csv", f"{name}.csv", labels, annotator=name)
    assert merge("anna.csv", "ben.csv") == 0
    told = capsys.readouterr().out
    assert "Cohen's kappa of anna and ben: not defined (n = 3 comments" in told
    assert "nan" not in told


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (
            lambda sheet: sheet.replace({"label": {"arms": "Arms"}}),
            "labels ('Arms') are not in the codebook, which has 'talks', 'arms'. "
            "By anna: 'c",
        ),
        (
            lambda sheet: pd.concat([sheet, sheet.head(1).assign(label="arms")]),
            "1 comments have several labels by the same annotator: 'c",
        ),
        (
            lambda sheet: sheet.replace({"comment_id": {sheet.iloc[0, 0]: "x9"}}),
            "1 answers are about comments that are not in the table",
        ),
        (
            lambda sheet: sheet.assign(
                text=[*sheet["text"][1:], sheet["text"].iloc[0]]
            ),
            "12 answers stand beside another text than the table has",
        ),
        (
            lambda sheet: pd.concat([sheet, sheet.head(1).assign(comment_id=None)]),
            "line 14: no 'comment_id'",
        ),
    ],
    ids=["unknown label", "two answers", "id of another table", "sorted", "row added"],
)
def test_what_does_not_fit_is_named_and_nothing_is_written(
    drawn, folder, capsys, spoil, problem
):
    sheet = pd.read_csv("tasks.csv", dtype=str)
    labels = sheet["comment_id"].map(truth).where(sheet.index > 0, "talks")
    spoil(sheet.assign(label=labels, annotator="anna")).to_csv("anna.csv", index=False)
    assert merge("anna.csv") == 1
    told = " ".join(capsys.readouterr().err.split())
    assert problem in told
    assert "By anna: " in told or "by anna: " in told or "line 14" in told
    assert not (folder / "labelled.csv").exists()


def test_a_label_that_is_in_the_table_already_is_not_overwritten(drawn, capsys):
    table = pd.read_csv("drawn.csv", dtype=str)
    other = "arms" if truth(drawn[0]) == "talks" else "talks"
    table.loc[table["comment_id"] == drawn[0], "stance"] = other
    table.to_csv("drawn.csv", index=False)
    fill_sheet("tasks.csv", "anna.csv", {drawn[0]: truth(drawn[0])}, annotator="anna")
    assert merge("anna.csv") == 1
    assert (
        f"another label in the table already: '{drawn[0]}'" in capsys.readouterr().err
    )


def test_ties_that_were_filled_in_are_not_overwritten(drawn, folder, capsys):
    labels = {each: truth(each) for each in drawn}
    fill_sheet("tasks.csv", "anna.csv", labels, annotator="anna")
    (folder / "labelled_ties.csv").write_text("mine")
    assert merge("anna.csv") == 1
    assert "labelled_ties.csv exists and is kept" in capsys.readouterr().err


@pytest.fixture
def labelled(folder):
    """All comments labelled, one wrongly; two with the same words but other labels."""
    table = pd.read_csv("comments.csv", dtype=str)
    table["stance"] = table["comment_id"].map(truth)
    table.loc[7, "stance"] = "arms"
    table.loc[[20, 21], "text"] = "Das hier steht wörtlich zwei Mal da"
    table.to_csv("labelled.csv", index=False)


def check_labels(*options):
    command = ["check-labels", "labelled.csv", "--classifier", "single", "--folds", "2"]
    return main([*command, "--codebook", "codebook.toml", *options])


def test_doubtful_labels_are_ranked_and_none_is_changed(labelled, folder, capsys):
    before = (folder / "labelled.csv").read_bytes()
    assert check_labels("-o", "doubts.csv") == 0
    told = capsys.readouterr().err
    doubts = pd.read_csv("doubts.csv").set_index("comment_id")
    assert f"{len(doubts)} of 40 labels are doubtful" in told
    assert doubts.loc["c7", "doubt"] == "the model says talks"
    assert doubts.loc["c7", "rule"] == "Wer reden will und arms erwähnt, ist talks."
    assert "same words, other labels: " in doubts.loc["c20", "doubt"]
    assert "c21 talks" in doubts.loc["c20", "doubt"]
    assert np.all(np.diff(doubts["label_quality"]) >= 0)
    assert (folder / "labelled.csv").read_bytes() == before


def test_doubtful_labels_are_shown_with_their_text(labelled, capsys):
    assert check_labels() == 0
    lines = capsys.readouterr().out.splitlines()
    [place] = [n for n, line in enumerate(lines) if " c7 arms: the model says" in line]
    assert lines[place + 1].strip() == row_text("c7")


def test_the_bundled_codebook_is_a_start(folder, capsys):
    assert main(["codebook"]) == 0
    text = capsys.readouterr().out
    assert stancekit.Codebook.from_toml(text) == stancekit.load_codebook()
    assert main(["codebook", "-o", "mine.toml"]) == 0
    assert stancekit.Codebook.from_toml("mine.toml") == stancekit.load_codebook()
    assert main(["codebook", "-o", "mine.toml"]) == 1
    assert "exists and is kept" in capsys.readouterr().err


def fill(tool, tasks, target, name, labels):
    """Write what a person makes of tasks in a tool, as the tool exports it."""
    if tool == "label_studio":
        done = json.loads(Path(tasks).read_text(encoding="utf-8"))
        for task in done:
            label = labels[task["data"]["comment_id"]]
            result = {"from_name": "stance", "value": {"choices": [label]}}
            said = {"completed_by": {"email": name}, "result": [result]}
            task["annotations"] = [said]
        Path(target).write_text(json.dumps(done))
    elif tool == "doccano":
        lines = map(json.loads, Path(tasks).read_text(encoding="utf-8").splitlines())
        done = [line | {"label": [labels[line["comment_id"]]]} for line in lines]
        Path(target).write_text("\n".join(map(json.dumps, done)))
    elif tool == "excel":
        book = pytest.importorskip("openpyxl").load_workbook(tasks)
        for row in book["comments"].iter_rows(min_row=2):
            row[4].value, row[5].value = name, labels[row[0].value]
        book.save(target)
    else:
        fill_sheet(tasks, target, labels, annotator=name)


ENDINGS = {"label_studio": "json", "doccano": "jsonl", "excel": "xlsx", "csv": "csv"}


@pytest.mark.parametrize(
    ("tool", "other"),
    [("label_studio", "doccano"), ("doccano", "excel"), ("excel", "csv")],
)
def test_two_annotators_with_tools_of_their_own(folder, capsys, tool, other):
    people = {"anna": tool, "ben": other}
    for name, which in people.items():
        tasks = f"for_{name}.{ENDINGS[which]}"
        assert draw(which, tasks) == 0  # the same seed: the same comments
        ids = pd.read_csv(f"for_{name}_drawn.csv", dtype=str).query(
            "sampling_round == '1'"
        )["comment_id"]
        labels = {each: truth(each) for each in ids}
        fill(which, tasks, f"{name}.{ENDINGS[which]}", name, labels)
    (folder / "for_ben_drawn.csv").rename(folder / "drawn.csv")
    assert merge(*(f"{name}.{ENDINGS[which]}" for name, which in people.items())) == 0
    told = capsys.readouterr().out
    assert "anna: 12 labels\nben: 12 labels" in told
    assert "Cohen's kappa of anna and ben: 1.000 (n = 12" in told
    table = pd.read_csv("labelled.csv", dtype=str)
    found = table.dropna(subset="stance").set_index("comment_id")["stance"]
    assert found.to_dict() == labels


@pytest.fixture
def exports(tmp_path, monkeypatch):
    """Recorded exports of Label Studio and doccano, on the same five comments."""
    monkeypatch.chdir(tmp_path)
    files = Path(__file__).parent / "files" / "annotation"
    tasks = json.loads((files / "label_studio.json").read_text(encoding="utf-8"))
    rows = [task["data"] for task in tasks]
    pd.DataFrame(rows)[["comment_id", "text"]].to_csv("drawn.csv", index=False)
    ends = ["--into", "drawn.csv", "-o", "labelled.csv"]
    return lambda *names: main(["labels", *(str(files / n) for n in names), *ends])


def test_recorded_exports_of_different_tools_are_merged(exports, capsys):
    assert exports("label_studio.json", "ole.jsonl") == 0
    told = capsys.readouterr().out
    assert "Krippendorff's alpha" in told
    assert "ole: 3 labels, 1 unlabelled ('k4')" in told
    assert "comments have a label" in told


def test_two_labels_on_one_comment_name_it_and_the_annotator(exports, capsys):
    assert exports("label_studio.json", "ina.jsonl") == 1
    assert "'k4' (by ina: 'k4')" in capsys.readouterr().err
    assert not Path("labelled.csv").exists()
