"""Mix the corpus to as many comments as wanted, with new words as a language has them.

A text is a run of words of comments of one label. Words that the corpus has once or
twice are replaced: by a word put together from two others, or by one made before. How
often a new word is made follows the growth of the corpus's own vocabulary with its
length, carried on (Heaps' law); which old one comes again follows a Pitman-Yor process
with the same exponent. So a cache of words finds as many strangers as in real comments.
"""

from __future__ import annotations

import csv
import random
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

ENDINGS = '.,!?:;“”"»«…)'


class Texts(NamedTuple):
    """Texts and the label of each."""

    texts: list[str]
    labels: list[str]


def read_words(path: Path) -> list[tuple[list[str], str]]:
    """Read the corpus: the words and the label of each comment."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row["text"].split(), row["stance"]) for row in csv.DictReader(file)]
    return [(words, label) for words, label in rows if words]


def vocabulary_growth(comments: list[list[str]]) -> tuple[float, float]:
    """Return a and b of ``vocabulary = a * words ** b``, fitted to three quarters."""
    seen: set[str] = set()
    sizes = []
    for at in np.random.default_rng(0).permutation(len(comments)):
        for word in comments[at]:
            seen.add(word)
            sizes.append(len(seen))
    words = np.arange(1, len(sizes) + 1)
    tail = slice(len(sizes) // 4, None)
    b, log_a = np.polyfit(np.log(words[tail]), np.log(np.array(sizes)[tail]), 1)
    return float(np.exp(log_a)), float(b)


class Mixer:
    """Makes texts from the corpus."""

    def __init__(self, corpus: list[tuple[list[str], str]], seed: int) -> None:
        comments = [words for words, _ in corpus]
        counts = Counter(word for words in comments for word in words)
        self.by_label: dict[str, list[list[str]]] = {}
        for words, label in corpus:
            self.by_label.setdefault(label, []).append(words)
        self.labels = [label for _, label in corpus]
        self.rare = {word for word, count in counts.items() if count <= 2}
        self.parts = sorted(w for w in self.rare if w.isalpha() and len(w) > 5)
        self.rare_share = sum(counts[w] for w in self.rare) / counts.total()
        self.a, self.b = vocabulary_growth(comments)
        self.random = random.Random(seed)
        self.n_words = 0
        self.made: list[str] = []
        self.made_counts: Counter[str] = Counter()

    def texts(self, count: int, mean_length: int) -> Texts:
        """Return texts of a mean length in characters, with labels."""
        pairs = [self.text(mean_length) for _ in range(count)]
        self.random.shuffle(pairs)
        return Texts(*map(list, zip(*pairs, strict=True)))

    def text(self, mean_length: int) -> tuple[str, str]:
        """Return one text, its length gamma-distributed."""
        wanted = mean_length * self.random.gammavariate(3, 1 / 3) - 3
        label = self.random.choice(self.labels)
        words = self.random.choice(self.by_label[label])
        at = self.random.randrange(len(words))
        found: list[str] = []
        length = 0
        while length < wanted or not found:
            found.append(self.word(words[at]))
            length += len(found[-1]) + 1
            at += 1
            if at == len(words):
                words, at = self.random.choice(self.by_label[label]), 0
        return " ".join(found), label

    def word(self, word: str) -> str:
        """Return the word, or another one if it is rare."""
        self.n_words += 1
        if word not in self.rare:
            return word
        new_words = self.a * self.b * self.n_words ** (self.b - 1)
        if not self.made or self.random.random() < new_words / self.rare_share:
            word = self.new_word(word)
        else:
            word = self.old_word()
        self.made.append(word)
        self.made_counts[word] += 1
        return word

    def new_word(self, word: str) -> str:
        """Put a word together, with the punctuation of another."""
        first, second = self.random.choice(self.parts), self.random.choice(self.parts)
        cut = max(3, len(first) // 2 + self.random.randint(-1, 1))
        ending = word[len(word.rstrip(ENDINGS)) :]
        return first[:cut] + second[len(second) // 2 :] + ending

    def old_word(self) -> str:
        """Return a word made before, in proportion to its count less the exponent."""
        while True:
            word = self.random.choice(self.made)
            if self.random.random() * self.made_counts[word] >= self.b:
                return word
