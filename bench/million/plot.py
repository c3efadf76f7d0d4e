#!/usr/bin/python3
"""usage: sse-million --json | bench/million/plot.py >million.svg

Draws how cost grows with the number of streams. Both axes are logarithmic: what costs the same for
each stream is flat, what is linear in their number has the slope of the grey lines.
"""
import json
import math
import sys

WIDTH, HEIGHT, MARGIN = 420, 300, 52
COLOURS = ["#0b6bcb", "#c2410c", "#15803d", "#7e22ce"]
CHARTS = [
    ("bytes a stream", ["heap_per_stream", "resident_per_stream", "filtered_heap_per_stream"]),
    ("one event to all, ms", ["one_event_to_all", "filtered_one_topic"]),
    ("a stream, us", ["open", "drain", "eviction", "filtered_open"]),
    ("a delivery, ns", ["delivery", "delivery_of_64_at_once", "filtered_delivery", "heartbeat"]),
    ("the longest turn, ms", ["longest_turn", "longest_turn_of_drain"]),
    ("heartbeats in a second", ["heartbeats_a_second", "heartbeats_most_in_a_second"]),
]


def scale(values):
    """The powers of ten around `values`, as logarithms."""
    logs = [math.log10(value) for value in values if value > 0]
    low, high = math.floor(min(logs)), math.ceil(max(logs))
    return low, max(high, low + 1)


def chart(title, names, runs, left, top):
    streams = [run["streams"] for run in runs]
    x_low, x_high = scale(streams)
    y_low, y_high = scale([run[name] for run in runs for name in names])

    def x(value):
        return left + MARGIN + (math.log10(value) - x_low) / (x_high - x_low) * (WIDTH - 2 * MARGIN)

    def y(value):
        share = (math.log10(max(value, 10**y_low)) - y_low) / (y_high - y_low)
        return top + HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN)

    out = [f'<text x="{left + MARGIN}" y="{top + 20}" font-weight="bold">{title}</text>']
    for power in range(y_low, y_high + 1):
        at = y(10**power)
        out.append(f'<path d="M{left + MARGIN} {at:.1f}H{left + WIDTH - MARGIN}" stroke="#ddd"/>')
        out.append(f'<text x="{left + MARGIN - 6}" y="{at + 4:.1f}" text-anchor="end">{10**power:g}</text>')
    for power in range(x_low, x_high + 1):
        at = x(10**power)
        out.append(f'<text x="{at:.1f}" y="{top + HEIGHT - MARGIN + 16}" text-anchor="middle">{10**power:,}</text>')
    for power in range(y_low, y_high):
        decades = min(x_high - x_low, y_high - power)
        out.append(
            f'<path d="M{x(10**x_low):.1f} {y(10**power):.1f}'
            f'L{x(10**(x_low + decades)):.1f} {y(10**(power + decades)):.1f}" stroke="#ccc" stroke-dasharray="3 4"/>'
        )
    for number, name in enumerate(names):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(f"{x(run['streams']):.1f},{y(run[name]):.1f}" for run in runs)
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out.append(
            f'<text x="{left + WIDTH - MARGIN}" y="{top + 34 + 14 * number}" '
            f'text-anchor="end" fill="{colour}">{name}</text>'
        )
    return out


def main():
    runs = json.load(sys.stdin)["runs"]
    if len(runs) < 2:
        sys.exit("plot.py: one size shows no growth: let sse-million run with --streams 30000 or more")
    rows = (len(CHARTS) + 1) // 2
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {rows * HEIGHT}" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, (title, names) in enumerate(CHARTS):
        out += chart(title, names, runs, number % 2 * WIDTH, number // 2 * HEIGHT)
    print("\n".join(out + ["</svg>"]))


if __name__ == "__main__":
    main()
