"""Files of any size, and faults on the way."""

import builtins
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import stancekit
from stancekit import columns as col
from stancekit.datasets import load_corpus
from stancekit.errors import DataWarning, ReadError
from stancekit.scoring import score_file
from stancekit.scoring.writing import to_bytes

pytest.importorskip("duckdb")
if not col.strings_are_arrow():
    pytest.skip("needs the strings of pandas 3", allow_module_level=True)


@pytest.fixture(scope="module")
def model():
    corpus = load_corpus().head(300)
    classifier = stancekit.ConversationClassifier(stancekit.StanceClassifier(cv=2))
    return classifier.fit(corpus, corpus["stance"])


@pytest.fixture(scope="module")
def comments():
    """Articles and threads whose comments stand anywhere; some have no article."""
    corpus = load_corpus().iloc[300:700]
    given = ["comment_id", "parent_id", "article_id", "author", "text"]
    table = pd.DataFrame(corpus[given]).sample(frac=1, random_state=0)
    table.iloc[::9, 2] = None
    table["likes"] = np.arange(len(table))
    table["mood"] = "gut"
    return table


def written(comments, path):
    if path.suffix == ".parquet":
        comments.to_parquet(path, index=False)
    elif path.suffix == ".jsonl":
        comments.to_json(path, orient="records", lines=True, force_ascii=False)
    else:
        comments.to_csv(path, index=False)
    return path


def holds(path, expected):
    """Tell whether a file holds these bytes; pytest shows unlike ones for minutes."""
    return path.read_bytes() == expected


def in_memory(source, target, model):
    scored = stancekit.predict_comments(stancekit.read_comments(source), model)
    stancekit.write_comments(scored, target, force=True)
    return target.read_bytes()


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_parts_give_what_the_whole_gives(comments, model, tmp_path, ending):
    source = written(comments, tmp_path / f"in.{ending}")
    target = tmp_path / f"out.{ending}"
    expected = in_memory(source, tmp_path / f"whole.{ending}", model)
    n = score_file(source, target, model, chunk_rows=50)
    assert n == len(comments)
    if ending == "parquet":
        whole, found = (
            stancekit.read_comments(tmp_path / f"{name}.parquet")
            for name in ("whole", "out")
        )
        pd.testing.assert_frame_equal(found, whole)
    else:
        assert holds(target, expected)
    assert not Path(f"{target}.parts").exists()


def test_two_processes_give_what_one_gives(comments, model, tmp_path):
    source = written(comments, tmp_path / "in.csv")
    path = tmp_path / "model.stance"
    stancekit.save_model(model, path)
    for jobs in (1, 2):
        score_file(source, tmp_path / f"{jobs}.csv", path, chunk_rows=80, n_jobs=jobs)
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


@pytest.mark.filterwarnings("ignore:.*circle:stancekit.errors.DataWarning")
def test_odd_parents_and_statuses_are_settled_as_in_memory(model, tmp_path):
    table = pd.DataFrame(
        {
            "id": ["1", "2", "3", "4", "5", "6", "7", "8"],
            "parent": ["0", "1.0", " 2", "root", "gone", "6", "8", "7"],
            "article": ["a", "b", None, "c", "c", "NA", "d", "d"],
            "text": [
                "Erst reden",
                "[deleted]",
                'Er: "nein"',
                "a\nb",
                "c;d",
                *"xyz",
            ],
        }
    )
    source = written(table, tmp_path / "in.csv")
    expected = in_memory(source, tmp_path / "whole.csv", model)
    score_file(source, tmp_path / "out.csv", model, chunk_rows=1)
    assert holds(tmp_path / "out.csv", expected)


def test_comments_without_ids_get_the_same_ids(model, tmp_path):
    source = written(pd.DataFrame({"text": ["Ja", "Nein", "Doch"]}), tmp_path / "a.csv")
    expected = in_memory(source, tmp_path / "whole.csv", model)
    score_file(source, tmp_path / "out.csv", model, chunk_rows=1)
    assert holds(tmp_path / "out.csv", expected)


def test_repeated_ids_are_dropped_and_told(model, tmp_path):
    table = pd.DataFrame({"id": ["1", "2", "1"], "text": ["Ja", "Nein", "Ja"]})
    source = written(table, tmp_path / "in.csv")
    expected = in_memory(source, tmp_path / "whole.csv", model)
    with pytest.warns(DataWarning, match="1 rows repeat an id"):
        assert score_file(source, tmp_path / "out.csv", model) == 2
    assert holds(tmp_path / "out.csv", expected)


