import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

import stancekit

NEW = [
    "predicted",
    "confidence",
    "abstained",
    "known",
    "in_training",
    "proba_against_support",
    "proba_escalation_worry",
    "proba_negotiation_first",
    "proba_other",
    "proba_pro_support",
]


def test_the_table_is_kept_and_ten_columns_are_added(small_corpus, small_model):
    scored = stancekit.predict_comments(small_corpus, small_model)
    assert scored.columns.tolist() == [*small_corpus.columns, *NEW]
    pd.testing.assert_frame_equal(
        scored[small_corpus.columns], small_corpus, check_dtype=False
    )
    assert scored["predicted"].tolist() == small_model.predict(small_corpus).tolist()


def test_confidence_is_the_probability_of_the_label(small_corpus, small_model):
    scored = stancekit.predict_comments(small_corpus, small_model)
    for _, row in scored.head(20).iterrows():
        assert row["confidence"] == row[f"proba_{row['predicted']}"]


@pytest.mark.parametrize("threshold", [0.0, 0.4, 1.0])
def test_the_model_abstains_below_the_threshold(small_corpus, small_model, threshold):
    scored = stancekit.predict_comments(
        small_corpus, small_model, abstain_below=threshold
    )
    expected = scored["confidence"] < threshold
    assert scored["abstained"].tolist() == expected.tolist()
    assert scored["predicted"].notna().all()


def test_deleted_and_removed_comments_get_nothing(small_corpus, small_model):
    table = small_corpus.head(3).assign(status=["deleted", "removed", None])
    scored = stancekit.predict_comments(table, small_model)
    assert scored.loc[:1, NEW].isna().all(axis=None)
    assert scored.loc[2, NEW].notna().all()
    assert scored["text"].tolist() == table["text"].tolist()


def test_the_human_label_stays(small_corpus, small_model):
    scored = stancekit.predict_comments(small_corpus, small_model)
    assert scored["stance"].tolist() == small_corpus["stance"].tolist()


def test_scoring_twice_replaces_the_columns(small_corpus, small_model):
    once = stancekit.predict_comments(small_corpus, small_model)
    twice = stancekit.predict_comments(once, small_model)
    pd.testing.assert_frame_equal(once, twice)


def test_an_empty_table_gets_the_columns(small_model):
    scored = stancekit.predict_comments(pd.DataFrame({"text": []}), small_model)
    assert scored.columns.tolist() == ["text", *NEW]
    assert len(stancekit.predict([], small_model)) == 0


def test_texts_are_predicted_by_the_default_model():
    labels = stancekit.predict(["Wir müssen endlich verhandeln!", "Waffen liefern!"])
    assert labels.tolist() == ["negotiation_first", "pro_support"]


def test_a_pipeline_of_texts_predicts_texts_and_tables(small_corpus):
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression())
    pipeline.fit(small_corpus["text"].to_numpy(dtype=object), small_corpus["stance"])
    for given in (small_corpus, small_corpus["text"], small_corpus["text"].tolist()):
        scored = stancekit.predict_comments(given, pipeline)
        proba = scored.filter(like="proba_").to_numpy()
        assert scored["predicted"].tolist() == (
            pipeline.classes_[proba.argmax(axis=1)].tolist()
        )
        assert scored["known"].isna().all()


def test_a_pipeline_of_tables_predicts_tables(small_corpus):
    pipeline = make_pipeline(stancekit.CommentFeatures(), LogisticRegression())
    pipeline.fit(small_corpus, small_corpus["stance"])
    scored = stancekit.predict_comments(small_corpus, pipeline)
    np.testing.assert_allclose(
        scored.filter(like="proba_"), pipeline.predict_proba(small_corpus)
    )


def test_a_model_without_probabilities_is_told_what_to_do(small_corpus):
    pipeline = make_pipeline(TfidfVectorizer(), LinearSVC())
    pipeline.fit(small_corpus["text"].tolist(), small_corpus["stance"])
    with pytest.raises(TypeError, match="no probabilities.*CalibratedClassifierCV"):
        stancekit.predict_comments(["ja"], pipeline)


def test_a_threshold_that_is_no_probability(small_model):
    with pytest.raises(ValueError, match="no probability"):
        stancekit.predict_comments(["x"], small_model, abstain_below=40)


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "xlsx"])
def test_a_written_table_is_read_back(small_corpus, small_model, tmp_path, ending):
    scored = stancekit.predict_comments(small_corpus, small_model)
    path = tmp_path / f"scored.{ending}"
    stancekit.write_comments(scored, path)
    back = stancekit.read_comments(path)
    for column in ("comment_id", "parent_id", "text", "stance", "created_at"):
        pd.testing.assert_series_equal(
            back[column], scored[column], check_dtype=False, check_categorical=False
        )
    assert back["predicted"].tolist() == scored["predicted"].tolist()


def test_a_file_of_unknown_ending(tmp_path):
    with pytest.raises(ValueError, match=r"ends in '.docx'; .* .csv"):
        stancekit.write_comments(pd.DataFrame({"text": []}), tmp_path / "x.docx")


def test_an_existing_table_is_kept(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="exists and is kept"):
        stancekit.write_comments(pd.DataFrame({"text": []}), path)
    assert path.read_text() == "mine"


def test_parts_of_a_long_table_give_what_the_whole_gives(small_corpus, monkeypatch):
    single = stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=2)
    model = stancekit.ConversationClassifier(single)
    model.fit(small_corpus, small_corpus["stance"])
    table = small_corpus.sample(frac=1, random_state=0)
    table.iloc[::7, table.columns.get_loc("article_id")] = None
    whole = stancekit.predict_comments(table, model)
    monkeypatch.setattr("stancekit.scoring.predicting.PART", 30)
    parts = stancekit.predict_comments(table, model)
    pd.testing.assert_frame_equal(parts, whole)
