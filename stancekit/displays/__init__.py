"""Draw evaluations and shares, one look a position."""

from stancekit.displays.curves import (
    ContextDisplay,
    LearningCurveDisplay,
    ReliabilityDisplay,
    RiskCoverageDisplay,
)
from stancekit.displays.matrix import ConfusionDisplay
from stancekit.displays.shares import SharesDisplay

__all__ = [
    "ConfusionDisplay",
    "ContextDisplay",
    "LearningCurveDisplay",
    "ReliabilityDisplay",
    "RiskCoverageDisplay",
    "SharesDisplay",
]
