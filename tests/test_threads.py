import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import stancekit
from stancekit.folds import group_ids, split_comments
from stancekit.threads import reading_order, with_context


def test_texts_become_top_level_comments():
    table = stancekit.add_context(["eins", "zwei"])
    assert table["text"].tolist() == ["eins", "zwei"]
    assert table["depth"].tolist() == [0, 0]
    assert table["thread_id"].nunique() == 2


@pytest.mark.parametrize(
    "texts",
    [
        ["ja", None],
        ("ja", None),
        np.array(["ja", None], dtype=object),
        pd.Series(["ja", None], dtype=object),
        pd.Series(["ja", None], dtype="str"),
        pd.Series(["ja", None], dtype="string"),
        pd.Series(["ja", None], dtype="category"),
        {"text": ["ja", float("nan")]},
    ],
    ids=["list", "tuple", "array", "object", "str", "string", "category", "dict"],
)
def test_every_kind_of_texts_is_taken(texts):
    assert stancekit.check_comments(texts)["text"].tolist() == ["ja", ""]


def test_anything_with_to_pandas_is_a_table(forest):
    class Frame:
        def to_pandas(self):
            return forest

    pd.testing.assert_frame_equal(
        stancekit.add_context(Frame()), stancekit.add_context(forest)
    )


def test_context_of_a_small_forest(forest):
    table = stancekit.add_context(forest)
    assert table["parent_text"].tolist()[1:3] == ["Erst reden!", "Mit wem?"]
    assert table["parent_text"].isna().tolist() == [True, False, False, True, True]
    assert table["parent_author"].tolist()[1:3] == ["Ilse", "Bo"]
    assert table["thread_id"].tolist() == ["a", "a", "a", "d", "e"]
    assert table["depth"].tolist() == [0, 1, 2, 0, 0]
    assert table["n_replies"].tolist() == [1, 1, 0, 0, 0]
    assert table["reply_index"].tolist() == [0, 0, 0, 0, 1]
    assert table["parent_found"].tolist() == [False, True, True, False, False]
    assert table["parent_id"].tolist()[4] == "gone"


def test_the_given_table_is_not_changed(forest):
    before = forest.copy(deep=True)
    stancekit.add_context(forest)
    pd.testing.assert_frame_equal(forest, before)


def test_extra_columns_and_the_index_are_kept(forest):
    forest = forest.assign(mood=range(5)).set_index(pd.Index(list("vwxyz")))
    table = stancekit.add_context(forest)
    assert table["mood"].tolist() == list(range(5))
    assert table.index.tolist() == list("vwxyz")


def test_context_that_is_there_is_not_computed_again(forest):
    table = stancekit.add_context(forest)
    part = with_context(table.iloc[[2]])
    assert part["parent_text"].tolist() == ["Mit wem?"]


def test_a_circle_is_cut_above_its_smallest_id():
    table = pd.DataFrame(
        {
            "comment_id": ["c", "a", "b", "tail"],
            "parent_id": ["b", "c", "a", "c"],
            "text": ["x"] * 4,
        }
    )
    with pytest.warns(stancekit.DataWarning, match="circle.*'a'"):
        context = stancekit.add_context(table)
    assert context["thread_id"].tolist() == ["a"] * 4
    assert context["depth"].tolist() == [2, 0, 1, 3]


def test_a_comment_that_answers_itself_is_a_circle():
    table = pd.DataFrame({"comment_id": ["a"], "parent_id": ["a"], "text": ["x"]})
    with pytest.warns(stancekit.DataWarning, match="circle"):
        assert stancekit.add_context(table)["depth"].tolist() == [0]


def test_a_chain_of_100000_replies():
    n = 100_000
    ids = [str(i) for i in range(n)]
    table = pd.DataFrame(
        {"comment_id": ids, "parent_id": [None, *ids[:-1]], "text": "x"}
    )
    context = stancekit.add_context(table)
    assert context["depth"].tolist() == list(range(n))
    assert (context["thread_id"] == "0").all()


def test_a_reader_of_some_rows_meets_all_of_them(forest):
    """Also those whose parent is in the whole table only."""
    some = stancekit.add_context(forest).iloc[1:]
    assert list(reading_order(some)) == [0, 1, 2, 3]


