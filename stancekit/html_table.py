"""Show results as small HTML tables in notebooks."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import pandas as pd

# A notebook keeps what it shows; the whole table is in the result.
MOST_ROWS = 40


def html_table(title: str, rows: pd.DataFrame, notes: Iterable[str] = ()) -> str:
    """Return a table with a title and sentences below it; everything is escaped.

    The index is not shown, and of more than 40 rows the middle is left out.

    >>> print(html_table("A & B", pd.DataFrame({"<i>": [0.5]}), ["1 > 0"]))
    <table...class="dataframe">
    <caption>A &amp; B</caption>
      <thead>
        <tr style="text-align: right;">
          <th>&lt;i&gt;</th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <td>0.500</td>
        </tr>
      </tbody>
    </table>
    <p>1 &gt; 0</p>
    """
    with pd.option_context("display.max_colwidth", None):
        table = rows.to_html(
            index=False,
            border=0,
            na_rep="–",
            float_format="{:.3f}".format,
            max_rows=MOST_ROWS,
            show_dimensions=len(rows) > MOST_ROWS,
        )
    table = table.replace(">\n", f">\n<caption>{escape(title)}</caption>\n", 1)
    return "\n".join([table, *(f"<p>{escape(note)}</p>" for note in notes)])
