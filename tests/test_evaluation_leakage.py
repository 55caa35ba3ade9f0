import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import stancekit
from stancekit.evaluation import audit_leakage
from stancekit.evaluation.baselines import make_baseline
from stancekit.evaluation.leakage import Links
from stancekit.evaluation.shared_texts import near_duplicates, quotations

SPAM = "Wer jetzt noch schweigt, der hat aus der Geschichte gar nichts gelernt."
TALKS = "Ohne Gespräche wird dieser Krieg noch viele Jahre dauern, fürchte ich."
MODEL = make_baseline("words")


@pytest.fixture(scope="module")
def clean(small_corpus):
    return audit_leakage(MODEL, small_corpus, n_splits=3)


def find(audit, kind, folds):
    rows = audit.to_frame().set_index(["kind", "folds"])
    return rows.loc[(kind, folds)]


def test_grouped_folds_tear_no_thread_and_random_folds_do(clean, small_corpus):
    assert find(clean, "threads", "grouped")["n"] == 0
    torn = find(clean, "threads", "random")
    assert torn["n"] > 0.3 * len(small_corpus)
    assert torn["share"] == torn["n"] / len(small_corpus)
    threads = stancekit.add_context(small_corpus).set_index("comment_id")["thread_id"]
    assert len(torn["examples"]) == 3
    assert all(threads[a] == threads[b] for a, b in torn["examples"])


def test_both_scores_and_their_difference(clean, small_corpus):
    evaluation = stancekit.evaluate(MODEL, small_corpus, n_splits=3, baselines=())
    assert clean.grouped_score == evaluation.macro_f1
    found = clean.random_score.estimate - clean.grouped_score.estimate
    assert clean.difference.estimate == pytest.approx(found)
    assert clean.difference.low <= found <= clean.difference.high
    assert clean.random_score.n == clean.difference.n == 16


def test_it_can_be_read(clean):
    text = str(clean)
    assert "grouped folds keep articles whole" in text
    assert "threads, random folds:" in text
    assert "for instance" in text
    assert repr(clean).startswith("<LeakageAudit: random minus grouped")


def test_text_shared_by_articles_is_warned_of(small_corpus):
    table = small_corpus.copy()
    rows = table.groupby("article_id").head(1).index
    table.loc[rows, "text"] = SPAM
    with pytest.warns(stancekit.LeakageWarning, match="16 of .* Keep one of each"):
        audit = audit_leakage(MODEL, table, n_splits=3)
    assert find(audit, "near-duplicates", "grouped")["n"] == 16
    named = set(audit.pairs["comment_id"]) | set(audit.pairs["other_id"])
    assert named == set(table.loc[rows, "comment_id"])
    assert set(audit.pairs["kind"]) == {"near-duplicates"}


