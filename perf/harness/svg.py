# SPDX-License-Identifier: BSD-3-Clause
"""Bars with their spread and curves, as SVG."""

import html
import math

COLOURS = ("#2a6f97", "#e07a5f", "#6a994e", "#8d6cab", "#c9a227", "#555555", "#1b998b", "#b5446e")
TEXT = 'font-family="sans-serif" font-size="12"'


def _page(width, height, title, body):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">\n'
            f'<rect width="100%" height="100%" fill="white"/>\n<text x="10" y="20" {TEXT} font-weight="bold">{html.escape(title)}</text>\n'
            + "\n".join(body) + "\n</svg>\n")


def bars(title, unit, rows):
    """rows: (name, all figures); the bar is their median, the line their range."""
    rows = [(name, sorted(figures)) for name, figures in rows if figures]
    top = max((figures[-1] for _, figures in rows), default=1) or 1
    body, y = [], 40
    for i, (name, figures) in enumerate(rows):
        middle, low, high = (190 + 400 * f / top for f in (median(figures), figures[0], figures[-1]))
        body += [f'<text x="180" y="{y + 14}" {TEXT} text-anchor="end">{html.escape(name)}</text>',
                 f'<rect x="190" y="{y}" width="{middle - 190:.1f}" height="18" fill="{COLOURS[i % len(COLOURS)]}"/>',
                 f'<path d="M{low:.1f} {y + 9}H{high:.1f}M{low:.1f} {y + 4}V{y + 14}M{high:.1f} {y + 4}V{y + 14}" stroke="black" fill="none"/>',
                 f'<text x="{high + 8:.1f}" y="{y + 14}" {TEXT}>{median(figures):.3g} {unit}</text>']
        y += 28
    return _page(700, y + 10, title, body)


def curves(title, axes, lines):
    """axes: names of x and y, both logarithmic; lines: (name, [(x, y)])."""
    points = [point for _, line in lines for point in line if point[0] > 0 and point[1] > 0]
    if not points:
        return _page(700, 60, title, [])
    scale = [_log_axis([point[axis] for point in points]) for axis in (0, 1)]
    body = [f'<text x="350" y="395" {TEXT} text-anchor="middle">{html.escape(axes[0])}</text>',
            f'<text x="10" y="40" {TEXT}>{html.escape(axes[1])}</text>', '<path d="M60 50V360H600" stroke="black" fill="none"/>']
    for tick in _ticks([point[0] for point in points]):
        body.append(f'<text x="{60 + 540 * scale[0](tick):.1f}" y="376" {TEXT} text-anchor="middle">{tick:g}</text>')
    for tick in _ticks([point[1] for point in points]):
        body.append(f'<text x="55" y="{360 - 310 * scale[1](tick):.1f}" {TEXT} text-anchor="end">{tick:g}</text>')
    for i, (name, line) in enumerate(lines):
        at = [(60 + 540 * scale[0](x), 360 - 310 * scale[1](y)) for x, y in line if x > 0 and y > 0]
        colour = COLOURS[i % len(COLOURS)]
        body += [f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in at)}" fill="none" stroke="{colour}" stroke-width="2"/>',
                 f'<text x="606" y="{60 + 18 * i}" {TEXT} fill="{colour}">{html.escape(name)}</text>']
        body += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in at]
    return _page(780, 405, title, body)


def median(figures):
    figures = sorted(figures)
    half = len(figures) // 2
    return figures[half] if len(figures) % 2 else (figures[half - 1] + figures[half]) / 2


def _log_axis(values):
    low, high = math.log(min(values)), math.log(max(values))
    return lambda value: (math.log(value) - low) / (high - low) if high > low else 0.5


def _ticks(values):
    low, high = min(values), max(values)
    ticks = [m * 10.0 ** e for e in range(-4, 13) for m in (1, 2, 5) if low <= m * 10.0 ** e <= high]
    return ticks or [low]
