"""Tell how far a model can be trusted, on articles it has not seen."""

from stancekit.evaluation.ceiling import HumanCeiling, human_ceiling
from stancekit.evaluation.contexts import compare_context
from stancekit.evaluation.crossfit import cross_fit
from stancekit.evaluation.crossval import evaluate
from stancekit.evaluation.leakage import LeakageAudit, audit_leakage
from stancekit.evaluation.result import Evaluation

__all__ = [
    "Evaluation",
    "HumanCeiling",
    "LeakageAudit",
    "audit_leakage",
    "compare_context",
    "cross_fit",
    "evaluate",
    "human_ceiling",
]
