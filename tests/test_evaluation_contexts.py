import numpy as np
import pandas as pd
import pytest

import stancekit
from stancekit.conversation import ConversationClassifier
from stancekit.evaluation import compare_context
from stancekit.evaluation.baselines import make_baseline
from stancekit.evaluation.contexts import with_shuffled_parents, without_parents

CONTEXTS = ["own words", "with parent", "shuffled parents", "whole thread"]


@pytest.fixture(scope="module")
def comparison(small_corpus):
    model = ConversationClassifier(
        stancekit.StanceClassifier(stancekit.CommentFeatures(), cv=2)
    )
    return compare_context(model, small_corpus, n_splits=2)


def test_one_row_for_each_context_with_interval_and_n(comparison, small_corpus):
    assert comparison.index.tolist() == CONTEXTS
    assert comparison.index.name == "context"
    assert (comparison["low"] < comparison["macro_f1"]).all()
    assert (comparison["macro_f1"] < comparison["high"]).all()
    assert comparison["n"].eq(len(small_corpus)).all()
    assert comparison["n_groups"].eq(16).all()


def test_differences_are_to_own_words_and_paired(comparison):
    assert comparison.loc["own words", "difference"] != 0
    assert np.isnan(comparison.loc["own words", "difference"])
    others = comparison.drop(index="own words")
    own = comparison.loc["own words", "macro_f1"]
    np.testing.assert_allclose(others["difference"], others["macro_f1"] - own)
    assert (others["difference_low"] <= others["difference"]).all()
    assert (others["difference"] <= others["difference_high"]).all()


def test_the_folds_are_those_of_evaluate(comparison, small_corpus):
    evaluation = stancekit.evaluate(
        stancekit.StanceClassifier(stancekit.CommentFeatures(), cv=2),
        small_corpus,
        n_splits=2,
        baselines=(),
    )
    found = comparison.loc["with parent", ["macro_f1", "low", "high"]]
    score = evaluation.macro_f1
    assert found.tolist() == [score.estimate, score.low, score.high]


def test_a_model_that_reads_nothing_but_the_text_gains_nothing(small_corpus):
    found = compare_context(make_baseline("words"), small_corpus, n_splits=2)
    assert found.index.tolist() == CONTEXTS[:3]
    assert found["macro_f1"].nunique() == 1
    assert found["difference"].iloc[1:].eq(0).all()


def test_without_parents_no_comment_answers_another(forest):
    table = without_parents(stancekit.add_context(forest))
    assert table[["parent_text", "parent_author"]].isna().all(axis=None)
    assert not table["parent_found"].any()
    assert table["thread_id"].tolist() == ["a", "a", "a", "d", "e"]


@pytest.mark.parametrize("seed", range(5))
def test_each_reply_gets_the_parent_of_another(seed):
    n = 6
    table = pd.DataFrame(
        {
            "comment_id": [f"c{row}" for row in range(2 * n)],
            "parent_id": [None] * n + [f"c{row}" for row in range(n)],
            "author": [f"Autorin {row}" for row in range(2 * n)],
            "text": [f"Text {row}" for row in range(2 * n)],
        }
    )
    table = stancekit.add_context(table)
    shuffled = with_shuffled_parents(table, seed)
    before, after = table["parent_text"], shuffled["parent_text"]
    assert after[:n].isna().all()
    assert (before[n:] != after[n:]).all()
    assert sorted(before[n:]) == sorted(after[n:])
    # The author moves along with the text.
    numbers = after[n:].str.removeprefix("Text ")
    assert ("Autorin " + numbers).tolist() == shuffled["parent_author"][n:].tolist()
    assert shuffled["text"].equals(table["text"])


def test_without_replies_there_is_nothing_to_compare():
    table = pd.DataFrame({"text": list("abcd"), "stance": ["x", "y"] * 2})
    with pytest.raises(ValueError, match="0 of 4 comments answer one"):
        compare_context(make_baseline("words"), table, n_splits=2)
