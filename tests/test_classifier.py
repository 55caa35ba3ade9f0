"""The contract of every estimator, then what each promises beyond it."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from sklearn.utils import estimator_checks as checks
from sklearn.utils.class_weight import compute_sample_weight

import stancekit
from stancekit.classifier.calibration import (
    fit_calibration,
    mean_f1,
    tune_decision_weights,
)
from stancekit.classifier.deciding import DecidingClassifier
from stancekit.classifier.labelled import labelled_comments
from stancekit.classifier.search import part_to_choose_by
from stancekit.classifier.svm import RatioSVC, ratio_scales

# scikit-learn yields no checks at all for estimators of text, so those that need no
# data are called by name, and the rest of the contract is written out below.
DATA_FREE = [
    checks.check_parameters_default_constructible,
    checks.check_no_attributes_set_in_init,
    checks.check_estimator_cloneable,
    checks.check_estimator_repr,
    checks.check_get_params_invariance,
    checks.check_set_params,
    checks.check_mixin_order,
    checks.check_valid_tag_types,
]
# With features and C given nothing is chosen, which saves time.
SINGLE = stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=3)
CLASSIFIERS = [SINGLE, stancekit.ConversationClassifier(SINGLE)]
ESTIMATORS = [stancekit.CommentFeatures(), *CLASSIFIERS]


def name_of(value):
    return getattr(value, "__name__", type(value).__name__)


@pytest.fixture(scope="module")
def table(small_corpus):
    few = small_corpus[
        small_corpus["article_id"].isin(small_corpus["article_id"].unique()[:9])
    ]
    return few.drop(columns=["headline", "created_at", "source"])


@pytest.fixture(scope="module", params=CLASSIFIERS, ids=name_of)
def fitted(request, table):
    return clone(request.param).fit(table, table["stance"])


@pytest.mark.parametrize("check", DATA_FREE, ids=name_of)
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name_of)
def test_checks_without_data(estimator, check):
    check(type(estimator).__name__, clone(estimator))


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=name_of)
def test_an_unfitted_classifier_says_so(classifier):
    with pytest.raises(NotFittedError):
        clone(classifier).predict(["x"])


def test_fit_returns_itself_and_changes_nothing_given(fitted, table):
    before, y = table.copy(deep=True), table["stance"].copy()
    classifier = clone(fitted)
    assert classifier.fit(table, y) is classifier
    pd.testing.assert_frame_equal(table, before)
    pd.testing.assert_series_equal(y, table["stance"])


def test_probabilities_follow_the_classes_and_sum_to_1(fitted, table):
    proba = fitted.predict_proba(table)
    assert fitted.classes_.tolist() == sorted(table["stance"].unique())
    assert proba.shape == (len(table), 5)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert (proba >= 0).all()


def test_predict_takes_the_largest_decision(fitted, table):
    decided = fitted.classes_[fitted.decision_function(table).argmax(axis=1)]
    assert fitted.predict(table).tolist() == decided.tolist()


def test_two_fits_are_one_fit(fitted, table):
    again = clone(fitted).fit(table, table["stance"]).fit(table, table["stance"])
    np.testing.assert_array_equal(
        again.predict_proba(table), fitted.predict_proba(table)
    )


def test_the_order_of_rows_changes_nothing(fitted, table):
    shuffled = table.sample(frac=1, random_state=3)
    again = clone(fitted).fit(shuffled, shuffled["stance"])
    proba = pd.DataFrame(again.predict_proba(shuffled), index=shuffled.index)
    np.testing.assert_allclose(
        proba.sort_index().to_numpy(), fitted.predict_proba(table), rtol=0, atol=1e-9
    )


def test_the_number_of_jobs_changes_nothing(fitted, table):
    again = clone(fitted).set_params(n_jobs=2).fit(table, table["stance"])
    np.testing.assert_array_equal(
        again.predict_proba(table), fitted.predict_proba(table)
    )


@pytest.mark.parametrize("size", [1, 7, 100])
def test_the_size_of_batches_changes_nothing(small_model, table, size):
    """Once the context is there, a classifier of single comments goes row by row."""
    context = stancekit.add_context(table)
    part = context.iloc[:100]
    proba = [
        small_model.predict_proba(part.iloc[start : start + size])
        for start in range(0, len(part), size)
    ]
    np.testing.assert_allclose(
        np.concatenate(proba),
        small_model.predict_proba(context)[:100],
        rtol=0,
        atol=1e-9,
    )


def test_whole_articles_in_batches_change_nothing(fitted, table):
    whole = pd.DataFrame(fitted.predict_proba(table), index=table.index)
    for _, article in table.groupby("article_id"):
        np.testing.assert_allclose(
            fitted.predict_proba(article), whole.loc[article.index], rtol=0, atol=1e-9
        )


@pytest.mark.parametrize(
    "labels",
    [
        lambda y: y.astype(str).tolist(),
        lambda y: y.astype(str).to_numpy(),
        lambda y: y.astype("category"),
        lambda y: y.cat.codes,
    ],
    ids=["list", "array", "category", "int"],
)
def test_labels_of_any_kind(fitted, table, labels):
    again = clone(fitted).fit(table, labels(table["stance"]))
    np.testing.assert_allclose(again.predict_proba(table), fitted.predict_proba(table))


def test_extra_columns_are_passed_over(fitted, table):
    more = table.assign(mood=1.5, headline="x")
    np.testing.assert_array_equal(fitted.predict(more), fitted.predict(table))


def test_a_missing_column_is_named(fitted, table):
    with pytest.raises(ValueError, match="'text' is missing. Found: 'comment_id'"):
        fitted.predict(table.drop(columns="text"))


@pytest.mark.parametrize(
    "text",
    [None, "", " ", "👍👍", "\0", "\ud83d", "مرحبا", "a" * 100_000, "ß" * 1000],
    ids=["missing", "empty", "blank", "emoji", "nul", "surrogate", "rtl", "long", "ß"],
)
def test_texts_of_any_kind_are_predicted(fitted, text):
    proba = fitted.predict_proba([text, "Erst reden!"])
    assert np.isfinite(proba).all()


def test_nothing_known_gives_the_shares_of_the_labels(fitted, table):
    proba, known, is_foreign, _ = fitted.judge([None, "Verhandeln!"])
    shares = table["stance"].value_counts(normalize=True).sort_index()
    assert known.tolist() == [0, 1]
    assert is_foreign.tolist() == [False, False]
    np.testing.assert_allclose(proba[0], shares)


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))],
    ids=["deepcopy", "pickle"],
)
def test_copies_answer_the_same(fitted, table, copied):
    np.testing.assert_array_equal(
        copied(fitted).predict_proba(table), fitted.predict_proba(table)
    )


def test_unlabelled_comments_are_not_trained_on(fitted, table):
    unlabelled = table.assign(
        comment_id="u" + table["comment_id"],
        parent_id=None,
        article_id="u" + table["article_id"],
    )
    both = pd.concat([table, unlabelled], ignore_index=True)
    y = both["stance"].astype(object).where(both.index < len(table))
    again = clone(fitted).fit(both, y)
    assert again.n_labelled_ == len(table)
    np.testing.assert_allclose(again.predict_proba(table), fitted.predict_proba(table))


def test_removed_comments_are_not_trained_on(fitted, table):
    status = np.where(table.index < 5, "removed", "visible")
    again = clone(fitted).fit(table.assign(status=status), table["stance"])
    assert again.n_labelled_ == len(table) - 5


def test_comments_of_almost_no_weight_are_almost_left_out(table):
    weight = np.ones(len(table))
    weight[table["stance"] == "other"] = 1e-9
    model = clone(SINGLE).fit(table, table["stance"], sample_weight=weight)
    other = model.classes_.tolist().index("other")
    assert model.predict_proba(table)[:, other].mean() < 0.1


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["x"] * 6, "two positions or more"),
        (["x"] * 5 + ["y"], "Only one comment"),
        ([None] * 6, "None of the 6 comments"),
        (["x", "y"], "6 comments, but labels of shape"),
        (["x", "y", 1, "x", "y", 1], "Labels mix"),
    ],
)
def test_labels_that_cannot_be_learnt(y, message):
    with pytest.raises(ValueError, match=message):
        stancekit.StanceClassifier().fit(list("abcdef"), y)


def test_an_empty_table_cannot_be_learnt():
    with pytest.raises(ValueError, match="None of the 0 comments"):
        stancekit.StanceClassifier().fit([], [])


def test_a_label_under_few_articles_is_learnt_with_a_warning():
    table = pd.DataFrame({"text": list("abcdefgh"), "article_id": list("11112222")})
    with pytest.warns(stancekit.DataWarning, match="2 folds instead of 4"):
        stancekit.StanceClassifier(cv=4).fit(table, list("xyxyxyxy"))


def test_given_groups_are_used(table):
    """With every comment a group of its own the folds are others."""
    grouped = clone(SINGLE).fit(table, table["stance"])
    alone = clone(SINGLE).fit(table, table["stance"], groups=table["comment_id"])
    assert grouped.calibration_.slope != alone.calibration_.slope


def test_without_headlines_and_replies_only_C_is_chosen():
    texts, labels = ["ja", "ja!", "nein", "nein!"] * 10, list("aabb") * 10
    model = stancekit.StanceClassifier(cv=2).fit(texts, labels)
    assert model.features_.view_weights == {"own": 1.0}
    assert model.features_.shape_weight == 0
    assert model.C_ == 1.0  # texts that say it clearly are believed
    assert stancekit.StanceClassifier(C=0.7, cv=2).fit(texts, labels).C_ == 0.7


def test_a_block_that_helps_on_the_folds_is_taken_and_no_other():
    """A reply that agrees takes its parent's position, which its own words hide."""
    rng = np.random.default_rng(0)
    rows = []
    for thread in range(80):
        said = rng.choice(["pro", "contra"])
        words = rng.choice(list("abcdefgh"), 4).tolist()
        top = f"bin {said} {' '.join(words)}"
        rows += [
            (f"{thread}a", None, top, said),
            (f"{thread}b", f"{thread}a", "ja genau", said),
        ]
    names = ["comment_id", "parent_id", "text", "stance"]
    table = pd.DataFrame(rows, columns=names)
    model = stancekit.StanceClassifier(cv=2).fit(table, table["stance"])
    assert model.features_.parent_weight > 0
    assert model.features_.headline_weight == 0
    shuffled = rng.permutation(table["stance"])
    guessing = stancekit.StanceClassifier(cv=2).fit(table, shuffled)
    assert guessing.features_.view_weights == {"own": 1.0}


