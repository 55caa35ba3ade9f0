"""Say what a reader read, left out and guessed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from stancekit.errors import name_rows
from stancekit.html_table import html_table

REPORT = "read_report"
# Of the numbers, those shown only where they are not 0.
COUNTED = "orphans duplicates cycles_cut deleted removed without_text".split()


@dataclass
class Notes:
    """What a reader has to say besides the comments.

    ``claimed`` is the number of comments the source says it has, ``guesses`` are
    sentences for the report, ``warnings`` sentences that are also issued as
    DataWarning, ``skipped_lines`` the numbers of lines left out, ``unused`` the
    columns that are none of ours, ``read_as`` our names of those that are, where the
    source has others; what follows are numbers of the report.
    """

    claimed: int | None = None
    guesses: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    skipped_lines: list[int] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    read_as: dict[str, str] = field(default_factory=dict)
    duplicates: int = 0
    orphans: int = 0
    cycles_cut: int = 0

    def count(self, n: int, said: str) -> None:
        """Add a guess about so many of something, if there are any."""
        if n:
            self.guesses.append(f"{n:,} {said}")


@dataclass(frozen=True)
class ReadReport:
    """What was read, and what was left out or guessed.

    Attributes
    ----------
    source, format : str
        Name of the source, and the format it was read as.
    rows : int
        Comments in the table: ``top_level`` of them, ``replies`` whose parent is in
        the table, and ``orphans`` whose parent is not.
    duplicates : int
        Repetitions of an id; the first one was kept.
    cycles_cut : int
        Circles of comments that answer each other, each cut at one comment.
    deleted, removed : int
        Comments taken back by their author, or by a moderator.
    without_text : int
        Other comments without a text, such as those of a picture only.
    claimed : int or None
        How many comments the source says it has.
    skipped : int
        Lines left out because they could not be read; the numbers of the first 100
        are in ``skipped_lines``.
    unused : tuple of str
        Columns of the source that are none of a comment table; they follow its own.
    guesses, warnings : tuple of str
        What was decided without being told, and what looks wrong.
    """

    source: str
    format: str
    rows: int
    top_level: int
    replies: int
    orphans: int = 0
    duplicates: int = 0
    cycles_cut: int = 0
    deleted: int = 0
    removed: int = 0
    without_text: int = 0
    claimed: int | None = None
    skipped: int = 0
    skipped_lines: tuple[int, ...] = ()
    unused: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: pd.DataFrame) -> ReadReport:
        r"""Return the report of the reader that made the table.

        Parameters
        ----------
        table : DataFrame
            What :func:`read_comments` returned.

        Returns
        -------
        ReadReport

        Raises
        ------
        ValueError
            If the table was not made by a reader, or lost its ``attrs`` on the way.

        Examples
        --------
        >>> from stancekit.readers import read_comments
        >>> table = read_comments(b"id,parent,text\n1,,Reden!\n2,1,Mit wem?\n")
        >>> print(ReadReport.of(table))
        <bytes> (csv): 2 comments, 1 top-level, 1 replies
        """
        if REPORT not in table.attrs:
            raise ValueError(
                "This table has no read report. Only what read_comments returns has "
                "one, and some pandas operations drop it."
            )
        said: dict[str, Any] = table.attrs[REPORT]
        lists = {k: tuple(v) for k, v in said.items() if isinstance(v, list)}
        return cls(**said | lists)

    def __str__(self) -> str:
        """Say it in a few lines; what is zero is left out."""
        lines = [
            f"{self.source} ({self.format}): {self.rows:,} comments, "
            f"{self.top_level:,} top-level, {self.replies:,} replies"
        ]
        for name in COUNTED:
            if count := getattr(self, name):
                lines.append(f"  {name.replace('_', ' ')}: {count:,}")
        if self.claimed is not None:
            lines.append(f"  claimed by the source: {self.claimed:,}")
        if self.skipped:
            numbers = name_rows(self.skipped_lines, most=10)
            lines.append(f"  lines skipped: {self.skipped:,} ({numbers})")
        if self.unused:
            lines.append(f"  columns not ours: {name_rows(self.unused, most=10)}")
        lines += [f"  guess: {sentence}" for sentence in self.guesses]
        lines += [f"  warning: {sentence}" for sentence in self.warnings]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        counts = ["rows", "top_level", "replies", *COUNTED, "claimed", "skipped"]
        rows = [(name.replace("_", " "), getattr(self, name)) for name in counts]
        found = pd.DataFrame([row for row in rows if row[1]], columns=["", "n"])
        title = f"{self.source} ({self.format})"
        return html_table(title, found, [*self.guesses, *self.warnings])
