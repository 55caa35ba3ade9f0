"""Build the simple models that any model must beat."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from stancekit.threads import TEXT


def comment_texts(table: pd.DataFrame) -> Any:
    """Return the texts of a comment table as an array."""
    return table[TEXT].to_numpy(dtype=object)


def make_baseline(name: str) -> BaseEstimator:
    """Return an untrained baseline that takes a comment table.

    Parameters
    ----------
    name : {"majority", "words", "words_and_characters"}
        The most frequent label; TF-IDF of words and logistic regression, both as
        scikit-learn has them by default; TF-IDF of word 1-2-grams and character
        2-5-grams with a balanced linear SVM.

    Raises
    ------
    ValueError
        If there is no such baseline.

    Examples
    --------
    >>> table = pd.DataFrame({"text": ["ja", "nein", "ja"]})
    >>> make_baseline("majority").fit(table, list("aba")).predict(table).tolist()
    ['a', 'a', 'a']
    """
    texts = FunctionTransformer(comment_texts)
    if name == "majority":
        return make_pipeline(DummyClassifier(strategy="most_frequent"))
    if name == "words":
        return make_pipeline(texts, TfidfVectorizer(), LogisticRegression())
    if name == "words_and_characters":
        words = TfidfVectorizer(ngram_range=(1, 2))
        characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2)
        svm = LinearSVC(C=0.3, class_weight="balanced", random_state=0)
        return make_pipeline(texts, make_union(words, characters), svm)
    raise ValueError(
        f"There is no baseline {name!r}. There are: 'majority', 'words', "
        "'words_and_characters'."
    )
