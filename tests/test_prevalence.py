"""Shares with intervals: by hand, at the edges, and by law."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from stancekit.errors import DataWarning
from stancekit.intervals import wilson_limits
from stancekit.prevalence import Prevalence, estimate_prevalence, labels_needed
from stancekit.prevalence.limits import (
    degrees_of_freedom,
    difference_limits,
)
from stancekit.prevalence.shares import estimate_shares, project, total_clusters

REFERENCE = (
    Path(__file__).parent.parent / "benchmarks" / "results" / "ppi_reference.json"
)
COLUMNS = [
    "group",
    "label",
    "naive",
    "labels_only",
    "labels_only_low",
    "labels_only_high",
    "corrected",
    "low",
    "high",
    "std_error",
    "tuning",
    "n",
    "n_labelled",
    "n_clusters",
    "n_labelled_clusters",
    "n_effective",
]


def make_table(n=60, n_labelled=30, n_articles=12, seed=0):
    """A table with a fair scorer of two labels; every article has several comments."""
    rng = np.random.default_rng(seed)
    pro = rng.random(n) < 0.4
    score = np.clip(np.where(pro, 0.7, 0.3) + rng.normal(0, 0.2, n), 0.01, 0.99)
    stance = np.where(pro, "pro", "anti").astype(object)
    stance[rng.permutation(n)[n_labelled:]] = None
    return pd.DataFrame(
        {
            "article_id": [f"a{i % n_articles}" for i in range(n)],
            "stance": stance,
            "proba_pro": score,
            "proba_anti": 1 - score,
        }
    )


def row(prevalence, label="pro", group="all"):
    frame = prevalence.to_frame()
    return frame[(frame["label"] == label) & (frame["group"] == group)].iloc[0]


@pytest.fixture
def eight():
    """Eight comments of eight articles, whose shares are worked out by hand."""
    return pd.DataFrame(
        {
            "article_id": list("abcdefgh"),
            "stance": ["pro", "pro", "anti", "anti", None, None, None, None],
            "proba_pro": [1.0, 0, 0, 0, 1, 1, 0, 0],
            "proba_anti": [0.0, 1, 1, 1, 0, 0, 1, 1],
        }
    )


# Numbers that can be checked by hand.


def test_shares_by_hand(eight):
    pro = row(estimate_prevalence(eight))
    assert pro["naive"] == 3 / 8
    assert pro["labels_only"] == 1 / 2
    assert pro["tuning"] == pytest.approx(8 / 15)
    assert pro["corrected"] == pytest.approx(17 / 30)
    assert pro[["n", "n_labelled", "n_clusters", "n_labelled_clusters"]].tolist() == [
        8,
        4,
        8,
        4,
    ]


def test_variance_of_labels_alone_by_hand(eight):
    """Leaving out one of four labels moves the share by 1/6; V = 3/4 · 4 / 36."""
    prevalence = estimate_prevalence(eight)
    assert prevalence.labels_only.variance[0, 0] == pytest.approx(1 / 12)


def test_unequal_probabilities_are_weighed_by_hand(eight):
    """Weights 2, 2, 10, 10 make a share of 4/24 among the labels."""
    table = eight.assign(sampling_prob=[0.5, 0.5, 0.1, 0.1, 0.5, 0.5, 0.5, 0.5])
    assert row(estimate_prevalence(table))["labels_only"] == pytest.approx(4 / 24)


def test_each_author_counts_once():
    """One author writes three comments "pro", the other one "anti"."""
    table = pd.DataFrame(
        {
            "author": ["lena", "lena", "lena", "emil"],
            "stance": ["pro", "pro", "pro", "anti"],
            "proba_pro": [0.9, 0.8, 0.9, 0.4],
            "proba_anti": [0.1, 0.2, 0.1, 0.6],
        }
    )
    by_comment = row(estimate_prevalence(table))
    by_author = row(estimate_prevalence(table, unit="author"))
    assert by_comment["corrected"] == pytest.approx(3 / 4)
    assert by_author["corrected"] == pytest.approx(1 / 2)
    assert by_author["naive"] == pytest.approx(1 / 2)


def test_comment_without_author_is_an_author_of_its_own():
    table = pd.DataFrame(
        {
            "author": ["lena", "lena", None, None],
            "stance": ["pro", "pro", "anti", "anti"],
            "proba_pro": [0.9, 0.9, 0.1, 0.1],
            "proba_anti": [0.1, 0.1, 0.9, 0.9],
        }
    )
    found = row(estimate_prevalence(table, unit="author"))
    assert found["corrected"] == pytest.approx(1 / 3)


def test_each_thread_counts_once():
    table = pd.DataFrame(
        {
            "comment_id": list("abcd"),
            "parent_id": [None, "a", "b", None],
            "stance": ["pro", "pro", "pro", "anti"],
            "proba_pro": [0.9, 0.8, 0.9, 0.4],
            "proba_anti": [0.1, 0.2, 0.1, 0.6],
        }
    )
    found = estimate_prevalence(table, unit="thread")
    assert row(found)["corrected"] == pytest.approx(1 / 2)
    assert found.clusters == "thread_id"


def test_limits_are_wilsons():
    low, high = wilson_limits(0.8, 10, np.inf, 0.95)
    assert (low, high) == (
        pytest.approx(0.4902, abs=1e-4),
        pytest.approx(0.9433, abs=1e-4),
    )


def test_difference_limits_by_hand():
    low, high = difference_limits([0.5, 0.4, 0.6], [0.3, 0.2, 0.4], 0.5)
    assert low == pytest.approx(0.2 - 0.1)
    assert high == pytest.approx(0.2 + 0.1)


def test_projection_by_hand():
    assert project(np.array([[0.5, 0.7, -0.1]])) == pytest.approx(
        np.array([[0.4, 0.6, 0]])
    )
    assert project(np.array([[0.2, 0.2]])) == pytest.approx(np.array([[0.5, 0.5]]))


# What the pieces are made of.


def totals_of(table):
    codes, _ = pd.factorize(table["article_id"])
    label = table["stance"].map({"pro": 0, "anti": 1}).fillna(-1).astype(int)
    scores = table[["proba_pro", "proba_anti"]].to_numpy()
    ones = np.ones(len(table))
    return total_clusters(
        np.zeros(len(table), int), codes, ones, scores, label.to_numpy(), ones
    )


def test_deviation_is_the_estimate_without_the_cluster():
    table = make_table()
    whole = estimate_shares(totals_of(table), tuning=0.7)
    for code, article in enumerate(table["article_id"].unique()):
        rest = estimate_shares(totals_of(table[table["article_id"] != article]), 0.7)
        assert whole.deviation[code] == pytest.approx(
            (rest.estimate - whole.estimate)[0]
        )


@pytest.mark.parametrize("step", [-0.05, 0.05])
def test_tuning_makes_the_linearised_variance_least(step):
    table = make_table()
    # Bolder than it should be, so that the best weight is below 1.
    table["proba_pro"] = (table["proba_pro"] > 0.5).astype(float)
    totals = totals_of(table)
    best = estimate_shares(totals)
    other = estimate_shares(totals, tuning=best.tuning[0, 0] + step)
    assert 0 < best.tuning[0, 0] < 0.95
    assert (best.influence[:, 0] ** 2).sum() < (other.influence[:, 0] ** 2).sum()


def test_influences_add_up_to_nothing():
    influence = estimate_shares(totals_of(make_table())).influence
    assert influence.sum(axis=0) == pytest.approx([0, 0], abs=1e-12)


@pytest.mark.parametrize("name", ["small", "balanced", "large"])
def test_equals_prediction_powered_inference(name):
    """Each comment a cluster, λ = 1, nothing projected: as ppi-python computes it.

    ppi-python takes the mean prediction over the comments without labels; ours is over
    all N, so that its weight of 1 is ours of N / (N - n). Its variance agrees where the
    labelled comments' mean prediction is that of all (balanced), else to order 1 / n.
    """
    case = json.loads(REFERENCE.read_text())["cases"][name]
    y, f = np.array(case["y"]), np.array(case["f"] + case["f_others"])
    n, n_all = len(y), len(f)
    label = np.where(np.arange(n_all) < n, 0, -1)
    label[:n] = np.where(y == 1, 0, 1)
    totals = total_clusters(
        np.zeros(n_all, int),
        np.arange(n_all),
        np.ones(n_all),
        np.column_stack([f, 1 - f]),
        label,
        np.ones(n_all),
    )
    of_all = estimate_shares(totals, tuning=1.0)
    of_others = estimate_shares(totals, tuning=n_all / (n_all - n))
    assert of_all.estimate[0, 0] == pytest.approx(case["estimate_all"], abs=1e-12)
    assert of_others.estimate[0, 0] == pytest.approx(case["estimate_others"], abs=1e-12)
    linearised = np.sqrt((of_others.influence[:, 0] ** 2).sum())
    tolerance = 1e-9 if name == "balanced" else 0.01
    assert linearised == pytest.approx(case["std_error_others"], rel=tolerance)
    jackknife = np.sqrt(of_others.variance[0, 0])
    assert jackknife == pytest.approx(case["std_error_others"], rel=1.5 / n)


# Edges: each has a defined answer or a clear refusal.


def test_all_labelled_is_the_share_with_an_interval():
    """The interval is about further articles, so it does not shrink to a point."""
    table = make_table(n_labelled=60)
    found = row(estimate_prevalence(table))
    assert found["corrected"] == pytest.approx((table["stance"] == "pro").mean())
    assert found["tuning"] == 0
    assert found["low"] == found["labels_only_low"]
    assert 0.05 < found["high"] - found["low"] < 0.5


def test_all_labelled_needs_no_probabilities():
    table = make_table(n_labelled=60)
    drawn = table.assign(sampling_prob=np.linspace(0.1, 1, 60))
    assert row(estimate_prevalence(drawn)).equals(row(estimate_prevalence(table)))


def test_none_labelled_is_refused():
    with pytest.raises(ValueError, match="No comment has a label in column 'stance'"):
        estimate_prevalence(make_table(n_labelled=0))


def test_empty_table_is_refused():
    with pytest.raises(ValueError, match="No comment has a label"):
        estimate_prevalence(make_table().iloc[:0])


def test_label_never_seen_has_an_upper_limit():
    table = make_table()
    table["proba_other"] = 0.1
    found = row(estimate_prevalence(table), "other")
    assert found["corrected"] == found["low"] == 0
    assert 0.02 < found["high"] < 0.4


def test_only_one_label_seen():
    """No label varies, so the articles are what is counted."""
    table = make_table().assign(stance=["pro"] * 20 + [None] * 40)
    found = estimate_prevalence(table)
    articles = 20**2 / (8 * 2**2 + 4)
    low = articles / (articles + student.ppf(0.975, articles - 1) ** 2)
    assert row(found)["corrected"] == row(found)["high"] == 1
    assert row(found)["low"] == pytest.approx(low)
    assert row(found, "anti")["corrected"] == 0


def test_a_comment_that_stands_twice_is_refused():
    """As after a merge with the labels of two people."""
    table = make_table().assign(comment_id=lambda t: t.index.astype(str))
    with pytest.raises(ValueError, match=r"holds some ids more than once: '0'"):
        estimate_prevalence(pd.concat([table, table.head(1)]))


def test_a_draw_whose_probabilities_were_lost_is_refused():
    """As where a spreadsheet program wrote decimal commas."""
    drawn = make_table().assign(sampling_round=1, sampling_prob=float("nan"))
    with pytest.raises(ValueError, match="'sampling_prob' holds no number"):
        estimate_prevalence(drawn)


def test_times_that_could_be_two_are_no_times():
    table = make_table().assign(created_at="03.04.2025")
    with pytest.raises(
        ValueError, match="no time: '03.04.2025'. Write it as in 2024-01-31"
    ):
        estimate_prevalence(table, by="week")


def test_labels_in_one_article_tell_nothing_about_others():
    table = make_table()
    table.loc[table["article_id"] != "a0", "stance"] = None
    with pytest.warns(DataWarning, match="All labels lie in one cluster") as told:
        found = row(estimate_prevalence(table))
    assert (found["low"], found["high"]) == (0, 1)
    assert 0 <= found["corrected"] <= 1
    assert "a finer group, such as 'thread_id'" in str(told[0].message)
    one = table.drop(columns="article_id").assign(thread_id=table["article_id"])
    with pytest.warns(
        DataWarning, match=r"one cluster \(thread_id\).* more of them\.$"
    ):
        estimate_prevalence(one)


def test_two_articles_with_equal_shares_do_not_make_certain():
    table = pd.DataFrame(
        {
            "article_id": ["a", "a", "b", "b"] * 2 + list("cdef"),
            "stance": ["pro", "anti"] * 4 + [None] * 4,
            "proba_pro": 0.5,
            "proba_anti": 0.5,
        }
    )
    found = row(estimate_prevalence(table))
    assert found["low"] < 0.1
    assert found["high"] > 0.9


def test_useless_predictions_are_left_out():
    found = row(estimate_prevalence(make_table().assign(proba_pro=0.5, proba_anti=0.5)))
    assert found["tuning"] == 0
    assert found["corrected"] == found["labels_only"]
    assert found["low"] == found["labels_only_low"]


def test_good_predictions_narrow_the_interval():
    table = make_table(n=2000, n_labelled=100, n_articles=400, seed=1)
    found = row(estimate_prevalence(table))
    assert found["high"] - found["low"] < 0.8 * (
        found["labels_only_high"] - found["labels_only_low"]
    )
    assert found["n_effective"] > 150


def test_perfect_predictions_on_few_labels_do_not_make_certain():
    """No error among ten labels does not tell that there are none."""
    table = make_table(n=5000, n_labelled=0, n_articles=5000)
    truth = np.where(np.arange(5000) % 2 == 0, "pro", "anti")
    table["proba_pro"] = np.where(truth == "pro", 0.99, 0.01)
    table["proba_anti"] = 1 - table["proba_pro"]
    table["stance"] = pd.Series(truth).where(np.arange(5000) < 10)
    found = row(estimate_prevalence(table))
    assert found["high"] - found["low"] > 0.2


# Which comments count, and how.


def test_deleted_comments_do_not_count():
    table = make_table()
    gone = table.head(5).assign(status=["deleted", "removed"] * 2 + ["deleted"])
    gone[["proba_pro", "proba_anti"]] = np.nan
    found = estimate_prevalence(
        pd.concat([table.assign(status="visible"), gone], ignore_index=True)
    )
    assert found.n_hidden == 5
    assert row(found).equals(row(estimate_prevalence(table)))
    assert "Not counted: 5 deleted or removed comments." in str(found)


@pytest.mark.parametrize(
    "word", ["NA", "n/a", "nan", "NULL", "None", "?", "-", "", " "]
)
def test_words_for_no_label_are_no_label(word):
    table = make_table()
    written = table.assign(stance=table["stance"].fillna(word))
    written["stance"] = written["stance"].replace("pro", " pro ")
    with pytest.warns(DataWarning, match="30 labels count as missing"):
        found = estimate_prevalence(written)
    assert row(found).equals(row(estimate_prevalence(table)))


def test_comments_without_text_do_not_count():
    table = make_table().assign(text="Reden!")
    silent = table.head(3).assign(text=["", " ", None], stance="pro")
    found = estimate_prevalence(pd.concat([table, silent], ignore_index=True))
    assert (found.n_without_text, found.n_hidden) == (3, 0)
    assert row(found).equals(row(estimate_prevalence(table)))
    assert "Not counted: 3 comments without text." in str(found)


def test_naive_share_counts_the_predicted_labels():
    table = make_table().assign(predicted="anti")
    assert row(estimate_prevalence(table))["naive"] == 0


def test_by_column_gives_each_value_its_own_shares():
    table = make_table(n=120, n_labelled=60)
    table["outlet"] = ["west", "ost"] * 60
    found = estimate_prevalence(table, by="outlet")
    assert found.to_frame()["group"].unique().tolist() == ["ost", "west"]
    alone = estimate_prevalence(table[table["outlet"] == "west"])
    assert row(found, group="west")["low"] == pytest.approx(row(alone)["low"])


@pytest.mark.parametrize(
    ("period", "names"),
    [
        ("day", ["2024-02-29", "2024-03-03", "2024-03-04"]),
        ("week", ["2024-02-26", "2024-03-04"]),
        ("month", ["2024-02", "2024-03"]),
        ("quarter", ["2024-Q1"]),
        ("year", ["2024"]),
    ],
)
def test_by_period(period, names):
    table = make_table()
    times = ["2024-02-29T23:30:00Z", "2024-03-03T23:59:59Z", "2024-03-04T00:00:00Z"]
    table["created_at"] = pd.to_datetime(times * 20)
    found = estimate_prevalence(table, by=period).to_frame()
    assert found["group"].unique().tolist() == names


def test_column_goes_before_period():
    table = make_table().assign(week=["eins", "zwei"] * 30)
    found = estimate_prevalence(table, by="week").to_frame()
    assert found["group"].unique().tolist() == ["eins", "zwei"]


def test_comments_without_group_are_left_out_and_said():
    table = make_table()
    table["created_at"] = pd.Timestamp("2024-03-04", tz="UTC")
    table.loc[:3, "created_at"] = pd.NaT
    found = estimate_prevalence(table, by="day")
    assert row(found, group="2024-03-04")["n"] == 56
    assert "Not counted: 4 without day." in str(found)


def test_group_without_labels_is_left_out_and_said():
    table = make_table().assign(outlet=["west", "ost", "süd"] * 20)
    table.loc[table["outlet"] == "süd", "stance"] = None
    with pytest.warns(DataWarning, match="none of their comments has a label: 'süd'"):
        found = estimate_prevalence(table, by="outlet")
    assert found.to_frame()["group"].unique().tolist() == ["ost", "west"]
    assert found.without_labels == ["süd"]
    assert "Not estimated, for want of labels: 'süd'." in str(found)


def test_no_value_is_missing():
    table = make_table().assign(outlet=["west", "ost", "süd"] * 20, proba_other=0.0)
    frame = estimate_prevalence(table, by="outlet").to_frame()
    assert frame.columns.tolist() == COLUMNS
    assert not frame.isna().any().any()


# How the labels were drawn.


def drawn_with_odds(odds, seed=0):
    """2,000 comments; "pro" is drawn for labelling so many times as often."""
    table = make_table(n=2000, n_labelled=2000, n_articles=100, seed=seed)
    weight = np.where(table["stance"] == "pro", odds, 1.0)
    drawn = (
        np.random.default_rng(seed + 1000).random(2000) < 400 * weight / weight.sum()
    )
    return table.assign(stance=table["stance"].where(drawn), sampling_prob=0.2)


def test_labels_drawn_by_what_comments_say_are_noticed():
    found = [estimate_prevalence(drawn_with_odds(2, seed)) for seed in range(10)]
    assert max(shares.balance for shares in found) < 0.05
    assert all("drawn otherwise than the table says" in str(each) for each in found)


def test_labels_drawn_at_random_are_taken_for_it():
    found = [estimate_prevalence(drawn_with_odds(1, seed)) for seed in range(40)]
    alarms = ["drawn otherwise" in str(shares) for shares in found]
    assert sum(alarms) < 6


def test_balance_of_clusters_of_one_comment_is_a_t_test():
    """With two labels, T² is the square of Student's t, and F(1, n) its law."""
    table = make_table(n=200, n_labelled=50, n_articles=200)
    scores, labelled = table["proba_pro"], table["stance"].notna()
    gap = scores[labelled].mean() - scores.mean()
    parts = (scores - scores[labelled].mean()) * labelled / 50
    error = np.sqrt(((parts - (scores - scores.mean()) / 200) ** 2).sum())
    expected = 2 * student.sf(abs(gap) / error * np.sqrt(49 / 50), 49)
    assert estimate_prevalence(table).balance == pytest.approx(expected, rel=1e-6)


