"""Train the text classifiers that people use, to compare with."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from speed_texts import Texts

Predict = Callable[[list[str]], Any]

# It is slow to train, and only its speed in use is measured.
SPACY_TEXTS = 5_000


def recipe() -> Any:
    """scikit-learn: TF-IDF of words 1-2 and char_wb 2-5, logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    characters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True
    )
    model = LogisticRegression(class_weight="balanced", C=10, max_iter=1000)
    return make_pipeline(make_union(words, characters), model)


def train_hashing(train: Texts) -> Predict:
    """scikit-learn: HashingVectorizer of words, SGDClassifier."""
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.linear_model import SGDClassifier
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(HashingVectorizer(), SGDClassifier(random_state=0))
    return model.fit(train.texts, train.labels).predict


def train_fasttext(train: Texts) -> Predict:
    """fastText: supervised, word 1-2-grams, characters 2-5, 16 dimensions."""
    import fasttext

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "train.txt")
        with path.open("w", encoding="utf-8") as file:
            for text, label in zip(train.texts, train.labels, strict=True):
                file.write(f"__label__{label} {text}\n")
        model = fasttext.train_supervised(
            str(path), minn=2, maxn=5, dim=16, wordNgrams=2, thread=1, verbose=0
        )
    return model.predict


def train_vowpal_wabbit(train: Texts) -> Predict:
    """Vowpal Wabbit: one against all, words and pairs of words, 20 bits."""
    from vowpalwabbit import pyvw

    labels = sorted(set(train.labels))
    number = {label: str(k + 1) for k, label in enumerate(labels)}
    reserved = str.maketrans(":|\n", "   ")
    model = pyvw.Workspace(f"--oaa {len(labels)} --ngram 2 -b 20 --quiet")
    for text, label in zip(train.texts, train.labels, strict=True):
        model.learn(f"{number[label]} | {text.translate(reserved)}")

    def predict(texts: list[str]) -> list[int]:
        return [model.predict("| " + text.translate(reserved)) for text in texts]

    return predict


def train_spacy(train: Texts) -> Predict:
    """spaCy: blank German pipeline, TextCatBOW, word 1-2-grams."""
    import spacy
    from spacy.training import Example

    nlp = spacy.blank("de")
    architecture = {
        "@architectures": "spacy.TextCatBOW.v3",
        "exclusive_classes": True,
        "ngram_size": 2,
        "no_output_layer": False,
    }
    nlp.add_pipe("textcat", config={"model": architecture})
    labels = sorted(set(train.labels))
    pairs = zip(train.texts[:SPACY_TEXTS], train.labels[:SPACY_TEXTS], strict=True)
    examples = [
        Example.from_dict(
            nlp.make_doc(text), {"cats": {one: one == label for one in labels}}
        )
        for text, label in pairs
    ]
    optimizer = nlp.initialize(lambda: examples)
    random.Random(0).shuffle(examples)
    for start in range(0, len(examples), 64):
        nlp.update(examples[start : start + 64], sgd=optimizer)

    def predict(texts: list[str]) -> list[str]:
        return [max(doc.cats, key=doc.cats.get) for doc in nlp.pipe(texts)]

    return predict


PEERS: dict[str, Callable[[Texts], Predict]] = {
    "HashingVectorizer + SGD": train_hashing,
    "fastText": train_fasttext,
    "Vowpal Wabbit": train_vowpal_wabbit,
    "spaCy BOW": train_spacy,
}


def train_peers(train: Texts) -> tuple[dict[str, Predict], dict[str, float]]:
    """Train all; return what predicts, and how long training took."""
    predict, seconds = {}, {}
    for name, train_peer in PEERS.items():
        start = time.process_time()
        predict[name] = train_peer(train)
        seconds[name] = round(time.process_time() - start, 2)
    return predict, seconds
