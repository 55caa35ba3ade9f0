"""Fixtures that many tests share."""

from pathlib import Path

import pandas as pd
import pytest

import stancekit

FILES = Path(__file__).parent / "files"


@pytest.fixture
def forest():
    """Five comments in two threads under two articles, one with a missing text."""
    return pd.DataFrame(
        {
            "comment_id": ["a", "b", "c", "d", "e"],
            "parent_id": [None, "a", "b", None, "gone"],
            "article_id": ["1", "1", "1", "2", "2"],
            "author": ["Ilse", "Bo", "Ilse", None, "Kim"],
            "text": ["Erst reden!", "Mit wem?", "Mit allen.", None, "Liefern!"],
        }
    )


@pytest.fixture(scope="session")
def corpus():
    return stancekit.load_corpus()


@pytest.fixture(scope="session")
def small_corpus(corpus):
    """The comments of sixteen articles."""
    articles = corpus["article_id"].drop_duplicates()[::10]
    return corpus[corpus["article_id"].isin(articles)].reset_index(drop=True)


@pytest.fixture(scope="session")
def small_model(small_corpus):
    return stancekit.StanceClassifier(stancekit.CommentFeatures(), cv=3).fit(
        small_corpus, small_corpus["stance"]
    )
