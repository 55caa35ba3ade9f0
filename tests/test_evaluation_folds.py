"""Folds of one's own, and the split by time."""

import pandas as pd
import pytest

import stancekit
from stancekit.evaluation.baselines import make_baseline
from stancekit.folds import time_split

MODEL = make_baseline("words")


@pytest.fixture
def table():
    """Six comments under three articles; under the second one there is a thread."""
    return pd.DataFrame(
        {
            "comment_id": list("abcdef"),
            "parent_id": [None, None, None, "c", None, None],
            "article_id": ["1", "1", "2", "2", "3", "3"],
            "created_at": [
                "2023-12-30T10:00:00Z",
                "2024-02-01T10:00:00Z",
                "2024-01-01T00:00:00Z",
                "2024-01-02T10:00:00+02:00",
                "2024-03-01",
                "2024-03-02",
            ],
            "text": ["ja gut", "nein", "ja ja", "nein nein", "ja", "nein danke"],
            "stance": ["pro", "contra"] * 3,
        }
    )


def positions(folds):
    return [(train.tolist(), test.tolist()) for train, test in folds]


def evaluate(table, folds):
    return stancekit.evaluate(MODEL, table, folds=folds, baselines=())


def test_own_folds_are_used_as_they_are(table):
    evaluation = evaluate(table, [([0, 1], [5, 4]), ([4, 5], [0, 1])])
    found = evaluation.predictions
    assert found["comment_id"].tolist() == ["a", "b", "e", "f"]
    assert found["fold"].tolist() == [1, 1, 0, 0]
    assert found["group"].nunique() == evaluation.n_groups == 2


@pytest.mark.parametrize(
    ("folds", "unit"),
    [
        ([([0, 1, 2, 3], [4, 5])], "articles"),
        ([([0, 2, 3], [1, 4, 5])], "threads"),
        ([([0, 1, 2], [3, 4, 5])], "single comments"),
    ],
)
def test_it_tells_what_own_folds_keep_whole(table, folds, unit):
    evaluation = evaluate(table, folds)
    assert evaluation.kept_whole == unit
    # Intervals are drawn from articles all the same.
    assert set(evaluation.predictions["group"]) <= {
        "article 1",
        "article 2",
        "article 3",
    }


def test_intervals_are_drawn_from_articles_also_where_folds_had_to_divide_them(table):
    table["stance"] = ["pro", "pro", "contra", "contra", "contra", "contra"]
    with pytest.warns(stancekit.DataWarning, match=r"not articles.* 'pro', 2 comments"):
        evaluation = stancekit.evaluate(MODEL, table, n_splits=2, baselines=())
    assert evaluation.kept_whole == "threads"
    assert evaluation.n_groups == 3


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([], "no folds"),
        ([([0, 1], [])], "empty part"),
        ([([0, 1], [6])], "rows 6 to 6; the table has 6"),
        ([([0, 1], [-1])], "rows -1 to -1"),
        ([([0, 1, 2], [2, 3])], "1 comments are in both parts of fold 0.* row 2"),
        ([([0, 1], [2]), ([0, 1], [2])], "in several test parts.* row 2"),
    ],
)
def test_folds_that_cannot_be(table, folds, message):
    with pytest.raises(ValueError, match=message):
        evaluate(table, folds)


def test_folds_are_positions(table):
    with pytest.raises(TypeError, match="positions of rows"):
        evaluate(table, [(["a"], ["b"])])


def test_a_test_part_without_labels(table):
    table.loc[[4, 5], "stance"] = None
    with pytest.raises(ValueError, match="nothing to score"):
        evaluate(table, [([0, 1], [4, 5])])


def test_a_label_of_the_past_does_not_count_as_missed(table):
    table.loc[3, ["text", "stance"]] = "früher", "old"
    evaluation = evaluate(table, [([0, 1, 2, 3], [4, 5])])
    assert "old" not in evaluation.labels
    assert evaluation.predictions["proba_old"].notna().all()


def test_a_label_of_the_future_has_probability_0(table):
    table.loc[5, "stance"] = "new"
    evaluation = evaluate(table, [([0, 1, 2, 3], [4, 5])])
    assert evaluation.labels == ("contra", "new", "pro")
    assert evaluation.predictions["proba_new"].eq(0).all()
    assert evaluation.per_class.loc["new", "recall"] == 0


def test_articles_are_split_by_their_first_comment(table):
    assert positions(time_split(table, "2024-01-01")) == [([0, 1], [2, 3, 4, 5])]
    assert positions(time_split(table, "2024-01-02")) == [([0, 1, 2, 3], [4, 5])]


def test_threads_are_kept_where_there_are_no_articles(table):
    flat = table.drop(columns="article_id")
    assert positions(time_split(flat, "2024-01-02")) == [([0, 2, 3], [1, 4, 5])]


@pytest.mark.parametrize(
    "date", ["2024-01-02", pd.Timestamp("2024-01-02", tz="Europe/Berlin")]
)
def test_times_and_dates_of_any_kind(table, date):
    table["created_at"] = pd.to_datetime(
        table["created_at"], utc=True, format="ISO8601"
    )
    assert positions(time_split(table, date)) == [([0, 1, 2, 3], [4, 5])]


def test_evaluation_before_and_after(table):
    evaluation = evaluate(table, time_split(table, "2024-01-02"))
    assert evaluation.n_comments == 2
    assert evaluation.kept_whole == "articles"
    assert "1 split(s) into 1 folds" in str(evaluation)


def test_a_comment_without_time(table):
    table.loc[[1, 4], "created_at"] = [None, "gestern"]
    with pytest.raises(ValueError, match="no time in 2 rows: 1, 4"):
        time_split(table, "2024-01-01")


def test_a_table_without_times(table):
    with pytest.raises(ValueError, match="'created_at' is missing"):
        time_split(table.drop(columns="created_at"), "2024-01-01")


@pytest.mark.parametrize(
    ("date", "message"), [("2020-01-01", "before"), ("2030-01-01", "on or after")]
)
def test_a_date_beyond_the_comments(table, date, message):
    with pytest.raises(ValueError, match=f"No article begins {message} {date}"):
        time_split(table, date)


def test_a_date_that_could_be_two(table):
    with pytest.raises(ValueError, match="date='01.02.2024' is no date"):
        time_split(table, "01.02.2024")
