"""Hash the n-grams of texts, count them, and score texts by them.

`definition` says what the n-grams of a text are and which bucket each one has. The
numpy and the numba files find the same, faster; `kernels` chooses between them.
"""

from stancekit.ngrams.counting import inverse_document_frequency, weigh
from stancekit.ngrams.definition import Ngram, NgramMap
from stancekit.ngrams.kernels import is_compiled
from stancekit.ngrams.scorer import NgramScorer, NgramTable, warm_up
from stancekit.ngrams.transformer import HashedNgrams

__all__ = [
    "HashedNgrams",
    "Ngram",
    "NgramMap",
    "NgramScorer",
    "NgramTable",
    "inverse_document_frequency",
    "is_compiled",
    "warm_up",
    "weigh",
]
