import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.metrics import f1_score, precision_recall_fscore_support
from sklearn.pipeline import make_pipeline

import stancekit
from stancekit.evaluation.baselines import make_baseline
from stancekit.evaluation.scores import (
    accuracy,
    calibration_error,
    confusion_by_group,
    macro_f1,
    risk_coverage_curve,
)
from stancekit.evaluation.shared_texts import count_repeated


@pytest.fixture(scope="module")
def evaluation(small_corpus):
    return stancekit.evaluate(
        stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=2),
        small_corpus,
        n_splits=4,
        n_repeats=2,
    )


def test_every_labelled_comment_is_predicted_once_a_repeat(evaluation, small_corpus):
    predictions = evaluation.predictions
    assert evaluation.n_comments == len(small_corpus)
    for _, part in predictions.groupby("repeat"):
        assert set(part["comment_id"]) == set(small_corpus["comment_id"])
        assert part["fold"].nunique() == 4
        assert part.groupby("article_id")["fold"].nunique().eq(1).all()


def test_the_headline_is_the_mean_macro_f1_of_the_repeats(evaluation):
    scores = [
        f1_score(part["stance"], part["predicted"], average="macro")
        for _, part in evaluation.predictions.groupby("repeat")
    ]
    found = evaluation.macro_f1
    assert found.estimate == pytest.approx(np.mean(scores))
    assert found.low < found.estimate < found.high
    assert found.n == evaluation.n_groups == 16


def test_scores_per_class_are_those_of_scikit_learn(small_corpus):
    evaluation = stancekit.evaluate(
        make_baseline("words"), small_corpus, n_splits=4, baselines=()
    )
    predictions = evaluation.predictions
    expected = precision_recall_fscore_support(
        predictions["stance"],
        predictions["predicted"],
        labels=evaluation.labels,
        zero_division=0,
    )
    found = evaluation.per_class[["precision", "recall", "f1", "n"]].to_numpy().T
    np.testing.assert_allclose(found, np.array(expected))
    confusion = evaluation.confusion
    assert confusion.to_numpy().sum() == len(small_corpus)
    assert confusion.index.tolist() == list(evaluation.labels)


def test_it_says_what_the_model_is_not_better_than(small_corpus):
    model = make_baseline("words")
    others = ["majority", ("the same", model)]
    found = stancekit.evaluate(model, small_corpus, n_splits=2, baselines=others)
    said = "No better than the same, as far as 16 groups tell"
    assert said in str(found)
    assert said in found._repr_html_()
    assert "No better than majority" not in str(found)


def test_baselines_are_compared_on_the_same_folds(evaluation):
    baselines = evaluation.baselines
    assert baselines.index.tolist() == ["majority", "words_and_characters"]
    assert baselines.loc["majority", "macro_f1"] < 0.25
    assert baselines.loc["majority", "low"] > 0
    np.testing.assert_allclose(
        baselines["macro_f1"] + baselines["difference"], evaluation.macro_f1.estimate
    )


def test_the_table_of_scores_has_interval_and_n(evaluation):
    frame = evaluation.to_frame()
    assert frame["score"].tolist() == ["macro_f1", "accuracy", *["f1"] * 5]
    assert (frame["low"] <= frame["estimate"]).all()
    assert (frame["estimate"] <= frame["high"]).all()
    assert frame[["n", "n_groups"]].notna().all(axis=None)


def test_it_can_be_read(evaluation):
    text = str(evaluation)
    assert "Macro-F1" in text
    assert "in 16 groups, 2 split(s) into 4 folds, articles kept whole" in text
    assert repr(evaluation).startswith("<Evaluation: macro-F1 0.")


def test_errors_are_the_wrong_ones_surest_first(evaluation):
    errors = evaluation.errors
    assert (errors["predicted"] != errors["stance"]).all()
    assert errors["confidence"].is_monotonic_decreasing
    assert errors["text"].notna().all()


