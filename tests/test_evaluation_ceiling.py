import pandas as pd
import pytest

from stancekit.evaluation import human_ceiling


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
    ceiling = human_ceiling(long({"1": "ppp", "2": "ccc"}))
    score = ceiling.macro_f1
    assert (score.estimate, score.low, score.high, score.n) == (1, 1, 1, 2)
    assert (ceiling.n_comments, ceiling.n_left_out) == (2, 0)


def test_ties_of_the_others_are_left_out():
    # On 3 the others of A and B are tied, on 4 those of everybody.
    ceiling = human_ceiling(long({"1": "ppp", "2": "ccc", "3": "ppc", "4": "pcn"}))
    assert ceiling.by_annotator["n"].tolist() == [2, 2, 3]
    assert ceiling.by_annotator["macro_f1"].tolist() == pytest.approx([1, 1, 2 / 3])
    assert ceiling.macro_f1.estimate == pytest.approx((2 + 2 + 3 * 2 / 3) / 7)
    assert (ceiling.n_comments, ceiling.n_left_out) == (3, 1)


def test_one_against_three():
    # C is wrong where the other three agree, and the others have a majority too.
    ceiling = human_ceiling(long({"1": "pppp", "2": "cccc", "3": "ppcp"}))
    assert ceiling.by_annotator["n"].tolist() == [3, 3, 3, 3]
    assert ceiling.by_annotator["macro_f1"].tolist() == pytest.approx([1, 1, 2 / 3, 1])


def test_comments_of_two_annotators_are_left_out():
    ceiling = human_ceiling(long({"1": "ppp", "2": "ccc", "3": "pc."}))
    assert (ceiling.n_comments, ceiling.n_left_out) == (2, 1)


@pytest.mark.parametrize("answers", [{"1": "pp.", "2": "c.c"}, {"1": "p"}, {}])
def test_two_annotators_are_too_few(answers):
    with pytest.raises(ValueError, match="labels by 3 annotators or more"):
        human_ceiling(long(answers))


def test_others_without_any_majority():
    with pytest.raises(ValueError, match="never have a majority"):
        human_ceiling(long({"1": "pcn", "2": "ncp"}))


def test_only_submitted_labels_count():
    labels = long({"1": "ppp", "2": "ccc", "3": "pppc"})
    labels["status"] = "submitted"
    labels.loc[labels["annotator"] == "D", "status"] = "rejected"
    assert human_ceiling(labels).macro_f1.estimate == 1
    assert len(human_ceiling(labels).by_annotator) == 3


def test_the_interval_comes_from_threads_where_there_is_a_table():
    labels = long({"1": "ppp", "2": "ccc", "3": "ppc", "4": "cpc"})
    table = pd.DataFrame(
        {
            "comment_id": list("1234"),
            "parent_id": [None, "1", "2", None],
            "text": list("abcd"),
        }
    )
    single, threads = human_ceiling(labels), human_ceiling(labels, table=table)
    assert (single.macro_f1.n, threads.macro_f1.n) == (4, 2)
    assert single.macro_f1.estimate == threads.macro_f1.estimate
    with pytest.raises(ValueError, match="1 labelled comments are not in the table"):
        human_ceiling(labels, table=table.head(3))


def test_an_annotator_with_two_labels_on_a_comment():
    labels = pd.concat([long({"1": "ppp"}), long({"1": "c"})])
    with pytest.raises(ValueError, match="several labels by the same annotator: '1'"):
        human_ceiling(labels)


def test_a_label_by_nobody():
    labels = long({"1": "ppp", "2": "ccc"})
    labels.loc[[1, 4], "annotator"] = None
    with pytest.raises(ValueError, match=r"2 labels do not say by whom.* rows 1, 4"):
        human_ceiling(labels)


def test_a_column_that_is_not_there():
    with pytest.raises(ValueError, match="'annotator' is missing"):
        human_ceiling(pd.DataFrame({"comment_id": ["1"], "label": ["p"]}))


def test_it_can_be_read_and_tabled():
    ceiling = human_ceiling(long({"1": "ppp", "2": "ccc", "3": "ppc"}))
    frame = ceiling.to_frame()
    assert frame.index.tolist() == ["all annotators", "A", "B", "C"]
    assert frame.loc["all annotators", "n"] == 3
    assert "3 annotators, 3 comments, 0 left out" in str(ceiling)
