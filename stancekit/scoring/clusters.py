"""Score comments on clusters, with Dask or Spark."""

from __future__ import annotations

import os
from typing import Any

import pandas as pd

from stancekit import columns as col
from stancekit.errors import missing_extra
from stancekit.scoring.large import Scorer
from stancekit.scoring.predicting import ABSTAIN_BELOW

# Columns on the way: what is kept together, and the highest comment found above one.
GROUP, UP, FURTHER = "_group", "_up", "_further"


def scorer(
    model_path: str | os.PathLike[str] | None = None,
    *,
    abstain_below: float = ABSTAIN_BELOW,
) -> Scorer:
    """Return a function that scores tables, to be sent to other processes.

    It holds the path only; each process reads the model once. The same function may be
    used by many threads.

    Parameters
    ----------
    model_path : path, optional
        A model file, which all processes can read; by default the bundled model.
    abstain_below : float, default=0.4
        As for :func:`predict_comments`.

    Returns
    -------
    callable
        Takes a DataFrame and returns it as :func:`predict_comments` does. Give it whole
        articles.

    Examples
    --------
    >>> import pickle
    >>> score = pickle.loads(pickle.dumps(scorer()))
    >>> score(pd.DataFrame({"text": ["Erst verhandeln!"]}))["predicted"].tolist()
    ['negotiation_first']
    """
    path = None if model_path is None else os.path.abspath(model_path)
    return Scorer(path, abstain_below=abstain_below)


def score_dask(
    comments: Any,
    model_path: str | os.PathLike[str] | None = None,
    *,
    abstain_below: float = ABSTAIN_BELOW,
    deepest: int = 64,
) -> Any:
    """Score a Dask DataFrame of comments, without collecting it.

    Dask brings the comments of each article together, or of each thread where there is
    no article, and scores every partition as a table. A reply counts under its own
    article: one that answers a comment under another article has no parent.

    Parameters
    ----------
    comments : dask.dataframe.DataFrame
        A comment table; see :func:`predict_comments`.
    model_path, abstain_below
        As for :func:`scorer`.
    deepest : int, default=64
        How deep a reply may stand below the first comment of its thread; twice as deep
        takes one more join. With 0 there is none: every comment has its article.

    Returns
    -------
    dask.dataframe.DataFrame
        With the columns of :func:`predict_comments`, in another order of rows.

    Raises
    ------
    ImportError
        If Dask is not installed (extra ``dask``).
    """
    try:
        import dask.dataframe as dd
        from dask.dataframe.dispatch import make_meta
    except ImportError as error:
        raise missing_extra("dask", "dask", "Scoring with Dask") from error
    score = scorer(model_path, abstain_below=abstain_below)
    meta = _score_sorted(make_meta(comments), score)
    # Where nothing belongs together, each row is scored where it is.
    if {col.ARTICLE_ID, col.PARENT_ID}.isdisjoint(comments.columns):
        return comments.map_partitions(score, meta=meta)
    together = _dask_groups(comments, deepest).shuffle(on=GROUP).drop(columns=GROUP)
    return dd.map_partitions(
        _score_sorted, together, score, meta=meta, enforce_metadata=False
    )


def _score_sorted(table: pd.DataFrame, score: Scorer) -> pd.DataFrame:
    """Score comments in an order that does not hang on which arrived first."""
    has_ids = col.COMMENT_ID in table.columns
    return score(table.sort_values(col.COMMENT_ID) if has_ids else table)


def _dask_groups(comments: Any, deepest: int) -> Any:
    """Return the comments with the name of their article, else of their thread."""
    if not deepest or col.PARENT_ID not in comments.columns:
        return comments.assign(**{GROUP: comments[col.ARTICLE_ID]})
    ids = comments[[col.COMMENT_ID, col.PARENT_ID]]
    up = ids.rename(columns={col.PARENT_ID: UP})
    known = ids[[col.COMMENT_ID]].assign(**{FURTHER: ids[col.COMMENT_ID]})
    up = _dask_step(up, known)
    for _ in range(deepest.bit_length()):
        up = _dask_step(up, up.rename(columns={UP: FURTHER}))
    if col.ARTICLE_ID in comments.columns:
        articles = comments[[col.COMMENT_ID, col.ARTICLE_ID]]
        of_root = articles.rename(columns={col.COMMENT_ID: UP, col.ARTICLE_ID: FURTHER})
        up = up.merge(of_root, on=UP).merge(articles, on=col.COMMENT_ID)
    groups = up.map_partitions(_named)
    return comments.merge(groups, on=col.COMMENT_ID)


def _named(up: pd.DataFrame) -> pd.DataFrame:
    """Return what each comment is kept together by."""
    named = up[UP]
    if col.ARTICLE_ID in up.columns:
        named = up[col.ARTICLE_ID].fillna(up[FURTHER]).fillna(named)
    return pd.DataFrame({col.COMMENT_ID: up[col.COMMENT_ID], GROUP: named})


