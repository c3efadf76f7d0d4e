"""The results as text for a terminal."""

MET = {True: "met", False: "NOT MET", None: "not measured"}
HEADINGS = ("work", "goal", "ours", "peer", "ratio", "")


def cells(line):
    return (line.work, line.goal, line.ours, line.peer, line.ratio, MET[line.met])


def text(lines):
    rows = [HEADINGS, *map(cells, lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in rows)


def faults(results):
    """Of everything that went wrong, who it was and what it was."""
    found = []
    for scenario, contestants in results.items():
        for contestant, result in contestants.items():
            found += [(scenario, contestant, fault) for fault in result["faults"]]
    return found


def growth_faults(growth):
    found = []
    for title, series in (growth or {}).items():
        named = series if isinstance(series, dict) else {"ours-1": series}
        for contestant, rows in named.items():
            found += [(f"growth, {title} {row['x']}", contestant, row["fault"]) for row in rows
                      if "fault" in row]
    return found
