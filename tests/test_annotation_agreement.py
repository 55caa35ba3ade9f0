"""Agreement of annotators, and the one label made of several."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from stancekit.annotation import agreement, resolve_labels
from stancekit.errors import DataWarning
from stancekit.labels import Codebook, Position


def long_table(columns):
    """Return labels from one string for each annotator; a dot is no label."""
    rows = [
        (f"u{unit:02}", name, value)
        for name, values in columns.items()
        for unit, value in enumerate(values.replace(" ", ""))
        if value != "."
    ]
    return pd.DataFrame(rows, columns=["comment_id", "annotator", "label"])


# Krippendorff (2011), Computing Krippendorff's alpha-reliability, sections A to C.
BINARY = {"Meg": "0100000010", "Owen": "1110010000"}
NOMINAL = {"Ben": "aabbdcccedda", "Gerry": "babbbcccEddd".lower()}
MISSING = {
    "A": "1 2 3 3 2 1 4 1 2 . . .",
    "B": "1 2 3 3 2 2 4 1 2 5 . 3",
    "C": ". 3 3 3 2 3 4 2 2 5 1 .",
    "D": "1 2 3 3 2 4 4 1 2 5 1 .",
}


@pytest.mark.parametrize(
    ("columns", "alpha"), [(BINARY, 0.095), (NOMINAL, 0.692), (MISSING, 0.743)]
)
def test_alpha_equals_the_published_examples(columns, alpha):
    found = agreement(long_table(columns)).alpha
    assert found.estimate == pytest.approx(alpha, abs=0.0005)
    assert found.low <= found.estimate <= found.high


def test_a_comment_with_a_single_label_does_not_count():
    result = agreement(long_table(MISSING))
    assert result.n_comments == 11
    assert result.n_annotators == 4
    assert result.alpha.n == 11


def test_alpha_of_one_label_is_that_of_the_others_put_together():
    labels = long_table(MISSING)
    merged = labels.assign(label=labels["label"].where(labels["label"] == "2", "rest"))
    found = agreement(labels).by_label["2"]
    assert found.estimate == pytest.approx(agreement(merged).alpha.estimate)


ratings = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 3), st.sampled_from("abc")),
    min_size=2,
    max_size=40,
    unique_by=lambda row: row[:2],
)


def alpha_from_pairs(rows):
    """Return alpha from its definition: observed over expected disagreement."""
    units = {}
    for unit, _, label in rows:
        units.setdefault(unit, []).append(label)
    paired = [labels for labels in units.values() if len(labels) > 1]
    values = [label for labels in paired for label in labels]
    n = len(values)
    observed = sum(
        sum(
            a != b for i, a in enumerate(labels) for j, b in enumerate(labels) if i != j
        )
        / (len(labels) - 1)
        for labels in paired
    )
    differing = sum(a != b for a in values for b in values)
    return np.nan if not differing else 1 - observed / n * n * (n - 1) / differing


@settings(max_examples=50)
@given(ratings)
def test_alpha_follows_its_definition(rows):
    labels = pd.DataFrame(rows, columns=["comment_id", "annotator", "label"])
    if labels["comment_id"].value_counts().max() < 2:
        with pytest.raises(ValueError, match="nothing to compare"):
            agreement(labels)
        return
    result = agreement(labels, n_bootstrap=20)
    assert result.alpha.estimate == pytest.approx(alpha_from_pairs(rows), nan_ok=True)
    # Two labels only: the alphas of both are the same one.
    if len(result.by_label) == 2:
        both = [each.estimate for each in result.by_label.values()]
        assert both == pytest.approx([result.alpha.estimate] * 2)


def test_perfect_and_undefined_agreement():
    assert agreement(long_table({"A": "xyxy", "B": "xyxy"})).alpha.estimate == 1
    nothing_else = agreement(long_table({"A": "xxxx", "B": "xxxx"}))
    assert np.isnan(nothing_else.alpha.estimate)
    assert np.isnan(nothing_else.kappas.loc[0, "kappa"])
    assert nothing_else.observed == 1
    assert nothing_else.confusions.empty


def test_kappas_stand_for_each_two_annotators_with_common_comments():
    labels = long_table({"A": "xxyyx..", "B": "xyyyx..", "C": ".....xy"})
    kappas = agreement(labels).kappas
    assert kappas[["annotator_a", "annotator_b", "n_comments"]].values.tolist() == [
        ["A", "B", 5]
    ]
    assert kappas.loc[0, "kappa"] == pytest.approx(
        cohen_kappa_score(list("xxyyx"), list("xyyyx"))
    )


def test_confused_labels_come_with_their_comments():
    result = agreement(long_table({"A": "xxxxyz", "B": "yyyyyx", "C": "xyzx.."}))
    assert result.confusions.to_dict("records") == [
        {
            "label_a": "x",
            "label_b": "y",
            "n_comments": 4,
            "comment_ids": ["u00", "u01", "u02"],
        },
        {
            "label_a": "x",
            "label_b": "z",
            "n_comments": 2,
            "comment_ids": ["u02", "u05"],
        },
        {"label_a": "y", "label_b": "z", "n_comments": 1, "comment_ids": ["u02"]},
    ]


def test_whole_threads_are_drawn_where_the_table_is_given():
    """Comments of one thread are alike here, so the interval must be wider."""
    labels = long_table({"A": "xxxxxyyyyyxxxxxyyyyy", "B": "xxxxxyyyyyyyyyyyyyyy"})
    ids = [f"u{unit:02}" for unit in range(20)]
    parents = [None if unit % 5 == 0 else f"u{unit // 5 * 5:02}" for unit in range(20)]
    table = pd.DataFrame({"comment_id": ids, "parent_id": parents, "text": "Ja."})
    alone, by_thread = agreement(labels), agreement(labels, table=table)
    assert by_thread.alpha.estimate == alone.alpha.estimate
    assert (alone.alpha.n, by_thread.alpha.n) == (20, 4)
    assert by_thread.alpha.width > 1.5 * alone.alpha.width
    with pytest.raises(ValueError, match="not in the table: 'u00'"):
        agreement(labels, table=table.drop(index=0))


def test_only_submitted_labels_count():
    labels = long_table({"A": "xyxy", "B": "xyyy"})
    extra = pd.DataFrame(
        {
            "comment_id": ["u00", "u01", "u02"],
            "annotator": "C",
            "label": ["y", "x", None],
            "status": ["rejected", "skipped", "cancelled"],
        }
    )
    both = pd.concat([labels.assign(status="submitted"), extra])
    assert agreement(both).alpha == agreement(labels).alpha


def test_blanks_and_words_for_none_are_no_labels():
    """Taken for a label of its own, the blank gives alpha .643 here."""
    labels = long_table({"A": "xxyy", "B": "xyyy"})
    nothing = [("u04", name, " ") for name in "AB"] + [
        ("u05", name, "NA") for name in "AB"
    ]
    nothing += [("u06", "A", ""), ("u06", "B", "y")]
    both = pd.concat([labels, pd.DataFrame(nothing, columns=labels.columns)])
    with pytest.warns(DataWarning, match="5 labels count as missing: ' ', 'NA', ''"):
        found = agreement(both)
    assert found.alpha == agreement(labels).alpha
    assert found.n_comments == 4
    with pytest.warns(DataWarning) as told:
        resolved = resolve_labels(both).set_index("comment_id")
    assert "count as missing" in str(told[0].message)
    assert resolved.loc["u04":"u06", "n_annotators"].tolist() == [0, 0, 1]


def test_nobody_is_no_annotator():
    labels = long_table({"A": "xy", "NA": "xx"})
    with pytest.raises(ValueError, match="2 labels do not say who gave them"):
        agreement(labels)


def test_labels_alike_but_for_case_are_told_and_blanks_do_not_part():
    labels = long_table({"A": "xxyy", "B": "xyyX"})
    labels.loc[0, "label"] = "x "
    with pytest.warns(DataWarning, match="count as different: 'x' and 'X'"):
        found = agreement(labels)
    assert list(found.by_label) == ["X", "x", "y"]


def test_labels_are_held_against_the_codebook():
    codebook = Codebook((Position("x"), Position("y")))
    labels = long_table({"A": "xxyy", "B": "xyyz"})
    with pytest.raises(ValueError, match=r"does not have: 'z' \(rows 7\)"):
        agreement(labels, codebook=codebook)
    skipped = labels.assign(status=["submitted"] * 7 + ["Skipped"])
    assert agreement(skipped, codebook=codebook).n_comments == 3


def test_an_exports_own_way_of_writing_the_status_counts():
    labels = long_table({"A": "xyxy", "B": "xyyy"})
    written = ["Submitted", "SUBMITTED ", None, "submitted"] * 2
    assert agreement(labels.assign(status=written)).alpha == agreement(labels).alpha


def test_comments_without_a_text_count_nowhere():
    labels = long_table({"A": "xyxyx", "B": "xyyyy", "C": "xyyxx"})
    table = pd.DataFrame(
        {
            "comment_id": [f"u{unit:02}" for unit in range(5)],
            "text": ["Ja.", "Nein.", "Gut.", " ", "Weg."],
            "status": ["visible"] * 4 + ["deleted"],
        }
    )
    with pytest.warns(DataWarning, match="2 labelled .* do not count: 'u03', 'u04'"):
        found = agreement(labels, table=table)
    alone = agreement(labels[labels["comment_id"] < "u03"])
    assert found.alpha.estimate == alone.alpha.estimate
    assert (found.n_comments, found.ceiling.n) == (3, alone.ceiling.n)
    assert found.confusions.equals(alone.confusions)


@pytest.mark.parametrize(
    ("columns", "estimate"),
    [
        # One disagreement among 30 comments, 27 of which have the same label.
        ({"A": "y" * 3 + "x" * 27, "B": "y" * 2 + "x" * 28}, 0.78),
        ({"A": "y" * 3 + "x" * 27, "B": "y" * 3 + "x" * 27}, 1),
        ({"A": "xy", "B": "xy"}, 1),
    ],
)
def test_an_interval_is_never_a_point_where_a_few_comments_decide(columns, estimate):
    found = agreement(long_table(columns)).by_label["y"]
    assert found.estimate == pytest.approx(estimate, abs=0.02)
    assert found.low < 0.7
    assert found.high > 0.95


def test_where_nothing_can_be_said_the_reason_is():
    alike = agreement(long_table({"A": "xxx", "B": "xxx"}))
    assert "nan" not in str(alike)
    assert "needs two labels; only 'x' was given" in str(alike)
    table = pd.DataFrame(
        {
            "comment_id": ["u00", "u01"],
            "parent_id": [None, "u00"],
            "text": ["Ja.", "Nein."],
        }
    )
    one_thread = agreement(long_table({"A": "xy", "B": "xx"}), table=table)
    assert np.isnan(one_thread.alpha.low)
    assert "0.000 without an interval" in str(one_thread)
    assert "all comments stand in one thread" in str(one_thread)


def test_the_result_reads_and_tabulates():
    result = agreement(long_table(MISSING))
    assert result.to_frame()["label"].tolist() == ["all labels", *"12345"]
    assert str(result).startswith("Krippendorff's alpha 0.743 [")
    assert "Confused: 1 and 2 on 2 comments ('u05', 'u07')" in str(result)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"drop": "annotator"}, "Column 'annotator' is missing"),
        ({"annotator": None}, "do not say who gave them"),
        ({"annotator": "A"}, "several labels by the same annotator: 'u01'"),
        ({"status": "done"}, "holds 'done'; it takes 'submitted'"),
        ({"comment_id": None}, "'comment_id' is empty in rows 0, 1"),
    ],
)
def test_labels_that_cannot_be_compared_are_refused(change, problem):
    labels = long_table({"A": "xy", "B": "xx"})
    labels = (
        labels.drop(columns=change["drop"])
        if "drop" in change
        else labels.assign(**change)
    )
    for use in (agreement, resolve_labels):
        with pytest.raises(ValueError, match=problem):
            use(labels)


def test_the_majority_wins_and_ties_are_told():
    labels = long_table({"A": "xxy.x", "B": "xyy.z", "C": "y...y"})
    skipped = pd.DataFrame(
        {"comment_id": ["u03"], "annotator": "A", "label": None, "status": "skipped"}
    )
    labels = pd.concat([labels.assign(status="submitted"), skipped])
    with pytest.warns(DataWarning, match=r"2 of 5 comments .* 'u01', 'u04'"):
        found = resolve_labels(labels)
    assert found["comment_id"].tolist() == ["u00", "u01", "u02", "u04", "u03"]
    assert found["label"].fillna("-").tolist() == ["x", "-", "y", "-", "-"]
    assert found["n_annotators"].tolist() == [3, 2, 2, 3, 0]
    assert found["n_agree"].tolist() == [2, 1, 2, 1, 0]
    assert found["tie"].tolist() == [False, True, False, True, False]
