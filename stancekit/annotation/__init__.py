"""Bring comments to annotators and their labels back: choose, compare, doubt."""

from stancekit.annotation.label_files import read_labels
from stancekit.annotation.label_quality import label_issues
from stancekit.annotation.label_table import resolve_labels
from stancekit.annotation.reliability import Agreement, agreement
from stancekit.annotation.suggestion import suggest
from stancekit.annotation.tasks import label_studio_config, write_tasks

__all__ = [
    "Agreement",
    "agreement",
    "label_issues",
    "label_studio_config",
    "read_labels",
    "resolve_labels",
    "suggest",
    "write_tasks",
]
