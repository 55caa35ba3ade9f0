"""What Dask and Spark give is what one table gives."""

import os
import pickle
import shutil
import sys
import time

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
    """The last digits hang on the order of rows; engines score them by their ids."""
    return scorer(path)(comments.sort_values("comment_id")).set_index("comment_id")


def assert_equal(found, expected):
    found = found.set_index("comment_id").sort_index()
    for name in expected.columns:
        given, wanted = (
            t[name].astype(object).where(t[name].notna(), None)
            for t in (found, expected)
        )
        assert given.tolist() == wanted.tolist()


def test_a_scorer_is_sent_as_a_path(comments, path, expected):
    sent = pickle.dumps(scorer(path))
    assert len(sent) < 1000
    assert_equal(pickle.loads(sent)(comments.sort_values("comment_id")), expected)


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


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_worker_of_dask_may_die(comments, path, expected):
    dd = pytest.importorskip("dask.dataframe")
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as c,
        distributed.Client(c) as client,
    ):
        scored = score_dask(dd.from_pandas(comments, npartitions=4), path, deepest=8)
        future = client.compute(scored)
        victim = next(iter(c.workers.values()))
        while not client.has_what()[victim.worker_address]:
            time.sleep(0.01)
        assert not future.done()
        victim.process.process.kill()
        assert_equal(future.result(timeout=120), expected)


@pytest.fixture(scope="module")
def spark():
    pytest.importorskip("pyspark")
    if not shutil.which("java") and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark needs Java 17.")
    from pyspark.sql import SparkSession

    settings = {
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        # Little is run twice, so that better compiled code would not pay.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    builder = SparkSession.builder.master("local[2]").config(map=settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        spark = builder.getOrCreate()
        yield spark
        spark.stop()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_spark_gives_what_one_table_gives(spark, comments, path, expected, tmp_path):
    rows = comments.astype(object).where(comments.notna(), None).to_numpy().tolist()
    schema = ", ".join(f"{name} string" for name in comments.columns[:-1])
    sdf = spark.createDataFrame(rows, f"{schema}, likes bigint")
    assert_equal(score_spark(sdf, path, n_parts=4).toPandas(), expected)
    spark.sparkContext.setCheckpointDir(str(tmp_path))
    again = score_spark(sdf, path, n_parts=2, deepest=8)
    assert any(tmp_path.iterdir())
    assert_equal(again.toPandas(), expected)
