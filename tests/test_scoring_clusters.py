"""What Dask and Spark give is what one table gives."""

import pickle
import sys

import numpy as np
import pandas as pd
import pytest

import stancekit
from stancekit.datasets import load_corpus
from stancekit.scoring import score_dask, score_spark, scorer


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    corpus = load_corpus().head(300)
    classifier = stancekit.ConversationClassifier(stancekit.StanceClassifier(cv=2))
    path = tmp_path_factory.mktemp("model") / "model.stance"
    stancekit.save_model(classifier.fit(corpus, corpus["stance"]), path)
    return path


@pytest.fixture(scope="module")
def comments():
    """Articles and threads whose comments stand anywhere; some have no article."""
    given = ["comment_id", "parent_id", "article_id", "author", "text"]
    table = pd.DataFrame(load_corpus()[given].iloc[300:700])
    threads = table["article_id"].isin(table["article_id"].unique()[::3])
    table["article_id"] = table["article_id"].mask(threads)
    return table.sample(frac=1, random_state=0).assign(likes=np.arange(len(table)))


@pytest.fixture(scope="module")
def expected(comments, path):
    return scorer(path)(comments).set_index("comment_id").sort_index()


def assert_equal(found, expected):
    found = found.set_index("comment_id").sort_index()
    names = ["predicted", "confidence", "known", "abstained", "parent_id", "likes"]
    for name in names:
        given, wanted = (
            t[name].astype(object).where(t[name].notna(), None)
            for t in (found, expected)
        )
        assert given.tolist() == wanted.tolist()


def test_a_scorer_is_sent_as_a_path(comments, path, expected):
    sent = pickle.dumps(scorer(path))
    assert len(sent) < 1000
    assert_equal(pickle.loads(sent)(comments), expected)


def test_a_scorer_of_the_bundled_model():
    table = pd.DataFrame({"text": ["Erst verhandeln!"]})
    assert scorer()(table)["predicted"].tolist() == ["negotiation_first"]


@pytest.mark.filterwarnings("ignore")
def test_dask_gives_what_one_table_gives(comments, path, expected):
    dd = pytest.importorskip("dask.dataframe")
    scored = score_dask(dd.from_pandas(comments, npartitions=4), path)
    found = scored.compute(scheduler="sync")
    assert (
        scored.columns.tolist()
        == expected.reset_index()[scored.columns].columns.tolist()
    )
    assert_equal(found, expected)
    assert found["text"].sort_index().tolist() == comments["text"].sort_index().tolist()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_worker_of_dask_may_die(comments, path, expected):
    dd = pytest.importorskip("dask.dataframe")
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as c,
        distributed.Client(c) as client,
    ):
        scored = score_dask(dd.from_pandas(comments, npartitions=8), path)
        future = client.compute(scored)
        next(iter(c.workers.values())).process.process.kill()
        assert_equal(future.result(timeout=120), expected)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_spark_gives_what_one_table_gives(comments, path, expected, monkeypatch):
    pytest.importorskip("pyspark")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]")
    spark = builder.config("spark.sql.shuffle.partitions", 2).getOrCreate()
    try:
        rows = comments.astype(object).where(comments.notna(), None)
        schema = ", ".join(f"{name} string" for name in comments.columns[:-1])
        schema += ", likes bigint"
        sdf = spark.createDataFrame(rows.to_numpy().tolist(), schema)
        assert_equal(score_spark(sdf, path, n_parts=4).toPandas(), expected)
    finally:
        spark.stop()