def test_without_drawing_there_is_nothing_to_balance():
    found = estimate_prevalence(make_table(n_labelled=60))
    assert np.isnan(found.balance)
    assert found.notes == ()


def test_drawn_comments_without_a_label_are_counted():
    table = make_table().assign(sampling_prob=0.5, sampling_round=pd.NA)
    table.loc[table["stance"].notna() | (table.index < 12), "sampling_round"] = 1
    found = estimate_prevalence(table)
    n_drawn = table["sampling_round"].notna().sum()
    assert found.n_skipped == n_drawn - 30
    assert f"{n_drawn - 30} of {n_drawn} comments drawn for labelling" in str(found)


def test_random_drawing_that_is_assumed_is_said():
    said = "assumed to have been drawn at random"
    assert said in str(estimate_prevalence(make_table()))
    assert said not in str(estimate_prevalence(make_table().assign(sampling_prob=0.5)))


# Rare labels, and clusters of very different size.


def test_a_rare_label_trusts_an_accurate_scorer():
    """Two of 100 labels are "pro"; the scorer finds them, and others unlabelled."""
    score = np.full(1000, 0.01)
    score[::50] = 0.97
    table = pd.DataFrame({"proba_pro": score, "proba_anti": 1 - score})
    table["stance"] = np.where(table.index % 50 == 0, "pro", "anti")
    table.loc[100:, "stance"] = None
    found = row(estimate_prevalence(table))
    assert found["tuning"] == 1
    assert found["corrected"] == pytest.approx(0.02)
    assert found["high"] - found["low"] < 0.6 * (
        found["labels_only_high"] - found["labels_only_low"]
    )


