"""Turn comments into features: own words, parent's words, shape."""

from stancekit.features.blocks import CommentFeatures, Counts
from stancekit.features.linear import LinearScorer, expect_shape

__all__ = ["CommentFeatures", "Counts", "LinearScorer", "expect_shape"]