KILLED = """
import sys
from stancekit.scoring import score_file
score_file(*sys.argv[1:4], chunk_rows=20)
"""


def test_a_killed_run_goes_on_where_it_was(comments, model, tmp_path):
    source = written(comments, tmp_path / "in.csv")
    path = tmp_path / "model.stance"
    stancekit.save_model(model, path)
    expected = in_memory(source, tmp_path / "whole.csv", model)
    target = tmp_path / "out.csv"
    command = [sys.executable, "-c", KILLED, source, target, path]
    parts = Path(f"{target}.parts")
    for wanted in ("journal.json", "plan.json", "scored-000002.parquet"):
        run = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        while not (parts / wanted).exists() and run.poll() is None:
            time.sleep(0.002)
        run.send_signal(signal.SIGKILL)
        run.wait()
        assert parts.exists()
        assert not target.exists()
    finished = {file: file.stat().st_mtime_ns for file in parts.glob("scored-*")}
    assert len(finished) >= 2
    score_file(source, target, path, chunk_rows=20)
    assert holds(target, expected)


def test_a_second_process_at_one_target_is_refused(comments, model, tmp_path):
    source = written(comments, tmp_path / "in.csv")
    path = tmp_path / "model.stance"
    stancekit.save_model(model, path)
    target = tmp_path / "out.csv"
    command = [sys.executable, "-c", KILLED, source, target, path]
    first = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    journal = Path(f"{target}.parts", "journal.json")
    while not journal.exists() and first.poll() is None:
        time.sleep(0.002)
    first.send_signal(signal.SIGSTOP)  # or it might be done too soon
    for resume in (True, False):
        with pytest.raises(OSError, match="Another process is at work"):
            score_file(source, target, path, chunk_rows=20, resume=resume)
    assert journal.exists()
    first.kill()
    first.wait()
    assert score_file(source, target, path, chunk_rows=20) == len(comments)


def begun(source, target, model, monkeypatch):
    """Begin to score a file, and stop before the first part."""
    with monkeypatch.context() as patch:
        patch.setattr("stancekit.scoring.large._score_part", None)
        with pytest.raises(TypeError):
            score_file(source, target, model)


def test_another_source_or_setting_is_refused(comments, model, tmp_path, monkeypatch):
    source = written(comments, tmp_path / "in.csv")
    target = tmp_path / "out.csv"
    begun(source, target, model, monkeypatch)
    with pytest.raises(ValueError, match="another settings.*resume=False"):
        score_file(source, target, model, chunk_rows=7)
    written(comments.head(20), source)
    with pytest.raises(ValueError, match="another source"):
        score_file(source, target, model)
    assert score_file(source, target, model, resume=False) == 20


def test_a_source_that_changes_while_it_is_read(comments, model, tmp_path, monkeypatch):
    source = written(comments, tmp_path / "in.csv")

    def read(*args):
        with source.open("a") as stream:
            stream.write("x,,,,Nein,1,gut\n")
        return make_parts(*args)

    from stancekit.scoring.parting import make_parts

    monkeypatch.setattr("stancekit.scoring.large.make_parts", read)
    with pytest.raises(ValueError, match="changed while it was read"):
        score_file(source, tmp_path / "out.csv", model)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]