def test_a_rare_label_that_no_labelled_comment_has_is_seen_by_its_scorer():
    """One in 50 is "pro", but by chance none of the 100 labelled comments."""
    score = np.full(1000, 0.0)
    score[100::45] = 1.0
    table = pd.DataFrame({"proba_pro": score, "proba_anti": 1 - score})
    table["stance"] = pd.Series("anti", index=range(100))
    found = row(estimate_prevalence(table))
    assert (found["labels_only"], found["tuning"]) == (0, 1)
    assert found["corrected"] == pytest.approx(0.02)
    assert found["low"] > 0


def test_an_upper_limit_moves_up_where_large_clusters_have_the_label():
    sizes = np.array([40, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2])
    article = np.repeat(np.arange(12).astype(str), sizes)
    table = pd.DataFrame({"article_id": article, "proba_pro": 0.5, "proba_anti": 0.5})
    table["stance"] = np.where(article == "0", "pro", "anti")
    table.loc[:9, "stance"] = "anti"
    found = estimate_prevalence(table)
    few = degrees_of_freedom(found.totals, found.corrected)[0, 0]
    shown = row(found)
    low, high = wilson_limits(shown["corrected"], shown["n_effective"], few, 0.95)
    assert shown["low"] == pytest.approx(low)
    assert shown["high"] > high + 0.001 or high > 0.99


