"""Fixtures that many tests share."""

import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings

import stancekit

# On a busy machine an example may take long; that says nothing about the code. What
# guards a change tries the same examples each time; elsewhere they are always others.
settings.register_profile("stancekit", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("stancekit")

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
    """The comments of sixteen articles, German and English, with all positions."""
    articles = corpus["article_id"].drop_duplicates()
    articles = articles[articles.str[0].isin(["V", "Z"])][6:38:2]
    return corpus[corpus["article_id"].isin(articles)].reset_index(drop=True)


@pytest.fixture(scope="session")
def small_model(small_corpus):
    single = stancekit.StanceClassifier(stancekit.CommentFeatures(), C=0.5, cv=3)
    return single.fit(small_corpus, small_corpus["stance"])
