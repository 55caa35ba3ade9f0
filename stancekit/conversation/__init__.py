"""Classify the stance of comments with what the rest of the thread says."""

from stancekit.conversation.classifier import ConversationClassifier

__all__ = ["ConversationClassifier"]