# Clusters.


def test_comments_of_one_article_are_not_independent():
    """Ten articles of one opinion each tell no more than ten comments."""
    table = pd.DataFrame(
        {
            "article_id": np.repeat(list("abcdefghij"), 20),
            "stance": np.repeat(["pro", "anti"] * 5, 20),
            "proba_pro": 0.5,
            "proba_anti": 0.5,
        }
    )
    apart = table.assign(article_id=range(200))
    assert row(estimate_prevalence(table))["n_effective"] < 10
    assert row(estimate_prevalence(apart))["n_effective"] > 190


def test_threads_are_clusters_where_there_is_one_article():
    table = make_table().assign(thread_id=[f"t{i // 3}" for i in range(60)])
    found = estimate_prevalence(table.assign(article_id="a"))
    assert found.clusters == "thread_id"
    assert row(found)["n_clusters"] == 20


def test_threads_are_clusters_where_each_group_is_one_article():
    table = make_table(n=240, n_labelled=120).assign(
        thread_id=[f"t{i // 3}" for i in range(240)]
    )
    found = estimate_prevalence(table, by="article_id")
    assert found.clusters == "thread_id"
    assert (found.to_frame()["high"] < 1).any()


def test_thread_stands_in_for_a_missing_article():
    table = make_table().assign(thread_id=[f"t{i // 3}" for i in range(60)])
    table.loc[:5, "article_id"] = None
    assert row(estimate_prevalence(table))["n_clusters"] == 12 + 2


