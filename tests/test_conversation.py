import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

import stancekit
from stancekit.conversation.field import (
    Edges,
    Field,
    _balance,
    _through_balance,
    fit_field,
)
from stancekit.conversation.neighbours import (
    answer_pairs,
    author_pairs,
    grandparent_pairs,
    hide_authors,
    reply_pairs,
)


def pairs(found):
    return sorted(zip(*(rows.tolist() for rows in found), strict=True))


@pytest.fixture
def thread():
    """a <- b <- c <- d; a and c by Ilse, b by Bo, d unknown; e apart."""
    return stancekit.add_context(
        pd.DataFrame(
            {
                "comment_id": list("abcde"),
                "parent_id": [None, "a", "b", "c", None],
                "article_id": list("11112"),
                "author": ["Ilse", "Bo", "Ilse", None, "Ilse"],
                "text": ["x"] * 5,
            }
        )
    )


def test_neighbours_in_a_thread(thread):
    assert pairs(reply_pairs(thread)) == [(0, 1), (1, 2), (2, 3)]
    assert pairs(answer_pairs(thread)) == [(0, 1), (1, 2), (2, 3)]
    assert pairs(author_pairs(thread)) == [(0, 2)]
    # Of the first and the third the names are known, so they say who is who.
    assert pairs(grandparent_pairs(thread)) == [(1, 3)]


def test_an_answer_to_oneself_is_no_answer(thread):
    thread.loc[1, "author"] = "Ilse"
    assert pairs(answer_pairs(thread)) == [(2, 3)]
    assert pairs(author_pairs(thread)) == [(0, 1), (0, 2), (1, 2)]


def test_without_ids_or_names_there_are_no_neighbours():
    table = stancekit.add_context(["x", "y"])
    for found in (reply_pairs, answer_pairs, author_pairs, grandparent_pairs):
        assert pairs(found(table)) == []


def test_a_prolific_author_has_few_neighbours_each():
    n = 200
    table = stancekit.add_context(
        pd.DataFrame(
            {
                "comment_id": [f"{row:03}" for row in range(n)],
                "article_id": "1",
                "author": "Ilse",
                "text": "x",
            }
        )
    )
    first, _ = author_pairs(table)
    assert len(first) == 10 * n - 55


def test_authors_of_whole_articles_are_hidden(corpus):
    table = stancekit.add_context(corpus[corpus["author"].notna()])
    hidden = hide_authors(table, 0.3)["author"].isna()
    by_article = hidden.groupby(table["article_id"]).mean()
    assert set(by_article) == {0.0, 1.0}
    assert 0.2 < by_article.mean() < 0.4
    assert table["author"].notna().all()


def two_classes(n, edges, strength):
    """A field in which neighbours tend to have the same class."""
    potential = strength * np.eye(2)[None]
    return Field(np.ones(1), np.full(2, 0.5), {"answer": potential}), {
        "answer": Edges(*np.array(edges).T, np.ones((len(edges), 1)))
    }


def test_marginals_on_a_tree_are_exact():
    """Compared with adding up all 2**4 assignments."""
    rng = np.random.default_rng(0)
    links = [(0, 1), (1, 2), (1, 3)]
    field, edges = two_classes(4, links, strength=0.8)
    scores = rng.normal(size=(4, 2))
    weights = np.zeros((2, 2, 2, 2))
    for labels in np.ndindex(weights.shape):
        own = sum(scores[row, label] for row, label in enumerate(labels))
        met = sum(0.8 * (labels[a] == labels[b]) for a, b in links)
        weights[labels] = np.exp(own + met)
    weights /= weights.sum()
    exact = [weights.sum(axis=tuple({0, 1, 2, 3} - {row})) for row in range(4)]
    # Damped messages settle, but not all the way in ten rounds.
    np.testing.assert_allclose(field.marginals(scores[None], edges), exact, atol=1e-4)


def test_balanced_pairs_are_even_and_their_gradient_is_right():
    """The gradient is compared with differences of what it is the gradient of."""
    rng = np.random.default_rng(0)
    scores, weight = rng.normal(size=(2, 3, 3, 4))
    shares = np.array([0.5, 0.3, 0.2])
    even, steps = _balance(scores, shares)
    np.testing.assert_allclose((np.exp(even) * shares[:, None]).sum(axis=1), 1, 1e-3)
    np.testing.assert_allclose((shares[:, None, None] * np.exp(even)).sum(axis=0), 1)
    gradient = _through_balance(weight, steps)
    for place in ((0, 1, 2), (2, 2, 3)):
        moved = scores.copy()
        moved[place] += 1e-6
        slope = ((_balance(moved, shares)[0] - even) * weight).sum() / 1e-6
        assert slope == pytest.approx(gradient[place], abs=1e-4)


def test_without_edges_each_comment_stands_alone():
    field, _ = two_classes(3, [(0, 1)], strength=2.0)
    scores = np.array([[1.0, 0.0], [0.0, 3.0], [0.5, 0.5]])
    nobody = {"answer": Edges(*np.empty((2, 0), dtype=int), np.empty((0, 1)))}
    found = field.marginals(scores[None], nobody)
    np.testing.assert_allclose(found, softmax(scores, axis=1))