@given(st.lists(st.integers(-1, 11), min_size=1, max_size=12), st.randoms())
def test_context_of_any_forest_in_any_row_order(choices, random):
    """A parent is an earlier comment, or none; the rows are then shuffled."""
    parents = [choice if choice < row else -1 for row, choice in enumerate(choices)]
    table = pd.DataFrame(
        {
            "comment_id": [str(row) for row in range(len(parents))],
            "parent_id": [None if p < 0 else str(p) for p in parents],
            "text": [f"text {row}" for row in range(len(parents))],
        }
    )
    order = list(range(len(parents)))
    random.shuffle(order)
    context = stancekit.add_context(table.iloc[order]).sort_index()
    for row, parent in enumerate(parents):
        found = context.iloc[row]
        if parent < 0:
            assert found["depth"] == 0
            assert found["thread_id"] == str(row)
        else:
            assert found["depth"] == context.iloc[parent]["depth"] + 1
            assert found["thread_id"] == context.iloc[parent]["thread_id"]
            assert found["parent_text"] == f"text {parent}"
    assert context["n_replies"].tolist() == [
        parents.count(row) for row in range(len(parents))
    ]


@pytest.mark.parametrize(
    ("ids", "parents"),
    [
        ([1, 2], [None, 1]),
        ([1.0, 2.0], [float("nan"), 1.0]),
        (["1", "2"], ["", "1"]),
        (["1", "2"], ["", "1.0"]),
        (pd.array([1, 2], dtype="Int64"), pd.array([None, 1], dtype="Int64")),
    ],
    ids=["int", "float", "str", "decimal parent", "Int64"],
)
def test_ids_that_are_numbers_become_strings(ids, parents):
    table = pd.DataFrame({"comment_id": ids, "parent_id": parents, "text": ["x", "y"]})
    context = stancekit.add_context(table)
    assert context["comment_id"].tolist() == ["1", "2"]
    assert context["depth"].tolist() == [0, 1]


def test_parents_meet_ids_with_other_blanks_or_decimals():
    table = pd.DataFrame(
        {
            "comment_id": ["1 ", "2", "3.0", "4", "4 "],
            "parent_id": [None, " 1", "1.0", "3", "4.0"],
            "text": list("abcde"),
        },
        index=[7, 7, 8, 9, 9],
    )
    context = stancekit.add_context(table)
    assert context["comment_id"].tolist() == ["1 ", "2", "3.0", "4", "4 "]
    # Which of the two ids "4" is meant by the last parent, nobody knows.
    assert context["parent_id"].tolist()[1:] == ["1 ", "1 ", "3.0", "4.0"]
    assert context["depth"].tolist() == [0, 1, 1, 2, 0]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"body": ["x"], "id": [1]}, "'text' is missing. Found: 'body', 'id'"),
        ({"text": ["x"], "parent_id": ["a"]}, "'parent_id' but no 'comment_id'"),
        ({"text": ["x", "y"], "comment_id": ["a", "a"]}, "more than once: 'a'"),
        ({"text": ["x", "y"], "comment_id": ["a", None]}, "empty in rows 1"),
        ({"text": ["x"], "comment_id": [2.0**60]}, "lost digits"),
        ({"text": ["x"], "comment_id": [1.5]}, "lost digits"),
        ({"text": ["x"], "status": ["gone"]}, "holds 'gone'; it takes 'visible'"),
    ],
)
def test_tables_that_are_none(table, message):
    with pytest.raises(ValueError, match=message):
        stancekit.check_comments(pd.DataFrame(table))


def test_a_column_that_stands_twice():
    table = pd.DataFrame([["x", "y"]], columns=["text", "text"])
    with pytest.raises(ValueError, match="stand twice: 'text'"):
        stancekit.check_comments(table)


def test_one_string_is_no_list_of_comments():
    with pytest.raises(TypeError, match="list of one"):
        stancekit.check_comments("Erst reden!")


def test_a_model_in_the_place_of_comments():
    with pytest.raises(TypeError, match="list of texts; found StanceClassifier"):
        stancekit.predict_comments(stancekit.StanceClassifier(), ["Erst reden!"])