def test_threads_are_followed_through_replies():
    table = make_table(n=40, n_labelled=20).drop(columns="article_id")
    table["comment_id"] = [f"c{i}" for i in range(40)]
    table["parent_id"] = [None if i % 4 == 0 else f"c{i - 1}" for i in range(40)]
    found = estimate_prevalence(table)
    assert found.clusters == "thread_id"
    assert row(found)["n_clusters"] == 10


def test_deleted_comment_still_holds_its_thread_together():
    table = make_table(n=40, n_labelled=20).drop(columns="article_id")
    table["comment_id"] = [f"c{i}" for i in range(40)]
    table["parent_id"] = [None if i % 4 == 0 else f"c{i - 1}" for i in range(40)]
    table["status"] = ["deleted", "visible", "visible", "visible"] * 10
    assert row(estimate_prevalence(table))["n_clusters"] == 10


def test_without_ids_each_comment_is_alone():
    found = estimate_prevalence(make_table().drop(columns="article_id"))
    assert found.clusters == "comment"
    assert row(found)["n_clusters"] == 60


def test_any_column_may_group():
    table = make_table().assign(author=[f"u{i % 7}" for i in range(60)])
    found = estimate_prevalence(table, group="author")
    assert found.clusters == "author"
    assert row(found)["n_clusters"] == 7


