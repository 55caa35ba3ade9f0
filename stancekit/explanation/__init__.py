"""Say which words and which facts of the thread carried a decision."""

from stancekit.explanation.explaining import explain
from stancekit.explanation.result import Explanation
from stancekit.explanation.scene import Flip
from stancekit.explanation.typical import typical_words

__all__ = ["Explanation", "Flip", "explain", "typical_words"]