def test_of_many_comments_whole_articles_choose(monkeypatch, small_corpus):
    monkeypatch.setattr("stancekit.classifier.search.MOST_TRIED", 200)
    y = small_corpus["stance"].astype(object)
    y[y.index[[3, 400]]] = "rare"
    labelled = labelled_comments(small_corpus, y)
    monkeypatch.setattr("stancekit.classifier.search.FEW_OF_A_LABEL", 3)
    rows = csr_matrix(1 + np.arange(len(y)))
    part, chosen, n_folds = part_to_choose_by(rows.T.tocsr(), labelled, 0)
    assert n_folds == 2
    assert 200 <= len(chosen.y) < len(y)
    assert set(chosen.y) == set(labelled.y)
    assert (labelled.y[part.toarray().ravel() - 1] == chosen.y).all()
    drawn, given = (
        each.table["article_id"].value_counts() for each in (chosen, labelled)
    )
    whole = drawn == given[drawn.index]
    # Only an article that a rare label stands in may be drawn in part.
    assert (drawn[~whole] <= 2).all()


def test_a_grid_search_over_the_table(table):
    search = GridSearchCV(
        clone(SINGLE).set_params(cv=2),
        {"C": [1e-6, 0.3]},
        cv=stancekit.thread_folds(table, table["stance"], 2),
        scoring="f1_macro",
    )
    search.fit(stancekit.add_context(table), table["stance"].astype(str))
    assert search.best_params_ == {"C": 0.3}


