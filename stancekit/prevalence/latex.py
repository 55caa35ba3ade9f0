"""Write a table in LaTeX; pandas would need a newer Jinja2 than we ask for."""

from __future__ import annotations

import re

import pandas as pd

SIGNS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "%&$#_{}"},
}


def latex_table(caption: str, rows: pd.DataFrame) -> str:
    r"""Return a table with rules of the package booktabs, everything escaped.

    Examples
    --------
    >>> print(latex_table("Shares in %", pd.DataFrame({"a_b": [1]})))
    \begin{table}
    \caption{Shares in \%}
    \begin{tabular}{l}
    \toprule
    a\_b \\
    \midrule
    1 \\
    \bottomrule
    \end{tabular}
    \end{table}
    """
    head, *lines = (
        " & ".join(_escaped(str(cell)) for cell in line) + r" \\"
        for line in (rows.columns, *rows.itertuples(index=False))
    )
    return "\n".join(
        [
            r"\begin{table}",
            rf"\caption{{{_escaped(caption)}}}",
            rf"\begin{{tabular}}{{{'l' * rows.shape[1]}}}",
            *(r"\toprule", head, r"\midrule", *lines, r"\bottomrule"),
            r"\end{tabular}",
            r"\end{table}",
        ]
    )


def _escaped(text: str) -> str:
    return re.sub(r"[\\~^%&$#_{}]", lambda sign: SIGNS[sign[0]], text)
