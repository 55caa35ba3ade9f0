"""Hash the n-grams of texts, count them, and score texts by them."""

from stancekit.ngrams.counting import inverse_document_frequency, weigh
from stancekit.ngrams.definition import Ngram, NgramMap
from stancekit.ngrams.scorer import NgramScorer, NgramTable
from stancekit.ngrams.transformer import HashedNgrams

__all__ = [
    "HashedNgrams",
    "Ngram",
    "NgramMap",
    "NgramScorer",
    "NgramTable",
    "inverse_document_frequency",
    "weigh",
]