@pytest.mark.filterwarnings("ignore:.* labels count as missing")
@pytest.mark.parametrize("missing", [None, np.nan, "NA"])
def test_comments_without_a_label_are_left_out_of_scores(table, missing):
    y = table["stance"].astype(object).where(np.arange(len(table)) % 5 > 0, missing)
    context = stancekit.add_context(table)
    classifier = clone(SINGLE).set_params(cv=2)
    scores = cross_val_score(classifier, context, y, cv=2, error_score="raise")
    assert (scores > 0.25).all()
    search = GridSearchCV(classifier, {"C": [1e-6, 0.3]}, cv=2, error_score="raise")
    assert search.fit(context, y).best_params_ == {"C": 0.3}
    labelled = np.arange(len(table)) % 5 > 0
    fitted = classifier.fit(table, y)
    right = fitted.predict(table) == table["stance"].astype(str)
    assert fitted.score(table, y) == pytest.approx(right[labelled].mean())
    with pytest.raises(ValueError, match="None of the"):
        fitted.score(table, [missing] * len(table))


@pytest.fixture(scope="module")
def two(table):
    """The comments of two positions, with their context."""
    kept = table["stance"].isin(["pro_support", "negotiation_first"])
    return stancekit.add_context(table)[kept].reset_index(drop=True)