def test_texts_that_are_no_strings_name_their_rows():
    with pytest.raises(TypeError, match="rows hold something else: 1, 2"):
        stancekit.check_comments(["x", 5, b"y"])


def test_lone_surrogates_are_replaced_and_nul_is_kept():
    table = stancekit.check_comments(["a\ud83d", "b\0", "c😀"])
    assert table["text"].tolist() == ["a\ufffd", "b\0", "c😀"]


def test_groups_are_articles_else_threads(forest):
    forest.loc[3, "article_id"] = None
    groups = group_ids(stancekit.add_context(forest))
    assert groups.tolist() == [*["article 1"] * 3, "thread d", "article 2"]


def labelled(n_articles, per_article=4):
    n = n_articles * per_article
    return pd.DataFrame(
        {
            "text": [f"text {row}" for row in range(n)],
            "article_id": [str(row // per_article) for row in range(n)],
            "stance": ["x", "y"] * (n // 2),
        }
    )


def test_folds_keep_articles_whole_and_cover_every_row_once():
    table = labelled(10)
    folds = stancekit.thread_folds(table, table["stance"], n_splits=5)
    assert len(folds) == 5
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(40))
    for train, test in folds:
        assert not set(table["article_id"][train]) & set(table["article_id"][test])


def test_unlabelled_comments_go_with_their_article():
    table = labelled(6)
    y = table["stance"].where(table.index % 4 < 2)
    y[table["article_id"] == "5"] = None
    folds = stancekit.thread_folds(table, y, n_splits=5)
    tested = np.concatenate([test for _, test in folds])
    assert sorted(tested) == list(range(20))
    for train, _ in folds:
        assert set(range(20, 24)) <= set(train)


def test_fewer_folds_where_there_are_fewer_articles():
    table = labelled(3)
    with pytest.warns(stancekit.DataWarning, match="3 folds instead of 5"):
        folds = stancekit.thread_folds(table, table["stance"], n_splits=5)
    assert len(folds) == 3


def test_a_label_under_one_article_divides_articles():
    table = labelled(4).assign(stance="x")
    table.loc[[0, 1], "stance"] = "y"
    with pytest.warns(stancekit.DataWarning, match="keep threads whole, not articles"):
        folds = stancekit.thread_folds(table, table["stance"], n_splits=2)
    assert all("y" in set(table["stance"][train]) for train, _ in folds)


def test_a_label_of_three_comments_stands_twice_in_each_training_part():
    """From a single one no classifier of comments can be trained."""
    table = labelled(6).assign(stance=["x", "z"] * 12)
    table.loc[[0, 1, 4], "stance"] = "y"  # two under one article
    with pytest.warns(stancekit.DataWarning, match="keep threads whole, not articles"):
        split = split_comments(table, table["stance"], n_splits=5)
    assert all((table["stance"][train] == "y").sum() >= 2 for train, _ in split.folds)


def test_threads_are_kept_whole_where_there_is_one_article():
    table = labelled(1, per_article=8)
    with pytest.warns(stancekit.DataWarning, match="keep threads whole, not articles"):
        split = split_comments(table, table["stance"], 2)
    assert split.kept_whole == "threads"


def test_given_groups_are_kept_whole():
    table = labelled(4)
    groups = ["a", "b"] * 8
    for train, test in stancekit.thread_folds(
        table, ["x", "x", "y", "y"] * 4, 2, groups=groups
    ):
        assert not {groups[row] for row in train} & {groups[row] for row in test}


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["x"] * 4, "two positions or more; found 4 x"),
        (["x", "x", "x", "y"], "Only one comment .* 'y'"),
        ([None] * 4, "found none"),
    ],
)
def test_labels_that_allow_no_folds(y, message):
    with pytest.raises(ValueError, match=message):
        stancekit.thread_folds(list("abcd"), y, 2)


