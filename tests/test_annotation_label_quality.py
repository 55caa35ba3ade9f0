"""Labels that look wrong: ranked, never dropped."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from stancekit.annotation import label_issues
from stancekit.errors import DataWarning


def out_of_fold():
    """Return eight comments; c2 is labelled "pro" but looks like "contra"."""
    pro = [0.9, 0.8, 0.1, 0.7, 0.2, 0.1, 0.3, 0.5]
    return pd.DataFrame(
        {
            "comment_id": [f"c{i}" for i in range(8)],
            "text": [f"Satz {i}." for i in range(8)],
            "stance": ["pro"] * 4 + ["contra"] * 3 + [None],
            "predicted": np.where(np.array(pro) > 0.5, "pro", "contra"),
            "proba_contra": 1 - np.array(pro),
            "proba_pro": pro,
            "fold": [0, 1, 2, 0, 1, 2, 0, 1],
            "group": list("aabbccdd"),
        }
    )


def test_the_most_doubtful_label_stands_first_and_none_is_dropped():
    predictions = out_of_fold()
    before = predictions.copy()
    ranked = label_issues(SimpleNamespace(predictions=predictions))
    pd.testing.assert_frame_equal(predictions, before)
    assert ranked["comment_id"].tolist() == ["c2", "c3", "c6", "c1", "c4", "c0", "c5"]
    assert ranked["label_quality"].tolist() == pytest.approx(
        [0.1, 0.7, 0.7, 0.8, 0.8, 0.9, 0.9]
    )
    assert ranked["is_label_issue"].tolist() == [True] + [False] * 6
    first = ranked.iloc[0]
    assert (first["given_label"], first["predicted_label"]) == ("pro", "contra")
    assert ranked.columns[-2:].tolist() == ["fold", "group"]


def test_a_wrong_prediction_below_the_threshold_is_no_issue():
    predictions = out_of_fold()
    predictions.loc[3, ["proba_pro", "proba_contra", "predicted"]] = [
        0.45,
        0.55,
        "contra",
    ]
    ranked = label_issues(predictions).set_index("comment_id")
    assert not ranked.loc["c3", "is_label_issue"]
    assert ranked.index[1] == "c3"


def test_a_fold_that_did_not_know_the_label_cannot_judge_it():
    predictions = out_of_fold()
    predictions.loc[0, "proba_pro"] = np.nan
    ranked = label_issues(predictions)
    assert ranked["comment_id"].iloc[-1] == "c0"
    assert np.isnan(ranked["label_quality"].iloc[-1])


def test_nothing_labelled_gives_an_empty_ranking():
    predictions = out_of_fold().assign(stance=None)
    assert label_issues(predictions).empty


@pytest.mark.parametrize(
    ("predictions", "problem"),
    [
        (out_of_fold().drop(columns="stance"), "Column 'stance' is missing"),
        (out_of_fold().drop(columns="proba_pro"), "no probability column .* 'pro'"),
    ],
)
def test_incomplete_predictions_are_refused(predictions, problem):
    with pytest.raises(ValueError, match=problem):
        label_issues(predictions)


def test_words_for_none_and_comments_without_a_text_are_not_ranked():
    predictions = out_of_fold()
    predictions["stance"] = predictions["stance"].where(predictions.index != 6, "n/a")
    predictions.loc[5, "text"] = " "
    predictions.loc[0, "stance"] = "pro "
    with pytest.warns(DataWarning, match="1 labels count as missing: 'n/a'"):
        ranked = label_issues(predictions)
    assert ranked["comment_id"].tolist() == ["c2", "c3", "c1", "c4", "c0"]
    assert ranked["given_label"].iloc[-1] == "pro"
