import json
import zipfile

import numpy as np
import pytest

import stancekit
from stancekit.persistence import load_codebook, open_new


@pytest.fixture(scope="module")
def saved(small_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "small.stance"
    stancekit.save_model(small_model, path, codebook=stancekit.load_codebook())
    return path


def rewrite(path, target, **members):
    """Copy a model file with some members replaced."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content.update({name.replace("_", "."): text for name, text in members.items()})
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return target


def manifest_of(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("manifest.json"))


def test_a_loaded_model_answers_as_the_saved_one(small_model, saved, small_corpus):
    loaded = stancekit.load_model(saved)
    np.testing.assert_array_equal(
        loaded.predict_proba(small_corpus), small_model.predict_proba(small_corpus)
    )
    assert loaded.predict(small_corpus).tolist() == (
        small_model.predict(small_corpus).tolist()
    )
    assert loaded.C_ == small_model.C_ == loaded.C


def test_equal_models_are_equal_files(small_model, saved, tmp_path):
    again = tmp_path / "again.stance"
    stancekit.save_model(small_model, again, codebook=stancekit.load_codebook())
    assert again.read_bytes() == saved.read_bytes()


def test_the_file_holds_no_pickle_and_is_small(saved):
    with zipfile.ZipFile(saved) as archive:
        assert set(archive.namelist()) == {
            "manifest.json",
            "weights.npz",
            "codebook.toml",
            "README.md",
        }
        with archive.open("weights.npz") as stream:
            arrays = np.load(stream, allow_pickle=False)
            assert all(arrays[name].dtype != object for name in arrays)
    assert saved.stat().st_size < 10_000_000


def test_the_codebook_comes_back(saved, small_model, tmp_path):
    assert load_codebook(saved) == stancekit.load_codebook()
    stancekit.save_model(small_model, tmp_path / "bare.stance")
    assert load_codebook(tmp_path / "bare.stance") is None


def test_the_card_tells_of_the_evaluation(small_model, small_corpus, tmp_path):
    evaluation = stancekit.evaluate(
        stancekit.StanceClassifier(stancekit.CommentFeatures(), cv=2),
        small_corpus,
        n_splits=2,
        baselines=(),
    )
    path = tmp_path / "evaluated.stance"
    stancekit.save_model(small_model, path, evaluation=evaluation)
    with zipfile.ZipFile(path) as archive:
        card = archive.read("README.md").decode()
    assert f"{evaluation.macro_f1.estimate:.3f}" in card
    assert "can differ from the most probable one" in card
    assert manifest_of(path)["scores"][0]["n"] == len(small_corpus)


def test_integer_labels_come_back_as_integers(tmp_path):
    model = stancekit.StanceClassifier(stancekit.CommentFeatures(), cv=2).fit(
        list("abcd"), [1, 1, 2, 2]
    )
    stancekit.save_model(model, tmp_path / "m.stance")
    assert stancekit.load_model(tmp_path / "m.stance").classes_.tolist() == [1, 2]


def test_an_existing_file_is_kept(small_model, tmp_path):
    path = tmp_path / "kept.stance"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="kept.stance exists and is kept"):
        stancekit.save_model(small_model, path)
    assert path.read_text() == "mine"
    stancekit.save_model(small_model, path, force=True)
    assert stancekit.load_model(path).classes_.tolist() == small_model.classes_.tolist()


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    def write_half():
        with open_new(tmp_path / "x") as stream:
            stream.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("model", ["text", stancekit.CommentFeatures()])
def test_what_is_no_classifier_is_not_saved(model, tmp_path):
    with pytest.raises(TypeError, match="cannot be saved to a model file"):
        stancekit.save_model(model, tmp_path / "x.stance")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_file_that_is_cut_off(saved, tmp_path, share):
    path = tmp_path / "cut.stance"
    content = saved.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(stancekit.ModelFileError, match="no model file, or is cut off"):
        stancekit.load_model(path)


def test_a_file_with_a_changed_byte(saved, tmp_path):
    content = bytearray(saved.read_bytes())
    content[len(content) // 2] ^= 255
    path = tmp_path / "changed.stance"
    path.write_bytes(content)
    with pytest.raises(stancekit.ModelFileError, match="changed.stance"):
        stancekit.load_model(path)


def test_other_weights_under_the_same_manifest(saved, tmp_path):
    path = rewrite(saved, tmp_path / "other.stance", weights_npz=b"other")
    with pytest.raises(stancekit.ModelFileError, match="is damaged"):
        stancekit.load_model(path)


def test_a_file_of_another_format(saved, tmp_path):
    manifest = manifest_of(saved) | {"format": 99}
    path = rewrite(saved, tmp_path / "new.stance", manifest_json=json.dumps(manifest))
    with pytest.raises(stancekit.ModelFileError, match="format 99; this version"):
        stancekit.load_model(path)


@pytest.mark.parametrize(
    "change", [{"model": "os.system"}, {"settings": {}}, {"settings": {"classes": []}}]
)
def test_a_manifest_that_does_not_fit(saved, tmp_path, change):
    manifest = manifest_of(saved) | change
    path = rewrite(saved, tmp_path / "odd.stance", manifest_json=json.dumps(manifest))
    with pytest.raises(stancekit.ModelFileError, match="does not hold"):
        stancekit.load_model(path)


def test_files_that_are_no_models(tmp_path):
    (tmp_path / "a.stance").write_text("text")
    with pytest.raises(stancekit.ModelFileError, match="no model file"):
        stancekit.load_model(tmp_path / "a.stance")
    with zipfile.ZipFile(tmp_path / "b.stance", "w") as archive:
        archive.writestr("hello.txt", "x")
    with pytest.raises(stancekit.ModelFileError, match="zip file but no model"):
        stancekit.load_model(tmp_path / "b.stance")
    with pytest.raises(stancekit.ModelFileError, match="cannot be read"):
        stancekit.load_model(tmp_path / "none.stance")
    with pytest.raises(stancekit.ModelFileError, match="cannot be read"):
        stancekit.load_model(tmp_path)
