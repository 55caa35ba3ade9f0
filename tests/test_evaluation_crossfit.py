import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from stancekit.evaluation import cross_fit
from stancekit.evaluation.baselines import make_baseline
from stancekit.folds import thread_folds
from stancekit.prevalence import estimate_prevalence

COLUMNS = [
    "predicted",
    "confidence",
    "proba_contra",
    "proba_pro",
    "in_training",
    "fold",
]


class Witness(ClassifierMixin, BaseEstimator):
    """Is sure of "pro" under articles of which it saw a label, else of "contra"."""

    def fit(self, X, y):
        self.classes_ = np.array(["contra", "pro"])
        self.seen_ = set(X["article_id"][pd.notna(y)])
        return self

    def predict_proba(self, X):
        return np.eye(2)[X["article_id"].isin(self.seen_).astype(int)]

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@pytest.fixture
def table():
    """Four articles with labels and one without, in no order; an index of its own."""
    articles = list("1234123451234")
    labels = ["pro", "contra"] * 4 + [None] * 5
    return pd.DataFrame(
        {
            "text": [f"Kommentar {n}" for n in range(13)],
            "article_id": articles,
            "stance": labels,
            "status": ["visible"] * 12 + ["deleted"],
        },
        index=range(100, 113),
    )


def test_no_model_has_seen_a_label_of_the_article_it_predicts(table):
    found = cross_fit(Witness(), table, n_splits=4)
    assert found["proba_pro"].dropna().eq(0).all()


def test_the_table_stays_as_it_was(table):
    before = table.copy()
    found = cross_fit(Witness(), table, n_splits=2)
    pd.testing.assert_frame_equal(table, before)
    pd.testing.assert_frame_equal(found[list(table.columns)], before)
    assert found.columns[len(table.columns) :].tolist() == COLUMNS


def test_folds_keep_articles_whole_and_the_others_have_none(table):
    found = cross_fit(Witness(), table, n_splits=2)
    assert found.groupby("article_id")["fold"].nunique().tolist() == [1, 1, 1, 1, 0]
    assert found["predicted"].isna().tolist() == [False] * 12 + [True]
    assert found.loc[112, COLUMNS].isna().all()


def test_it_is_what_one_would_do_by_hand(small_corpus):
    model = make_baseline("words")
    table = small_corpus.copy()
    table["stance"] = table["stance"].astype(object)
    last = table["article_id"].isin(table["article_id"].unique()[-4:]).to_numpy()
    table.loc[last, "stance"] = None
    y = table["stance"].to_numpy(dtype=object)
    found = cross_fit(model, table, n_splits=3, random_state=1)
    probas = [name for name in found.columns if name.startswith("proba_")]
    for train, test in thread_folds(table, y, 3, random_state=1):
        known = train[pd.notna(y[train])]
        fitted = model.fit(table.iloc[known], y[known])
        expected = fitted.predict_proba(table.iloc[test])
        np.testing.assert_allclose(found[probas].to_numpy()[test], expected)
    fitted = model.fit(table[~last], y[~last])
    np.testing.assert_allclose(
        found.loc[last, probas], fitted.predict_proba(table[last])
    )
    assert found["fold"].isna().to_numpy().tolist() == last.tolist()
    top = found[probas].max(axis=1)
    np.testing.assert_allclose(found["confidence"], top)


def test_predictions_that_were_there_are_replaced(table):
    stale = table.assign(proba_old=0.5, known=0.3, abstained=True, predicted="pro")
    found = cross_fit(Witness(), stale, n_splits=2)
    assert found.columns.tolist() == [*table.columns, *COLUMNS]


def test_it_feeds_the_estimate_of_shares(small_corpus):
    table = small_corpus.copy()
    drawn = np.random.default_rng(0).random(len(table)) < 0.5
    table["stance"] = table["stance"].astype(object).where(drawn, None)
    found = cross_fit(make_baseline("words"), table, n_splits=2)
    shares = estimate_prevalence(found).to_frame()
    assert set(shares["label"]) == set(small_corpus["stance"])


def test_another_label_column(table):
    renamed = table.rename(columns={"stance": "position"})
    found = cross_fit(Witness(), renamed, "position", n_splits=2)
    assert found["predicted"].notna().sum() == 12
    with pytest.raises(ValueError, match="'stance' is missing"):
        cross_fit(Witness(), renamed)