def test_a_threshold_keeps_its_promise_on_these_comments(evaluation):
    predictions = evaluation.predictions
    right = (predictions["predicted"] == predictions["stance"]).to_numpy()
    most = 0.5 * (1 - right.mean())
    threshold = evaluation.choose_threshold(max_error=most)
    kept = predictions["confidence"] >= threshold
    assert 0 < kept.sum() < len(predictions)
    assert 1 - right[kept].mean() <= most
    with pytest.raises(ValueError, match="No threshold"):
        evaluation.choose_threshold(max_error=-0.1)


def test_unlabelled_and_removed_comments_are_not_scored(small_corpus):
    table = small_corpus.assign(status="visible")
    table.loc[:4, "status"] = "deleted"
    table["stance"] = table["stance"].astype(object)
    table.loc[5:9, "stance"] = None
    evaluation = stancekit.evaluate(
        stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=2),
        table,
        n_splits=2,
        baselines=(),
    )
    assert evaluation.n_comments == len(table) - 10


def test_the_same_seed_gives_the_same_result(small_corpus):
    model = make_baseline("words")
    first, again, other = (
        stancekit.evaluate(
            model, small_corpus, n_splits=2, baselines=(), random_state=seed
        ).macro_f1
        for seed in (0, 0, 1)
    )
    assert first == again != other


def test_a_column_that_is_not_there(small_corpus):
    with pytest.raises(ValueError, match=r"'label' is missing. Found: 'comment_id'"):
        stancekit.evaluate(stancekit.StanceClassifier(), small_corpus, "label")


def test_a_baseline_that_is_none():
    with pytest.raises(ValueError, match="no baseline 'bert'"):
        make_baseline("bert")


def test_two_baselines_of_one_name(small_corpus):
    with pytest.raises(ValueError, match="Two baselines are called 'words'"):
        stancekit.evaluate(
            make_baseline("words"),
            small_corpus,
            baselines=("words", ("words", make_baseline("majority"))),
        )


def test_a_model_of_ones_own_as_a_baseline(small_corpus):
    evaluation = stancekit.evaluate(
        make_baseline("words"),
        small_corpus,
        n_splits=2,
        baselines=("words", ("nothing", make_baseline("majority"))),
    )
    baselines = evaluation.baselines
    assert baselines.index.tolist() == ["words", "nothing"]
    assert baselines.loc["words", ["difference", "low", "high"]].eq(0).all()
    assert baselines.loc["nothing", "low"] > 0


class Counting(ClassifierMixin, BaseEstimator):
    """Says for every comment whether it was trained beside unlabelled ones."""

    def fit(self, X, y):
        self.classes_ = np.array(["labelled only", "with context"])
        self.answer_ = int(pd.isna(y).any())
        return self

    def predict_proba(self, X):
        return np.eye(2)[[self.answer_] * len(X)]

    def predict(self, X):
        return self.classes_[[self.answer_] * len(X)]


def test_unlabelled_comments_are_context_except_for_pipelines():
    table = pd.DataFrame({"text": list("abcdef")})
    table["stance"] = ["labelled only", "with context"] * 2 + [None] * 2
    evaluation = stancekit.evaluate(
        Counting(),
        table,
        n_splits=2,
        baselines=[("same", Counting()), ("pipeline", make_pipeline(Counting()))],
    )
    predictions = evaluation.predictions
    assert set(predictions["predicted"]) == {"with context"}
    assert set(predictions["baseline_same"]) == {"with context"}
    assert set(predictions["baseline_pipeline"]) == {"labelled only"}


def test_the_difference_to_another_evaluation_is_paired(small_corpus):
    both = stancekit.evaluate(make_baseline("words"), small_corpus, n_splits=3)
    other = stancekit.evaluate(make_baseline("majority"), small_corpus, n_splits=3)
    found = both.difference(other)
    expected = both.baselines.loc["majority"]
    assert (found.estimate, found.low) == (expected["difference"], expected["low"])
    back = other.difference(both)
    assert back.estimate == pytest.approx(-found.estimate)
    assert both.difference(both).high == 0


def test_evaluations_of_other_comments_cannot_be_paired(small_corpus):
    model = make_baseline("majority")
    one = stancekit.evaluate(model, small_corpus, n_splits=2)
    other = stancekit.evaluate(model, small_corpus.iloc[::-1], n_splits=2)
    with pytest.raises(ValueError, match="not of the same comments"):
        one.difference(other)


