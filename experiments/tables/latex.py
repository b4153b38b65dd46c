r"""LaTeX: booktabs rules and siunitx numbers, to be read in by ``\input``."""

from __future__ import annotations

from experiments.tables.table import Cell, Row, Table

__all__ = ["render_latex"]

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "–": "--",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    "*": r"$^{*}$",
}


def render_latex(table: Table) -> str:
    r"""Return `table` as a ``table`` environment.

    The numbers of a column have the same number of decimals, so that right-aligned columns align at the point; each
    is a ``\num``, so that the document's siunitx settings hold. Best in bold, second underlined.
    """
    grouped = any(name for name, _ in table.groups)
    star = "*" if len(table.columns) > 6 else ""
    lines = [
        f"% {table.name}: needs \\usepackage{{booktabs}} and \\usepackage{{siunitx}}",
        f"\\begin{{table{star}}}",
        "  \\centering",
        f"  \\caption{{{_text(table.caption)}}}",
        f"  \\label{{tab:{table.name}}}",
        "  \\sisetup{detect-weight=true, group-digits=false}",
        "  \\setlength{\\tabcolsep}{4pt}",
        "  \\small",
        f"  \\begin{{tabular}}{{l{_spec(table)}}}",
        "    \\toprule",
    ]
    if grouped:
        names, rules, at = [""], [], 2
        for name, width in table.groups:
            names.append(f"\\multicolumn{{{width}}}{{c}}{{{_text(name)}}}")
            rules.append(f"\\cmidrule(lr){{{at}-{at + width - 1}}}")
            at += width
        lines += ["    " + " & ".join(names) + r" \\", "    " + " ".join(rules)]
    lines.append("    " + " & ".join([_text(table.corner), *(_text(c.heading) for c in table.columns)]) + r" \\")
    lines.append("    \\midrule")
    lines += [_row(row) for row in table.rows]
    if table.footer:
        lines.append("    \\midrule")
        lines += [_row(row) for row in table.footer]
    lines += ["    \\bottomrule", "  \\end{tabular}"]
    if table.notes:
        lines += ["", "  \\smallskip", "  \\begin{minipage}{\\linewidth}\\footnotesize"]
        lines += [f"    {_text(note)}" for note in table.notes]
        lines.append("  \\end{minipage}")
    lines.append(f"\\end{{table{star}}}")
    return "\n".join(lines) + "\n"


def _spec(table: Table) -> str:
    return "".join("r" * width for _, width in table.groups)


def _row(row: Row) -> str:
    return "    " + " & ".join([_text(row.heading), *(_cell(cell) for cell in row.cells)]) + r" \\"


def _cell(cell: Cell) -> str:
    numeric = cell.value is not None and "/" not in cell.text and "inf" not in cell.text
    text = f"\\num{{{cell.text}}}" if numeric else _text(cell.text)
    if cell.rank == 1:
        text = f"\\textbf{{{text}}}"
    elif cell.rank == 2:
        text = f"\\underline{{{text}}}"
    # a star that takes no room keeps the points aligned
    return text + (r"\rlap{$^{*}$}" if cell.star else "")


def _text(text: str) -> str:
    return "".join(_SPECIAL.get(letter, letter) for letter in text)