# Differences.


def test_difference_of_groups_with_articles_of_their_own():
    table = make_table(n=200, n_labelled=100, n_articles=40)
    table["outlet"] = np.where(table["article_id"].str[1:].astype(int) < 20, "a", "b")
    found = estimate_prevalence(table, by="outlet")
    pro = found.difference("a", "b").iloc[0]
    a, b = row(found, group="a"), row(found, group="b")
    assert pro["difference"] == pytest.approx(a["corrected"] - b["corrected"])
    low = np.hypot(a["corrected"] - a["low"], b["high"] - b["corrected"])
    assert pro["low"] == pytest.approx(pro["difference"] - low)


def test_articles_in_both_groups_cancel_out_of_the_difference():
    """Opinions differ between articles, not between weeks within an article."""
    article = np.repeat(np.arange(20), 20)
    table = pd.DataFrame(
        {
            "article_id": article,
            "week": np.tile(["eins", "zwei"], 200),
            "stance": np.where(article % 2 == 0, "pro", "anti"),
            "proba_pro": 0.5,
            "proba_anti": 0.5,
        }
    )
    table.loc[:1, "stance"] = ["anti", "pro"]
    found = estimate_prevalence(table, by="week")
    one = row(found, group="eins")
    pro = found.difference("eins", "zwei").iloc[0]
    assert pro["high"] - pro["low"] < 0.3 * (one["high"] - one["low"])


def test_difference_turns_with_the_groups():
    table = make_table(n=200, n_labelled=100).assign(outlet=["a", "b"] * 100)
    found = estimate_prevalence(table, by="outlet")
    forth, back = found.difference("a", "b"), found.difference("b", "a")
    assert forth["low"].to_numpy() == pytest.approx(-back["high"].to_numpy())


def test_unknown_side_leaves_the_difference_open():
    """Nothing is known of outlet b, so its share may be anything."""
    table = make_table(n=200, n_labelled=200, n_articles=20)
    table["outlet"] = np.where(table["article_id"] == "a0", "b", "a")
    with pytest.warns(DataWarning, match=r"the interval is \[0, 1\] for: 'b'"):
        found = estimate_prevalence(table, by="outlet")
    pro = found.difference("a", "b").iloc[0]
    assert pro["low"] == pytest.approx(row(found, group="a")["low"] - 1)


def test_unknown_group_is_named():
    found = estimate_prevalence(make_table())
    with pytest.raises(ValueError, match="no group 'heute'; there are 'all'"):
        found.difference("all", "heute")


# The result.


def test_table_is_printed():
    table = make_table(seed=1).assign(sampling_prob=0.5)
    lines = str(estimate_prevalence(table)).splitlines()
    assert lines[0].endswith("95 % intervals; clusters: article_id")
    assert lines[1].split() == [
        *["label", "naive", "labels", "only", "corrected", "n", "labelled", "clusters"]
    ]
    assert len(lines) == 4


def test_frame_is_a_copy():
    found = estimate_prevalence(make_table())
    frame = found.to_frame()
    frame["corrected"] = 0.0
    assert row(found)["corrected"] > 0


def test_interval_of_one_share():
    found = estimate_prevalence(make_table(), confidence_level=0.9)
    interval = found.interval("pro")
    assert (interval.estimate, interval.level, interval.n) == (
        row(found)["corrected"],
        0.9,
        row(found)["n_labelled_clusters"],
    )
    with pytest.raises(ValueError, match="no label 'contra'; there are 'pro', 'anti'"):
        found.interval("contra")


def test_higher_level_is_wider():
    narrow = row(estimate_prevalence(make_table(), confidence_level=0.8))
    wide = row(estimate_prevalence(make_table(), confidence_level=0.99))
    assert wide["low"] < narrow["low"] < narrow["high"] < wide["high"]


def test_table_is_left_unchanged():
    table = make_table()
    before = table.copy(deep=True)
    estimate_prevalence(table)
    pd.testing.assert_frame_equal(table, before)


