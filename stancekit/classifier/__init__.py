"""Classify the stance of comments, one by one."""

from stancekit.classifier.encoding import encoder_name
from stancekit.classifier.stance import StanceClassifier

__all__ = ["StanceClassifier", "encoder_name"]
