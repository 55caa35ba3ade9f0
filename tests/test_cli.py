import io
import json
import os
import re
import signal
import subprocess
import sys
import warnings

import pandas as pd
import pytest

import stancekit
from stancekit.cli import commands, main, telling
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


def test_evaluate_scores_predictions_that_are_there(
    labelled_file, model_file, tmp_path, capsys
):
    scored = str(tmp_path / "scored.csv")
    assert main(["predict", labelled_file, "--model", model_file, "-o", scored]) == 0
    assert main(["evaluate", labelled_file, "--scored"]) == 1
    assert "Column 'predicted' is missing" in capsys.readouterr().err
    assert main(["evaluate", scored, "--scored"]) == 1
    assert "comments that the model was trained on" in capsys.readouterr().err
    new = pd.read_csv(scored, dtype=str).assign(in_training="False")
    new.to_csv(scored, index=False)
    assert main(["evaluate", scored, "--scored"]) == 0
    assert "as they were predicted" in capsys.readouterr().out


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


def test_notes_on_shares_stand_beside_the_table(labelled_file, tmp_path, capsys):
    table = pd.read_csv(labelled_file, dtype=str)
    table.loc[::2, "stance"] = None
    table.to_csv(tmp_path / "some.csv", index=False)
    command = ["prevalence", str(tmp_path / "some.csv"), "--classifier", "single"]
    assert main([*command, "--json"]) == 0
    printed = capsys.readouterr()
    assert "stancekit: note: " in printed.err
    assert "random" in printed.err
    assert all(map(json.loads, printed.out.splitlines()))


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
    codebook = tmp_path / "codebook.toml"
    codebook.write_text("[[position]]\nlabel='x'\n[[position]]\nlabel='z'\n")
    assert main(["agreement", *files, "--codebook", str(codebook)]) == 1
    assert "'y'" in capsys.readouterr().err


COMMANDS = (
    "read predict train evaluate prevalence suggest agreement labels check-labels "
    "codebook".split()
)


@pytest.mark.parametrize("command", COMMANDS)
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


# What goes wrong


def run(*arguments, redirected="", **options):
    """Run the command in a shell of its own."""
    command = [sys.executable, "-m", "stancekit.cli", *arguments]
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirected}', "sh", *command],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        **options,
    )


posix = pytest.mark.skipif(os.name != "posix", reason="needs a shell")