@pytest.fixture(scope="module", params=CLASSIFIERS, ids=name_of)
def of_two(request, two):
    return clone(request.param).fit(two, two["stance"])


def test_two_classes_have_one_decision(of_two, two):
    decision = of_two.decision_function(two)
    assert decision.shape == (len(two),)
    later = of_two.classes_[1]
    assert ((decision > 0) == (of_two.predict(two) == later)).all()
    assert roc_auc_score(two["stance"] == later, decision) > 0.9


def test_two_classes_can_be_calibrated_by_scikit_learn(of_two, two):
    calibrated = CalibratedClassifierCV(FrozenEstimator(of_two))
    proba = calibrated.fit(two, two["stance"].astype(str)).predict_proba(two)
    assert roc_auc_score(two["stance"] == of_two.classes_[1], proba[:, 1]) > 0.9


def test_logs_of_probabilities(fitted, table):
    np.testing.assert_allclose(
        np.exp(fitted.predict_log_proba(table)), fitted.predict_proba(table)
    )


def test_a_huge_comment_has_finite_logs(fitted):
    huge = ["Waffen liefern! " * 100_000]
    assert np.isfinite(fitted.predict_log_proba(huge)).all()
    assert np.isfinite(fitted.decision_function(huge)).all()


def test_only_proportions_of_weights_count(table):
    weight = np.random.default_rng(0).uniform(0.5, 2, len(table))

    def proba(factor):
        fitted = clone(SINGLE).fit(
            table, table["stance"], sample_weight=factor * weight
        )
        return fitted.predict_proba(table)

    np.testing.assert_allclose(proba(0.001), proba(1.0), atol=1e-9)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, -2, 1, 1], r"holds -2\.0 in rows 1\. Weights are finite"),
        ([1, 1, np.nan, 1], "holds nan in rows 2"),
        ([np.inf, 1, 1, 1], "holds inf in rows 0"),
        ([0, 0, 0, 0], "All of sample_weight is 0"),
        ([1, 1, 1], r"4 comments, but weights of shape \(3,\)"),
    ],
)
def test_weights_that_are_none(weights, message):
    with pytest.raises(ValueError, match=message):
        stancekit.StanceClassifier(cv=2).fit(
            list("abcd"), list("xxyy"), sample_weight=weights
        )


def test_weights_of_unlabelled_comments_do_not_matter():
    stancekit.StanceClassifier(cv=2).fit(
        list("abcde"), [*"xxyy", None], sample_weight=[1, 1, 1, 1, np.nan]
    )


def test_labels_in_a_column_of_a_table():
    texts, labels = ["ja", "ja!", "nein", "nein!"], np.array([list("aabb")]).T
    one = stancekit.StanceClassifier(cv=2).fit(texts, labels)
    two = stancekit.StanceClassifier(cv=2).fit(texts, pd.DataFrame(labels))
    assert one.predict(texts).tolist() == two.predict(texts).tolist() == list("aabb")


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name_of)
def test_columns_of_the_training_table_are_known(estimator, table):
    found = clone(estimator).fit(table, table["stance"])
    assert found.feature_names_in_.tolist() == table.columns.tolist()
    assert found.n_features_in_ == table.shape[1]


