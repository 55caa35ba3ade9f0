"""Predict the positions of comments, and write tables of them."""

from stancekit.scoring.clusters import score_dask, score_spark, scorer
from stancekit.scoring.large import score_file
from stancekit.scoring.predicting import predict, predict_comments
from stancekit.scoring.unseen import unseen_predictions
from stancekit.scoring.writing import write_comments

__all__ = [
    "predict",
    "predict_comments",
    "score_dask",
    "score_file",
    "score_spark",
    "scorer",
    "unseen_predictions",
    "write_comments",
]
