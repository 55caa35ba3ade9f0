"""The score that people reach, measured like a model's."""

import numpy as np
import pandas as pd
import pytest

from stancekit.annotation import agreement


def long(answers):
    """One row for each answer; a dot means none. Annotators are called A, B, ..."""
    return pd.DataFrame(
        [
            (comment, chr(65 + place), label)
            for comment, line in answers.items()
            for place, label in enumerate(line)
            if label != "."
        ],
        columns=["comment_id", "annotator", "label"],
    )


def test_people_who_always_agree():
    found = agreement(long({"1": "ppp", "2": "ccc"}))
    score = found.ceiling
    assert (score.estimate, score.low, score.high, score.n) == (1, 1, 1, 2)
    assert (found.n_compared, found.n_comments) == (2, 2)


def test_ties_of_the_others_are_left_out():
    # On 3 the others of A and B are tied, on 4 those of everybody.
    found = agreement(long({"1": "ppp", "2": "ccc", "3": "ppc", "4": "pcn"}))
    assert found.by_annotator["n"].tolist() == [2, 2, 3]
    assert found.by_annotator["macro_f1"].tolist() == pytest.approx([1, 1, 2 / 3])
    assert found.ceiling.estimate == pytest.approx((2 + 2 + 3 * 2 / 3) / 7)
    assert (found.n_compared, found.n_comments) == (3, 4)


def test_one_against_three():
    # C is wrong where the other three agree, and the others have a majority too.
    found = agreement(long({"1": "pppp", "2": "cccc", "3": "ppcp"}))
    assert found.by_annotator["n"].tolist() == [3, 3, 3, 3]
    assert found.by_annotator["macro_f1"].tolist() == pytest.approx([1, 1, 2 / 3, 1])


def test_comments_of_two_annotators_are_left_out():
    found = agreement(long({"1": "ppp", "2": "ccc", "3": "pc."}))
    assert (found.n_compared, found.n_comments) == (2, 3)


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"1": "pp.", "2": "c.c"}, "no comment has 3 labels"),
        ({"1": "pcn", "2": "ncp"}, "the labels of the others are tied"),
    ],
)
def test_without_a_majority_of_others_the_reason_stands_there(answers, reason):
    found = agreement(long(answers))
    assert np.isnan(found.ceiling.estimate)
    assert found.by_annotator.empty
    assert found.n_compared == 0
    assert reason in str(found)


def test_only_submitted_labels_count():
    labels = long({"1": "ppp", "2": "ccc", "3": "pppc"})
    labels["status"] = "submitted"
    labels.loc[labels["annotator"] == "D", "status"] = "rejected"
    assert agreement(labels).ceiling.estimate == 1
    assert len(agreement(labels).by_annotator) == 3


def test_the_interval_comes_from_threads_where_there_is_a_table():
    labels = long({"1": "ppp", "2": "ccc", "3": "ppc", "4": "cpc"})
    table = pd.DataFrame(
        {
            "comment_id": list("1234"),
            "parent_id": [None, "1", "2", None],
            "text": list("abcd"),
        }
    )
    single, threads = agreement(labels), agreement(labels, table=table)
    assert (single.ceiling.n, threads.ceiling.n) == (4, 2)
    assert single.ceiling.estimate == threads.ceiling.estimate
    with pytest.raises(ValueError, match="1 labelled comments are not in the table"):
        agreement(labels, table=table.head(3))


def test_an_exports_word_for_submitted_keeps_its_annotator():
    labels = long({"1": "ppp", "2": "ccc", "3": "ppc"})
    as_exported = labels.assign(status=["Submitted"] + ["submitted "] * 8)
    found = agreement(as_exported)
    assert found.ceiling == agreement(labels).ceiling
    assert found.by_annotator.index.tolist() == ["A", "B", "C"]


def test_it_can_be_read_and_tabled():
    found = agreement(long({"1": "ppp", "2": "ccc", "3": "ppc"}))
    assert found.by_annotator.index.tolist() == ["A", "B", "C"]
    assert found.by_annotator["n"].tolist() == [2, 2, 3]
    assert f"Human ceiling: macro-F1 {found.ceiling}; 3 annotators" in str(found)
    assert "3 annotators, 3 comments, 0 left out" in str(found)
