# SPDX-License-Identifier: BSD-3-Clause
# overlaps.py SVG...: for each picture of gnuplot's, "FILE TEXTS OVERLAPS": how many texts it has, and how many pairs of
# them overlap, or lie outside; what those are goes to standard error. Letters have the widths of DejaVu Sans, which is
# wider than most.
import html
import re
import sys

WIDTHS = {c: w for w, letters in ((0.29, "ijl'|·"), (0.34, " .,:;It()[]f-"), (0.41, "rJ/"), (0.5, "szcxkvy"),
                                  (0.84, "=+~<>#mM%"), (0.9, "wW@…")) for c in letters}
TEXT = re.compile(r'<g transform="translate\(([-\d.]+),([-\d.]+)\)(?: rotate\(([-\d.]+)\))?"([^>]*)>\s*<text>(.*?)</text>',
                  re.S)


def boxes(svg):
    for x, y, turned, style, inside in TEXT.findall(svg):
        text = html.unescape(re.sub(r"<[^>]*>", "", inside)).strip()
        if not text:
            continue
        size = float(re.search(r'font-size="([\d.]+)"', style).group(1))
        width = sum(WIDTHS.get(c, 0.62) for c in text) * size
        anchor = re.search(r'text-anchor="(\w+)"', style)
        begin = {"middle": -width / 2, "end": -width}.get(anchor.group(1) if anchor else "", 0)
        x, y = float(x), float(y)
        # From the base line: what is above it, and what is below.
        if turned and abs(float(turned)) in (90, 270):
            yield text, x - 0.72 * size, y - begin - width, x + 0.2 * size, y - begin
        else:
            yield text, x + begin, y - 0.72 * size, x + begin + width, y + 0.2 * size


for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as f:
        svg = f.read()
    right, bottom = map(float, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())
    all_boxes = list(boxes(svg))
    found = 0
    for i, (text, x0, y0, x1, y1) in enumerate(all_boxes):
        slack = 0.08 * (y1 - y0) + 0.5
        if x0 < -slack or y0 < -slack or x1 > right + slack or y1 > bottom + slack:
            found += 1
            print(f"{name}: outside: {text} ({x0:.0f},{y0:.0f})-({x1:.0f},{y1:.0f})", file=sys.stderr)
        for other, a0, b0, a1, b1 in all_boxes[:i]:
            if x0 + slack < a1 and a0 + slack < x1 and y0 + slack < b1 and b0 + slack < y1:
                found += 1
                print(f"{name}: overlap: {text} / {other}", file=sys.stderr)
    print(name, len(all_boxes), found)