def test_two_versions_of_a_codebook_are_compared_on_the_same_comments(small_corpus):
    """The second takes together what the first tells apart; each has its own F1."""
    stance = small_corpus["stance"].astype(object)
    coarse = small_corpus.assign(stance=stance.where(stance == "other", "position"))
    model = make_baseline("words")
    first, second = (
        stancekit.evaluate(model, table, n_splits=3, baselines=())
        for table in (small_corpus, coarse)
    )
    found = second.difference(first)
    own = second.macro_f1.estimate - first.macro_f1.estimate
    assert found.estimate == pytest.approx(own)
    assert 0 < found.low < found.estimate < found.high
    assert found.n == second.n_groups


def test_calibration_in_threads_and_alone(small_corpus):
    evaluation = stancekit.evaluate(make_baseline("words"), small_corpus, n_splits=2)
    found = evaluation.calibration_by_thread
    assert found.index.tolist() == ["in a thread", "alone"]
    context = stancekit.add_context(small_corpus)
    alone = ~context["parent_found"] & (context["n_replies"] == 0)
    assert found["n"].tolist() == [(~alone).sum(), alone.sum()]
    assert found["calibration_error"].between(0, 1).all()
    flat = evaluation.predictions.assign(parent_found=False, n_replies=0)
    flat = dataclasses.replace(evaluation, predictions=flat).calibration_by_thread
    assert flat.loc["alone", "calibration_error"] == evaluation.calibration_error


def test_groups_that_stand_in_some_repeats_only():
    """Where a repeat keeps threads whole instead of articles its groups differ."""
    predictions = pd.DataFrame(
        {
            "stance": list("xyxy"),
            "predicted": list("xyxx"),
            "group": ["1", "1", "1", "2"],
            "repeat": [0, 0, 1, 1],
        }
    )
    evaluation = stancekit.Evaluation(predictions, ("x", "y"), "articles")
    assert evaluation.accuracy.estimate == 0.75


LONG = "Wir brauchen jetzt endlich Gespräche und keine neuen Waffen"


@pytest.fixture
def odd_labels():
    """Eight labelled comments under four articles, and some that count nowhere."""
    return pd.DataFrame(
        {
            "text": [f"{word} {n}" for n in range(4) for word in ("Reden", "Liefern")]
            + ["", " ", "Weg", "Reden", "Liefern", "Egal"],
            "article_id": [str(n) for n in range(4) for _ in range(2)] + ["1"] * 6,
            "status": ["visible"] * 10 + ["deleted"] + ["visible"] * 3,
            "stance": ["talks", "arms "] * 4 + ["talks"] * 3 + ["NA", " ", "?"],
        }
    )


def test_no_score_counts_words_for_no_label_or_comments_without_text(odd_labels):
    with pytest.warns(stancekit.DataWarning, match="'NA', ' ', '\\?'"):
        evaluation = stancekit.evaluate(
            make_baseline("words"), odd_labels, n_splits=2, baselines=()
        )
    assert evaluation.n_comments == 8
    assert evaluation.labels == ("arms", "talks")
    assert "Not counted: 3 labelled comments that are deleted" in str(evaluation)


def test_training_and_cross_fitting_take_the_same_labels(odd_labels):
    with pytest.warns(stancekit.DataWarning, match="count as missing"):
        found = stancekit.cross_fit(make_baseline("words"), odd_labels, n_splits=2)
    probabilities = [name for name in found if name.startswith("proba_")]
    assert probabilities == ["proba_arms", "proba_talks"]
    assert found["predicted"].isna().sum() == 3


def test_repeated_texts_are_counted_and_said(small_corpus):
    table = small_corpus[["text", "stance", "article_id"]].copy()
    table.loc[:2, "text"] = LONG
    article = table["article_id"]
    other = article[article != article.iloc[0]].index[0]
    table.loc[other, "text"] = LONG.replace("endlich", "bald") + " für den Krieg dort!"
    evaluation = stancekit.evaluate(
        make_baseline("majority"), table, n_splits=16, baselines=()
    )
    assert "3 comments have the words of another one." in evaluation.notes
    assert "audit_leakage names them" not in str(
        stancekit.evaluate(
            make_baseline("majority"), small_corpus, n_splits=2, baselines=()
        )
    )


