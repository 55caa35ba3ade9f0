"""Hash the n-grams of texts, count them, and score texts by them.

`definition` says what the n-grams of a text are and which bucket each one has. The
numpy and the numba files find the same, faster; `counting` chooses between them.
"""

from stancekit.ngrams.counting import (
    NgramTable,
    count_ngrams,
    inverse_document_frequency,
    weigh,
)
from stancekit.ngrams.definition import Ngram, NgramMap
from stancekit.ngrams.numpy_counting import Places, place_ngrams
from stancekit.ngrams.scorer import NgramScorer, is_compiled, warm_up

__all__ = [
    "Ngram",
    "NgramMap",
    "NgramScorer",
    "NgramTable",
    "Places",
    "count_ngrams",
    "inverse_document_frequency",
    "is_compiled",
    "place_ngrams",
    "warm_up",
    "weigh",
]