def test_what_stands_twice_in_one_article_leaks_on_random_folds_only():
    """The model knows texts by heart, so that the copies make the difference."""
    n = 40
    table = pd.DataFrame(
        {
            "article_id": [str(row // 2) for row in range(n)],
            "text": [
                " ".join(f"w{row // 2}v{k}" for k in range(9)) for row in range(n)
            ],
            "stance": [("x", "y")[row // 2 % 2] for row in range(n)],
        }
    )
    audit = audit_leakage(MODEL, table, n_splits=5)
    assert find(audit, "near-duplicates", "grouped")["n"] == 0
    assert find(audit, "near-duplicates", "random")["n"] > n / 2
    assert audit.difference.low > 0


def test_tables_without_ids_and_authors():
    stance = [None, "y", *["x", "y"] * 3, "x"]
    texts = [f"{text} {row}" for row, text in enumerate([TALKS, SPAM] * 4 + [TALKS])]
    table = pd.DataFrame({"text": texts, "stance": stance})
    with pytest.warns(stancekit.LeakageWarning):
        audit = audit_leakage(MODEL, table, n_splits=2)
    assert "authors" not in set(audit.shared["kind"])
    assert find(audit, "near-duplicates", "grouped")["n"] == 8
    assert audit.kept_whole == "threads"
    assert 0 not in set(audit.pairs["comment_id"])
    assert audit.pairs["other_id"].max() == 8


def test_near_duplicates_are_pairs_with_half_of_their_runs_in_common():
    # Twelve words have eight runs; with a new last word seven are the same, and
    # 7 / 9 is more than half. With a new middle word it is 3 / 13.
    words = [*TALKS.split(), "eins", "zwei"]
    first = " ".join(words[:12])
    last, middle = words[:12], words[:12]
    last[11], middle[6] = "anders", "anders"
    assert near_duplicates([first, " ".join(last)]).tolist() == [[0, 1]]
    assert near_duplicates([first, " ".join(middle)]).tolist() == []


def test_case_and_punctuation_do_not_matter():
    assert near_duplicates([TALKS, TALKS.upper().replace(",", " –")]).tolist() == [
        [0, 1]
    ]


@pytest.mark.parametrize("texts", [[], ["Genau!"] * 3, ["", "a b c d", "a b c d"]])
def test_short_texts_are_nobodys_property(texts):
    assert near_duplicates(texts).shape == (0, 2)
    assert quotations(texts).shape == (0, 2)


WORDS = st.lists(st.sampled_from("abc"), max_size=12).map(" ".join)


@given(st.lists(WORDS, max_size=8))
def test_near_duplicates_are_those_of_all_pairs_compared(texts):
    def runs(text):
        words = text.split()
        return {tuple(words[k : k + 5]) for k in range(len(words) - 4)}

    expected = [
        [i, j]
        for i in range(len(texts))
        for j in range(i + 1, len(texts))
        if runs(texts[i]) & runs(texts[j])
        and 2 * len(runs(texts[i]) & runs(texts[j]))
        >= len(runs(texts[i]) | runs(texts[j]))
    ]
    assert near_duplicates(texts).tolist() == expected


@pytest.mark.parametrize(
    "quoting",
    [
        f"> {TALKS}\nDas sehe ich anders.",
        "> Ohne Gespräche wird dieser Krieg\n> noch viele Jahre dauern\nNein.",
        "„Ohne Gespräche wird dieser Krieg noch viele Jahre dauern“ - ach ja?",
        'Sie schreiben "Ohne Gespräche wird dieser Krieg noch", na und?',
        "»Ohne Gespräche wird dieser Krieg noch viele Jahre«: wirklich?",
        "«Ohne Gespräche wird dieser Krieg noch viele Jahre»: wirklich?",
    ],
)
def test_quotations_are_found(quoting):
    assert quotations([SPAM, TALKS, quoting]).tolist() == [[2, 1]]


@pytest.mark.parametrize(
    "text",
    [
        "„Ohne Gespräche wird“ - ach ja?",
        "„Ohne Waffen wird dieser Krieg sehr viel länger dauern“ - ach ja?",
        TALKS.replace("Ohne", "Mit"),
    ],
)
def test_what_is_no_quotation(text):
    assert quotations([SPAM, TALKS, text]).tolist() == []


def test_set_phrases_bring_nobody_together_but_copies_are_copies():
    many = [f"{SPAM} {' '.join(f'w{n}x{k}' for k in range(3))}" for n in range(60)]
    assert len(near_duplicates(many)) == 0
    assert len(near_duplicates(many[:20])) == 20 * 19 / 2
    fold = np.arange(120) % 2
    keys = np.array([SPAM] * 120, dtype=object)
    assert len(np.unique(Links(keys).across(fold))) == 120


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2)), min_size=1))
def test_each_row_with_a_partner_in_another_fold_is_found(rows):
    keys = np.array([key for key, _ in rows], dtype=object)
    fold = np.array([number for _, number in rows])
    pairs = Links(keys).across(fold)
    expected = [
        row
        for row in range(len(rows))
        if ((keys == keys[row]) & (fold != fold[row])).any()
    ]
    assert np.unique(pairs).tolist() == expected
    assert (keys[pairs[:, 0]] == keys[pairs[:, 1]]).all()
    assert (fold[pairs[:, 0]] != fold[pairs[:, 1]]).all()


def test_unlabelled_comments_do_not_count(small_corpus):
    table = small_corpus.copy()
    table["stance"] = table["stance"].astype(object)
    rows = table.groupby("article_id").head(1).index
    table.loc[rows, "stance"] = None
    table.loc[rows, "text"] = SPAM
    audit = audit_leakage(MODEL, table, n_splits=2)
    assert audit.n_comments == len(table) - 16
    assert find(audit, "near-duplicates", "grouped")["n"] == 0