def test_near_duplicates_in_other_folds_are_counted():
    texts = [LONG, LONG, LONG + " für den Krieg!", "Danke", "Danke"]
    assert count_repeated(texts, np.array([0, 0, 1, 0, 1])) == (2, 3)
    assert count_repeated(texts, np.zeros(5, dtype=int)) == (2, 0)
    # More copies than a set phrase has are no pairs, but still the same words.
    assert count_repeated([LONG] * 60, np.arange(60) % 2) == (60, 60)


def test_contexts_are_compared_by_baselines(small_corpus):
    """What the parent's words add: a baseline that does not see them."""
    features = stancekit.CommentFeatures(parent_weight=0)
    model = stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=2)
    alone = clone(model).set_params(features=features)
    evaluation = stancekit.evaluate(
        model, small_corpus, n_splits=2, baselines=[("own words", alone)]
    )
    gain = evaluation.baselines.loc["own words"]
    expected = stancekit.evaluate(alone, small_corpus, n_splits=2, baselines=())
    assert gain["macro_f1"] == pytest.approx(expected.macro_f1.estimate)
    assert gain["difference"] != 0


def test_every_baseline_predicts(small_corpus):
    for name in ("majority", "words", "words_and_characters"):
        model = make_baseline(name).fit(small_corpus, small_corpus["stance"])
        assert len(model.predict(small_corpus)) == len(small_corpus)


def test_confusions_add_up():
    y, predicted, groups = (np.array(x) for x in ([0, 1, 1], [0, 0, 1], [0, 1, 1]))
    cells = confusion_by_group(y, predicted, groups, 2)
    assert cells.tolist() == [[[1, 0], [0, 0]], [[0, 0], [1, 1]]]
    assert accuracy(cells.sum(axis=0)) == pytest.approx(2 / 3)


def test_a_class_that_nobody_has_or_gets_has_f1_0():
    assert macro_f1(np.array([[4, 0], [0, 0]])) == 0.5


def test_a_calibrated_scorer_has_a_small_calibration_error():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.3, 1, 20_000)
    right = rng.random(20_000) < confidence
    assert calibration_error(confidence, right) < 0.02
    assert calibration_error(confidence, right & False) > 0.5


def test_the_risk_of_full_coverage_is_the_error():
    rng = np.random.default_rng(1)
    confidence, right = rng.random(50).round(1), rng.random(50) < 0.7
    curve = risk_coverage_curve(confidence, right)
    assert curve["coverage"].iloc[-1] == 1
    assert curve["error"].iloc[-1] == pytest.approx(1 - right.mean())


def test_the_error_among_the_surest(evaluation):
    predictions = evaluation.predictions
    right = predictions["predicted"] == predictions["stance"]
    whole = evaluation.error_at(1.0)
    assert whole.estimate == pytest.approx(1 - right.mean())
    assert whole.estimate == pytest.approx(1 - evaluation.accuracy.estimate)
    order = predictions["confidence"].sort_values(ascending=False).index
    surest = order[: -(-len(order) // 2)]
    half = evaluation.error_at(0.5)
    assert half.estimate == pytest.approx(1 - right[surest].mean(), abs=0.01)
    assert half.low < half.estimate < half.high
    assert half.estimate < whole.estimate
    assert half.n == evaluation.n_groups


def test_a_coverage_keeps_no_more_than_it_says(evaluation):
    n = 100
    some = evaluation.predictions.iloc[:n].assign(
        confidence=np.linspace(1, 0.1, n), group=np.arange(n) % 3
    )
    some["predicted"] = some["stance"].where(np.arange(n) < 7, "none")
    found = dataclasses.replace(evaluation, predictions=some)
    assert found.error_at(0.07).estimate == 0
    assert found.error_at(0.08).estimate == pytest.approx(1 / 8)


@pytest.mark.parametrize("coverage", [0, -0.1, 1.1, float("nan")])
def test_a_coverage_that_is_none(evaluation, coverage):
    with pytest.raises(ValueError, match="coverage="):
        evaluation.error_at(coverage)
