import io
import json

import pytest

import stancekit
from stancekit.cli import main
from stancekit.cli.tree import draw_tree
from stancekit.datasets import data_path

PAGE = str(data_path("sample_page.txt"))


@pytest.fixture(scope="module")
def model_file(small_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "small.stance"
    stancekit.save_model(small_model, path)
    return str(path)


@pytest.fixture(scope="module")
def labelled_file(small_corpus, tmp_path_factory):
    """The comments of twelve articles, without headlines."""
    path = tmp_path_factory.mktemp("cli") / "labelled.csv"
    articles = small_corpus["article_id"].unique()[:12]
    few = small_corpus[small_corpus["article_id"].isin(articles)]
    stancekit.write_comments(few.drop(columns="headline"), path)
    return str(path)


def test_predict_draws_the_thread(model_file, capsys):
    assert main(["predict", PAGE, "--model", model_file]) == 0
    lines = capsys.readouterr().out.split("\n")
    drawn = [line for line in lines if " % " in line and "marked" not in line]
    assert len(drawn) == 12
    assert sum("└" in line for line in drawn) == 7
    assert any("no shares to publish" in line for line in lines)


def test_the_command_gives_the_numbers_of_the_library(model_file, small_model, capsys):
    assert main(["predict", PAGE, "--model", model_file, "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    scored = stancekit.predict_comments(stancekit.read_comments(PAGE), small_model)
    assert [row["predicted"] for row in rows] == scored["predicted"].tolist()
    assert [row["confidence"] for row in rows] == pytest.approx(
        scored["confidence"].tolist(), abs=1e-9
    )


def test_predict_writes_a_table(model_file, tmp_path, capsys):
    path = tmp_path / "out.csv"
    command = ["predict", PAGE, "--model", model_file, "-o", str(path)]
    assert main(command) == 0
    assert capsys.readouterr().out == ""
    assert stancekit.read_comments(path)["predicted"].notna().all()
    assert main(command) == 1
    assert "exists and is kept" in capsys.readouterr().err
    assert main([*command, "--force"]) == 0


def test_predict_reads_stdin_and_writes_stdout(model_file, monkeypatch, capsys):
    stdin = io.TextIOWrapper(io.BytesIO(b"id,text\n1,Erst reden!\n"), "utf-8")
    monkeypatch.setattr("sys.stdin", stdin)
    assert main(["predict", "-", "--model", model_file, "-o", "-"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("comment_id,text,predicted")
    assert len(out.splitlines()) == 2


def test_read_makes_a_table(tmp_path, capsys):
    path = tmp_path / "comments.csv"
    assert main(["read", PAGE, "-o", str(path)]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "12" in captured.err
    assert len(stancekit.read_comments(path)) == 12


def test_train_then_predict(labelled_file, tmp_path, capsys):
    path = str(tmp_path / "own.stance")
    assert main(["train", labelled_file, "-o", path, "--folds", "2"]) == 0
    assert "Macro-F1" in capsys.readouterr().out
    assert main(["predict", PAGE, "--model", path]) == 0
    assert main(["train", labelled_file, "-o", path]) == 1
    assert "exists and is kept" in capsys.readouterr().err


def test_train_refuses_labels_outside_the_codebook(labelled_file, tmp_path, capsys):
    codebook = tmp_path / "codebook.toml"
    codebook.write_text("[[position]]\nlabel='other'\n[[position]]\nlabel='x'\n")
    path = tmp_path / "own.stance"
    command = ["train", labelled_file, "-o", str(path), "--codebook", str(codebook)]
    assert main(command) == 1
    assert "codebook does not have" in capsys.readouterr().err
    assert not path.exists()


def test_evaluate_prints_scores_for_people_and_programs(labelled_file, capsys):
    command = ["evaluate", labelled_file, "--folds", "2", "--classifier", "single"]
    assert main(command) == 0
    assert "articles kept whole" in capsys.readouterr().out
    assert main([*command, "--json"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first["score"] == "macro_f1"
    assert first["low"] < first["estimate"] < first["high"]


def test_columns_of_other_names(tmp_path, model_file, capsys):
    path = tmp_path / "odd.csv"
    path.write_text("nr,was\n1,Erst reden!\n")
    assert main(["predict", str(path), "--model", model_file]) == 1
    assert "nr" in capsys.readouterr().err
    command = ["predict", str(path), "--model", model_file, "--column", "was=text"]
    assert main(command) == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Ein Text ohne Kommentare.\n", "looks like"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "looks like"),
        (b"<!DOCTYPE html><html><body></body></html>", "HTML"),
        (b"", "empty"),
        (b"id,body2\n1,x\n", "body2"),
    ],
    ids=["no heading", "binary", "html", "empty", "columns"],
)
def test_sources_that_cannot_be_read(tmp_path, model_file, capsys, content, message):
    path = tmp_path / "source"
    path.write_bytes(content)
    assert main(["predict", str(path), "--model", model_file]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.startswith("stancekit: error:")


def test_a_source_that_is_not_there(capsys):
    assert main(["predict", "none.txt"]) == 1
    assert "none.txt" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["guess"], ["read"], ["read", "x", "--colour"]]
)
def test_arguments_that_are_not_understood(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_prevalence_gives_shares_with_intervals(labelled_file, capsys):
    command = ["prevalence", labelled_file, "--classifier", "single", "--json"]
    assert main(command) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sum(row["corrected"] for row in rows) == pytest.approx(1)
    assert all(row["low"] <= row["corrected"] <= row["high"] for row in rows)
    assert all(row["n"] > 100 for row in rows)


def test_prevalence_of_comments_without_labels(tmp_path, capsys):
    path = tmp_path / "unlabelled.csv"
    path.write_text("id,text,stance\n1,Reden!,\n2,Liefern!,\n")
    assert main(["prevalence", str(path)]) == 1
    assert "label" in capsys.readouterr().err


def test_suggest_draws_as_many_as_asked_for(model_file, tmp_path):
    path = str(tmp_path / "drawn.csv")
    command = ["suggest", PAGE, "-n", "4", "--model", model_file, "-o", path]
    assert main(command) == 0
    drawn = stancekit.read_comments(path)
    assert len(drawn) == 12
    assert drawn["sampling_round"].notna().sum() == 4
    assert drawn["sampling_prob"].astype(float).sum() == pytest.approx(4)


def test_agreement_of_two_files(tmp_path, capsys):
    for name, labels in (("anna", "xxyy"), ("ben", "xxyx")):
        rows = "".join(f"{row},{label}\n" for row, label in enumerate(labels))
        (tmp_path / f"{name}.csv").write_text(f"comment_id,label\n{rows}")
    files = [str(tmp_path / "anna.csv"), str(tmp_path / "ben.csv")]
    assert main(["agreement", *files]) == 0
    assert "alpha" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    ["read", "predict", "train", "evaluate", "prevalence", "suggest", "agreement"],
)
def test_every_command_has_help_with_an_example(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert f"Example:\n  stancekit {command}" in capsys.readouterr().out


def test_no_probability_is_shown_as_certain(small_model):
    scored = stancekit.predict_comments(["Erst reden!", "Erst reden!"], small_model)
    scored["confidence"] = [0.9949, 0.9996]
    lines = draw_tree(scored).splitlines()
    assert [line[:5] for line in lines] == [" 99 %", ">99 %"]
