"""Find the words and phrases that a model takes for typical of each label."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.explanation.weights import check_explainable, linear_part
from stancekit.features.views import NOISE
from stancekit.folds import group_ids
from stancekit.threads import with_context

WORD = re.compile(r"\w[^\s.,;:!?…()\[\]\"“”„»«/]*")
# What stands under fewer articles may be the habit of a few people.
FEWEST_ARTICLES = 5
# In log-odds: a phrase that says hardly more than one of its words is left to it.
WORTH_A_PHRASE = 1.0
# Words of an example before and behind.
AROUND = 8


def typical_words(model: Any, corpus: Any, *, n: int = 10) -> pd.DataFrame:
    """List the words and phrases that speak most clearly for each label.

    Candidates are the words and the pairs of words of the texts, as they are written
    there most often, that stand under at least five articles (threads, where no
    articles are known). What the model says of each alone, as if it were a whole
    comment, is its weight.

    Parameters
    ----------
    model : StanceClassifier or ConversationClassifier
        A trained classifier.
    corpus : DataFrame or sequence of str
        Comments, as :func:`~stancekit.check_comments` takes them; labels are not
        needed.
    n : int, default=10
        At most this many for each label; none shares a word with another of them.

    Returns
    -------
    DataFrame
        The columns ``label``, ``words``, ``weight`` (log-odds of the label against the
        next best one; always above 0), ``n_articles`` and ``example`` (from the comment
        that is most probably of this label).

    Raises
    ------
    TypeError, ValueError
        If the model is another one, or the comments are no comment table.

    Examples
    --------
    >>> from stancekit import StanceClassifier
    >>> texts = ["Erst reden!", "Jetzt reden", "Mehr liefern!", "Jetzt liefern"] * 5
    >>> labels = ["talks", "talks", "arms", "arms"] * 5
    >>> model = StanceClassifier(cv=2).fit(texts, labels)
    >>> typical_words(model, texts, n=1)[["label", "words", "n_articles"]]
       label    words  n_articles
    0   arms  liefern          10
    1  talks    reden          10
    """
    check_explainable(model)
    table = with_context(corpus)
    candidates = _candidates(table)
    weights = _weights_alone(model, [each.words.lower() for each in candidates])
    proba = model.predict_proba(table)
    found = []
    for place, label in enumerate(model.classes_.tolist()):
        for at in _strongest(candidates, weights[:, place], n):
            words, rows, n_articles = candidates[at]
            example = table[col.TEXT].iloc[rows[proba[rows, place].argmax()]]
            example = _excerpt(example, words)
            found.append((label, words, weights[at, place], n_articles, example))
    names = ["label", "words", "weight", "n_articles", "example"]
    return pd.DataFrame(found, columns=names)


class Candidate(NamedTuple):
    """A word or pair of words, in which rows it stands, under how many articles."""

    words: str
    rows: np.ndarray
    n_articles: int


def _candidates(table: pd.DataFrame) -> list[Candidate]:
    """Return what stands under enough articles."""
    articles, _ = pd.factorize(group_ids(table))
    rows: dict[str, list[int]] = defaultdict(list)
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for row, text in enumerate(table[col.TEXT]):
        # A point in place of a link, so that the words beside it make no pair.
        for form in _words_and_pairs(re.sub(NOISE, " . ", text)):
            rows[form.lower()].append(row)
            forms[form.lower()][form] += 1
    found = []
    for key, places in rows.items():
        n_articles = len({*articles[places].tolist()})
        if n_articles >= FEWEST_ARTICLES:
            form = forms[key].most_common(1)[0][0]
            found.append(Candidate(form, np.unique(places), n_articles))
    return found


def _words_and_pairs(text: str) -> Iterator[str]:
    words = list(WORD.finditer(text))
    yield from (word.group() for word in words)
    for first, second in pairwise(words):
        if text[first.end() : second.start()].isspace():
            yield f"{first.group()} {second.group()}"


def _weights_alone(model: Any, texts: list[str]) -> np.ndarray:
    """Return the log-odds of each label against the next best, by a text alone."""
    part = linear_part(model, is_reply=False)
    scores = part.strength * part.model.scorer_.views["own"].score(texts)[0]
    second, best = np.sort(scores, axis=1)[:, -2:].T[:, :, None]
    return scores - np.where(scores == best, second, best)


def _strongest(
    candidates: list[Candidate], weights: np.ndarray, n: int
) -> Iterator[int]:
    """Yield the n that speak most clearly for a label, no word of them twice."""
    keys = [each.words.lower() for each in candidates]
    weight_of = dict(zip(keys, weights, strict=True))
    used: set[str] = set()
    for at in np.argsort(-weights, kind="stable").tolist():
        words = keys[at].split()
        enough = max(weight_of.get(word, 0) for word in words) + WORTH_A_PHRASE
        if n and weights[at] > 0 and not used & {*words}:
            if len(words) == 1 or weights[at] >= enough:
                n -= 1
                used |= {*words}
                yield at


def _excerpt(text: str, words: str) -> str:
    """Return a stretch of a text with some words in it."""
    wanted = r"\s+".join(map(re.escape, words.split()))
    found = re.search(rf"\b{wanted}\b", text, flags=re.IGNORECASE)
    start = found.start() if found else 0
    while start and not text[start - 1].isspace():
        start -= 1
    before, behind = text[:start].split(), text[start:].split()
    end = AROUND + len(words.split())
    shown = " ".join(before[-AROUND:] + behind[:end])
    return f"{'… ' * (len(before) > AROUND)}{shown}{' …' * (len(behind) > end)}"
