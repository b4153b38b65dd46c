r"""LaTeX: booktabs rules and siunitx numbers, to be read in by ``\input``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from experiments.tables.table import Cell, Column, Row, Table

__all__ = ["PACKAGES", "latex_text", "render_latex"]

PACKAGES = ("array", "booktabs", "longtable", "siunitx")
"""What a document that reads the tables in must load."""

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
    "—": "---",
    "…": r"\dots{}",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "±": r"$\pm$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≈": r"$\approx$",
    "→": r"$\rightarrow$",
    "∞": r"$\infty$",
    "†": r"$^{\dagger}$",
    "²": r"$^{2}$",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    "*": r"$^{*}$",
}
_GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi o pi rho sigmaf sigma tau upsilon"
for _code, _name in enumerate((*_GREEK.split(), "phi", "chi", "psi", "omega"), 0x3B1):
    _SPECIAL[chr(_code)] = "o" if _name == "o" else rf"$\{'varsigma' if _name == 'sigmaf' else _name}$"

_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")

_PAGE_PT = 345.0
"""Text width of the article class at ten points: wider tables are set in parts, one above the other."""
_HEIGHT_PT = 530.0
_GAP_PT = 8.0
_SIZES = (("small", 4.6, 11.0), ("footnotesize", 4.1, 9.5), ("scriptsize", 3.6, 8.0))
"""Sizes to try, with the width of a letter and the height of a line."""
_HEADING = 8
"""Headings of more letters stand on two lines."""


def render_latex(table: Table) -> str:
    r"""Return `table` as a ``table`` environment, or a ``longtable`` where it goes over pages.

    The numbers of a column have the same number of decimals, so that right-aligned columns align at the point; each
    is a ``\num``, so that the document's siunitx settings hold. Best in bold, second underlined. A table that is
    wider than a page is set in parts, one above the other, each with its own headings.
    """
    return _long(table) if table.long else _float(table)


def _float(table: Table) -> str:
    size, parts = _layout(table)
    lines = [
        f"% {table.name}: needs {', '.join(PACKAGES)}",
        "\\begin{table}",
        "  \\centering",
        f"  \\caption{{{latex_text(table.caption)}}}",
        f"  \\label{{tab:{table.name}}}",
        "  \\sisetup{detect-weight=true, group-digits=false}",
        "  \\setlength{\\tabcolsep}{4pt}",
        f"  \\{size}",
    ]
    for number, part in enumerate(parts):
        if number:
            lines.append("\n  \\medskip")
        lines += [f"  \\begin{{tabular}}{{l{_spec(table, part)}}}", "    \\toprule", *_headings(table, part)]
        lines += ["    \\midrule", *_rows(table, part)]
        if table.footer:
            lines += ["    \\midrule", *(_row(row, part) for row in table.footer)]
        lines += ["    \\bottomrule", "  \\end{tabular}"]
    if table.notes:
        lines += ["", "  \\smallskip", "  \\begin{minipage}{\\linewidth}\\footnotesize\\raggedright"]
        lines += [f"    {latex_text(note)}\\par" for note in table.notes]
        lines.append("  \\end{minipage}")
    lines.append("\\end{table}")
    return "\n".join(lines) + "\n"


def _long(table: Table) -> str:
    every = range(len(table.columns))
    heading = _headings(table, every)
    size = next((name for name, letter, _ in _SIZES if _total(table, letter) <= _PAGE_PT), _SIZES[-1][0])
    lines = [
        f"% {table.name}: needs {', '.join(PACKAGES)}",
        "\\begingroup",
        "\\sisetup{detect-weight=true, group-digits=false}",
        "\\setlength{\\tabcolsep}{4pt}",
        f"\\{size}",
        f"\\begin{{longtable}}{{l{_spec(table, every)}}}",
        f"  \\caption{{{latex_text(table.caption)}}}\\label{{tab:{table.name}}}\\\\",
        "    \\toprule",
        *heading,
        "    \\midrule",
        "  \\endfirsthead",
        "    \\toprule",
        *heading,
        "    \\midrule",
        "  \\endhead",
        "    \\bottomrule",
        "  \\endfoot",
        *_rows(table, every),
        "\\end{longtable}",
    ]
    if table.notes:
        lines.append("\\noindent\\begin{minipage}{\\linewidth}\\footnotesize\\raggedright")
        lines += [f"  {latex_text(note)}\\par" for note in table.notes]
        lines.append("\\end{minipage}")
    lines += ["\\par", "\\endgroup"]
    return "\n".join(lines) + "\n"


def _layout(table: Table) -> tuple[str, list[list[int]]]:
    """Return the largest size at which the table fits on a page, and its parts."""
    rows = len(table.rows) + len(table.footer) + 4
    letters = sum(len(note) for note in table.notes)
    notes = 9.5 * (letters * 4.1 / _PAGE_PT + len(table.notes))
    found = [(size, _parts(table, letter), line) for size, letter, line in _SIZES]
    fitting = (one for one in found if len(one[1]) * rows * one[2] + notes <= _HEIGHT_PT)
    size, parts, _ = next(fitting, found[-1])
    return size, parts


def _parts(table: Table, letter: float) -> list[list[int]]:
    """Return the columns of each part, groups kept together as long as they fit on a page, parts about as wide."""
    first = _first(table, letter)
    pieces: list[list[int]] = []
    at = 0
    for _, count in table.groups:
        columns = list(range(at, at + count))
        at += count
        whole = first + sum(_width(table, i, letter) for i in columns) <= _PAGE_PT
        pieces += [columns] if whole and len(table.groups) > 1 else [[i] for i in columns]
    widths = [sum(_width(table, i, letter) for i in piece) for piece in pieces]
    few = len(_packed(pieces, widths, _PAGE_PT - first))
    room = _PAGE_PT - first
    while 0.95 * room > max(widths) and len(_packed(pieces, widths, 0.95 * room)) == few:
        room *= 0.95
    return _packed(pieces, widths, room)


def _packed(pieces: list[list[int]], widths: list[float], room: float) -> list[list[int]]:
    parts: list[list[int]] = [[]]
    used = 0.0
    for piece, width in zip(pieces, widths, strict=True):
        if parts[-1] and used + width > room:
            parts.append([])
            used = 0.0
        parts[-1] += piece
        used += width
    return parts


def _total(table: Table, letter: float) -> float:
    return _first(table, letter) + sum(_width(table, i, letter) for i in range(len(table.columns)))


def _first(table: Table, letter: float) -> float:
    indent = 10.0 if table.group_title else 0.0
    return max((len(row.heading) for row in (*table.rows, *table.footer)), default=0) * letter + indent + _GAP_PT


def _width(table: Table, index: int, letter: float) -> float:
    column = table.columns[index]
    if column.share:
        return column.share * _PAGE_PT
    texts = [row.cells[index].text for row in (*table.rows, *table.footer)]
    return max(*(len(line) for line in _lines(column.heading)), *map(len, texts), 1) * letter + _GAP_PT


def _lines(heading: str) -> list[str]:
    """Return a heading on one line, or on the two that are least wide."""
    words = heading.split(" ")
    if len(heading) <= _HEADING or len(words) < 2:
        return [heading]
    cuts = [[" ".join(words[:i]), " ".join(words[i:])] for i in range(1, len(words))]
    return min(cuts, key=lambda cut: max(map(len, cut)))


def _heading(column: Column) -> str:
    if column.share:
        return latex_text(column.heading)
    lines = [latex_text(line) for line in _lines(column.heading)]
    return lines[0] if len(lines) == 1 else rf"\shortstack[r]{{{lines[0]}\\{lines[1]}}}"


def _spec(table: Table, part: Sequence[int]) -> str:
    return "".join(
        rf">{{\raggedright\arraybackslash}}p{{{table.columns[i].share:.2f}\linewidth}}"
        if table.columns[i].share
        else "r"
        for i in part
    )


def _headings(table: Table, part: Sequence[int]) -> list[str]:
    columns = [table.columns[i] for i in part]
    lines = []
    groups = _groups(columns)
    if any(name for name, _ in groups):
        names, rules, at = [""], [], 2
        for name, width in groups:
            names.append(f"\\multicolumn{{{width}}}{{c}}{{{latex_text(name)}}}")
            if name:
                rules.append(f"\\cmidrule(lr){{{at}-{at + width - 1}}}")
            at += width
        lines += ["    " + " & ".join(names) + r" \\", "    " + " ".join(rules)]
    lines.append("    " + " & ".join([latex_text(table.corner), *(_heading(c) for c in columns)]) + r" \\")
    return lines


def _groups(columns: Sequence[Column]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for column in columns:
        if found and found[-1][0] == column.group:
            found[-1] = (column.group, found[-1][1] + 1)
        else:
            found.append((column.group, 1))
    return found


def _rows(table: Table, part: Sequence[int]) -> list[str]:
    lines, before = [], ""
    for row in table.rows:
        if row.group != before:
            if before:
                lines.append("    \\addlinespace")
            # a page never ends between the name of a group and its first row
            lines.append(f"    \\multicolumn{{{len(part) + 1}}}{{l}}{{\\textit{{{latex_text(row.group)}}}}} \\\\*")
            before = row.group
        lines.append(_row(row, part))
    return lines


def _row(row: Row, part: Sequence[int]) -> str:
    indent = r"\quad " if row.group else ""
    return "    " + indent + " & ".join([latex_text(row.heading), *(_cell(row.cells[i]) for i in part)]) + r" \\"


def _cell(cell: Cell) -> str:
    numeric = cell.value is not None and _NUMBER.fullmatch(cell.text)
    text = f"\\num{{{cell.text}}}" if numeric else _breakable(cell.text)
    if cell.rank == 1:
        text = f"\\textbf{{{text}}}"
    elif cell.rank == 2:
        text = f"\\underline{{{text}}}"
    # marks that take no room keep the points aligned
    marks = ("*" if cell.star else "") + (r"\dagger" if cell.dagger else "")
    return text + (f"\\rlap{{$^{{{marks}}}$}}" if marks else "")


def _breakable(text: str) -> str:
    """Return words with places at which long ones, such as identifiers of documents, may break."""
    return " ".join(
        re.sub(r"([./_)(])(?=[^{} ])", r"\1\\allowbreak{}", latex_text(word)) if len(word) > 12 else latex_text(word)
        for word in text.split(" ")
    )


def latex_text(text: str) -> str:
    """Return `text` with everything that TeX would take for a command set as the sign itself."""
    return "".join(_SPECIAL.get(letter, letter) for letter in text)