def test_many_neighbours_take_little_memory():
    """A message each way for each edge, and no more than that at a time."""
    n, n_edges = 2_000, 200_000
    links = np.random.default_rng(0).integers(0, n, (n_edges, 2))
    field, edges = two_classes(n, links, strength=0.1)
    tracemalloc.start()
    try:
        field.marginals(np.zeros((1, n, 2)), edges)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    messages = 2 * 2 * n_edges * 8
    assert peak < 4 * messages


def test_a_field_learns_whether_neighbours_agree():
    rng = np.random.default_rng(1)
    n = 600
    links = np.array([(row, row + 1) for row in range(0, n, 2)])
    y = rng.integers(0, 2, n)
    y[links[:, 1]] = np.where(
        rng.random(n // 2) < 0.9, y[links[:, 0]], 1 - y[links[:, 0]]
    )
    scores = rng.normal(size=(n, 2))
    scores[np.arange(n), y] += 1.0
    edges = {"answer": Edges(*links.T, np.ones((len(links), 1)))}
    field = fit_field(scores[None], y, edges, np.full(2, 0.5))
    table = field.potentials["answer"][0]
    assert table[0, 0] + table[1, 1] > table[0, 1] + table[1, 0] + 1
    alone = (scores.argmax(axis=1) == y).mean()
    joined = (field.marginals(scores[None], edges).argmax(axis=1) == y).mean()
    assert joined > alone + 0.02


@pytest.fixture(scope="module")
def model(small_corpus):
    first = stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=3)
    return stancekit.ConversationClassifier(first).fit(
        small_corpus, small_corpus["stance"]
    )


def test_a_comment_alone_counts_as_beside_neighbours_that_know_nothing(model):
    alone = model.predict_proba(["Erst reden!", "ж"])
    np.testing.assert_allclose(alone[1], model.first_.class_shares_)
    own = model.first_.predict_proba(["Erst reden!"])[0]
    np.testing.assert_allclose(alone[0], own, atol=0.1)


WORDS = st.lists(
    st.sampled_from("Waffen reden liefern Frieden Krieg Angst Atom nie Preise".split()),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("n", [1, 20, 1000])
@settings(max_examples=5)
@given(words=WORDS)
def test_neighbours_that_know_nothing_change_nothing(model, n, words):
    """By one name, as replies, as replies by nobody, and by one name beside replies."""
    text = " ".join(words)
    alone = model.predict_proba([text])[0]

    def probability(authors, parents):
        table = pd.DataFrame(
            {
                "comment_id": [str(row) for row in range(len(authors) + 1)],
                "parent_id": [None, *parents],
                "article_id": "1",
                "author": ["Ilse", *authors],
                "text": [text, *["ж"] * len(authors)],
            }
        )
        return model.predict_proba(table)[0]

    others, above = [f"Bo {row}" for row in range(n)], ["0"] * n
    for found in (
        probability(["Ilse"] * n, [None] * n),
        probability(others, above),
        probability([None] * n, ["0", *["1"] * (n - 1)]),
        probability(["Ilse"] * n + others, [None] * n + above),
    ):
        np.testing.assert_allclose(found, alone, atol=0.05)


def test_names_of_nobody_join_no_comments(thread):
    names = ["Gast", "gast", "[deleted]", "n/a", "Anonymer Nutzer"]
    for name in names:
        assert pairs(author_pairs(thread.assign(author=name))) == []
    numbered = thread.assign(author="Gast 12")
    assert pairs(author_pairs(numbered)) == []


def test_comments_under_one_name_of_nobody_keep_their_positions(model):
    texts = ["Waffen liefern!", "Verhandeln statt Waffen", "Angst vor dem Atomkrieg"]
    table = pd.DataFrame({"text": texts, "article_id": "1", "author": "Gast"})
    np.testing.assert_allclose(model.predict_proba(table), model.predict_proba(texts))


def test_what_the_author_says_elsewhere_counts(model):
    def probability(author):
        table = pd.DataFrame(
            {
                "comment_id": ["a", "b"],
                "article_id": "1",
                "author": ["Ilse", author],
                "text": [
                    "Waffenstillstand und Verhandlungen, Diplomatie statt Waffen!",
                    "Das sehe ich nach wie vor so.",
                ],
            }
        )
        position = model.classes_.tolist().index("negotiation_first")
        return model.predict_proba(table)[1, position]

    assert probability("Ilse") > 1.5 * probability("Bo")


def test_too_few_labelled_replies_leave_the_relation_out():
    table = pd.DataFrame(
        {
            "comment_id": list("abcdef"),
            "parent_id": [None, "a", None, "c", None, None],
            "text": ["ja", "ja ja", "nein", "nein nein", "ja doch", "nein nie"],
        }
    )
    first = stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=2)
    model = stancekit.ConversationClassifier(first).fit(table, list("xxyyxy"))
    assert model.relation_ is None
    assert np.isfinite(model.predict_proba(table)).all()


@pytest.mark.slow
def test_the_thread_helps_on_articles_not_seen(corpus):
    """A fifth of the corpus, to stay quick; the gain is far beyond chance."""
    fifth = corpus[corpus["article_id"].isin(corpus["article_id"].unique()[::5])]
    single = stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=3)
    evaluation = stancekit.evaluate(
        stancekit.ConversationClassifier(single),
        fifth,
        n_splits=3,
        baselines=[("single", single)],
    )
    assert evaluation.baselines.loc["single", "low"] > 0.02
    assert evaluation.calibration_error < 0.06
