r"""Find out which positions comments take, and how many want what.

>>> import stancekit
>>> table = stancekit.read_comments(b"id,text\n1,Erst verhandeln!\n2,Liefern!\n")
>>> stancekit.predict_comments(table)["predicted"].tolist()
['negotiation_first', 'pro_support']
"""

from __future__ import annotations

import importlib
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
    from stancekit.conversation import ConversationClassifier as ConversationClassifier
    from stancekit.datasets import default_model as default_model
    from stancekit.datasets import load_codebook as load_codebook
    from stancekit.datasets import load_corpus as load_corpus
    from stancekit.errors import DataWarning as DataWarning
    from stancekit.errors import LeakageWarning as LeakageWarning
    from stancekit.errors import ModelFileError as ModelFileError
    from stancekit.errors import ReadError as ReadError
    from stancekit.evaluation import Evaluation as Evaluation
    from stancekit.evaluation import audit_leakage as audit_leakage
    from stancekit.evaluation import compare_context as compare_context
    from stancekit.evaluation import cross_fit as cross_fit
    from stancekit.evaluation import evaluate as evaluate
    from stancekit.evaluation import human_ceiling as human_ceiling
    from stancekit.features import CommentFeatures as CommentFeatures
    from stancekit.intervals import Interval as Interval
    from stancekit.labels import Codebook as Codebook
    from stancekit.labels import Position as Position
    from stancekit.ngrams import HashedNgrams as HashedNgrams
    from stancekit.persistence import load_model as load_model
    from stancekit.persistence import save_model as save_model
    from stancekit.prevalence import Prevalence as Prevalence
    from stancekit.prevalence import estimate_prevalence as estimate_prevalence
    from stancekit.prevalence import power as power
    from stancekit.readers import ReadReport as ReadReport
    from stancekit.readers import read_comments as read_comments
    from stancekit.readers import read_report as read_report
    from stancekit.readers import to_convokit as to_convokit
    from stancekit.scoring import predict as predict
    from stancekit.scoring import predict_comments as predict_comments
    from stancekit.scoring import write_comments as write_comments
    from stancekit.threads import add_context as add_context
    from stancekit.threads import check_comments as check_comments
    from stancekit.threads import pseudonymise as pseudonymise
    from stancekit.threads import thread_folds as thread_folds
    from stancekit.threads import time_split as time_split
    from stancekit.training import train_model as train_model

__version__ = "0.1.0"

# Where each public name lives. They are imported when first used, so that a script
# that only reads comments does not wait for what trains models.
_HOMES = {
    "Agreement": "annotation",
    "Codebook": "labels",
    "CommentFeatures": "features",
    "ConversationClassifier": "conversation",
    "DataWarning": "errors",
    "Evaluation": "evaluation",
    "HashedNgrams": "ngrams",
    "Interval": "intervals",
    "LeakageWarning": "errors",
    "ModelFileError": "errors",
    "Position": "labels",
    "Prevalence": "prevalence",
    "ReadError": "errors",
    "ReadReport": "readers",
    "StanceClassifier": "classifier",
    "add_context": "threads",
    "agreement": "annotation",
    "audit_leakage": "evaluation",
    "check_comments": "threads",
    "compare_context": "evaluation",
    "cross_fit": "evaluation",
    "default_model": "datasets",
    "estimate_prevalence": "prevalence",
    "evaluate": "evaluation",
    "human_ceiling": "evaluation",
    "label_issues": "annotation",
    "load_codebook": "datasets",
    "load_corpus": "datasets",
    "load_model": "persistence",
    "power": "prevalence",
    "predict": "scoring",
    "predict_comments": "scoring",
    "pseudonymise": "threads",
    "read_comments": "readers",
    "read_labels": "annotation",
    "read_report": "readers",
    "resolve_labels": "annotation",
    "save_model": "persistence",
    "suggest": "annotation",
    "thread_folds": "threads",
    "time_split": "threads",
    "to_convokit": "readers",
    "train_model": "training",
    "write_comments": "scoring",
    "write_tasks": "annotation",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'stancekit' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"stancekit.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
