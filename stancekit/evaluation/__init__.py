"""Tell how far a model can be trusted, on articles it has not seen."""

from stancekit.evaluation.crossval import evaluate
from stancekit.evaluation.result import Evaluation

__all__ = ["Evaluation", "evaluate"]
