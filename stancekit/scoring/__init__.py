"""Predict the positions of comments, and write tables of them."""

from stancekit.scoring.predicting import predict, predict_comments
from stancekit.scoring.writing import write_comments

__all__ = ["predict", "predict_comments", "write_comments"]
