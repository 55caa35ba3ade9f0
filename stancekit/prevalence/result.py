"""Hold estimated shares, show them, and compare groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stancekit.errors import name_rows
from stancekit.html_table import html_table
from stancekit.intervals import Interval
from stancekit.prevalence.limits import difference_limits
from stancekit.prevalence.notes import WIDER_NOTE
from stancekit.prevalence.rows import Design
from stancekit.prevalence.shares import ClusterTotals, Shares, divide
from stancekit.prevalence.writing import latex_table, write_methods

# Of the columns of a wide table, after the label.
ENDS = ("", "_low", "_high")


@dataclass(frozen=True, eq=False, repr=False)
class Prevalence:
    """Shares of each label, with intervals.

    Made by :func:`estimate_prevalence`; ``print`` shows it as a table.

    Parameters
    ----------
    shares : DataFrame
        One row for each group and label; see :meth:`to_frame`.
    by : str or None
        What the groups are.
    unit : str
        What counts once: "comment", "author" or "thread".
    clusters : str
        What was taken to be drawn independently: the name of a column, or "comment".
    confidence_level : float
        Of the intervals.
    n_hidden, n_without_text : int
        Comments deleted or removed, and without text: the shares are not about them.
    n_without_group : int
        Comments without a value to group by, which were left out.
    without_labels : list
        Groups left out because none of their comments has a label.
    balance : float
        How likely chance alone makes the predictions on the labelled comments so
        unlike those on all, if they were drawn as the table says; NaN if untested.
    min_labelled : int
        Labelled comments that a group had to have.
    pooled : list
        Groups put together for want of them.
    design : Design
        How the labels came about: how comments were drawn (``sampling``), how many
        (``n_drawn``), in how many rounds, how many of them have no label
        (``n_skipped``), and in how many folds all were predicted.
    notes : tuple of str
        What a reader of the shares must know, a sentence each; ``print`` shows them.
    overall : Prevalence or None
        The shares in all comments, where these are the shares of groups.
    totals : ClusterTotals
    labels_only, corrected : Shares
        What the shares were made from.
    """

    shares: pd.DataFrame
    by: str | None
    unit: str
    clusters: str
    confidence_level: float
    n_hidden: int
    n_without_text: int
    n_without_group: int
    without_labels: list[Any]
    balance: float
    min_labelled: int
    pooled: list[Any]
    design: Design
    notes: tuple[str, ...]
    overall: Prevalence | None
    totals: ClusterTotals
    labels_only: Shares
    corrected: Shares

    @property
    def n_skipped(self) -> int:
        """How many comments drawn for labelling have no label."""
        return self.design.n_skipped

    def to_frame(self, *, wide: bool = False) -> pd.DataFrame:
        """Return the shares as a table.

        Parameters
        ----------
        wide : bool, default=False
            One row for each group, that of all comments first, with ``n``,
            ``n_labelled``, ``n_clusters`` and for each label its corrected share and
            limits: ``<label>``, ``<label>_low``, ``<label>_high``.

        Returns
        -------
        DataFrame
            One row for each group and label, with the columns

            - ``group``, ``label``; without ``by`` the group is "all";
            - ``naive``: share of the predicted labels, not corrected;
            - ``labels_only``, ``labels_only_low``, ``labels_only_high``: from the
              labelled comments alone;
            - ``corrected``, ``low``, ``high``: from labels and predictions; the
              corrected shares of a group add up to 1;
            - ``std_error``: of the corrected share;
            - ``tuning``: the weight of the predictions, 0 to 1;
            - ``n``, ``n_labelled``: comments, labelled comments;
            - ``n_clusters``, ``n_labelled_clusters``;
            - ``n_effective``: how many independent labels alone would tell as much.
        """
        if not wide:
            return self.shares.copy()
        rows = self._with_overall()
        names = [f"{label}{end}" for label in self._labels for end in ENDS]
        limits = rows[["corrected", "low", "high"]].to_numpy()
        return self._one_row_a_group(["n", "n_labelled", "n_clusters"], limits, names)

    def to_latex(self) -> str:
        r"""Return the shares in percent as a LaTeX table (package booktabs).

        One row for each group, that of all comments first; the title is the caption.
        """
        rows = self._with_overall()
        cells = np.array(_ranges(rows, "corrected", "low", "high"), dtype=object)
        body = self._one_row_a_group(["n", "n_labelled"], cells, self._labels)
        return latex_table(self._title(), body)

    def methods_text(
        self, *, model: Any = None, agreement: Any = None, language: str = "en"
    ) -> str:
        """Return a paragraph on how the shares were estimated, with every number.

        Parameters
        ----------
        model : classifier or str, optional
            What predicted the comments; it is called by its name.
        agreement : Agreement, optional
            Of those who labelled.
        language : {"en", "de"}, default="en"
            English or German.

        Raises
        ------
        ValueError
            If the language is another one.
        """
        return write_methods(self, model, agreement, language)

    def interval(self, label: str, group: Any = "all") -> Interval:
        """Return one corrected share with its interval.

        Its n is the number of clusters with labels.

        Raises
        ------
        ValueError
            If there is no such group or label.
        """
        rows = self._rows(group)
        row = rows[rows["label"] == label]
        if row.empty:
            raise ValueError(
                f"There is no label {label!r}; there are {name_rows(rows['label'])}."
            )
        share, low, high = row[["corrected", "low", "high"]].iloc[0].tolist()
        n = int(row["n_labelled_clusters"].iloc[0])
        return Interval(share, low, high, self.confidence_level, n)

    def difference(self, first: Any, second: Any) -> pd.DataFrame:
        """Compare the corrected shares of two groups.

        Parameters
        ----------
        first, second : object
            Two values of what the shares were estimated by.

        Returns
        -------
        DataFrame
            One row for each label, with the columns ``label``, ``first``,
            ``second`` (the two shares), ``difference`` (first minus second), ``low``
            and ``high``.

        Raises
        ------
        ValueError
            If there is no such group.

        Notes
        -----
        The interval is made from the two shares' own intervals and their correlation
        through clusters that have comments in both groups (Zou & Donner 2008).
        """
        a, b = self._rows(first), self._rows(second)
        # In the order of the cells.
        names = self.shares["group"].unique().tolist()
        limits = ["corrected", "low", "high"]
        low, high = difference_limits(
            a[limits].to_numpy().T,
            b[limits].to_numpy().T,
            self._correlation(names.index(first), names.index(second)),
        )
        shares = {"first": a["corrected"], "second": b["corrected"]}
        return pd.DataFrame({"label": a["label"], **shares}).assign(
            difference=a["corrected"] - b["corrected"], low=low, high=high
        )

    def _correlation(self, first: int, second: int) -> np.ndarray:
        """Return the correlation of two groups' shares through common clusters."""
        a, b = self.totals.cell == first, self.totals.cell == second
        _, of_a, of_b = np.intersect1d(
            self.totals.cluster[a], self.totals.cluster[b], return_indices=True
        )
        of_first, of_second = self.corrected.deviation[a], self.corrected.deviation[b]
        # Clusters with comments in both groups make the two vary together.
        common = (of_first[of_a] * of_second[of_b]).sum(axis=0)
        scale = np.sqrt((of_first**2).sum(axis=0) * (of_second**2).sum(axis=0))
        return np.clip(divide(common, scale), -1, 1)

    def _rows(self, group: Any) -> pd.DataFrame:
        rows = self.shares[self.shares["group"] == group]
        if rows.empty:
            raise ValueError(
                f"There is no group {group!r}; there are "
                f"{name_rows(self.shares['group'].unique(), most=20)}."
            )
        return rows.reset_index(drop=True)

    def __str__(self) -> str:
        body = self._body().to_string(index=False)
        return "\n".join([self._title(), body, *self._all_notes()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(self._title(), self._body(), self._all_notes())

    @property
    def _labels(self) -> list[Any]:
        return self.shares["label"].unique().tolist()

    def _one_row_a_group(
        self, sizes: list[str], cells: np.ndarray, names: list[Any]
    ) -> pd.DataFrame:
        """Return groups, sizes, and the cells of all rows, those of a group beside."""
        rows = self._with_overall().iloc[:: len(self._labels)]
        kept = rows[["group", *sizes]].reset_index(drop=True)
        beside = pd.DataFrame(cells.reshape(-1, len(names)), columns=names)
        return pd.concat([kept, beside], axis=1)

    def _with_overall(self) -> pd.DataFrame:
        if self.overall is None:
            return self.shares
        return pd.concat([self.overall.shares, self.shares], ignore_index=True)

    def _all_notes(self) -> Iterator[str]:
        yield from self.notes
        if self.overall is None:
            return
        if self.overall.clusters != self.clusters:
            yield f"Clusters of the row of all comments: {self.overall.clusters}."
        yield from (note for note in self.overall.notes if note.startswith(WIDER_NOTE))

    def _title(self) -> str:
        by = "" if self.by is None else f" by {self.by}"
        return (
            f"Share of each label{by}, per {self.unit}, in percent with "
            f"{100 * self.confidence_level:g} % intervals; clusters: {self.clusters}"
        )

    def _body(self) -> pd.DataFrame:
        shares = self._with_overall()
        body = pd.DataFrame(
            {
                "group": shares["group"],
                "label": shares["label"],
                "naive": [f"{100 * value:.1f}" for value in shares["naive"]],
                "labels only": _ranges(
                    shares, "labels_only", "labels_only_low", "labels_only_high"
                ),
                "corrected": _ranges(shares, "corrected", "low", "high"),
                "n": shares["n"],
                "labelled": shares["n_labelled"],
                "clusters": shares["n_clusters"],
            }
        )
        # A column that says "all" throughout.
        if self.by is None:
            del body["group"]
        return body


def _ranges(shares: pd.DataFrame, *columns: str) -> list[str]:
    """Return estimates with their limits in percent."""
    return [
        f"{100 * estimate:.1f} [{100 * low:.1f}, {100 * high:.1f}]"
        for estimate, low, high in shares[list(columns)].itertuples(index=False)
    ]
