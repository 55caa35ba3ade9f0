"""Classify the stance of comments, one by one."""

from stancekit.classifier.encoding import encoder_name
from stancekit.classifier.stance import StanceClassifier
from stancekit.classifier.targets import TargetClassifier

__all__ = ["StanceClassifier", "TargetClassifier", "encoder_name"]
