"""Shares as one writes them: overall, wide, small groups, differences, a paragraph."""

import re

import numpy as np
import pandas as pd
import pytest

from stancekit.errors import DataWarning
from stancekit.prevalence import estimate_prevalence, labels_needed

PRO = ["pro", "pro_low", "pro_high"]


def make_table(n_labelled=(60, 40, 4, 3), n_each=100, seed=0):
    """Comments of four months, of which so many of each are labelled."""
    rng = np.random.default_rng(seed)
    n = n_each * len(n_labelled)
    month = np.repeat(np.arange(len(n_labelled)), n_each)
    pro = rng.random(n) < 0.4
    score = np.clip(np.where(pro, 0.7, 0.3) + rng.normal(0, 0.2, n), 0.01, 0.99)
    place = np.arange(n) % n_each
    labelled = place < np.array(n_labelled)[month]
    return pd.DataFrame(
        {
            "comment_id": [f"c{i}" for i in range(n)],
            "article_id": [f"a{i % 40}" for i in range(n)],
            "created_at": [f"2024-0{m + 1}-02T10:00:00Z" for m in month],
            "outlet": np.array(list("wxyz"))[month],
            "stance": np.where(labelled, np.where(pro, "pro", "anti"), None),
            "proba_pro": score,
            "proba_anti": 1 - score,
        }
    )


@pytest.fixture
def table():
    return make_table()


# Overall and wide.


def test_the_overall_row_is_what_stands_there_without_groups(table):
    found = estimate_prevalence(table, by="month")
    alone = estimate_prevalence(table)
    pd.testing.assert_frame_equal(found.overall.to_frame(), alone.to_frame())
    assert alone.overall is None
    lines = str(found).splitlines()
    assert [line.split()[0] for line in lines[2:6]] == ["all"] * 2 + ["2024-01"] * 2
    assert "<td>all</td>" in found._repr_html_()


def test_wide_has_a_row_for_each_group_and_the_limits_of_each_label(table):
    found = estimate_prevalence(table, by="month", min_labelled=10, pool=True)
    wide = found.to_frame(wide=True)
    assert wide["group"].tolist() == ["all", "2024-01", "2024-02 to 2024-04"]
    assert wide["n_labelled"].tolist() == [107, 60, 47]
    rows = found.to_frame().query("label == 'pro'")
    limits = rows[["corrected", "low", "high"]].to_numpy()
    assert wide.loc[1:, PRO].to_numpy() == pytest.approx(limits)
    assert (wide["pro"] + wide["anti"]).tolist() == pytest.approx([1, 1, 1])


def test_latex_has_the_same_numbers(table):
    table = table.rename(columns={"proba_anti": "proba_a_b"})
    found = estimate_prevalence(table.replace({"stance": {"anti": "a_b"}}), by="month")
    text = found.to_latex()
    first = found.to_frame(wide=True).iloc[0]
    shown = "{:.1f} [{:.1f}, {:.1f}]".format(*(100 * first[PRO].astype(float)))
    assert rf"all & 400 & 107 & {shown}" in text
    assert r"a\_b" in text
    assert r"95 \% intervals" in text
    assert [text.index(f"2024-0{m}") for m in (1, 2, 3)] == sorted(
        text.index(f"2024-0{m}") for m in (1, 2, 3)
    )


# Small groups.


def test_small_groups_are_left_out_and_named(table):
    with pytest.warns(DataWarning, match="fewer than 10 of their comments.*'y', 'z'"):
        found = estimate_prevalence(table, by="outlet", min_labelled=10)
    assert found.to_frame()["group"].unique().tolist() == ["w", "x"]
    assert "for want of labels: 'y', 'z'." in str(found)
    # They are part of the whole all the same.
    assert found.overall.to_frame()["n"].tolist() == [400, 400]


def test_small_groups_are_put_together_and_named(table):
    found = estimate_prevalence(table, by="outlet", min_labelled=5, pool=True)
    frame = found.to_frame().query("label == 'pro'").set_index("group")
    assert frame["n_labelled"].to_dict() == {"w": 60, "x": 40, "others": 7}
    assert "as each has fewer than 5 labelled comments: 'y', 'z'." in str(found)
    together = table.replace({"outlet": {"y": "others", "z": "others"}})
    same = estimate_prevalence(together, by="outlet").interval("pro", "others")
    assert found.interval("pro", "others") == same


def test_small_periods_are_joined_with_the_next_ones():
    table = make_table(n_labelled=(3, 4, 60, 2))
    found = estimate_prevalence(table, by="month", min_labelled=7, pool=True)
    names = found.to_frame()["group"].unique().tolist()
    assert names == ["2024-01 to 2024-02", "2024-03 to 2024-04"]


def test_no_group_with_enough_labels_is_refused(table):
    with pytest.raises(ValueError, match="min_labelled=200, but .* largest has 60"):
        estimate_prevalence(table, by="outlet", min_labelled=200)


# Why an interval is wider than that of the labels only.


def test_nothing_is_said_where_no_interval_is_wider(table):
    table["proba_pro"] = 0.5
    assert "Wider than" not in str(estimate_prevalence(table.assign(proba_anti=0.5)))


