"""What to label next: probabilities, rounds, and what can be estimated from them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stancekit.annotation import suggest
from stancekit.annotation.suggestion import inclusion_probabilities, systematic_sample
from stancekit.errors import DataWarning
from stancekit.threads import add_context


class Scorer:
    """Knows for each comment how probable "pro" is."""

    classes_ = np.array(["contra", "pro"])

    def __init__(self, proba):
        self.proba = proba

    def predict_proba(self, table):
        pro = table["comment_id"].map(self.proba).to_numpy()
        return np.column_stack([1 - pro, pro])


class Memoriser:
    """Is sure of every labelled comment, and elsewhere follows what it saw there."""

    def __init__(self, x):
        self.x = x

    def predict_proba(self, table):
        is_pro = (table["stance"] == "pro").to_numpy()
        labelled = table["stance"].notna().to_numpy()
        middle = np.average(self.x[labelled], weights=1 + 3 * is_pro[labelled])
        pro = np.where(labelled, is_pro, 1 / (1 + np.exp(-2 * (self.x - middle))))
        return np.column_stack([1 - pro, pro])


def make_table(n, **columns):
    ids = [f"c{number:03}" for number in range(n)]
    return pd.DataFrame(
        {"comment_id": ids, "text": [f"Satz {i}." for i in ids], **columns}
    )


def label_drawn(table, labels):
    return table.assign(stance=np.where(table["sampling_round"].notna(), labels, None))


sizes = arrays(float, st.integers(1, 40), elements=st.floats(0.01, 100))


@given(sizes, st.data())
def test_probabilities_sum_to_n_and_keep_the_order_of_the_sizes(sizes, data):
    n = data.draw(st.integers(1, len(sizes)))
    most = data.draw(st.floats(n / len(sizes), 1))
    probs = inclusion_probabilities(sizes, n, most=most)
    assert probs.sum() == pytest.approx(n)
    assert (probs > 0).all()
    assert (probs <= most + 1e-12).all()
    assert (np.diff(probs[np.argsort(sizes)]) >= -1e-12).all()


@given(sizes, st.data())
def test_exactly_n_different_rows_are_drawn(sizes, data):
    n = data.draw(st.integers(1, len(sizes)))
    probs = inclusion_probabilities(sizes, n)
    drawn = systematic_sample(
        probs, np.random.default_rng(data.draw(st.integers(0, 99)))
    )
    assert len(np.unique(drawn)) == n
    assert set(np.flatnonzero(probs >= 1)) <= set(drawn)


def test_rows_are_drawn_as_often_as_stated():
    probs = inclusion_probabilities(np.array([1, 1, 2, 3, 5, 8, 60.0]), 3)
    rng = np.random.default_rng(0)
    counts = np.zeros(len(probs))
    for _ in range(20_000):
        counts[systematic_sample(probs, rng)] += 1
    assert counts / 20_000 == pytest.approx(probs, abs=0.012)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("random", [0.5, 0.5, 0.5, 0.5]),
        # Uncertainties 0.5, 0.5, 0 and 0 (times the root of 2): half and half of 2 / 4.
        ("mixed", [0.75, 0.75, 0.25, 0.25]),
        ("uncertain", [0.95, 0.95, 0.05, 0.05]),
    ],
)
def test_strategies_mix_chance_and_doubt_as_stated(strategy, expected):
    model = Scorer({"c000": 0.5, "c001": 0.5, "c002": 0.0, "c003": 1.0})
    drawn = suggest(make_table(4), 2, model=model, strategy=strategy)
    assert drawn["sampling_prob"].tolist() == pytest.approx(expected)
    assert drawn["sampling_round"].notna().sum() == 2


def test_a_model_without_any_doubt_gives_even_chances():
    model = Scorer({f"c{i:03}": 1.0 for i in range(4)})
    drawn = suggest(make_table(4), 2, model=model, strategy="uncertain")
    assert drawn["sampling_prob"].tolist() == [0.5] * 4


def test_the_whole_table_comes_back_with_its_rows_and_parents():
    table = make_table(
        5, parent_id=[None, "c000", None, "c002", "gone"], mood=list("abcde")
    )
    table.index = [9, 7, 5, 3, 1]
    before = table.copy()
    drawn = suggest(table, 2, strategy="random")
    pd.testing.assert_frame_equal(table, before)
    pd.testing.assert_frame_equal(drawn[table.columns], table, check_dtype=False)
    assert drawn["parent_text"].dropna().tolist() == ["Satz c000.", "Satz c002."]
    assert "stance" not in drawn


@pytest.mark.parametrize("with_ids", [True, False])
def test_the_order_of_the_rows_does_not_matter(with_ids):
    table = make_table(60)
    model = Scorer({each: i / 60 for i, each in enumerate(table["comment_id"])})
    if not with_ids:
        model, table = None, table.drop(columns="comment_id")
    strategy = "mixed" if with_ids else "random"
    shuffled = table.sample(frac=1, random_state=3)
    first = suggest(table, 10, model=model, strategy=strategy, random_state=4)
    second = suggest(shuffled, 10, model=model, strategy=strategy, random_state=4)
    for name in ("sampling_prob", "sampling_round"):
        pd.testing.assert_series_equal(first[name], second[name].loc[table.index])
    other = suggest(table, 10, model=model, strategy=strategy, random_state=5)
    assert (first["sampling_round"].notna() != other["sampling_round"].notna()).any()


def test_bare_texts_can_be_drawn_from():
    drawn = suggest(["Reden!", "Liefern!", "Aha."], 1, strategy="random")
    assert drawn["sampling_round"].sum() == 1


def test_deleted_comments_are_never_drawn_and_have_no_probability():
    table = make_table(4, status=["visible", "deleted", "removed", None])
    drawn = suggest(table, 2, strategy="random")
    assert drawn["sampling_round"].tolist() == [1, pd.NA, pd.NA, 1]
    assert drawn["sampling_prob"].isna().tolist() == [False, True, True, False]


def test_labels_from_before_the_first_round_stand_for_themselves():
    table = make_table(5, stance=["pro", None, None, None, "contra"])
    drawn = suggest(table, 3, strategy="random")
    assert drawn["sampling_round"].tolist() == [0, 1, 1, 1, 0]
    assert drawn["sampling_prob"].tolist() == [1.0] * 5


def test_two_random_rounds_count_like_one_larger_round():
    table = suggest(make_table(50), 10, strategy="random")
    table = label_drawn(table, "pro")
    again = suggest(table, 15, strategy="random")
    assert again["sampling_prob"].tolist() == pytest.approx([25 / 50] * 50)
    assert again["sampling_round"].value_counts().to_dict() == {1: 10, 2: 15}
    third = suggest(label_drawn(again, "pro"), 5, strategy="random")
    assert third["sampling_prob"].tolist() == pytest.approx([30 / 50] * 50)


def test_a_later_round_leaves_earlier_rounds_as_they_were_drawn():
    model = Scorer({f"c{i:03}": i / 40 for i in range(40)})
    first = suggest(make_table(40), 8, model=model)
    # Two of the drawn comments were skipped by the annotator.
    labelled = label_drawn(first, "pro")
    skipped = labelled.index[labelled["stance"].notna()][:2]
    labelled.loc[skipped, "stance"] = None
    second = suggest(labelled, 8, model=model, strategy="uncertain")
    was_drawn = first["sampling_round"].notna()
    assert second.loc[was_drawn, "sampling_round"].eq(1).all()
    assert second.loc[~was_drawn, "sampling_round"].eq(2).sum() == 8
    assert second["sampling_prob"].between(0, 1, inclusive="right").all()


def test_drawing_all_that_is_left_makes_every_comment_certain():
    first = label_drawn(suggest(make_table(9), 4, strategy="random"), "pro")
    second = suggest(first, 5, strategy="random")
    assert second["sampling_prob"].tolist() == pytest.approx([1.0] * 9)


def test_a_table_survives_a_csv_file_between_rounds(tmp_path):
    first = label_drawn(suggest(make_table(20), 5, strategy="random"), "pro")
    first.to_csv(tmp_path / "round.csv", index=False)
    read = pd.read_csv(tmp_path / "round.csv", dtype=str)
    expected = suggest(first, 5, strategy="random")
    found = suggest(read, 5, strategy="random")
    for name in ("sampling_prob", "sampling_round"):
        pd.testing.assert_series_equal(found[name], expected[name])


def two_rounds(base, model, truth, seed):
    """Return the estimated total and share after an even and a doubtful round."""
    labels = np.where(truth, "pro", "contra")
    first = suggest(base, 15, strategy="random", random_state=seed)
    second = suggest(
        label_drawn(first, labels),
        12,
        model=model,
        strategy="uncertain",
        random_state=seed + 100_000,
    )
    weights = second["sampling_round"].notna() / second["sampling_prob"]
    return weights @ truth, weights @ truth / weights.sum()


def check_two_rounds(n_repetitions):
    rng = np.random.default_rng(0)
    x = rng.normal(size=60)
    truth = (x + rng.normal(scale=0.7, size=60) > 0.6).astype(float)
    base = add_context(make_table(60))
    model = Memoriser(x)
    found = np.array(
        [two_rounds(base, model, truth, seed) for seed in range(n_repetitions)]
    )
    standard_errors = found.std(axis=0) / np.sqrt(n_repetitions)
    distances = (found.mean(axis=0) - [truth.sum(), truth.mean()]) / standard_errors
    assert (np.abs(distances) < 4).all(), distances
    return standard_errors[0] / truth.sum()


def test_totals_are_unbiased_though_the_second_round_learns_from_the_first():
    assert check_two_rounds(120) < 0.03


@pytest.mark.slow
def test_totals_are_unbiased_to_half_a_percent():
    """The textbook formula for independent rounds is 24 % off here."""
    assert check_two_rounds(3000) < 0.005


def bad_rounds():
    table = make_table(6, stance=[None] * 6)
    drawn = label_drawn(suggest(table, 2, strategy="random"), "pro")
    not_drawn = drawn.index[drawn["sampling_round"].isna()][0]
    by_hand = drawn.copy()
    by_hand.loc[not_drawn, "stance"] = "pro"
    newer = pd.concat(
        [drawn, make_table(1).assign(comment_id="new")], ignore_index=True
    )
    newer = newer[["comment_id", "text", "stance", "sampling_round", "sampling_prob"]]
    return {
        "without having been drawn": by_hand,
        "Comments that came later": newer,
        "stands alone": drawn.drop(columns="sampling_prob"),
    }


@pytest.mark.parametrize("problem", bad_rounds())
def test_a_record_that_is_not_whole_is_refused(problem):
    with pytest.raises(ValueError, match=problem):
        suggest(bad_rounds()[problem], 1, strategy="random")


class Wrong:
    def __init__(self, proba):
        self.proba = proba

    def predict_proba(self, table):
        return self.proba


@pytest.mark.parametrize(
    ("model", "n", "strategy", "problem"),
    [
        (None, 0, "random", "n=0, but 3 comments are left"),
        (None, 4, "random", "n=4, but 3 comments are left"),
        (None, 1, "mixed", "needs a model"),
        (None, 1, "best", "strategy='best' is unknown"),
        (Wrong(np.zeros(3)), 1, "mixed", r"array of shape \(3,\) for 3 comments"),
        (Wrong(np.full((3, 2), np.nan)), 1, "mixed", "no probabilities for 3"),
    ],
)
def test_what_cannot_be_drawn_is_refused(model, n, strategy, problem):
    with pytest.raises(ValueError, match=problem):
        suggest(make_table(3), n, model=model, strategy=strategy)


def test_words_for_none_and_comments_without_a_text_are_no_labels():
    table = make_table(5, stance=["pro", "NA", " ", None, "pro"])
    table.loc[4, "text"] = " "
    with pytest.warns(DataWarning, match="2 labels count as missing: 'NA', ' '"):
        drawn = suggest(table, 3, strategy="random")
    assert drawn["sampling_round"].tolist() == [0, 1, 1, 1, pd.NA]
