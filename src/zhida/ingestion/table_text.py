"""How a table becomes text: one line per row, merged cells repeated wherever they reach.

So each row speaks for itself when it is found alone. Used by the parsers of formats that know merged cells.
"""

from collections.abc import Iterable
from dataclasses import dataclass

CELL_SEPARATOR = " | "
_WIDEST_SPAN = 64
_TALLEST_SPAN = 1024
LONGEST_REPEATED = 80
"""A longer cell is said once: repeating it would drown the rest of the row."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text on one line, and how many columns and rows it reaches over."""

    text: str
    columns: int = 1
    rows: int = 1


def table_text(rows: Iterable[list[Cell]]) -> str:
    """The table's rows as lines, cells joined by a bar; rows without any text are left out."""
    lines: list[str] = []
    hanging: dict[int, tuple[str, int]] = {}
    for row in rows:
        values, hanging = _spread(row, hanging)
        if any(values):
            lines.append(CELL_SEPARATOR.join(values))
    return "\n".join(lines)


def _spread(row: list[Cell], hanging: dict[int, tuple[str, int]]) -> tuple[list[str], dict[int, tuple[str, int]]]:
    """One row's values by column, with what hangs down from above; and what hangs down to the next row."""
    values: list[str] = []
    following: dict[int, tuple[str, int]] = {}

    def take_hanging() -> None:
        while len(values) in hanging:
            text, left = hanging[len(values)]
            if left > 1:
                following[len(values)] = (text, left - 1)
            values.append(text)

    for cell in row:
        take_hanging()
        repeated = cell.text if len(cell.text) <= LONGEST_REPEATED else ""
        below = min(cell.rows, _TALLEST_SPAN) - 1
        for column in range(max(1, min(cell.columns, _WIDEST_SPAN))):
            if below > 0:
                following[len(values)] = (repeated, below)
            values.append(repeated if column else cell.text)
    take_hanging()
    return values, following
