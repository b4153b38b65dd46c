"""Put the table of `make demo` into README.md, between its two markers."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- demo table: begin -->", "<!-- demo table: end -->"


def main() -> None:
    readme, table = ROOT / "README.md", (ROOT / "results" / "demo" / "summary.md").read_text().strip()
    text = readme.read_text()
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    readme.write_text(f"{head}{BEGIN}\n\n{table}\n\n{END}{tail}")


if __name__ == "__main__":
    main()
