"""Many nodes on one Redis: whether every stream gets every event, and what a node costs the engine."""

from .instruments import in_turn, median

RATE = 20  # events/s, of one publisher
LEAST_FIT = 0.98


def nodes(stage):
    """One publisher on the first node, and the same streams on each. The process that is measured
    is the engine, from the first event to the last."""

    def measure(contestant):
        count = _count(contestant)
        streams = count * stage.node_streams
        # Each node has room for its own alone: what it may have of memory is its limit times 50.
        options = (f"--max-clients={stage.node_streams + 10}",)
        with stage.servers.run(contestant, options) as server:
            more = [f"--node={port}" for port in server.more_ports]
            figures = stage.load(server, "fan-out", f"--rate={RATE}/s", "--publishers=1",
                                 f"--duration={stage.seconds(10)}", f"--streams={streams}",
                                 "--opening=100", "--size=150", *more, dialect="events",
                                 hidden=more)
        figures["nodes"] = count
        figures["streams"] = streams
        if "cpu_us_per_event" in figures:
            figures["engine_cpu_us_per_event"] = figures.pop("cpu_us_per_event")
        return figures

    return in_turn(stage, [f"nodes-{count}" for count in stage.node_counts], measure)


SCENARIOS = {"cluster_nodes": nodes}


def points(result):
    """What the engine takes for an event, by nodes; in microseconds, None where it is not known."""
    return sorted((_count(name), median(result, name, "engine_cpu_us_per_event"))
                  for name in result)


def line_of(measured):
    """The straight line through the points: at 0, for each node, and which part of what differs it
    explains (r squared). None: there are too few points."""
    known = [(x, y) for x, y in measured if y is not None]
    if len(known) < 3:
        return None
    mean_x = sum(x for x, _ in known) / len(known)
    mean_y = sum(y for _, y in known) / len(known)
    spread = sum((x - mean_x) ** 2 for x, _ in known)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in known) / spread
    base = mean_y - slope * mean_x
    total = sum((y - mean_y) ** 2 for _, y in known)
    left = sum((y - base - slope * x) ** 2 for x, y in known)
    return base, slope, 1 - left / total if total else 1.0


def _count(contestant):
    return int(contestant.partition("-")[2])
