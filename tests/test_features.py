import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix, hstack
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import stancekit
from stancekit.features.views import SHAPE_COLUMNS, shape_matrix


def shape_of(text, parent=None):
    if parent is None:
        table = pd.DataFrame({"text": [text]})
    else:
        table = pd.DataFrame(
            {"comment_id": ["p", "c"], "parent_id": [None, "p"], "text": [parent, text]}
        )
    row = shape_matrix(stancekit.add_context(table))[-1]
    return dict(zip(SHAPE_COLUMNS, row, strict=True))


def test_names_are_as_many_as_columns(small_corpus):
    features = stancekit.CommentFeatures()
    matrix = features.fit_transform(small_corpus)
    names = features.get_feature_names_out()
    assert matrix.shape == (len(small_corpus), len(names))
    assert len(set(names)) == len(names)


def test_each_block_has_its_length():
    features = stancekit.CommentFeatures(parent_weight=0.5, opening_weight=0.2)
    table = pd.DataFrame(
        {"comment_id": ["a", "b"], "parent_id": [None, "a"], "text": ["eins", "zwei"]}
    )
    matrix = features.fit_transform(table)
    # Words and characters of one's own; for the reply those of its parent at half
    # and the words of its opening at a fifth.
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    np.testing.assert_allclose(lengths, [2**0.5, 2.54**0.5], rtol=1e-6)


def test_what_was_not_seen_has_no_weight():
    features = stancekit.CommentFeatures().fit(["ja nein", "ja"])
    assert features.transform(["xyz"]).nnz == 0


@pytest.mark.parametrize(
    "left_out", ["parent_weight", "opening_weight", "shape_weight"]
)
def test_a_weight_of_0_leaves_a_block_out(small_corpus, left_out):
    whole = stancekit.CommentFeatures(opening_weight=0.5, shape_weight=0.1)
    part = clone(whole).set_params(**{left_out: 0}).fit(small_corpus)
    whole.fit(small_corpus)
    assert part.n_features_out_ < whole.n_features_out_


def test_counting_and_weighing_parts_is_fitting_on_parts(small_corpus):
    rows = np.arange(0, len(small_corpus), 3)
    table = stancekit.add_context(small_corpus)
    features = stancekit.CommentFeatures()
    counts = features.count(table)
    assert counts.shape == (len(table), features.n_counted)
    parts = features.fit(counts[rows]).transform(counts[rows])
    whole = stancekit.CommentFeatures().fit_transform(table.iloc[rows])
    assert abs(parts - whole).max() < 1e-6


def test_the_scorer_is_the_matrix_times_the_coefficients(small_corpus):
    """For coefficients of half precision, to which the scorer rounds others."""
    features = stancekit.CommentFeatures(parent_weight=1, opening_weight=1)
    features.set_params(shape_weight=0.1)
    matrix = features.fit_transform(small_corpus)
    rng = np.random.default_rng(0)
    coef = rng.normal(size=(3, matrix.shape[1])).astype(np.float16).astype(float)
    intercept = rng.normal(size=3)
    is_known = np.ones(features.n_buckets, dtype=bool)
    scores, words = features.scorer(coef, intercept, is_known).score(
        stancekit.add_context(small_corpus)
    )
    np.testing.assert_allclose(scores, matrix @ coef.T + intercept, atol=1e-4)
    assert (words[:, 0] == words[:, 1]).all()


def test_counts_of_more_than_is_wanted_are_passed_over(small_corpus):
    """So that several recipes can be tried on the same counts."""
    more = stancekit.CommentFeatures(opening_weight=0.5, shape_weight=0.1)
    words = stancekit.CommentFeatures(char_ngrams=(0, 0), parent_weight=0)
    from_more = words.fit_transform(more.count(small_corpus))
    assert abs(from_more - clone(words).fit_transform(small_corpus)).max() == 0


def test_transform_before_fit():
    with pytest.raises(NotFittedError):
        stancekit.CommentFeatures().transform(["x"])


def test_shape_of_a_question_in_reply():
    shape = shape_of("Warum? Siehe @Bo http://x.de/?q", "Weil!")
    assert shape["is_reply"] == 1
    assert shape["first_level"] == 1
    assert shape["has_question"] == 1
    assert shape["ends_with_question"] == 0
    assert shape["mention"] == 1
    assert shape["link"] == 1


def test_question_marks_in_links_ask_nothing():
    assert shape_of("Siehe http://x.de/?q")["has_question"] == 0
    assert shape_of("„Warum?“ http://x.de/?q")["ends_with_question"] == 1


def test_shape_counts_the_words_that_stand_in_the_parent():
    shape = shape_of("Reden ist gut", "Nur Reden ist zu wenig")
    assert shape["parent_overlap"] == pytest.approx(2 / 3)


def test_shape_of_an_empty_text_is_defined():
    assert np.isfinite(list(shape_of("").values())).all()


def test_without_empty_buckets_the_columns_are_the_same(small_corpus):
    features = stancekit.CommentFeatures(shape_weight=0.3, replies_weight=0.5)
    counted = features.count(small_corpus)
    behind = csr_matrix(np.arange(2.0 * len(small_corpus)).reshape(-1, 2))
    smaller, compact = features.compacted(hstack([counted, behind], format="csr"))
    assert compact.shape[1] < counted.shape[1] / 4
    # Also on some of the rows, in which more buckets are empty.
    rows = np.arange(0, len(small_corpus), 3)
    expected = features.fit(counted[rows]).transform(counted)
    found = smaller.fit(compact[rows]).transform(compact)
    np.testing.assert_array_equal(found.toarray(), expected.toarray())
    np.testing.assert_array_equal(compact[:, -2:].toarray(), behind.toarray())
