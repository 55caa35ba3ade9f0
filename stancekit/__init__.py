r"""Find out which positions comments take, and how many want what.

>>> import stancekit
>>> table = stancekit.read_comments(b"id,text\n1,Erst verhandeln!\n2,Liefern!\n")
>>> stancekit.predict_comments(table)["predicted"].tolist()
['negotiation_first', 'pro_support']
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stancekit.annotation import Agreement as Agreement
    from stancekit.annotation import agreement as agreement
    from stancekit.annotation import label_issues as label_issues
    from stancekit.annotation import read_labels as read_labels
    from stancekit.annotation import resolve_labels as resolve_labels
    from stancekit.annotation import suggest as suggest
    from stancekit.annotation import write_tasks as write_tasks
    from stancekit.classifier import StanceClassifier as StanceClassifier
    from stancekit.classifier import TargetClassifier as TargetClassifier
    from stancekit.conversation import ConversationClassifier as ConversationClassifier
    from stancekit.datasets import default_model as default_model
    from stancekit.datasets import load_codebook as load_codebook
    from stancekit.datasets import load_corpus as load_corpus
    from stancekit.displays import ConfusionDisplay as ConfusionDisplay
    from stancekit.displays import ContextDisplay as ContextDisplay
    from stancekit.displays import LearningCurveDisplay as LearningCurveDisplay
    from stancekit.displays import ReliabilityDisplay as ReliabilityDisplay
    from stancekit.displays import RiskCoverageDisplay as RiskCoverageDisplay
    from stancekit.displays import SharesDisplay as SharesDisplay
    from stancekit.errors import DataWarning as DataWarning
    from stancekit.errors import LeakageWarning as LeakageWarning
    from stancekit.errors import ModelFileError as ModelFileError
    from stancekit.errors import ReadError as ReadError
    from stancekit.evaluation import Evaluation as Evaluation
    from stancekit.evaluation import audit_leakage as audit_leakage
    from stancekit.evaluation import cross_fit as cross_fit
    from stancekit.evaluation import evaluate as evaluate
    from stancekit.evaluation import evaluate_predictions as evaluate_predictions
    from stancekit.evaluation import learning_curve as learning_curve
    from stancekit.explanation import Explanation as Explanation
    from stancekit.explanation import explain as explain
    from stancekit.explanation import typical_words as typical_words
    from stancekit.features import CommentFeatures as CommentFeatures
    from stancekit.folds import thread_folds as thread_folds
    from stancekit.folds import time_split as time_split
    from stancekit.labels import Codebook as Codebook
    from stancekit.labels import Position as Position
    from stancekit.persistence import load_model as load_model
    from stancekit.persistence import save_model as save_model
    from stancekit.prevalence import Prevalence as Prevalence
    from stancekit.prevalence import estimate_prevalence as estimate_prevalence
    from stancekit.prevalence import labels_needed as labels_needed
    from stancekit.readers import ReadReport as ReadReport
    from stancekit.readers import read_comments as read_comments
    from stancekit.readers import to_convokit as to_convokit
    from stancekit.report import verify_report as verify_report
    from stancekit.report import write_report as write_report
    from stancekit.scoring import predict as predict
    from stancekit.scoring import predict_comments as predict_comments
    from stancekit.scoring import write_comments as write_comments
    from stancekit.threads import add_context as add_context
    from stancekit.threads import check_comments as check_comments
    from stancekit.threads import pseudonymise as pseudonymise
    from stancekit.training import train_model as train_model

__version__ = "0.1.0"

# Where each public name lives. They are imported when first used, so that a script
# that only reads comments does not wait for what trains models.
_HOMES = {
    "Agreement": "annotation",
    "Codebook": "labels",
    "CommentFeatures": "features",
    "ConfusionDisplay": "displays",
    "ContextDisplay": "displays",
    "ConversationClassifier": "conversation",
    "DataWarning": "errors",
    "Evaluation": "evaluation",
    "Explanation": "explanation",
    "LeakageWarning": "errors",
    "LearningCurveDisplay": "displays",
    "ModelFileError": "errors",
    "Position": "labels",
    "Prevalence": "prevalence",
    "ReadError": "errors",
    "ReadReport": "readers",
    "ReliabilityDisplay": "displays",
    "RiskCoverageDisplay": "displays",
    "SharesDisplay": "displays",
    "StanceClassifier": "classifier",
    "TargetClassifier": "classifier",
    "add_context": "threads",
    "agreement": "annotation",
    "audit_leakage": "evaluation",
    "check_comments": "threads",
    "cross_fit": "evaluation",
    "default_model": "datasets",
    "estimate_prevalence": "prevalence",
    "evaluate": "evaluation",
    "evaluate_predictions": "evaluation",
    "explain": "explanation",
    "label_issues": "annotation",
    "labels_needed": "prevalence",
    "learning_curve": "evaluation",
    "load_codebook": "datasets",
    "load_corpus": "datasets",
    "load_model": "persistence",
    "predict": "scoring",
    "predict_comments": "scoring",
    "pseudonymise": "threads",
    "read_comments": "readers",
    "read_labels": "annotation",
    "resolve_labels": "annotation",
    "save_model": "persistence",
    "suggest": "annotation",
    "thread_folds": "folds",
    "time_split": "folds",
    "to_convokit": "readers",
    "train_model": "training",
    "typical_words": "explanation",
    "verify_report": "report",
    "write_comments": "scoring",
    "write_report": "report",
    "write_tasks": "annotation",
}

# Names of earlier versions, and what to do now.
_GONE = {
    "HashedNgrams": "CommentFeatures makes features for any classifier",
    "Interval": "results hold them, from stancekit.intervals",
    "compare_context": "give evaluate(model, table, baselines=...) the same model with "
    "and without context",
    "human_ceiling": "agreement(labels) tells it, as its ceiling",
    "power": "it is called labels_needed",
    "read_report": "take ReadReport.of(table)",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(f"stancekit.{_HOMES[name]}"), name)
    elif name in _HOMES.values():
        value = importlib.import_module(f"stancekit.{name}")
    elif name in _GONE:  # an AttributeError would lose its words in `from ... import`
        raise ImportError(f"stancekit.{name} is gone: {_GONE[name]}.")
    else:
        # With name and object Python adds which name may have been meant.
        message = f"module 'stancekit' has no attribute {name!r}"
        raise AttributeError(message, name=name, obj=sys.modules[__name__])
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    own = [name for name in globals() if name.startswith("__")]
    return sorted({*own, *_HOMES, *_HOMES.values()})
