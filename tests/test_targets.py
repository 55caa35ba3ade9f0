"""One model a target, as one file."""

import numpy as np
import pandas as pd
import pytest

import stancekit
from stancekit.cli import main

YES, NO = "ja gern sofort endlich".split(), "nein niemals keinesfalls schlecht".split()


@pytest.fixture(scope="module")
def table():
    """On one target the words mean the contrary of what they mean on the other."""
    rng = np.random.default_rng(0)
    target = np.array(["Maut", "Tempo 130/30"])[rng.integers(0, 2, 120)]
    agrees = rng.random(120) < 0.5
    said = agrees == (target == "Maut")
    words = [rng.choice(YES if yes else NO) for yes in said]
    return pd.DataFrame(
        {
            "comment_id": [f"c{i}" for i in range(120)],
            "text": [f"{word} nummer{i}" for i, word in enumerate(words)],
            "stance": np.where(agrees, "for", "against"),
            "target": target,
        }
    )


@pytest.fixture(scope="module")
def model(table):
    single = stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=2)
    return stancekit.TargetClassifier(single).fit(table, table["stance"])


def test_each_target_has_its_own_words(model, table):
    asked = pd.DataFrame({"text": "ja gern", "target": ["Maut", "Tempo 130/30"]})
    assert model.predict(asked).tolist() == ["for", "against"]
    scored = stancekit.predict_comments(asked, model)
    assert scored["predicted"].tolist() == ["for", "against"]
    # What the model of the target alone says.
    alone = stancekit.predict_comments(asked.iloc[[0]], model.models_["Maut"])
    pd.testing.assert_frame_equal(scored.iloc[[0]], alone)
    assert stancekit.predict_comments(table, model)["in_training"].all()


def test_a_label_of_one_target_only_is_never_given_to_the_other(table):
    other = table.replace({"stance": {"for": "yes"}})
    other["stance"] = other["stance"].where(other["target"] == "Maut", table["stance"])
    single = stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=2)
    model = stancekit.TargetClassifier(single).fit(other, other["stance"])
    assert model.classes_.tolist() == ["against", "for", "yes"]
    proba = pd.DataFrame(model.predict_proba(table), columns=model.classes_)
    assert (proba["yes"] > 0).equals(table["target"] == "Maut")
    assert (proba["for"] > 0).equals(table["target"] != "Maut")
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_the_order_of_the_rows_changes_nothing(model, table):
    order = np.random.default_rng(1).permutation(len(table))
    mixed = model.predict_proba(table.iloc[order])
    np.testing.assert_array_equal(mixed, model.predict_proba(table)[order])


def test_a_comment_on_another_target_is_named(model):
    asked = pd.DataFrame(
        {"comment_id": ["x", "y"], "text": "ja", "target": ["Maut", "B"]}
    )
    with pytest.raises(
        ValueError, match=r"1 comments are on no 'target'.*'y'.*'B'.*Maut"
    ):
        stancekit.predict_comments(asked, model)
    with pytest.raises(ValueError, match="'target'"):
        stancekit.predict_comments(asked.drop(columns="target"), model)
    # One that says nothing need not say on what.
    asked.loc[1, ["text", "target"]] = None
    assert stancekit.predict_comments(asked, model)["predicted"].isna().tolist() == [
        False,
        True,
    ]


def test_what_cannot_be_learnt_is_named(table):
    model = stancekit.TargetClassifier()
    lost = table.assign(target=table["target"].where(~table.index.isin([0, 5])))
    with pytest.raises(
        ValueError, match="2 labelled comments have no 'target': 'c0', 'c5'"
    ):
        model.fit(lost, lost["stance"])
    few = table.assign(target=["rare", *table["target"][1:]])
    with pytest.raises(ValueError, match="^target 'rare': "):
        model.fit(few, few["stance"])


def test_a_saved_one_answers_the_same(model, table, tmp_path):
    stancekit.save_model(model, tmp_path / "both.stance")
    loaded = stancekit.load_model(tmp_path / "both.stance")
    pd.testing.assert_frame_equal(
        stancekit.predict_comments(table, loaded),
        stancekit.predict_comments(table, model),
    )
    assert list(loaded.models_) == ["Maut", "Tempo 130/30"]


def test_explained_by_the_model_of_its_target(model, table):
    two = table[table["target"] != "Maut"].head(1)
    why = stancekit.explain(model, pd.concat([table.head(4), two]).drop_duplicates(), 0)
    assert why.label == model.predict(table.head(1))[0]
    flipped = why.to_frame()
    assert {"nummer0"} < set(flipped["text"])


@pytest.mark.slow
def test_train_and_predict_on_the_command_line(table, tmp_path, capsys):
    source, path = tmp_path / "labelled.csv", tmp_path / "both.stance"
    table.to_csv(source, index=False)
    command = ["train", str(source), "--by", "target", "--folds", "2", "-o", str(path)]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "TargetClassifier" in printed
    assert "one model for all" in printed
    out = tmp_path / "out.csv"
    assert main(["predict", str(source), "--model", str(path), "-o", str(out)]) == 0
    scored = pd.read_csv(out)
    assert (scored["predicted"] == table["stance"]).mean() > 0.9
    table.drop(columns="stance").to_csv(source, index=False)
    page = tmp_path / "page.html"
    assert main(["report", str(source), "--model", str(path), "-o", str(page)]) == 0
    assert main(["verify", str(page), str(source), "--model", str(path)]) == 0
    table.to_csv(source, index=False)
    assert main([*command, "--force", "--with-corpus"]) == 1
    assert "--with-corpus and --by do not go together" in capsys.readouterr().err
