"""The contract of every estimator, then what each promises beyond it."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks as checks

import stancekit
from stancekit.classifier.calibration import (
    fit_calibration,
    mean_f1,
    tune_decision_weights,
)
from stancekit.classifier.svm import Examples, ratio_scales

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
# With features given there is no search for others, which saves time.
SINGLE = stancekit.StanceClassifier(stancekit.CommentFeatures(), cv=3)
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
    assert proba.shape == (len(table), 4)
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
    proba, evidence = fitted.predict_with_evidence([None, "Verhandeln!"])
    shares = table["stance"].value_counts(normalize=True).sort_index()
    assert evidence[0] == 0
    assert evidence[1] > 0
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
    with pytest.warns(stancekit.DataWarning, match="2 folds instead of 5"):
        stancekit.StanceClassifier().fit(table, list("xyxyxyxy"))


def test_given_groups_are_used(table):
    """With every comment a group of its own the folds are others."""
    grouped = clone(SINGLE).fit(table, table["stance"])
    alone = clone(SINGLE).fit(table, table["stance"], groups=table["comment_id"])
    assert grouped.calibration_.slope != alone.calibration_.slope


def test_without_headlines_and_replies_there_is_nothing_to_choose():
    texts, labels = ["ja", "ja!", "nein", "nein!"] * 10, list("aabb") * 10
    model = stancekit.StanceClassifier(cv=2).fit(texts, labels)
    assert (model.features_.opening_weight, model.features_.shape_weight) == (0, 0)
    assert model.C_ == 0.5
    assert stancekit.StanceClassifier(C=1, cv=2).fit(texts, labels).C_ == 1


def test_a_grid_search_over_the_table(table):
    search = GridSearchCV(
        clone(SINGLE).set_params(cv=2),
        {"C": [0.01, 0.3]},
        cv=stancekit.thread_folds(table, table["stance"], 2),
        scoring="f1_macro",
    )
    search.fit(stancekit.add_context(table), table["stance"].astype(str))
    assert search.best_params_ == {"C": 0.3}


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
    examples = Examples(X, 2, np.array([0, 0, 1, 1, 2]), np.ones(5))
    np.testing.assert_allclose(ratio_scales(examples, 0.0), np.ones((3, 3)))
    scales = ratio_scales(examples, 0.5)
    np.testing.assert_allclose((scales[:, :2] ** 2).mean(axis=1), 1)
    np.testing.assert_array_equal(scales[:, 2], 1)
    assert scales[0, 0] > scales[0, 1]


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
    """Only one fold calibrates, and the probabilities hold on articles unseen."""
    new = corpus["article_id"].isin(corpus["article_id"].unique()[-40:])
    fitted = clone(SINGLE).fit(corpus[~new], corpus.loc[~new, "stance"])
    scored = stancekit.predict_comments(corpus[new], fitted)
    right = (scored["predicted"] == corpus.loc[new, "stance"]).mean()
    assert scored["confidence"].mean() == pytest.approx(right, abs=0.06)
