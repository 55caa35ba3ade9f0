"""Hold estimated shares, show them, and compare groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stancekit.intervals import Interval
from stancekit.prevalence.limits import difference_limits
from stancekit.prevalence.shares import ClusterTotals, Shares
from stancekit.threads import name_rows


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
    n_hidden : int
        Deleted or removed comments, which the shares are not about.
    n_without_group : int
        Comments without a value to group by, which were left out.
    without_labels : list
        Groups left out because none of their comments has a label.
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
    n_without_group: int
    without_labels: list[Any]
    totals: ClusterTotals
    labels_only: Shares
    corrected: Shares

    def to_frame(self) -> pd.DataFrame:
        """Return the shares as a table.

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
        return self.shares.copy()

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
        found = row.iloc[0]
        return Interval(
            float(found["corrected"]),
            float(found["low"]),
            float(found["high"]),
            self.confidence_level,
            int(found["n_labelled_clusters"]),
        )

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
        names = self.shares["group"].unique().tolist()
        low, high = difference_limits(
            a[["corrected", "low", "high"]].to_numpy().T,
            b[["corrected", "low", "high"]].to_numpy().T,
            self._correlation(names.index(first), names.index(second)),
        )
        return pd.DataFrame(
            {
                "label": a["label"].to_numpy(),
                "first": a["corrected"].to_numpy(),
                "second": b["corrected"].to_numpy(),
                "difference": a["corrected"].to_numpy() - b["corrected"].to_numpy(),
                "low": low,
                "high": high,
            }
        )

    def _correlation(self, first: int, second: int) -> np.ndarray:
        """Return the correlation of two groups' shares through common clusters."""
        a, b = self.totals.cell == first, self.totals.cell == second
        _, of_a, of_b = np.intersect1d(
            self.totals.cluster[a], self.totals.cluster[b], return_indices=True
        )
        of_first, of_second = self.corrected.deviation[a], self.corrected.deviation[b]
        common = (of_first[of_a] * of_second[of_b]).sum(axis=0)
        scale = np.sqrt((of_first**2).sum(axis=0) * (of_second**2).sum(axis=0))
        correlation = np.divide(common, scale, np.zeros_like(scale), where=scale > 0)
        return np.clip(correlation, -1, 1)

    def _rows(self, group: Any) -> pd.DataFrame:
        rows = self.shares[self.shares["group"] == group]
        if rows.empty:
            raise ValueError(
                f"There is no group {group!r}; there are "
                f"{name_rows(self.shares['group'].unique(), most=20)}."
            )
        return rows

    def __str__(self) -> str:
        return "\n".join([self._title(), self._body(), *self._notes()])

    __repr__ = __str__

    def _title(self) -> str:
        by = "" if self.by is None else f" by {self.by}"
        return (
            f"Share of each label{by}, per {self.unit}, in percent with "
            f"{100 * self.confidence_level:g} % intervals; clusters: {self.clusters}"
        )

    def _body(self) -> str:
        shares = self.shares
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
        if self.by is None:
            del body["group"]
        return body.to_string(index=False)

    def _notes(self) -> list[str]:
        notes = []
        if self.n_hidden:
            notes.append(f"Not counted: {self.n_hidden} deleted or removed comments.")
        if self.n_without_group:
            notes.append(f"Not counted: {self.n_without_group} without {self.by}.")
        if self.without_labels:
            notes.append(
                f"Not estimated, for want of labels: {name_rows(self.without_labels)}."
            )
        return notes


def _ranges(shares: pd.DataFrame, *columns: str) -> list[str]:
    """Return estimates with their limits in percent."""
    return [
        f"{100 * estimate:.1f} [{100 * low:.1f}, {100 * high:.1f}]"
        for estimate, low, high in shares[list(columns)].itertuples(index=False)
    ]
