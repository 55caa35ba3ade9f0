"""Turn comments into features: own words, parent's words, shape."""

from stancekit.features.blocks import CommentFeatures, remember_columns
from stancekit.features.linear import LinearScorer, expect_shape

__all__ = [
    "CommentFeatures",
    "LinearScorer",
    "expect_shape",
    "remember_columns",
]
