import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import stancekit
from stancekit import datasets

PAGE = datasets.data_path("sample_page.txt")


def test_the_corpus_is_what_its_datasheet_says(corpus):
    assert len(corpus) == 11_429
    assert corpus["article_id"].nunique() == 437
    assert corpus["lang"].value_counts().to_dict() == {"de": 8494, "en": 2935}
    assert corpus["stance"].value_counts().to_dict() == {
        "other": 5046,
        "pro_support": 2284,
        "negotiation_first": 1736,
        "escalation_worry": 1370,
        "against_support": 993,
    }
    context = stancekit.add_context(corpus)
    assert context["parent_found"].sum() == 6881
    assert context["depth"].max() == 5
    assert corpus[["created_at", "text"]].notna().all(axis=None)
    assert corpus["author"].isna().sum() == 446
    assert corpus.drop_duplicates("article_id")["headline"].isna().sum() == 31


def test_the_default_model_is_trained_once_and_kept(monkeypatch, tmp_path):
    model = stancekit.default_model()
    assert model.classes_.tolist() == sorted(stancekit.load_codebook().labels)
    [kept] = datasets.cache_folder().glob("*.stance")
    when = kept.stat().st_mtime_ns
    again = stancekit.default_model()
    assert kept.stat().st_mtime_ns == when
    texts = ["Erst reden!", "Liefern!"]
    np.testing.assert_array_equal(
        again.predict_proba(texts), model.predict_proba(texts)
    )


def test_a_damaged_copy_is_replaced(monkeypatch, small_model, tmp_path):
    monkeypatch.setenv("STANCEKIT_CACHE", str(tmp_path))
    monkeypatch.setattr(datasets, "_train_default", lambda _: small_model)
    datasets.default_model()
    [kept] = tmp_path.glob("*.stance")
    kept.write_bytes(kept.read_bytes()[:100])
    assert datasets.default_model() is small_model
    assert stancekit.load_model(kept).n_labelled_ == small_model.n_labelled_


@pytest.fixture
def small_default(monkeypatch, small_model):
    trained = []
    monkeypatch.setattr(datasets, "_kept_here", {})
    monkeypatch.setattr(
        datasets, "_train_default", lambda _: trained.append(1) or small_model
    )
    return trained


@pytest.mark.parametrize(
    "name", ["file", "file/below", "no\0name", "x" * 300, "readonly/below", "a/" * 3000]
)
def test_without_a_cache_folder_it_answers_and_says_so_once(
    monkeypatch, small_default, tmp_path, name
):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "readonly").mkdir(mode=0o500)
    if os.geteuid() == 0 and name.startswith("readonly"):
        pytest.skip("root may write anywhere")
    monkeypatch.setattr(datasets, "cache_folder", lambda: tmp_path / name)
    with pytest.warns(UserWarning, match="cannot be kept in .* STANCEKIT_CACHE"):
        stancekit.predict(["Reden!"])
    assert len(stancekit.predict(["Reden!"])) == 1
    assert len(small_default) == 1
    assert (tmp_path / "file").read_text() == "mine"


def test_on_a_full_disk_it_answers_and_leaves_no_half_file(
    monkeypatch, small_default, tmp_path
):
    resource = pytest.importorskip("resource")
    monkeypatch.setenv("STANCEKIT_CACHE", str(tmp_path))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.warns(UserWarning, match="File too large"):
            stancekit.predict(["Reden!"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "cache", "cache/below"])
def test_a_cache_folder_is_made_where_it_can_be(
    monkeypatch, small_default, tmp_path, name
):
    """Also a relative one; an empty name stands for the user's cache folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STANCEKIT_CACHE", name)
    stancekit.predict(["Reden!"])
    stancekit.predict(["Reden!"])
    assert len(small_default) == 1
    assert len(list(tmp_path.rglob("default-*.stance"))) == 1


def test_the_key_changes_with_the_corpus(monkeypatch, tmp_path):
    before = datasets._cache_key(None)
    changed = tmp_path / "comments.csv"
    changed.write_bytes(datasets.data_path("comments.csv").read_bytes() + b"\n")
    real = datasets.data_path
    monkeypatch.setattr(
        datasets,
        "data_path",
        lambda name: changed if name == changed.name else real(name),
    )
    assert datasets._cache_key(None) != before


def test_a_bundled_file_that_is_missing():
    with pytest.raises(stancekit.ReadError, match="missing from this installation"):
        datasets.data_path("none.csv")


@pytest.mark.slow
def test_two_processes_may_start_at_once(tmp_path):
    """Both train, both save, both answer; one whole file is left."""
    command = [sys.executable, "-m", "stancekit.cli", "predict", str(PAGE), "--json"]
    environment = {"STANCEKIT_CACHE": str(tmp_path)}
    running = [
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            env=os.environ | environment,
            cwd=Path.cwd(),
        )
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=300)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert answers[0] == answers[1] != b""
    [kept] = tmp_path.iterdir()
    stancekit.load_model(kept)
