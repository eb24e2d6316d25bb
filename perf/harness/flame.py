# SPDX-License-Identifier: BSD-3-Clause
"""A flame graph as SVG from what `perf script -F comm,ip,sym` prints: who called whom, as wide as the samples they are in."""

import html
import sys
import zlib

WIDTH, ROW, LEAST = 1200, 17, 0.3  # pixels; nothing narrower is drawn


class Node:
    def __init__(self):
        self.samples, self.children = 0, {}

    def add(self, stack):
        node = self
        node.samples += 1
        for name in stack:
            node = node.children.setdefault(name, Node())
            node.samples += 1


def read(lines):
    """The tree of all stacks; each is printed with its thread first, then the innermost function."""
    root, thread, frames = Node(), None, []
    for line in [*lines, ""]:
        words = line.split()
        if not words and thread is not None:
            root.add([thread, *reversed(frames)])
            thread, frames = None, []
        elif words and thread is None:
            thread, frames = line.strip().rstrip(":"), []
        elif words:
            frames.append(" ".join(words[1:]) or "[unknown]")
    return root


def draw(root, name, x, depth, boxes):
    width = WIDTH * root.samples / draw.total
    if width < LEAST:
        return
    boxes.append((x, depth, width, name, root.samples))
    for child in sorted(root.children):
        draw(root.children[child], child, x, depth + 1, boxes)
        x += WIDTH * root.children[child].samples / draw.total


def main():
    root = read(sys.stdin.read().splitlines())
    if root.samples == 0:
        sys.exit("perf/flame: no samples")
    draw.total, boxes = root.samples, []
    draw(root, "all", 0, 0, boxes)
    height = (max(box[1] for box in boxes) + 1) * ROW + 30
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="monospace" font-size="11">')
    print(f'<text x="4" y="14">{root.samples} samples by {html.escape(sys.argv[1])}</text>')
    for x, depth, width, name, samples in boxes:
        y = height - (depth + 1) * ROW
        hue = zlib.crc32(name.encode()) % 60
        print(f'<g><title>{html.escape(name)}: {100 * samples / root.samples:.1f} %</title>'
              f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}" fill="hsl({hue},70%,65%)"/>'
              f'<text x="{x + 2:.1f}" y="{y + 12}">{html.escape(name[:max(0, int(width / 7))])}</text></g>')
    print("</svg>")


main()
