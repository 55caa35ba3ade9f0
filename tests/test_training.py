"""What train_model makes of one's own labels."""

import numpy as np
import pandas as pd
import pytest

import stancekit
from stancekit.cli import main

TALKS = "reden verhandeln sprechen frieden diplomatie gespräch".split()
ARMS = "waffen panzer raketen liefern munition kaliber".split()


def comments(n, start, seed=0):
    """Comments of two words each; the words and the article are told by the number."""
    rng = np.random.default_rng(seed)
    labels = np.array(["talks", "arms"])[rng.integers(0, 2, n)]
    words = {"talks": TALKS[start : start + 2], "arms": ARMS[start : start + 2]}
    texts = [f"{rng.choice(words[y])} nummer{i}" for i, y in enumerate(labels)]
    articles = [f"a{i % 16}" for i in range(n)]
    return pd.DataFrame({"text": texts, "stance": labels, "article_id": articles})


@pytest.fixture(scope="module")
def own():
    return pd.concat([comments(24, 0), comments(24, 2)], ignore_index=True)


@pytest.mark.slow
def test_comments_beside_teach_words_that_ones_own_lack(own):
    others = pd.concat([comments(150, k, seed=k) for k in (0, 2, 4)], ignore_index=True)
    # One's own comments, which would be tested by what knows them, are left out.
    others = pd.concat([own, others], ignore_index=True)
    before = own.copy(), others.copy()
    model, evaluation = stancekit.train_model(own, beside=others, n_splits=2)
    assert type(model) is stancekit.StanceClassifier
    new = ~others["text"].isin(own["text"])
    assert model.n_labelled_ == len(own) + new.sum()
    assert "own comments only" in evaluation.baselines.index
    assert evaluation.n_comments == len(own)
    assert model.predict(["diplomatie", "munition"]).tolist() == ["talks", "arms"]
    for table, copy in zip((own, others), before, strict=True):
        pd.testing.assert_frame_equal(table, copy)


@pytest.mark.slow
def test_comments_beside_that_say_the_contrary_are_left_out(own):
    others = comments(200, 0, seed=1)
    others["stance"] = others["stance"].map({"talks": "arms", "arms": "talks"})
    with pytest.warns(stancekit.DataWarning, match="beside did not lower"):
        model, _ = stancekit.train_model(own, beside=others, n_splits=2)
    assert model.n_labelled_ == len(own)


def test_comments_beside_need_the_same_labels(own):
    others = comments(50, 0).replace({"stance": {"talks": "peace"}})
    with pytest.raises(ValueError, match="No comment beside has the labels talks"):
        stancekit.train_model(own, beside=others)


def test_comments_beside_and_an_encoder_do_not_go_together(own, tmp_path, capsys):
    with pytest.raises(ValueError, match="beside= and encoder= do not go together"):
        stancekit.train_model(own, beside=own, encoder=object())
    path, model = tmp_path / "own.csv", tmp_path / "own.stance"
    stancekit.write_comments(own, path)
    command = ["train", str(path), "-o", str(model), "--with-corpus"]
    assert main([*command, "--encoder", "test_encoder.Tail"]) == 1
    assert "--with-corpus and --encoder do not go" in capsys.readouterr().err
    assert main(command) == 1
    assert "has the labels arms, talks" in capsys.readouterr().err
    assert not model.exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.* folds instead of")
def test_the_thread_is_heard_where_that_lowers_the_log_loss(small_corpus):
    """As what is evaluated alone on the same folds says."""
    few = small_corpus[small_corpus["article_id"].isin(articles_of(small_corpus)[:8])]
    model, evaluation = stancekit.train_model(few, n_splits=2)
    single = stancekit.StanceClassifier()
    losses = {}
    for kind in (single, stancekit.ConversationClassifier(single)):
        found = stancekit.evaluate(kind, few, n_splits=2, baselines=()).predictions
        of_label = [
            found[f"proba_{y}"].iat[row] for row, y in enumerate(found["stance"])
        ]
        losses[type(kind)] = -np.log(of_label).mean()
    assert type(model) is min(losses, key=losses.get)
    assert evaluation.n_comments == len(few)


def articles_of(table):
    return table["article_id"].drop_duplicates().tolist()