@posix
def test_a_reader_that_has_seen_enough_is_no_error(tmp_path):
    long = tmp_path / "long.csv"
    long.write_text("id,text\n" + "".join(f"{n},Reden!\n" for n in range(20_000)))
    command = [sys.executable, "-m", "stancekit.cli", "read", str(long)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "comment_id,text\n"
    process.stdout.close()
    assert "20,000" in process.stderr.read()
    process.stderr.close()
    assert process.wait() == 0


@posix
@pytest.mark.parametrize(
    ("redirected", "output", "code", "said"),
    [
        (">&-", "-", 1, "error: Standard output is closed. Name a file with --output"),
        (">&-", "out.csv", 0, "12 rows written"),
        ("2>&-", "out.csv", 0, ""),
        ("2>&-", "-", 0, ""),
    ],
)
def test_closed_streams(tmp_path, redirected, output, code, said):
    found = run("read", PAGE, "-o", output, redirected=redirected, cwd=tmp_path)
    assert found.returncode == code
    assert said in found.stderr
    assert "Traceback" not in found.stderr
    assert (found.stdout == "") == (output != "-" or ">&-" == redirected)


@posix
def test_closed_standard_input():
    found = run("read", "-", redirected="<&-")
    assert found.returncode == 1
    assert found.stderr == (
        "stancekit: error: Standard input is closed. Name a file.\n"
    )


@posix
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full device")
def test_a_full_disk_behind_standard_output():
    found = run("read", PAGE, redirected=">/dev/full")
    assert found.returncode == 1
    assert found.stderr.endswith("stancekit: error: No space left on device\n")


@posix
def test_a_disk_that_fills_up_behind_an_unbuffered_standard_output(tmp_path):
    """Such a stream writes what there is room for, and says so only by a number."""
    long = tmp_path / "long.csv"
    long.write_text("id,text\n" + "".join(f"{n},Reden!\n" for n in range(20_000)))
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    blocks = (
        f"ulimit -f 8; exec {sys.executable} -m stancekit.cli read {long} >part.csv"
    )
    found = subprocess.run(
        ["sh", "-c", blocks],
        env=environment,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert found.stderr.endswith("stancekit: error: File too large\n")


def test_a_note_is_told_once(monkeypatch, capsys):
    def warn_in_each_fold(arguments):
        for _ in range(3):
            with warnings.catch_warnings(action="always"):
                warnings.warn("folds instead of n_splits=5", UserWarning, stacklevel=1)

    monkeypatch.setattr(commands, "run_read", warn_in_each_fold)
    assert main(["read", PAGE]) == 0
    told = capsys.readouterr().err
    assert told == "stancekit: note: folds instead of --folds 5\n"


def test_a_terminal_without_umlauts(model_file):
    """Shown texts are escaped; a table is UTF-8, as in a file."""
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    drawn = run("predict", PAGE, "--model", model_file, env=environment)
    assert drawn.returncode == 0
    assert "\\u2514 " in drawn.stdout
    table = run("read", PAGE, env=environment)
    assert "Übungskörper" in table.stdout


def test_long_work_is_told_of_and_can_be_interrupted(labelled_file):
    command = [sys.executable, "-m", "stancekit.cli", "evaluate", labelled_file]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that starts tests in the background may have it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stderr.readline() == (
        "stancekit: Evaluating how a model is made ...\n"
    )
    process.send_signal(signal.SIGINT)
    assert process.stderr.read() == "stancekit: interrupted\n"
    process.stderr.close()
    assert process.wait() == 130


def test_on_a_terminal_the_time_is_shown(monkeypatch, capsys):
    monkeypatch.setattr(telling, "PATIENCE", 0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with telling.told_if_long("Reading"):
        telling.Event().wait(1.5)
    assert "Reading ... 00:0" in capsys.readouterr().err


def test_an_error_nobody_thought_of_is_one_sentence(monkeypatch, capsys):
    def fail(arguments):
        raise RecursionError("too\ndeep")

    monkeypatch.setattr(commands, "run_read", fail)
    assert main(["read", PAGE]) == 1
    assert capsys.readouterr().err == (
        "stancekit: error: unexpected RecursionError 'too deep'. This is a fault of "
        "stancekit: run it again with the environment variable STANCEKIT_DEBUG=1 to "
        "see where it arose, and report that.\n"
    )
    monkeypatch.setenv("STANCEKIT_DEBUG", "1")
    with pytest.raises(RecursionError):
        main(["read", PAGE])


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Name its format: format=.", "Name its format: --format."),
        ("format= takes csv, json.", "--format takes csv, json."),
        (
            "with columns={'a b': 'text', 'c': 'd'}",
            "with --column a b=text --column c=d",
        ),
        ("with skip_bad_lines=True.", "with --skip-bad-lines."),
        ("replaced (force=True).", "replaced (--force)."),
        ("as annotator_field=.", "as --annotator-field."),
        ("n_splits=9: there are", "--folds 9: there are"),
        (
            "Pass the table, or leave table= out.",
            "Pass the table, or leave --comments out.",
        ),
        ("decision=macro_f1 stays", "decision=macro_f1 stays"),
    ],
)
def test_messages_speak_of_options(message, shown):
    assert telling.in_options(message) == shown


def test_every_option_that_a_message_names_is_there(capsys):
    known = ""
    for command in COMMANDS:
        with pytest.raises(SystemExit):
            main([command, "--help"])
        known += capsys.readouterr().out
    named = {*telling.OPTIONS.values()}
    named |= {f"--{name.replace('_', '-')}" for name in telling.SAME_NAMES}
    assert named - {*re.findall(r"--[a-z-]+", known)} == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["evaluate", "x", "--folds", "1"],
        ["evaluate", "x", "--repeats", "0"],
        ["evaluate", "x", "--seed", "-1"],
        ["evaluate", "x", "--seed", "99999999999"],
        ["evaluate", "x", "--jobs", "many"],
        ["suggest", "x", "-n", "0"],
        ["predict", "x", "--abstain-below", "nan"],
    ],
)
def test_numbers_that_an_option_does_not_take(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("x.doc", "ends in '.doc'"),
        ("none/x.csv", "no folder"),
        ("", "ends in 'nothing'"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_the_work(
    tmp_path, monkeypatch, capsys, output, message
):
    monkeypatch.chdir(tmp_path)
    assert main(["predict", "no such source", "-o", output]) == 1
    assert message in capsys.readouterr().err


def test_bad_lines_can_be_left_out(tmp_path, capsys):
    path = tmp_path / "broken.jsonl"
    path.write_text(
        '{"id": "1", "text": "a"}\n{"id": "2", "te\n{"id": "3", "text": "b"}'
    )
    assert main(["read", str(path)]) == 1
    assert "leave such lines out with --skip-bad-lines." in capsys.readouterr().err
    assert main(["read", str(path), "--skip-bad-lines"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_the_summary_counts_comments_with_a_text(tmp_path, model_file, capsys):
    path = tmp_path / "photos.csv"
    path.write_text("id,text\n1,Erst reden!\n2,\n3, \n4,Liefern!\n")
    assert main(["predict", str(path), "--model", model_file]) == 0
    summary = capsys.readouterr().out
    assert "\n2 comments: " in summary
    assert "2 more have no text." in summary


def test_texts_that_excel_would_compute(tmp_path):
    source, out = tmp_path / "in.jsonl", tmp_path / "out.csv"
    texts = ["=1+1", "+49", "- nein", "@ina", "\tx", "ä=1", "'=1"]
    source.write_text(
        "".join(
            json.dumps({"id": str(n), "text": t, "likes": -n}) + "\n"
            for n, t in enumerate(texts)
        )
    )
    assert main(["read", str(source), "-o", str(out), "--excel"]) == 0
    written = out.read_text("utf-8")
    assert written.startswith("\ufeff")
    found = stancekit.read_comments(out)
    expected = ["'=1+1", "'+49", "'- nein", "'@ina", "'\tx", "ä=1", "'=1"]
    assert found["text"].tolist() == expected
    assert found["likes"].tolist() == [-n for n in range(len(texts))]