def test_other_table_types_are_taken():
    class Foreign:
        def to_pandas(self):
            return make_table()

    assert row(estimate_prevalence(Foreign())).equals(
        row(estimate_prevalence(make_table()))
    )


# Columns and arguments.


def test_columns_may_be_named():
    table = make_table().rename(
        columns={"proba_pro": "p1", "proba_anti": "p2", "stance": "urteil"}
    )
    found = estimate_prevalence(
        table, "urteil", proba_columns={"pro": "p1", "anti": "p2"}
    )
    assert row(found).equals(row(estimate_prevalence(make_table())))


def test_sampling_column_may_be_named():
    table = make_table().assign(sampling_prob=0.5, chance=np.linspace(0.1, 1, 60))
    named = estimate_prevalence(table, sampling_prob="chance")
    renamed = make_table().assign(sampling_prob=np.linspace(0.1, 1, 60))
    assert row(named).equals(row(estimate_prevalence(renamed)))


def test_empty_sampling_column_means_equal_chances():
    table = make_table().assign(sampling_prob=np.nan)
    assert row(estimate_prevalence(table)).equals(
        row(estimate_prevalence(make_table()))
    )


def test_integer_labels_match_their_columns():
    table = make_table().rename(
        columns={"proba_pro": "proba_1", "proba_anti": "proba_0"}
    )
    table["stance"] = table["stance"].map({"pro": 1, "anti": 0}).astype("Int64")
    found = row(estimate_prevalence(table), "1")
    assert found["corrected"] == row(estimate_prevalence(make_table()))["corrected"]


def with_label(table, label):
    return table.assign(stance=[label, *table["stance"][1:]])


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        (lambda t: t.drop(columns="stance"), {}, "Column 'stance' is missing"),
        (lambda t: t.filter(regex="^(?!proba)"), {}, "no columns proba_<label>"),
        (lambda t: t.drop(columns="proba_anti"), {}, "two labels or more; found 'pro'"),
        (lambda t: with_label(t, "contra"), {}, r"'contra' \(rows 0\)"),
        (lambda t: t, {"proba_columns": ["p"]}, "Column 'p' is missing"),
        (lambda t: t, {"by": "outlet"}, "Column 'outlet' is missing"),
        (lambda t: t, {"by": "week"}, "Column 'created_at' is missing"),
        (
            lambda t: t.assign(created_at="gestern"),
            {"by": "week"},
            "'created_at' holds something that is no time",
        ),
        (lambda t: t, {"unit": "reader"}, "unit='reader' is none of 'comment'"),
        (lambda t: t, {"unit": "author"}, "Column 'author' is missing"),
        (lambda t: t, {"group": "outlet"}, "Column 'outlet' is missing"),
        (lambda t: t, {"sampling_prob": "p"}, "Column 'p' is missing"),
        (lambda t: t, {"confidence_level": 95}, "between 0 and 1; found 95"),
        (lambda t: t.assign(sampling_prob=0.0), {}, "above 0, up to 1; see rows 0, 1"),
        (lambda t: t.assign(sampling_prob=1.5), {}, "above 0, up to 1; see rows 0, 1"),
        (
            lambda t: t.assign(sampling_prob=[0.5] + [None] * 59),
            {},
            "'sampling_prob' is empty for labelled comments: rows ",
        ),
        (lambda t: t.assign(proba_pro=7.0), {}, "a probability for every comment"),
        (
            lambda t: t.assign(proba_pro=[None] + [0.5] * 59),
            {},
            "a probability for every comment; see rows 0. ",
        ),
    ],
)
def test_what_is_wrong_is_said(change, arguments, message):
    with pytest.raises(ValueError, match=message):
        estimate_prevalence(change(make_table()), **arguments)


def test_texts_alone_are_refused():
    with pytest.raises(TypeError, match="found list"):
        estimate_prevalence(["Reden!"])


# How many more labels.


def test_labels_needed_agrees_with_the_textbook():
    """Without clusters or useful predictions, z² p (1 - p) / m² labels."""
    table = pd.DataFrame(
        {
            "stance": ["pro", "anti"] * 200 + [None] * 100_000,
            "proba_pro": 0.5,
            "proba_anti": 0.5,
        }
    )
    plan = labels_needed(table, margin=0.02).iloc[0]
    assert 400 + plan["more_labels"] == pytest.approx(
        0.25 * (1.96 / 0.02) ** 2, rel=0.02
    )
    assert plan["half_width_then"] == pytest.approx(0.02, rel=0.01)
    assert plan["reachable"]


def test_good_predictions_spare_labels():
    table = make_table(n=20_000, n_labelled=200, n_articles=20_000)
    useless = table.assign(proba_pro=0.5, proba_anti=0.5)
    with_predictions = labels_needed(table, margin=0.03)["more_labels"].iloc[0]
    without = labels_needed(useless, margin=0.03)["more_labels"].iloc[0]
    assert with_predictions < 0.7 * without


def test_labels_needed_needs_no_more_where_the_margin_is_kept():
    plan = labels_needed(estimate_prevalence(make_table()), margin=0.4)
    assert plan["more_labels"].tolist() == [0, 0]
    assert plan["reachable"].all()


