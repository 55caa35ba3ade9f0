"""Build the simple models that any model must beat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from stancekit import columns as col


def comment_texts(table: pd.DataFrame) -> Any:
    """Return the texts of a comment table as an array."""
    return table[col.TEXT].to_numpy(dtype=object)


def make_baseline(name: str) -> BaseEstimator:
    """Return an untrained baseline that takes a comment table."""
    texts = FunctionTransformer(comment_texts)
    if name == "majority":
        return make_pipeline(DummyClassifier(strategy="most_frequent"))
    if name == "words":
        return make_pipeline(texts, TfidfVectorizer(), LogisticRegression())
    if name == "words_and_characters":
        # Fixed, not searched, so that it is the same everywhere: settings common in the
        # literature.
        words = TfidfVectorizer(ngram_range=(1, 2))
        characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2)
        # Balanced, or rare labels would be given up, and any model would look good
        # beside it.
        svm = LinearSVC(C=0.3, class_weight="balanced", random_state=0)
        return make_pipeline(texts, make_union(words, characters), svm)
    raise ValueError(
        f"There is no baseline {name!r}. There are: 'majority', 'words', "
        "'words_and_characters'. To compare with a model of your own, give a pair "
        "(name, model)."
    )


def baseline_models(
    baselines: Sequence[str | tuple[str, BaseEstimator]],
) -> dict[str, BaseEstimator]:
    """Return untrained baselines by name; what is no name is (name, model)."""
    models = {}
    for entry in baselines:
        name, model = (entry, make_baseline(entry)) if isinstance(entry, str) else entry
        if name in models:
            raise ValueError(
                f"Two baselines are called {name!r}. Give each a name of its own."
            )
        models[name] = model
    return models
