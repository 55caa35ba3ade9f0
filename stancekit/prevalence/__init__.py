"""Estimate the share of each stance, corrected for classifier error."""

from stancekit.prevalence.estimate import estimate_prevalence
from stancekit.prevalence.planning import labels_needed
from stancekit.prevalence.result import Prevalence

__all__ = ["Prevalence", "estimate_prevalence", "labels_needed"]
