import hashlib
import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest

import stancekit
from stancekit.persistence import model_codebook


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
    assert model_codebook(saved) == stancekit.load_codebook()
    stancekit.save_model(small_model, tmp_path / "bare.stance")
    assert model_codebook(tmp_path / "bare.stance") is None


def test_the_card_tells_of_the_evaluation(small_model, small_corpus, tmp_path):
    evaluation = stancekit.evaluate(
        stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=2),
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
    model = stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=2).fit(
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


# Files from strangers


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_arrays(saved, target, change):
    """Copy a model file with changed arrays, hash and description made to fit."""
    manifest = manifest_of(saved)
    with np.load(io.BytesIO(members_of(saved)["weights.npz"])) as found:
        arrays = dict(found)
    change(arrays)
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    weights = stream.getvalue()
    manifest["weights_sha256"] = hashlib.sha256(weights).hexdigest()
    manifest["arrays"] = {
        name: [array.dtype.str, list(array.shape)] for name, array in arrays.items()
    }
    return rewrite(
        saved, target, manifest_json=json.dumps(manifest), weights_npz=weights
    )


def put(name, value, at=0):
    def change(arrays):
        array = arrays[name].copy()
        array.reshape(-1)[at] = value
        arrays[name] = array

    return change


def replaced(name, make):
    return lambda arrays: arrays.update({name: make(arrays.get(name))})


HARMFUL_ARRAYS = {
    "nan": put("own/words/weights", np.nan),
    "inf": put("intercept", np.inf),
    "negative share": put("class_shares", -0.1),
    "share above one": put("class_shares", 1.5),
    "negative idf": put("own/words/idf", -1),
    "negative decision weight": put("decision_weights", -1),
    "negative slope": put("calibration/slope", -1),
    "huge bias": put("calibration/bias", 1e300),
    "buckets beyond the map": put("own/words/steps", 255, at=slice(None)),
    "bucket twice": put("own/words/steps", 0, at=1),
    "signed steps": replaced("own/words/steps", lambda a: a.astype(np.int16)),
    "whole numbers": replaced("class_shares", lambda a: np.ones(len(a), int)),
    "complex": replaced("intercept", lambda a: a.astype(complex)),
    "text": replaced("intercept", lambda a: a.astype(str)),
    "another shape": replaced("intercept", lambda a: a[:-1]),
    "another dimension": replaced("intercept", lambda a: a[None]),
    "salt": replaced("trained_on/salt", lambda a: np.zeros(1000, np.uint8)),
    "hashes": replaced("trained_on/hashes", lambda a: a.astype(np.uint8)),
    "an array more": replaced("evil", lambda a: np.zeros(3)),
    "an array less": lambda arrays: arrays.pop("intercept"),
    "none": lambda arrays: arrays.clear(),
}


@pytest.mark.parametrize("harm", HARMFUL_ARRAYS)
def test_arrays_that_no_model_has(saved, tmp_path, harm):
    path = with_arrays(saved, tmp_path / "harm.stance", HARMFUL_ARRAYS[harm])
    with pytest.raises(stancekit.ModelFileError, match=r"harm\.stance"):
        stancekit.load_model(path)


def test_arrays_that_are_not_as_the_manifest_says(saved, tmp_path):
    manifest = manifest_of(saved)
    for described in (["<f8", [3]], ["<f4", [4]], ["|O", [4]], ["<f8", [-1]], 5, "x"):
        manifest["arrays"]["intercept"] = described
        path = rewrite(
            saved, tmp_path / "odd.stance", manifest_json=json.dumps(manifest)
        )
        with pytest.raises(stancekit.ModelFileError):
            stancekit.load_model(path)


@pytest.mark.parametrize(
    "manifest",
    [
        "[]",
        "5",
        "null",
        '"text"',
        "{}",
        "[" * 100_000,
        '{"a":' * 100_000,
        "\ud800".encode("utf-8", "surrogatepass"),
        '{"format": 3, "arrays": NaN}',
        '{"format": 3, "arrays": {}, "settings": 1e999}',
        '{"format": ' + "9" * 5000 + "}",
    ],
    ids=range(11),
)
def test_manifests_of_another_kind(saved, tmp_path, manifest):
    path = rewrite(saved, tmp_path / "odd.stance", manifest_json=manifest)
    for load in (stancekit.load_model, model_codebook):
        with pytest.raises(stancekit.ModelFileError, match=r"odd\.stance"):
            load(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("classes", ["a", "a", "b", "c"]),
        ("classes", ["a", 1, "b", "c"]),
        ("classes", [[1], [2], [3], [4]]),
        ("classes", "abcd"),
        ("classes", ["a"]),
        ("n_labelled", -1),
        ("n_labelled", "many"),
        ("encoder_weight", "much"),
        ("parameters", {}),
        ("parameters", None),
        ("encoder", {"name": "x"}),
    ],
)
def test_settings_that_no_model_has(saved, tmp_path, name, value):
    manifest = manifest_of(saved)
    manifest["settings"][name] = value
    path = rewrite(saved, tmp_path / "odd.stance", manifest_json=json.dumps(manifest))
    with pytest.raises(stancekit.ModelFileError, match=r"odd\.stance"):
        stancekit.load_model(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("C", -1),
        ("C", "large"),
        ("kernel", "fortran"),
        ("features", {"n_buckets": 3}),
        ("features", {"evil": 3}),
        ("evil", 3),
    ],
)
def test_parameters_that_no_model_has(saved, tmp_path, name, value):
    manifest = manifest_of(saved)
    manifest["settings"]["parameters"][name] = value
    path = rewrite(saved, tmp_path / "odd.stance", manifest_json=json.dumps(manifest))
    with pytest.raises(stancekit.ModelFileError, match=r"odd\.stance"):
        stancekit.load_model(path)


