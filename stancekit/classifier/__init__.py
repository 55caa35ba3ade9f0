"""Classify the stance of comments, one by one."""

from stancekit.classifier.stance import StanceClassifier

__all__ = ["StanceClassifier"]
