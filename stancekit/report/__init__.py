"""Write a page that shows comments and their positions, and check one."""

from stancekit.report.checking import verify_report
from stancekit.report.numbers import carrying_words
from stancekit.report.writing import write_report

__all__ = ["carrying_words", "verify_report", "write_report"]
