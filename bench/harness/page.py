"""The results as one HTML file that needs nothing else."""

import html

from . import nodes, table
from .chart import line_chart
from .durable import IN_FLIGHT
from .instruments import median
from .transport import ON_A_CONNECTION

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
       color: #1c1c1c; background: #fff; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .25rem .7rem;
         border-bottom: 1px solid #ddd; }
td.n { text-align: right; }
.met { color: #1b6e2c; } .missed { color: #b3261e; font-weight: 600; } .unknown { color: #777; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); gap: 1rem; }
svg { width: 100%; max-width: 36rem; font-size: 11px; fill: currentColor; }
svg .title { font-weight: 600; }
svg .x { text-anchor: middle; } svg .y { text-anchor: end; } svg .grid { stroke: #ddd; }
details { margin: .4rem 0; } code { font-size: .9em; }
@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #161616; }
  th, td { border-color: #383838; } svg .grid { stroke: #383838; } .met { color: #7bd88f; }
  .missed { color: #ff8a80; } }
"""
CLASSES = {True: "met", False: "missed", None: "unknown"}


def _table(headings, rows):
    head = "".join(f"<th>{html.escape(heading)}</th>" for heading in headings)
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def _goal_row(line):
    cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in table.cells(line)[:-1])
    return f'<tr>{cells}<td class="{CLASSES[line.met]}">{table.MET[line.met]}</td></tr>'


def _figure_rows(contestants):
    for contestant, result in contestants.items():
        for name, value in result["figures"].items():
            yield (f"<tr><td>{html.escape(contestant)}</td><td>{html.escape(name)}</td>"
                   + "".join(f'<td class="n">{value[key]:,.6g}</td>'
                             for key in ("median", "least", "most")) + "</tr>")
        for fault in result["faults"]:
            yield (f'<tr><td>{html.escape(contestant)}</td><td colspan="4" class="missed">'
                   f"{html.escape(fault)}</td></tr>")


def _charts(growth):
    def by_stream(figure):
        return {name: [(row["x"], row.get(figure)) for row in rows]
                for name, rows in growth["streams"].items()}

    def of(series, figure):
        return {"ours-1": [(row["x"], row.get(figure)) for row in growth[series]]}

    charts = [
        line_chart("CPU per delivery at 5 events/s", "streams", "us",
                   by_stream("cpu_us_per_delivery")),
        line_chart("CPU per delivery, saturated", "streams", "us",
                   by_stream("saturated_us_per_delivery")),
        line_chart("Memory of an idle stream", "streams", "bytes",
                   by_stream("idle_bytes_per_stream")),
        line_chart("Latency p99 at 5 events/s", "streams", "ms", by_stream("latency_p99_ms")),
        line_chart("CPU per delivery by size", "bytes of data", "us",
                   of("size", "cpu_us_per_delivery")),
        line_chart("CPU per event by topics", "topics", "us", of("topics", "cpu_us_per_event")),
        line_chart("Deliveries/s by loops", "loops", "a second",
                   of("loops", "deliveries_per_second")),
        line_chart("Replay from so far back, 16 MiB in memory", "MiB back", "MiB/s",
                   of("age", "mib_per_second")),
    ]
    return f'<h2>How cost grows</h2><div class="charts">{"".join(charts)}</div>'


def _durable_chart(results):
    """Of one pass: what a data directory takes, beside a bare file."""
    if "durable_publish" not in results:
        return ""
    series = {name: [(count, median(results["durable_publish"], f"{journal} {count}",
                                    "events_per_second")) for count in IN_FLIGHT]
              for name, journal in (("raw file", "raw"), ("ours", "ours"))}
    chart = line_chart("Events/s to the disk, without HTTP", "publishes in flight", "a second",
                       series)
    return f'<h2>A data directory</h2><div class="charts">{chart}</div>' if chart else ""


def _transport_chart(results):
    """Of one pass: what streams that share a connection cost."""
    if "http2" not in results:
        return ""

    def of(figure):
        return {"HTTP/2 over TLS": [(count, median(results["http2"], f"h2 {count}", figure))
                                    for count in ON_A_CONNECTION],
                "HTTP/1.1": [(count, median(results["http2"], "plain", figure))
                             for count in ON_A_CONNECTION]}

    charts = [line_chart("CPU per delivery at 10 events/s", "streams on a connection", "us",
                         of("cpu_us_per_delivery")),
              line_chart("Memory of an idle stream", "streams on a connection", "bytes",
                         of("idle_bytes_per_stream"))]
    return f'<h2>HTTP/2</h2><div class="charts">{"".join(charts)}</div>' if any(charts) else ""


def _nodes_chart(results):
    """Of one pass: what an event costs Redis, by nodes, and the straight line."""
    if "cluster_nodes" not in results:
        return ""
    measured = nodes.points(results["cluster_nodes"])
    line = nodes.line_of(measured)
    series = {"measured": measured}
    if line is not None:
        base, slope, _ = line
        series["line"] = [(0, base), (measured[-1][0], base + slope * measured[-1][0])]
    chart = line_chart("CPU of Redis for an event", "nodes", "us", series, is_linear=True)
    return f'<h2>Many nodes</h2><div class="charts">{chart}</div>' if chart else ""


def page(record):
    """`record` is what the JSON file holds, with the goals still as lines."""
    parts = ['<!doctype html><html lang="en"><meta charset="utf-8">',
             '<meta name="viewport" content="width=device-width">',
             f"<title>Measured {record['date']}</title><style>{STYLE}</style>",
             f"<h1>Measured {record['date']}</h1>"]
    if record["quick"]:
        parts.append("<p class='missed'>A smoke run: its figures mean nothing.</p>")
    machine = [f"<tr><td>{html.escape(name)}</td><td>{html.escape(str(value))}</td></tr>"
               for name, value in record["machine"].items() if value]
    parts.append(_table(("", ""), machine))
    for name, one_pass in record["passes"].items():
        parts.append(f"<h2>Goals, {html.escape(name)}</h2>")
        parts.append(_table(table.HEADINGS, map(_goal_row, one_pass["goals"])))
        parts.append(_durable_chart(one_pass["results"]))
        parts.append(_transport_chart(one_pass["results"]))
        parts.append(_nodes_chart(one_pass["results"]))
    if record["growth"]:
        parts.append(_charts(record["growth"]))
    parts.append(f"<h2>All figures</h2><p>Median of {record['runs']} runs, least and most.</p>")
    for name, one_pass in record["passes"].items():
        for scenario, contestants in one_pass["results"].items():
            rows = _figure_rows(contestants)
            parts.append(f"<details><summary>{html.escape(scenario)}, {html.escape(name)}</summary>"
                         + _table(("", "figure", "median", "least", "most"), rows) + "</details>")
    commands = "\n".join(record["commands"])
    parts.append(f"<h2>Commands</h2><pre><code>{html.escape(commands)}</code></pre></html>")
    return "\n".join(parts)