def test_a_disk_that_is_full(comments, model, tmp_path):
    source = written(comments, tmp_path / "in.csv")
    path = tmp_path / "model.stance"
    stancekit.save_model(model, path)

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    run = subprocess.run(
        [
            *(sys.executable, "-m", "stancekit.cli", "predict", source, "-o"),
            *(tmp_path / "out.csv", "--model", path, "--chunk-rows", "100"),
        ],
        preexec_fn=limit,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    last = run.stderr.splitlines()[-1]
    assert last.startswith("stancekit: error:")
    assert "File too large" in last
    assert not (tmp_path / "out.csv").exists()


def test_a_folder_that_vanishes(comments, model, tmp_path, monkeypatch):
    source = written(comments, tmp_path / "in.csv")
    folder = tmp_path / "there"
    folder.mkdir()

    def vanish(*args):
        import shutil

        shutil.rmtree(folder)
        return _score_part(*args)

    from stancekit.scoring.large import _score_part

    monkeypatch.setattr("stancekit.scoring.large._score_part", vanish)
    with pytest.raises(FileNotFoundError, match=r"there"):
        score_file(source, folder / "out.csv", model)


def test_what_is_no_table_is_refused(model, tmp_path):
    (tmp_path / "page.html").write_text("<html><body>Ja</body></html>")
    with pytest.raises(ReadError, match="cannot be read in parts"):
        score_file(tmp_path / "page.html", tmp_path / "out.csv", model)


def test_a_workbook_is_refused_at_the_start(tmp_path):
    with pytest.raises(ValueError, match=r"'\.xlsx'; tables.*\.csv.*\.parquet\.$"):
        score_file("not read.csv", tmp_path / "out.xlsx")
    assert not any(tmp_path.iterdir())


def test_without_duckdb_the_file_is_read_whole(comments, model, tmp_path, monkeypatch):
    source = written(comments, tmp_path / "in.csv")
    found = builtins.__import__

    def no_duckdb(name, *args, **kwargs):
        if name == "duckdb":
            raise ImportError(name)
        return found(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_duckdb)
    with pytest.warns(DataWarning, match=r"read into memory.*stancekit\[big\]"):
        score_file(source, tmp_path / "out.csv", model)
    monkeypatch.undo()
    expected = in_memory(source, tmp_path / "whole.csv", model)
    assert holds(tmp_path / "out.csv", expected)


CELLS = st.text(st.sampled_from('ab",;\n\r\té '), max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
@settings(deadline=None, max_examples=150)
def test_arrow_reads_what_python_reads(rows):
    """Written well or not: quotation marks and line ends stand anywhere."""
    import csv
    import io

    from stancekit.readers import FORMATS
    from stancekit.readers.sources import open_source

    text = "id,text\n" + "".join(f"{a},{b}\n" for a, b in rows)
    quick, _ = FORMATS["csv"].in_parts
    try:
        parts = [*quick(open_source(text.encode()))]
    except ValueError:
        return  # Python's csv reads it instead
    found = [[*row.values()] for part in parts for row in part.to_pylist()]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert [parts[0].column_names, *found] == [row for row in reader if row]


VALUES = {
    # A carriage return is quoted by newer versions of Python only.
    "text": st.none() | CELLS.map(lambda cell: cell.replace("\r", "")),
    "share": st.none() | st.floats(allow_nan=False),
    "likes": st.none() | st.integers(-(2**62), 2**62),
    "seen": st.none() | st.booleans(),
}


@given(st.lists(st.tuples(*VALUES.values()), min_size=1, max_size=5))
@example([(None, 0.0, None, None), (None, -0.0, None, None)])
@settings(deadline=None, max_examples=150)
def test_csv_is_written_as_pandas_writes_it(rows):
    kinds = dict(zip(VALUES, ("str", "Float64", "Int64", "boolean"), strict=True))
    table = pd.DataFrame(rows, columns=list(VALUES), dtype=object).astype(kinds)
    table["mood"] = table["text"].astype("category")
    table["at"] = pd.to_datetime(table["likes"].fillna(0) % 10**9, unit="s", utc=True)
    table["plain"] = table["share"].astype(float)
    expected = table.to_csv(index=False, lineterminator="\n")
    assert to_bytes(table, ".csv").decode() == expected


def test_a_carriage_return_is_quoted(tmp_path):
    table = pd.DataFrame({"comment_id": ["1", "2"], "text": ["a\rb", "c"]})
    stancekit.write_comments(table, tmp_path / "a.csv")
    again = stancekit.read_comments(tmp_path / "a.csv")
    assert again["text"].tolist() == ["a\rb", "c"]


@pytest.mark.parametrize("shape", ["chain", "no article", "one article"])
def test_odd_shapes_give_what_the_whole_gives(model, tmp_path, shape):
    n = 3000
    table = pd.DataFrame({"id": np.arange(n).astype(str), "text": "Erst reden, dann"})
    if shape == "chain":
        table["parent"] = (np.arange(n) - 1).astype(str)
    elif shape == "one article":
        table["article"] = "a"
    source = written(table.sample(frac=1, random_state=0), tmp_path / "in.csv")
    expected = in_memory(source, tmp_path / "whole.csv", model)
    score_file(source, tmp_path / "out.csv", model, chunk_rows=500)
    assert holds(tmp_path / "out.csv", expected)
