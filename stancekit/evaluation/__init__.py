"""Tell how far a model can be trusted, on articles it has not seen."""

from stancekit.evaluation.crossfit import cross_fit
from stancekit.evaluation.crossval import evaluate
from stancekit.evaluation.given import evaluate_predictions
from stancekit.evaluation.leakage import LeakageAudit, audit_leakage
from stancekit.evaluation.learning import learning_curve
from stancekit.evaluation.result import Evaluation

__all__ = [
    "Evaluation",
    "LeakageAudit",
    "audit_leakage",
    "cross_fit",
    "evaluate",
    "evaluate_predictions",
    "learning_curve",
]
