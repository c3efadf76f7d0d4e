"""A line chart as SVG, without anybody's help."""

import html
import math

WIDTH, HEIGHT = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 62, 24, 30, 42
COLOURS = ("#0b62c4", "#c4460b", "#2b8a3e", "#7b3fb3")


def _short(value):
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{unit}"
    return f"{value:.3g}"


def _step(largest):
    """About four steps up to `largest`, each 1, 2 or 5 times a power of ten."""
    rough = largest / 4 or 1
    power = 10 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)


def line_chart(title, x_title, y_title, series, is_linear=False):
    """`series`: name to [(x, y), ...]. x is logarithmic, or begins at 0 when it is linear; y starts
    at 0; a y of None is left out."""
    known = {name: [(x, y) for x, y in points if y is not None] for name, points in series.items()}
    known = {name: points for name, points in known.items() if points}
    if not known:
        return ""
    every_x = sorted({x for points in known.values() for x, _ in points})
    top = max(y for points in known.values() for _, y in points) or 1
    step = _step(top)
    top = step * math.ceil(top / step)
    scale = float if is_linear else math.log
    low, high = 0.0 if is_linear else scale(every_x[0]), scale(every_x[-1])

    def place(x, y):
        along = (scale(x) - low) / (high - low) if high > low else 0.5
        return (LEFT + along * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM))

    label = html.escape(title)
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">',
             f'<text x="{LEFT}" y="16" class="title">{label}</text>']
    for index in range(round(top / step) + 1):
        y = place(every_x[0], index * step)[1]
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
                     'class="grid"/>'
                     f'<text x="{LEFT - 6}" y="{y + 4:.1f}" class="y">'
                     f"{_short(index * step)}</text>")
    for x in every_x:
        parts.append(f'<text x="{place(x, 0)[0]:.1f}" y="{HEIGHT - BOTTOM + 16}" class="x">'
                     f'{_short(x)}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 8}" class="x">'
                 f'{html.escape(x_title)}</text>')
    parts.append(f'<text transform="translate(13 {HEIGHT / 2}) rotate(-90)" class="x">'
                 f'{html.escape(y_title)}</text>')
    for index, (name, points) in enumerate(known.items()):
        colour = COLOURS[index % len(COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, y in points:
            across, down = place(x, y)
            parts.append(f'<circle cx="{across:.1f}" cy="{down:.1f}" r="3" fill="{colour}">'
                         f"<title>{html.escape(name)}: {x:,} {_short(y)}</title></circle>")
        parts.append(f'<text x="{WIDTH - RIGHT}" y="{16 + 14 * index}" class="y" fill="{colour}">'
                     f"{html.escape(name)}</text>")
    return "".join([*parts, "</svg>"])