def with_more_pro_unlabelled(n_labelled, labelled_pro, other_pro):
    """Comments of which every so many-th is pro, and a scorer that errs on a ninth."""
    place = np.arange(1000)
    labelled = place < n_labelled
    pro = np.where(labelled, place % labelled_pro == 0, place % other_pro == 0)
    score = np.where(pro ^ (place % 9 == 0), 0.8, 0.2)
    stance = np.where(labelled, np.where(pro, "pro", "anti"), None)
    return pd.DataFrame({"stance": stance, "proba_pro": score, "proba_anti": 1 - score})


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (with_more_pro_unlabelled(100, 8, 5), "nearer to 50 %"),
        (with_more_pro_unlabelled(40, 10, 3), "takes more precision than they give"),
    ],
)
def test_a_wider_interval_is_explained(table, reason):
    found = estimate_prevalence(table)
    row = found.to_frame().iloc[0]
    assert row["high"] - row["low"] > row["labels_only_high"] - row["labels_only_low"]
    [note] = [note for note in found.notes if note.startswith("Wider than")]
    assert note.startswith("Wider than the interval of labels only: 'pro', 'anti'; ")
    assert reason in note


# The paragraph.


def numbers_in(text):
    return set(re.findall(r"\d+(?:\.\d+)?", text))


def test_every_number_of_the_paragraph_is_in_the_result(table):
    table = table.assign(
        sampling_prob=0.25,
        sampling_round=np.where(table["stance"].notna(), 1, np.nan),
        fold=np.arange(400) % 5,
    )
    table.loc[399, "sampling_round"] = 2
    found = estimate_prevalence(table, by="month", min_labelled=4, pool=True)
    text = found.methods_text(model="A support vector machine")
    assert text.startswith("Comments counted: 400; labelled by people: 107.")
    assert "all with the same recorded probability" in text
    assert "Drawn: 108 (rounds: 2), of which 1 got no label." in text
    assert "A support vector machine predicted the comments in 5 folds" in text
    assert "Intervals (95 %) take clusters (article_id)" in text
    assert "40 in all and 40 with labels" in text
    share = found.overall.interval("pro")
    ends = f"[{100 * share.low:.1f}, {100 * share.high:.1f}]"
    assert f"pro {100 * share.estimate:.1f} % {ends}" in text
    assert f"p = {found.overall.balance:.3f}" in text
    assert "40 labelled" not in text.split("Shares by month")[0]
    assert "rest on 7 to 60 labelled comments in each of 3 groups" in text
    assert "were 4 (put together for want of them: 1, left out: 0)" in text


def test_german_has_the_same_numbers_with_commas(table):
    found = estimate_prevalence(table, by="month")
    english = found.methods_text()
    german = found.methods_text(language="de")
    assert "einfache Zufallsstichprobe" in german
    versions = english.split("Computed")[1]
    assert german.endswith(versions.replace("with", "mit"))
    with_points = re.sub(r"(?<=\d),(?=\d)", ".", german.split("Berechnet")[0])
    assert numbers_in(with_points) == numbers_in(english.split("Computed")[0])
    with pytest.raises(ValueError, match="language='fr' is none of: en, de"):
        found.methods_text(language="fr")


def test_agreement_and_unequal_chances_are_told(table):
    from stancekit.annotation import agreement

    labels = pd.DataFrame(
        {
            "comment_id": [f"c{i}" for i in range(30)] * 2,
            "annotator": ["ina"] * 30 + ["ole"] * 30,
            "label": ["pro", "anti"] * 30,
        }
    )
    labels.loc[3, "label"] = "pro"
    agreed = agreement(labels)
    prob = np.where(np.arange(400) % 2, 0.2, 0.4)
    text = estimate_prevalence(table.assign(sampling_prob=prob)).methods_text(
        agreement=agreed
    )
    assert f"2 annotators on 30 comments is {agreed.alpha.estimate:.3f} [" in text
    assert "probabilities that differ" in text
    assert estimate_prevalence(table.dropna()).methods_text().count("Every comment")


# How many more labels.


def test_more_labels_give_less_width_and_an_assurance_takes_more(table):
    plan = labels_needed(table, margin=0.06).iloc[0]
    sure = labels_needed(table, margin=0.06, assurance=0.9).iloc[0]
    assert plan["half_width"] > plan["half_width_50_more"]
    assert plan["half_width_50_more"] > plan["half_width_200_more"]
    assert sure["half_width_200_more"] > plan["half_width_200_more"]
    assert sure["more_labels"] > plan["more_labels"] > 0
    with pytest.raises(ValueError, match="assurance lies between 0 and 1"):
        labels_needed(table, assurance=1)


def test_no_more_labels_than_there_are_comments(table):
    plan = labels_needed(table, more=[293, 10_000])
    most = plan["half_width_293_more"].tolist()
    assert plan["half_width_10000_more"].tolist() == most


def test_labels_saved_are_those_that_the_variance_tells(table):
    """Without a tuned weight, n (V_labels / V_corrected - 1), linearised."""
    found = estimate_prevalence(table)
    plan = labels_needed(found).iloc[0]
    alone, corrected = (
        (shares.influence[:, 0] ** 2).sum()
        for shares in (found.labels_only, found.corrected)
    )
    assert plan["labels_saved"] == pytest.approx(107 * (alone / corrected - 1))
    assert 0 < plan["labels_saved_low"] < plan["labels_saved"]
    assert plan["labels_saved"] < plan["labels_saved_high"]


def test_useless_predictions_save_nothing(table):
    plan = labels_needed(table.assign(proba_pro=0.5, proba_anti=0.5))
    assert plan["labels_saved"].tolist() == [0, 0]


def test_a_label_that_nobody_gave_has_a_plan():
    table = make_table(n_labelled=(30, 30)).assign(proba_never=0.0)
    assert labels_needed(table).notna().all().all()