def test_texts_have_no_columns():
    texts, labels = ["ja", "ja!", "nein", "nein!"], list("aabb")
    for given in (texts, pd.Series(texts), np.array(texts)):
        fitted = stancekit.StanceClassifier(cv=2).fit(given, labels)
        assert not hasattr(fitted, "feature_names_in_")
        assert fitted.predict(pd.Series(texts)).tolist() == labels


def test_parameters_of_parts_that_were_left_to_choose():
    single = stancekit.StanceClassifier().set_params(features__parent_weight=0.5)
    assert single.features.parent_weight == 0.5
    joined = stancekit.ConversationClassifier()
    joined.set_params(first__features__parent_weight=0.5, first__C=2)
    assert joined.first.features.parent_weight == 0.5
    assert joined.first.C == 2
    with pytest.raises(ValueError, match="Invalid parameter 'nothing'"):
        stancekit.StanceClassifier().set_params(nothing__at_all=1)


def test_labels_are_read_as_everywhere():
    """Blanks around them are stripped, and words for none count as none."""
    texts = ["ja", "ja!", "nein", "nein!", "so", "hm"]
    labels = ["a", "a ", "b", " b", "NA", "n/a"]
    with pytest.warns(stancekit.DataWarning, match="2 labels count as missing"):
        fitted = stancekit.StanceClassifier(cv=2).fit(texts, labels)
    assert fitted.classes_.tolist() == ["a", "b"]
    assert fitted.n_labelled_ == 4


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=name_of)
def test_labels_alike_but_for_case_are_named(classifier):
    texts = [f"{word}{k}" for word in ("ja", "nein", "doch") for k in range(3)]
    with pytest.warns(stancekit.DataWarning, match="alike but for case.*'a' and 'A'"):
        clone(classifier).fit(texts, [*"aaaAAAbbb"])


def test_comments_without_text_are_not_trained_on():
    texts = ["ja", "ja!", "nein", "nein!", "", None, " "]
    fitted = stancekit.StanceClassifier(cv=2).fit(texts, list("aabbaab"))
    assert fitted.n_labelled_ == 4
    assert fitted.score(texts, list("aabbbba")) == 1


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=name_of)
def test_labels_on_fewer_comments_than_folds_are_named(classifier):
    texts = ["ja", "ja!", "nein", "nein!", "doch", "doch!", "so", "so!"]
    message = "fewer comments than the 3 folds: 'o'"
    with pytest.warns(stancekit.DataWarning, match=message):
        clone(classifier).fit(texts, list("aaabbboo"))


@pytest.mark.parametrize("what", ["labels", "groups", "weights"])
def test_a_column_in_another_order_than_the_table_is_warned_of(what):
    texts = pd.Series(["ja", "ja!", "nein", "nein!"], index=list("wxyz"))
    given = {"labels": pd.Series(list("aabb")), "groups": None, "weights": None}
    if what != "labels":
        given["labels"] = list("aabb")
        given[what] = pd.Series([1.0, 2.0, 3.0, 4.0], index=list("zyxw"))
    y, groups, weights = given.values()
    message = f"The {what} have another index"
    with pytest.warns(stancekit.DataWarning, match=message):
        stancekit.StanceClassifier(cv=2).fit(texts, y, groups, weights)


def test_what_decides_is_an_abstract_class():
    with pytest.raises(TypeError, match="abstract"):
        DecidingClassifier()


def test_a_pipeline_predicts_texts():
    pipeline = make_pipeline(stancekit.StanceClassifier(cv=2))
    pipeline.fit(["ja", "ja!", "nein", "nein!"], list("aabb"))
    assert pipeline.predict(["ja"]).tolist() == ["a"]


def test_the_parent_changes_the_answer(fitted):
    replies = pd.DataFrame(
        {
            "comment_id": list("abcd"),
            "parent_id": [None, "a", None, "c"],
            "text": ["Verhandlungen jetzt!", "Nein.", "Taurus liefern!", "Nein."],
        }
    )
    proba = fitted.predict_proba(replies)
    assert np.abs(proba[1] - proba[3]).max() > 0.01


