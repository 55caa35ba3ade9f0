"""A model knows the comments it was trained on, and shares are not made from them."""

import unicodedata

import pandas as pd
import pytest
from sklearn.base import clone

import stancekit
from stancekit.cli import main

SINGLE = stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=2)


@pytest.fixture(
    scope="module", params=[SINGLE, stancekit.ConversationClassifier(SINGLE)]
)
def thread_model(request, thread):
    return clone(request.param).fit(thread, thread["stance"])


@pytest.fixture(scope="module")
def thread():
    """Six articles, each with a comment, two answers and one without a label."""
    texts = ["Erst für Größe reden!", "Danke", "Nein, liefern …", "Mir egal"]
    return pd.DataFrame(
        {
            "comment_id": [f"{a}{n}" for a in "abcdef" for n in range(4)],
            "parent_id": [p and a + p for a in "abcdef" for p in (None, "0", "0", "2")],
            "article_id": [a for a in "abcdef" for _ in range(4)],
            "text": [f"{text} {a}" for a in "abcdef" for text in texts],
            "stance": ["talks", "talks", "arms", None] * 6,
        }
    )


def test_labelled_comments_are_known_and_no_others(thread, thread_model):
    known = thread_model.in_training(thread)
    assert known.tolist() == thread["stance"].notna().tolist()


def test_a_table_saved_again_is_known(thread, thread_model):
    changed = thread["text"].map(lambda text: unicodedata.normalize("NFD", text))
    changed = "  " + changed.str.replace(" ", "\r\n\u00a0").str.replace("…", "...")
    again = thread.assign(text=changed).drop(columns="stance").iloc[::-1]
    assert thread_model.in_training(again).sum() == 18


def test_the_same_words_under_another_comment_are_another_comment(thread, thread_model):
    first, reply = thread["text"].iloc[0], thread["text"].iloc[1]
    table = pd.DataFrame(
        {
            "comment_id": ["x", "y", "z"],
            "parent_id": [None, "x", None],
            "text": ["Ganz anders", reply, reply],
        }
    )
    assert not thread_model.in_training(table).any()
    table["text"] = [first, reply, reply]
    assert thread_model.in_training(table).tolist() == [True, True, False]


def test_a_model_file_knows_what_its_model_was_trained_on(
    thread, thread_model, tmp_path
):
    stancekit.save_model(thread_model, tmp_path / "a.stance")
    loaded = stancekit.load_model(tmp_path / "a.stance")
    assert loaded.in_training(thread).tolist() == (
        thread_model.in_training(thread).tolist()
    )
    turned = thread.iloc[::-1]
    same = clone(thread_model).fit(turned, turned["stance"])
    stancekit.save_model(same, tmp_path / "b.stance")
    assert (tmp_path / "a.stance").read_bytes() == (tmp_path / "b.stance").read_bytes()


def test_a_model_file_holds_no_text_and_hashes_of_its_own(thread, thread_model):
    def hashes(model):
        _, arrays = model.to_state()
        names = [name for name in arrays if name.endswith("trained_on/hashes")]
        return set(arrays[names[0]].tolist())

    some = thread[thread["article_id"] != "f"]
    other = clone(thread_model).fit(some, some["stance"])
    assert len(hashes(thread_model)) == 18
    assert not hashes(thread_model) & hashes(other)


def test_scored_tables_mark_them(thread, thread_model):
    scored = stancekit.predict_comments(
        pd.concat(
            [thread, pd.DataFrame({"comment_id": ["new"], "text": [""]})],
            ignore_index=True,
        ),
        thread_model,
    )
    assert scored["in_training"].iloc[:24].tolist() == thread["stance"].notna().tolist()
    assert scored["in_training"].isna().tolist() == [False] * 24 + [True]


@pytest.mark.parametrize("as_text", [False, True])
def test_shares_are_refused_where_the_model_knew_the_labels(
    thread, thread_model, as_text
):
    scored = stancekit.predict_comments(thread, thread_model)
    if as_text:
        scored["in_training"] = scored["in_training"].astype(str)
    with pytest.raises(ValueError, match=r"18 of 18 labelled comments .*cross_fit"):
        stancekit.estimate_prevalence(scored)


def test_unlabelled_comments_that_the_model_knew_are_no_obstacle(thread, thread_model):
    scored = stancekit.predict_comments(thread, thread_model)
    new = scored.assign(
        stance=scored["stance"].where(scored["article_id"].isin(["a", "b"])),
        in_training=scored["article_id"].isin(list("cdef")),
    )
    assert (
        stancekit.estimate_prevalence(new).to_frame()["n_labelled"].tolist() == [6] * 2
    )


def test_cross_fitted_tables_know_no_comment(thread):
    found = stancekit.cross_fit(SINGLE, thread, n_splits=2)
    assert found["in_training"].eq(False).all()
    stancekit.estimate_prevalence(found)


@pytest.mark.filterwarnings("default:The model was trained on")
def test_the_command_cross_fits_a_model_that_knew_the_labels(thread, tmp_path, capsys):
    labelled, model = str(tmp_path / "labelled.csv"), str(tmp_path / "own.stance")
    stancekit.write_comments(thread, labelled)
    stancekit.save_model(clone(SINGLE).fit(thread, thread["stance"]), model)
    assert main(["prevalence", labelled, "--model", model]) == 0
    found = capsys.readouterr()
    assert "was trained on 18 of the 18 labelled comments" in found.err
    recipe = clone(stancekit.load_model(model))
    table = stancekit.read_comments(labelled)
    expected = stancekit.estimate_prevalence(stancekit.cross_fit(recipe, table))
    assert str(expected) in found.out


def test_shares_with_a_model_of_other_comments_need_no_other_model(
    thread, thread_model, tmp_path, capsys
):
    path, other = str(tmp_path / "m.stance"), str(tmp_path / "other.csv")
    stancekit.save_model(thread_model, path)
    stancekit.write_comments(thread.assign(text=thread["text"] + " neu"), other)
    assert main(["prevalence", other, "--model", path]) == 0
    assert "cross-fitted" not in capsys.readouterr().err
