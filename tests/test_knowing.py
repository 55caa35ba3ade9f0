"""What a model does with words it has not met."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import stancekit
from stancekit.classifier.calibration import cap, highest_borne_out

FRENCH = [
    "Je ne comprends pas pourquoi personne ne veut écouter ces pauvres gens.",
    "Demain nous irons acheter du pain, du fromage et quelques belles tomates.",
    "Les enfants jouaient dehors pendant que leurs parents préparaient le repas.",
]
# Words that are none, and share no bucket with one.
STRANGE = "Xyzzyq fnordow qwrtzu plughix frobnik"


def test_comments_of_unknown_words_are_abstained_on(small_model):
    scored = stancekit.predict_comments(
        [*FRENCH[:1], *["Wir müssen reden."] * 3], small_model
    )
    assert scored["abstained"].tolist()[0] is True
    assert scored["known"][0] < small_model.known_bound_ < scored["known"][1] == 1


def test_what_is_said_of_unknown_words_is_near_the_shares_of_the_labels(small_model):
    near, far = small_model.predict_proba(
        [FRENCH[0], "Waffen liefern, und zwar sofort!"]
    )
    shares = small_model.class_shares_
    assert abs(near - shares).sum() < abs(far - shares).sum()
    nothing = small_model.judge([STRANGE])
    np.testing.assert_allclose(nothing.proba[0], shares)
    assert nothing.is_foreign.tolist() == [True]


def test_a_short_comment_does_not_abstain_for_its_words_alone(small_model):
    judged = small_model.judge([" ".join(STRANGE.split()[:4])])
    assert judged.known.tolist() == [0]
    assert judged.is_foreign.tolist() == [False]


def test_one_in_twenty_labelled_comments_is_below_the_bound(small_model, corpus):
    alike = corpus[corpus["article_id"].str[0].isin(["V", "Z"])]
    others = alike[~small_model.in_training(alike)]
    judged = small_model.judge(others)
    assert 0.02 < judged.is_foreign.mean() < 0.12


def test_a_foreign_table_is_said_to_be_foreign(small_model):
    with pytest.warns(stancekit.DataWarning, match="3 of 3 comments .* in en, de and"):
        stancekit.predict_comments(FRENCH, small_model)
    with warnings.catch_warnings(action="error"):
        stancekit.predict_comments([*FRENCH, *["Wir müssen reden."] * 3], small_model)


def test_a_conversation_passes_on_nothing_of_what_it_does_not_know(small_corpus):
    single = stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=2)
    model = stancekit.ConversationClassifier(single)
    model.fit(small_corpus, small_corpus["stance"])
    thread = pd.DataFrame(
        {
            "comment_id": ["a", "b"],
            "parent_id": [None, "a"],
            "author": ["Ilse", "Bo"],
            "text": ["Waffen liefern, und zwar sofort!", STRANGE],
        }
    )
    judged = model.judge(thread)
    np.testing.assert_allclose(judged.proba[1], model.first_.class_shares_)
    assert judged.is_foreign.tolist() == [False, True]
    assert judged.proba.max() <= model.highest_


def test_no_comment_is_surer_than_the_labelled_ones_bear_out(small_model, corpus):
    proba = small_model.predict_proba(corpus)
    assert proba.max() <= small_model.calibration_.highest < 1
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_the_highest_probability_is_the_bound_of_the_errors_by_hand():
    """Of 100 comments that claim 0.99, none or three are wrong; of all, ten in 200."""
    claimed = np.repeat([0.99, 0.9], 100)
    proba = np.column_stack([claimed, 1 - claimed])
    y = np.zeros(200, dtype=int)
    assert highest_borne_out(proba, y) == pytest.approx(0.05 ** (1 / 100))
    y[:3] = 1
    assert 0.92 < highest_borne_out(proba, y) < 0.97
    y[:100] = 1
    assert highest_borne_out(proba, y) == 0.8


@given(
    st.lists(st.floats(0.001, 1), min_size=2, max_size=6),
    st.floats(0.8, 1),
)
def test_a_cap_keeps_the_order_of_the_classes(weights, highest):
    proba = np.array([weights]) / sum(weights)
    capped = cap(proba, highest)
    assert capped.max() <= highest
    assert capped.sum() == pytest.approx(1)
    assert proba[0, capped.argmax()] == proba.max()


def test_a_model_says_its_languages(small_model, small_corpus, tmp_path):
    assert small_model.languages_ == ("en", "de")
    stancekit.save_model(small_model, tmp_path / "model.stance")
    loaded = stancekit.load_model(tmp_path / "model.stance")
    assert loaded.languages_ == ("en", "de")
    assert loaded.known_bound_ == small_model.known_bound_
    for one, two in zip(loaded.judge(FRENCH), small_model.judge(FRENCH), strict=True):
        np.testing.assert_array_equal(one, two)
    bare = small_corpus["text"].tolist()
    single = stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=2)
    assert single.fit(bare, small_corpus["stance"].to_numpy()).languages_ == ()