def _dask_step(up: Any, known: Any) -> Any:
    """Go from each comment's ancestor to that one's, where it is known."""
    found = up.merge(known.rename(columns={col.COMMENT_ID: UP}), on=UP, how="left")
    return found.map_partitions(_higher)


def _higher(found: pd.DataFrame) -> pd.DataFrame:
    higher = found[FURTHER].fillna(found[col.COMMENT_ID])
    return pd.DataFrame({col.COMMENT_ID: found[col.COMMENT_ID], UP: higher})


def score_spark(
    comments: Any,
    model_path: str | os.PathLike[str] | None = None,
    *,
    abstain_below: float = ABSTAIN_BELOW,
    deepest: int = 64,
    n_parts: int = 200,
) -> Any:
    """Score a Spark DataFrame of comments, without collecting it.

    Spark brings the comments of each article together, or of each thread where there is
    no article, and scores some articles at a time as one table. As
    :func:`score_dask`, else. The threads are found when it is called. They are kept in
    the folder of ``SparkContext.setCheckpointDir``; without one on the workers, none of
    which may then be lost.

    Parameters
    ----------
    comments : pyspark.sql.DataFrame
        A comment table; see :func:`predict_comments`.
    model_path, abstain_below, deepest
        As for :func:`score_dask`.
    n_parts : int, default=200
        In how many tables it is scored; one of 100,000 comments takes about 1 GB.

    Returns
    -------
    pyspark.sql.DataFrame
        With the columns of :func:`predict_comments`, in another order of rows.

    Raises
    ------
    ImportError
        If Spark is not installed (extra ``spark``).
    """
    try:
        from pyspark.sql import functions as f
    except ImportError as error:
        raise missing_extra("pyspark", "spark", "Scoring with Spark") from error
    score = scorer(model_path, abstain_below=abstain_below)
    group = _spark_groups(comments, deepest)
    # Hashes of Spark may be negative.
    parted = group.withColumn(GROUP, f.pmod(f.hash(GROUP), f.lit(n_parts)))

    def score_part(table: pd.DataFrame) -> pd.DataFrame:
        scored = _score_sorted(table.drop(columns=GROUP), score)
        labels = scored[col.PREDICTED].astype("str")
        return scored.assign(**{col.PREDICTED: labels})

    schema = _spark_schema(comments, score)
    return parted.groupBy(GROUP).applyInPandas(score_part, schema)


def _spark_groups(comments: Any, deepest: int) -> Any:
    """Return the comments with the name of their article, else of their thread."""
    from pyspark.sql import functions as f

    if {col.ARTICLE_ID, col.PARENT_ID}.isdisjoint(comments.columns):
        # Nothing belongs together, so that any row may go anywhere.
        return comments.withColumn(GROUP, f.monotonically_increasing_id())
    if not deepest or col.PARENT_ID not in comments.columns:
        return comments.withColumn(GROUP, f.col(col.ARTICLE_ID))
    own = f.col(col.COMMENT_ID)
    up = comments.select(own, f.col(col.PARENT_ID).alias(UP))
    up = _spark_step(up, comments.select(own.alias(UP), own.alias(FURTHER)))
    for _ in range(deepest.bit_length()):
        up = _spark_step(up, up.select(own.alias(UP), f.col(UP).alias(FURTHER)))
    names = [f.col(UP)]
    if col.ARTICLE_ID in comments.columns:
        article = f.col(col.ARTICLE_ID)
        up = up.join(comments.select(own.alias(UP), article.alias(FURTHER)), UP)
        names = [article, f.col(FURTHER), *names]
    joined = comments.join(up, col.COMMENT_ID).withColumn(GROUP, f.coalesce(*names))
    return joined.select(*comments.columns, GROUP)


def _spark_step(up: Any, known: Any) -> Any:
    """Go from each comment's ancestor to that one's, where it is known."""
    from pyspark.sql import functions as f

    higher = f.coalesce(FURTHER, col.COMMENT_ID).alias(UP)
    found = up.join(known, UP, "left").select(col.COMMENT_ID, higher)
    # Kept, or each step would compute, and plan, all before it twice.
    context = getattr(up.sparkSession, "sparkContext", None)
    survives = context is not None and context.getCheckpointDir() is not None
    return found.checkpoint() if survives else found.localCheckpoint()


def _spark_schema(comments: Any, score: Scorer) -> Any:
    """Return the columns of Spark that a scored table has."""
    from pyspark.sql import types as t

    # In a comment table ids are texts, whatever they are in Spark.
    ids = (col.COMMENT_ID, col.PARENT_ID, col.ARTICLE_ID, col.THREAD_ID)
    given = [
        t.StructField(field.name, t.StringType()) if field.name in ids else field
        for field in comments.schema.fields
    ]
    sample = score(pd.DataFrame({col.TEXT: pd.Series(dtype="str")}))
    kinds = {"category": t.StringType(), "boolean": t.BooleanType()}
    new = [
        t.StructField(name, kinds.get(str(dtype), t.DoubleType()))
        for name, dtype in sample.drop(columns=col.TEXT).dtypes.items()
    ]
    return t.StructType([*given, *new])
