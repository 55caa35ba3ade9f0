"""Predictions that were made before, evaluated by the labels beside them."""

import numpy as np
import pandas as pd
import pytest

import stancekit

PROBAS = ["proba_arms", "proba_talks"]


@pytest.fixture
def scored():
    """Five labelled comments under two articles, three of them right, and one more."""
    return pd.DataFrame(
        {
            "comment_id": list("abcdef"),
            "article_id": list("112221"),
            "text": ["Redet!", "Reden", "Liefern", "Liefert!", "Mehr!", "Ja"],
            "stance": ["talks", "talks", "arms", "arms", "arms", None],
            "predicted": ["talks", "arms", "arms", "arms", "talks", "arms"],
            "confidence": [0.9, 0.6, 0.8, 0.7, 0.55, 0.9],
            "abstained": pd.array([False] * 4 + [True, False], "boolean"),
            "proba_arms": [0.1, 0.6, 0.8, 0.7, 0.45, 0.9],
            "proba_talks": [0.9, 0.4, 0.2, 0.3, 0.55, 0.1],
        }
    )


def test_scores_are_those_of_the_labelled_comments(scored):
    found = stancekit.evaluate_predictions(scored)
    assert found.n_comments == 5
    assert found.n_groups == 2
    assert found.accuracy.estimate == pytest.approx(3 / 5)
    # arms: two of three found, one of those named wrong; talks: one of two, the same.
    assert found.per_class["f1"].tolist() == pytest.approx([2 / 3, 1 / 2])
    assert found.confusion.to_numpy().tolist() == [[2, 1], [1, 1]]
    assert found.predictions["foreign"].tolist() == [False] * 4 + [True]
    assert found.baselines.empty
    assert "as they were predicted" in str(found)


def test_texts_are_not_needed(scored):
    with_texts = stancekit.evaluate_predictions(scored)
    without = stancekit.evaluate_predictions(scored.drop(columns="text"))
    pd.testing.assert_frame_equal(with_texts.to_frame(), without.to_frame())
    assert without.difference(with_texts).estimate == 0
    assert "text" not in without.errors


def test_a_table_from_a_file_gives_the_same(scored, tmp_path):
    scored["in_training"] = pd.array([True] + [False] * 5, "boolean")
    stancekit.write_comments(scored, tmp_path / "scored.csv")
    tables = scored, stancekit.read_comments(tmp_path / "scored.csv")
    found = [stancekit.evaluate_predictions(table) for table in tables]
    assert found[0].notes == found[1].notes
    assert "1 labelled comments that the model was trained on" in found[0].notes[0]
    assert found[0].n_comments == 4
    pd.testing.assert_frame_equal(*(each.to_frame() for each in found))


def test_a_label_that_the_model_does_not_have_counts(scored):
    scored.loc[0, "stance"] = "peace"
    found = stancekit.evaluate_predictions(scored)
    assert found.labels == ("arms", "peace", "talks")
    assert found.per_class.loc["peace", "f1"] == 0
    assert np.isfinite(found.calibration_error)


def test_comments_without_a_prediction_are_counted_as_such(scored):
    scored.loc[1, ["predicted", "confidence", *PROBAS]] = np.nan
    found = stancekit.evaluate_predictions(scored)
    assert found.n_comments == 4
    assert found.notes == ("Not counted: 1 labelled comments without a prediction.",)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"stance": None}, "No comment has a label in 'stance'"),
        ({"in_training": True}, "5 labelled comments that the model was trained on"),
    ],
)
def test_nothing_to_score_is_told(scored, change, what):
    with pytest.raises(ValueError, match=what):
        stancekit.evaluate_predictions(scored.assign(**change))


def test_a_table_without_predictions_is_refused(scored):
    with pytest.raises(ValueError, match="Column 'predicted' is missing"):
        stancekit.evaluate_predictions(scored[["text", "stance"]])
    with pytest.raises(ValueError, match="Column 'position' is missing"):
        stancekit.evaluate_predictions(scored, "position")


def test_shares_need_no_texts_either(scored):
    """A deleted comment without text has no prediction; without its text that tells."""
    scored.loc[5, "text"] = ""
    scored.loc[5, ["predicted", "confidence", *PROBAS]] = np.nan
    with_texts = stancekit.estimate_prevalence(scored)
    without = stancekit.estimate_prevalence(scored.drop(columns="text"))
    pd.testing.assert_frame_equal(with_texts.to_frame(), without.to_frame())