def test_labels_needed_says_when_clusters_are_too_few():
    table = pd.DataFrame(
        {
            "article_id": np.repeat(list("abcdefghij"), 100),
            "stance": np.repeat(["pro", "anti"] * 5, 100),
            "proba_pro": 0.5,
            "proba_anti": 0.5,
        }
    )
    table.loc[np.arange(1000) % 5 > 0, "stance"] = None
    plan = labels_needed(table, margin=0.05).iloc[0]
    assert not plan["reachable"]
    assert plan["more_labels"] == 800
    assert plan["half_width_then"] > 0.2


@pytest.mark.parametrize("margin", [0, 3, -0.1])
def test_labels_needed_takes_a_margin_in_shares(margin):
    with pytest.raises(ValueError, match=r"0\.03 for 3 points"):
        labels_needed(make_table(), margin=margin)


# Laws.


@st.composite
def tables(draw):
    """Comments with three labels, few or many drawn, in few or many articles."""
    n = draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_articles = draw(st.integers(1, 12))
    scores = rng.dirichlet([draw(st.sampled_from([0.05, 1.0]))] * 3, n)
    n_labelled = draw(st.integers(1, n))
    stance = rng.choice(["x", "y", "z"], n, p=draw(st.sampled_from(MIXES)))
    stance = stance.astype(object)
    stance[n_labelled:] = None
    table = pd.DataFrame(scores, columns=["proba_x", "proba_y", "proba_z"])
    return table.assign(
        article_id=rng.integers(0, n_articles, n).astype(str),
        stance=stance,
        sampling_prob=rng.choice(draw(st.sampled_from(CHANCES)), n),
        author=rng.integers(0, 9, n).astype(str),
    )


MIXES = [(0.3, 0.3, 0.4), (0.02, 0.9, 0.08), (1.0, 0.0, 0.0)]
CHANCES = [(1.0,), (0.01, 1.0), (0.2, 0.5)]
UNITS = st.sampled_from(["comment", "author", "thread"])
# One labelled article is a case of its own, above.
quiet = pytest.mark.filterwarnings("ignore::stancekit.errors.DataWarning")


@quiet
@settings(max_examples=40)
@given(tables(), UNITS)
def test_shares_are_shares_within_their_limits(table, unit):
    found = estimate_prevalence(table, unit=unit)
    frame = found.to_frame()
    assert not frame.isna().any().any()
    for share, low, high in (
        ("corrected", "low", "high"),
        ("labels_only", "labels_only_low", "labels_only_high"),
    ):
        assert frame[share].sum() == pytest.approx(1)
        assert (frame[low] >= 0).all()
        assert (frame[high] <= 1).all()
        assert (frame[low] <= frame[share]).all()
        assert (frame[share] <= frame[high]).all()
        assert (frame[low] < frame[high]).all()
    assert frame["naive"].sum() == pytest.approx(1)
    assert frame["tuning"].between(0, 1).all()
    plan = labels_needed(found)
    assert not plan.isna().any().any()
    assert (plan["more_labels"] >= 0).all()


@quiet
@settings(max_examples=40)
@given(tables(), UNITS, st.randoms())
def test_order_of_rows_does_not_matter(table, unit, random):
    order = list(range(len(table)))
    random.shuffle(order)
    expected = estimate_prevalence(table, unit=unit).to_frame()
    found = estimate_prevalence(table.iloc[order], unit=unit).to_frame()
    pd.testing.assert_frame_equal(found, expected, rtol=1e-6, atol=1e-8)


@quiet
@settings(max_examples=40)
@given(tables(), st.sampled_from([0.5, 0.1]))
def test_common_factor_of_the_probabilities_does_not_matter(table, factor):
    scaled = table.assign(sampling_prob=table["sampling_prob"] * factor)
    expected = estimate_prevalence(table).to_frame()
    found = estimate_prevalence(scaled).to_frame()
    pd.testing.assert_frame_equal(found, expected, rtol=1e-6, atol=1e-8)


@quiet
@settings(max_examples=40)
@given(tables(), tables())
def test_differences_hold_the_estimate_and_stay_in_range(first, second):
    table = pd.concat([first.assign(outlet="a"), second.assign(outlet="b")])
    found = estimate_prevalence(table, by="outlet").difference("a", "b")
    assert not found.isna().any().any()
    assert (found["low"] <= found["difference"] + 1e-12).all()
    assert (found["difference"] <= found["high"] + 1e-12).all()
    assert found["low"].between(-1, 1).all()
    assert found["high"].between(-1, 1).all()


@given(
    st.lists(st.floats(-2, 2), min_size=2, max_size=6).map(lambda row: np.array([row]))
)
def test_projection_is_on_the_simplex_and_keeps_shares(estimates):
    found = project(estimates)
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
    assert project(found) == pytest.approx(found)


def test_result_type():
    assert isinstance(estimate_prevalence(make_table()), Prevalence)
