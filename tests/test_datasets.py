import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import stancekit
from stancekit import datasets

PAGE = datasets.data_path("sample_page.txt")


def test_the_corpus_is_what_its_datasheet_says(corpus):
    assert len(corpus) == 3902
    assert corpus["article_id"].nunique() == 154
    assert corpus["stance"].value_counts().to_dict() == {
        "pro_support": 1099,
        "other": 1097,
        "negotiation_first": 967,
        "escalation_worry": 739,
    }
    context = stancekit.add_context(corpus)
    assert context["parent_found"].sum() == 2177
    assert context["depth"].max() == 5
    assert corpus[["headline", "created_at", "text"]].notna().all(axis=None)


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
    monkeypatch.setattr(datasets, "_train_default", lambda: small_model)
    datasets.default_model()
    [kept] = tmp_path.glob("*.stance")
    kept.write_bytes(kept.read_bytes()[:100])
    assert datasets.default_model() is small_model
    assert stancekit.load_model(kept).n_labelled_ == small_model.n_labelled_


def test_the_key_changes_with_the_corpus(monkeypatch, tmp_path):
    before = datasets._cache_key()
    changed = tmp_path / "comments.csv"
    changed.write_bytes(datasets.data_path("comments.csv").read_bytes() + b"\n")
    real = datasets.data_path
    monkeypatch.setattr(
        datasets,
        "data_path",
        lambda name: changed if name == changed.name else real(name),
    )
    assert datasets._cache_key() != before


def test_a_bundled_file_that_is_missing():
    with pytest.raises(stancekit.ReadError, match="missing from this installation"):
        datasets.data_path("none.csv")


@pytest.mark.slow
def test_two_processes_may_start_at_once(tmp_path):
    """Both train, both save, both answer; one whole file is left."""
    command = [sys.executable, "-m", "stancekit.cli", "predict", str(PAGE), "--json"]
    environment = {"STANCEKIT_CACHE": str(tmp_path)}
    import os

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