def test_calibration_recovers_a_known_map():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(20_000, 3))
    logits = 2.5 * scores + np.array([0.0, 1.0, -1.0])
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = (proba.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    found = fit_calibration(scores, y)
    assert found.slope == pytest.approx(2.5, abs=0.1)
    np.testing.assert_allclose(found.bias, [0, 1, -1], atol=0.1)


def test_decision_weights_never_lower_their_score():
    rng = np.random.default_rng(1)
    proba = rng.dirichlet([5, 1, 0.3], size=500)
    y = (proba.cumsum(axis=1) < rng.random((500, 1))).sum(axis=1)
    ones = np.ones(500)

    def score(weights, targets):
        return mean_f1(y, (proba * weights).argmax(axis=1), 3, targets, ones)

    for targets in ([0, 1, 2], [2], [1, 2]):
        weights = tune_decision_weights(proba, y, targets=targets)
        assert score(weights, targets) >= score(np.ones(3), targets)
    assert score(weights, targets) > score(np.ones(3), targets) + 0.02


def test_ngrams_that_tell_the_classes_apart_are_scaled_up():
    """The first column stands in class 0 only, the second anywhere, the third is no
    n-gram."""
    X = csr_matrix([[1, 1, 5], [1, 1, 5], [0, 1, 5], [0, 1, 5], [0, 1, 5]], dtype=float)
    y, weight = np.array([0, 0, 1, 1, 2]), np.ones(5)
    np.testing.assert_allclose(ratio_scales(X, y, weight, 0.0, 1), np.ones((3, 3)))
    scales = ratio_scales(X, y, weight, 0.5, 1)
    np.testing.assert_allclose((scales[:, :2] ** 2).mean(axis=1), 1)
    np.testing.assert_array_equal(scales[:, 2], 1)
    assert scales[0, 0] > scales[0, 1]


@pytest.mark.parametrize("labels", [[0, 1, 1, 0], ["a", "b", "c", "b"]])
def test_the_solver_is_that_of_scikit_learn_where_nothing_is_scaled(labels):
    X = csr_matrix([[1.0, 0, 2], [0, 1, 0], [0, 3, 1], [2, 1, 0]])
    weight = np.array([1.0, 2, 1, 1])
    ours = RatioSVC(C=0.3, class_weight="balanced").fit(X, labels, weight)
    balanced = weight * compute_sample_weight("balanced", labels)
    theirs = LinearSVC(C=0.3, tol=0.1, random_state=0).fit(X, labels, balanced)
    np.testing.assert_allclose(
        ours.decision_function(X), theirs.decision_function(X), atol=0.05
    )


def test_texts_that_tell_nothing_can_be_learnt():
    fitted = stancekit.StanceClassifier(cv=2).fit(["ja"] * 4, list("abab"))
    np.testing.assert_allclose(fitted.predict_proba(["ja"]), [[0.5, 0.5]], atol=0.05)


def test_no_text_at_all_cannot_be_learnt():
    with pytest.raises(ValueError, match="no text to learn from"):
        stancekit.StanceClassifier(cv=2).fit(["", " ", "", " "], list("abab"))


def test_mean_f1_is_that_of_scikit_learn():
    rng = np.random.default_rng(2)
    y, decided = rng.integers(0, 3, (2, 100))
    assert mean_f1(y, decided, 3, range(3), np.ones(100)) == pytest.approx(
        f1_score(y, decided, average="macro")
    )


@pytest.mark.parametrize("decision", ["best", ["Pro"]])
def test_a_decision_that_is_none(decision):
    with pytest.raises(ValueError, match="decision="):
        stancekit.StanceClassifier(cv=2, decision=decision).fit(
            list("abcd"), list("xxyy")
        )


def test_a_class_weight_for_a_label_that_is_not_there(table):
    classifier = clone(SINGLE).set_params(class_weight={"pro_suport": 2.0})
    with pytest.raises(ValueError, match="class_weight= names .*'pro_suport'"):
        classifier.fit(table, table["stance"])


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=name_of)
def test_class_weights_of_a_loaded_model(classifier, table, tmp_path):
    numbers = table["stance"].cat.codes.to_numpy()
    single = clone(SINGLE).set_params(class_weight={0: 2.0})
    joined = clone(classifier)
    model = joined.set_params(first=single) if hasattr(joined, "first") else single
    model.fit(table, numbers)
    stancekit.save_model(model, tmp_path / "model.stance")
    again = stancekit.load_model(tmp_path / "model.stance")
    first = getattr(again, "first", again)
    assert first.class_weight == {0: 2.0}
    again.fit(table, numbers)