def test_seeds_give_different_folds_and_row_order_none():
    table = labelled(12).assign(comment_id=lambda t: t.index.astype(str))
    found = set()
    for seed in range(6):
        folds = stancekit.thread_folds(table, table["stance"], 4, random_state=seed)
        tested = {frozenset(table["text"].iloc[test]) for _, test in folds}
        found.add(frozenset(tested))
        mixed = table.sample(frac=1, random_state=seed)
        again = stancekit.thread_folds(mixed, mixed["stance"], 4, random_state=seed)
        assert {frozenset(mixed["text"].iloc[test]) for _, test in again} == tested
    assert len(found) == 6


def test_row_order_does_not_matter_without_ids_either():
    table = labelled(12).drop(columns="article_id")
    mixed = table.sample(frac=1, random_state=0)
    first, second = (
        [
            set(t["text"].iloc[test])
            for _, test in stancekit.thread_folds(t, t["stance"])
        ]
        for t in (table, mixed)
    )
    assert first == second


def test_folds_have_about_the_same_share_of_each_label():
    rng = np.random.default_rng(0)
    article = rng.choice(40, 600, p=rng.dirichlet(np.ones(40)))
    y = rng.choice(list("xyz"), 600, p=[0.6, 0.3, 0.1])
    table = pd.DataFrame({"text": "a", "article_id": article.astype(str)})
    for _, test in stancekit.thread_folds(table, y, 5):
        for label, n in zip("xyz", (360, 180, 60), strict=True):
            assert (y[test] == label).sum() == pytest.approx(n / 5, rel=0.35)


LONG = "Ohne Gespräche wird dieser Krieg noch lange dauern"


def test_a_text_that_is_tested_is_not_trained_on():
    table = labelled(10)
    table.loc[[0, 17, 30], "text"] = [LONG, LONG.upper() + "!", f" {LONG}"]
    table.loc[[4, 21], "text"] = "Sehe ich auch so"
    split = split_comments(table, table["stance"], 5)
    assert split.n_same_text == 3
    for train, test in split.folds:
        copies = {0, 17, 30}
        assert not (copies & set(test) and copies & set(train))
        assert set(range(40)) - set(train) - set(test) <= copies
        assert not set(table["article_id"][train]) & set(table["article_id"][test])


def test_the_same_text_without_ids_is_one_group():
    texts = [f"{LONG} {row}" for row in range(20)]
    y = ["x", "y"] * 20
    for train, test in stancekit.thread_folds(texts * 2, y, 4):
        assert len(train) == 30
        assert {row % 20 for row in train}.isdisjoint(row % 20 for row in test)


@pytest.mark.slow
def test_scores_of_a_corpus_that_stands_there_twice_are_those_of_one(corpus):
    once = corpus[["text", "stance"]].iloc[::4]
    words = make_pipeline(
        FunctionTransformer(lambda table: table["text"]),
        TfidfVectorizer(),
        LogisticRegression(C=10, max_iter=1000),
    )

    def score(table):
        return stancekit.evaluate(words, table, n_splits=4, baselines=()).macro_f1

    twice = score(pd.concat([once, once], ignore_index=True))
    assert twice.estimate == pytest.approx(score(once).estimate, abs=0.04)


def test_one_text_under_a_label_is_divided_at_last():
    texts = [LONG] * 4 + [f"Text {row}" for row in range(4)]
    with pytest.warns(stancekit.DataWarning, match="scores may be too good"):
        folds = stancekit.thread_folds(texts, ["x"] * 4 + ["y"] * 4, 2)
    assert len(folds) == 2


def test_missing_values_stay_missing_in_the_context():
    table = stancekit.add_context(
        pd.DataFrame(
            {
                "comment_id": ["1", "2", "3"],
                "parent_id": [None, "1", "2"],
                "author": [None, "Bo", None],
                "text": ["x", "y", "z"],
            }
        )
    )
    assert table["parent_author"].isna().tolist() == [True, True, False]
    assert table["parent_text"].isna().tolist() == [True, False, False]
    assert table["parent_id"].isna().tolist() == [True, False, False]


def test_a_single_fold_is_refused():
    with pytest.raises(ValueError, match="at least 2"):
        stancekit.thread_folds(list("abcd"), list("xyxy"), 1)


def test_a_missing_column_lists_only_what_was_brought():
    table = stancekit.add_context(["x"])
    with pytest.raises(ValueError, match="Found: 'text'[.]"):
        stancekit.check_comments(table, require=["stance"])
