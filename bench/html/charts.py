"""Charts as inline SVG, 900 units wide: lines over time, a square for each round, dots on a scale, stacked bars."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _LEFT, _RIGHT = 900, 76, 14
_COLORS = 8


@dataclass(frozen=True)
class Series:
    """One line of a chart: its name, and its points from left to right."""

    name: str
    points: Sequence[tuple[float, float]]


def lines(series: Sequence[Series], unit: str, *, aim: float | None = None, height: int = 260) -> str:
    """Lines over seconds, from zero. `aim` is drawn as their maximum if it is near them."""
    points = [point for each in series for point in each.points]
    if not points:
        return "<p>Nothing was measured.</p>"
    top, bottom = 12, height - 46
    highest = max(value for _, value in points) or 1
    if aim is not None and highest > aim / 4:
        highest = max(highest, aim * 1.1)
    end = max(at for at, _ in points) or 1
    scale = _steps(highest)

    def x(at: float) -> float:
        return _LEFT + at / end * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return bottom - value / scale[-1] * (bottom - top)

    parts = [
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(step):.1f}" y2="{y(step):.1f}"/>'
        f'<text x="{_LEFT - 8}" y="{y(step) + 4:.1f}" text-anchor="end">{step:g}'
        f"{f' {escape(unit)}' if step == scale[-1] else ''}</text>"
        for step in scale
    ]
    parts += [
        f'<text x="{x(at):.1f}" y="{bottom + 17}" text-anchor="middle">{at:g} s</text>'
        for at in _steps(end)
        if at <= end
    ]
    if aim is not None and aim <= scale[-1]:
        parts.append(f'<line class="aim" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(aim):.1f}" y2="{y(aim):.1f}"/>')
    for number, each in enumerate(series):
        drawn = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in each.points)
        parts.append(f'<polyline class="c{number % _COLORS}" style="fill:none" points="{drawn}"/>')
    return _svg(height, "".join(parts) + _legend([each.name for each in series], height - 8))


@dataclass(frozen=True)
class Cell:
    """A square: the number of its color, and its tooltip."""

    color: int
    title: str
    marked: bool = False


def squares(cells: Sequence[Cell], names: Sequence[str], *, across: int = 50) -> str:
    """One square each, row by row; a marked one has a dot. `names` are the names of the colors, in order."""
    side = (_WIDTH - 2) / across
    parts = []
    for number, cell in enumerate(cells):
        x, y = number % across * side, number // across * side
        parts.append(
            f"<g><title>{escape(cell.title)}</title>"
            f'<rect class="c{cell.color % _COLORS}" x="{x + 1:.1f}" y="{y + 1:.1f}" '
            f'width="{side - 3:.1f}" height="{side - 3:.1f}" rx="3" opacity="{1 if cell.marked else 0.8}"/>'
            + (_dot(x + side / 2 - 0.5, y + side / 2 - 0.5, side / 6) if cell.marked else "")
            + "</g>"
        )
    high = math.ceil(len(cells) / across) * side
    legend_rows = math.ceil(len(names) / 5)
    return _svg(high + 16 + 20 * legend_rows, "".join(parts) + _legend(names, high + 20, across=5))


def dots(groups: Mapping[str, Sequence[float]], colors: Mapping[str, int], unit: str) -> str:
    """A row per group and a dot per value on one scale, with a bar at the median."""
    shown = {name: sorted(values) for name, values in groups.items() if values}
    if not shown:
        return "<p>Nothing was measured.</p>"
    left, row = 190, 30
    scale = _steps(max(values[-1] for values in shown.values()) or 1)
    bottom = len(shown) * row + 8

    def x(value: float) -> float:
        return left + value / scale[-1] * (_WIDTH - left - _RIGHT)

    parts = [
        f'<line class="grid" x1="{x(step):.1f}" x2="{x(step):.1f}" y1="4" y2="{bottom}"/>'
        f'<text x="{x(step):.1f}" y="{bottom + 16}" text-anchor="middle">{step:g} {escape(unit)}</text>'
        for step in scale
    ]
    for number, (name, values) in enumerate(shown.items()):
        y = number * row + row / 2 + 4
        median, color = x(values[len(values) // 2]), colors[name] % _COLORS
        parts.append(f'<text x="{left - 12}" y="{y + 4:.1f}" text-anchor="end">{escape(name)} ({len(values)})</text>')
        parts += [
            f'<circle class="c{color}" cx="{x(value):.1f}" cy="{y:.1f}" r="4" opacity=".5">'
            f"<title>{value:.2f} {escape(unit)}</title></circle>"
            for value in values
        ]
        parts.append(
            f'<rect class="c{number % _COLORS}" x="{median - 1.5:.1f}" y="{y - 10:.1f}" width="3" height="20"/>'
        )
    return _svg(bottom + 24, "".join(parts))


def bars(rows: Mapping[str, Sequence[int]], names: Sequence[str]) -> str:
    """A stacked bar per row, with its parts in the order of `names`."""
    left, row = 190, 28
    most = max((sum(parts) for parts in rows.values()), default=0) or 1
    drawn = []
    for number, (name, counts) in enumerate(rows.items()):
        y, x = number * row + 4, float(left)
        drawn.append(f'<text x="{left - 12}" y="{y + 15}" text-anchor="end">{escape(name)}</text>')
        for color, amount in enumerate(counts):
            width = amount / most * (_WIDTH - left - _RIGHT - 50)
            if amount:
                drawn.append(
                    f'<rect class="c{color % _COLORS}" x="{x:.1f}" y="{y}" '
                    f'width="{max(width, 1.5):.1f}" height="20" rx="2">'
                    f"<title>{amount} {escape(names[color])}</title></rect>"
                )
            x += max(width, 1.5) if amount else 0
        drawn.append(f'<text x="{x + 6:.1f}" y="{y + 15}">{sum(counts)}</text>')
    high = len(rows) * row
    if len(names) == 1:
        return _svg(high + 8, "".join(drawn))
    return _svg(high + 36, "".join(drawn) + _legend(names, high + 24))


def _legend(names: Sequence[str], y: float, *, across: int = 6) -> str:
    wide = (_WIDTH - 8) / across
    parts = []
    for number, name in enumerate(names):
        left, base = number % across * wide + 4, y + number // across * 20
        parts.append(
            f'<rect class="c{number % _COLORS}" x="{left:.1f}" y="{base - 9:.1f}" width="10" height="10" rx="2"/>'
            f'<text x="{left + 15:.1f}" y="{base:.1f}">{escape(name)}</text>'
        )
    return "".join(parts)


def _dot(x: float, y: float, radius: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="var(--card)"/>'


def _svg(height: float, content: str) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img">{content}</svg>'


def _steps(highest: float) -> list[float]:
    """Round values from 0 to at least `highest`, four to seven of them."""
    rough = highest / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    return [round(number * step, 10) for number in range(math.ceil(highest / step - 1e-9) + 1)]