def test_the_number_of_jobs_within_a_job_changes_nothing(table):
    def slope(n_jobs):
        fitted = clone(SINGLE).set_params(n_jobs=n_jobs).fit(table, table["stance"])
        return fitted.calibration_.slope

    inside = Parallel(n_jobs=2)(delayed(slope)(2) for _ in range(2))
    assert inside == [slope(1)] * 2


def test_the_order_of_repeated_texts_of_other_weight_changes_nothing():
    texts, labels = (
        ["ja", "ja", "nein", "nein", "ja gut", "nein so"] * 2,
        list("aabbab") * 2,
    )
    weights = np.arange(1.0, 13.0)
    order = np.random.default_rng(0).permutation(12)

    def proba(rows):
        classifier = stancekit.StanceClassifier(cv=2)
        classifier.fit(
            [texts[k] for k in rows],
            [labels[k] for k in rows],
            sample_weight=weights[rows],
        )
        return classifier.predict_proba(["ja", "nein"])

    np.testing.assert_allclose(proba(order), proba(np.arange(12)), atol=1e-12)


def test_a_heavier_label_is_likelier_decided_for(table, small_corpus):
    unseen = small_corpus[~small_corpus["article_id"].isin(table["article_id"])]

    def share(weight):
        classifier = clone(SINGLE).set_params(
            class_weight={"other": weight}, decision="argmax"
        )
        scored = classifier.fit(table, table["stance"]).scorer_.score(
            stancekit.add_context(unseen)
        )[0]
        return (
            scored.argmax(axis=1) == classifier.classes_.tolist().index("other")
        ).mean()

    assert share(5.0) > share(0.2)


def test_argmax_takes_the_most_probable_label(table):
    model = clone(SINGLE).set_params(decision="argmax").fit(table, table["stance"])
    likely = model.classes_[model.predict_proba(table).argmax(axis=1)]
    assert model.predict(table).tolist() == likely.tolist()


@pytest.fixture
def many(monkeypatch):
    """Let what is many comments begin at 100."""
    monkeypatch.setattr("stancekit.classifier.search.MOST_EXACT", 100)


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=name_of)
def test_many_comments_in_any_order_and_number_of_jobs(many, table, classifier):
    shuffled = table.sample(frac=1, random_state=3)
    first = clone(classifier).fit(table, table["stance"])
    again = clone(classifier).set_params(n_jobs=2).fit(shuffled, shuffled["stance"])
    np.testing.assert_array_equal(
        again.predict_proba(table), first.predict_proba(table)
    )


def test_many_comments_are_learnt_about_as_well(corpus, request):
    """In one register, without the position that hardly stands in it."""
    corpus = corpus[corpus["article_id"] < "O"].astype({"stance": str})
    corpus = corpus[corpus["stance"] != "against_support"]
    new = corpus["article_id"].isin(corpus["article_id"].unique()[-40:])
    old = corpus[~new]

    def macro_f1():
        fitted = clone(SINGLE).fit(old, old["stance"])
        predicted = fitted.predict(corpus[new])
        return f1_score(corpus.loc[new, "stance"], predicted, average="macro")

    exact = macro_f1()
    request.getfixturevalue("many")
    assert exact - 0.03 < macro_f1() != exact


def test_probabilities_from_a_part_of_many_comments(many, corpus):
    """Two folds calibrate, and the probabilities hold on articles unseen."""
    new = corpus["article_id"].isin(corpus["article_id"].unique()[-40:])
    fitted = clone(SINGLE).fit(corpus[~new], corpus.loc[~new, "stance"])
    scored = stancekit.predict_comments(corpus[new], fitted)
    right = (scored["predicted"] == corpus.loc[new, "stance"]).mean()
    assert scored["confidence"].mean() == pytest.approx(right, abs=0.06)