def test_a_file_that_would_fill_the_memory_is_not_unpacked(saved, tmp_path):
    members = members_of(saved)
    zeros = bytes(300_000_000)
    for name in ("weights.npz", "manifest.json"):
        path = tmp_path / f"{name}.stance"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for other, content in (members | {name: zeros}).items():
                archive.writestr(other, content)
        with pytest.raises(stancekit.ModelFileError, match="would unpack to 300,000"):
            stancekit.load_model(path)


def test_a_declared_size_is_not_believed(saved, tmp_path):
    """An array of eight tebibytes, in the manifest and in its own header."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (2**40,)}
    )
    weights = io.BytesIO()
    with zipfile.ZipFile(weights, "w") as archive:
        archive.writestr("intercept.npy", header.getvalue())
    manifest = manifest_of(saved) | {
        "arrays": {"intercept": ["<f8", [2**40]]},
        "weights_sha256": hashlib.sha256(weights.getvalue()).hexdigest(),
    }
    path = rewrite(
        saved,
        tmp_path / "huge.stance",
        manifest_json=json.dumps(manifest),
        weights_npz=weights.getvalue(),
    )
    with pytest.raises(stancekit.ModelFileError, match="intercept is not of type"):
        stancekit.load_model(path)


def test_members_that_nobody_needs_are_not_read(saved, tmp_path):
    path = tmp_path / "more.stance"
    path.write_bytes(saved.read_bytes())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.bin", bytes(10**8))
    stancekit.load_model(path)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 77])
def test_a_file_packed_in_another_way(saved, tmp_path, packing):
    path = tmp_path / "odd.stance"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members_of(saved).items():
            kind = packing if packing != 77 else zipfile.ZIP_STORED
            archive.writestr(name, content, compress_type=kind)
            if packing == 77:
                archive.getinfo(name).compress_type = 77
    with pytest.raises(stancekit.ModelFileError, match=r"odd\.stance"):
        stancekit.load_model(path)


def test_an_encrypted_file(saved, tmp_path):
    path = tmp_path / "secret.stance"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members_of(saved).items():
            archive.writestr(name, content)
            archive.getinfo(name).flag_bits |= 1
    with pytest.raises(stancekit.ModelFileError, match="encrypted"):
        stancekit.load_model(path)


def test_weights_that_are_no_arrays(saved, tmp_path):
    for weights in (b"", b"text", b"PK\x05\x06" + bytes(18)):
        manifest = manifest_of(saved)
        manifest["weights_sha256"] = hashlib.sha256(weights).hexdigest()
        path = rewrite(
            saved,
            tmp_path / "odd.stance",
            manifest_json=json.dumps(manifest),
            weights_npz=weights,
        )
        with pytest.raises(stancekit.ModelFileError, match=r"odd\.stance"):
            stancekit.load_model(path)


def test_a_codebook_that_is_none(saved, tmp_path):
    for text in (b"\xff", b"rules = 5", b"a = " + b"[" * 100_000, b"position = 3"):
        path = rewrite(saved, tmp_path / "odd.stance", codebook_toml=text)
        with pytest.raises(stancekit.ModelFileError, match=r"odd\.stance"):
            model_codebook(path)


def test_a_name_that_no_file_can_have():
    with pytest.raises(stancekit.ModelFileError):
        stancekit.load_model("no\0name")


def test_a_file_of_the_first_format(saved, tmp_path):
    manifest = manifest_of(saved) | {"format": 1, "versions": {"stancekit": "0.1.0"}}
    path = rewrite(saved, tmp_path / "old.stance", manifest_json=json.dumps(manifest))
    with pytest.raises(
        stancekit.ModelFileError,
        match=r"format 1; .* reads format 3\. It was saved with stancekit 0\.1\.0: "
        "install that one, or train the model anew",
    ):
        stancekit.load_model(path)


def test_a_score_that_could_not_be_measured_is_null_in_the_manifest(
    small_model, tmp_path
):
    class Scores:
        def to_frame(self):
            return pd.DataFrame({"score": ["f1"], "estimate": [np.nan]})

    path = tmp_path / "m.stance"
    stancekit.save_model(small_model, path, evaluation=Scores())
    assert manifest_of(path)["scores"] == [{"score": "f1", "estimate": None}]
    stancekit.load_model(path)
