"""The goals, in the order of the table, each judged by what was measured."""

import dataclasses

from . import access, durable, nodes
from .instruments import median


@dataclasses.dataclass
class Line:
    """One line of the table. `met` is None when it could not be measured."""

    work: str
    goal: str
    ours: str
    peer: str
    ratio: str
    met: bool | None


def _number(value, unit):
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 3
    return f"{value:,.{digits}f} {unit}".strip()


class Judge:
    """Makes lines of a pass's results: `results[scenario][contestant]`."""

    def __init__(self, results):
        self.results = results
        self.lines = []

    def _value(self, scenario, contestant, figure):
        return median(self.results[scenario], contestant, figure)

    def absolute(self, scenario, work, goal, figure, unit, *, most=None, least=None,
                 contestant="ours-1"):
        """A figure against a number."""
        if scenario not in self.results or contestant not in self.results[scenario]:
            return
        ours = self._value(scenario, contestant, figure)
        limit = most if most is not None else least
        met = ours if ours is None else ours <= most if most is not None else ours >= least
        self.lines.append(Line(work, goal, _number(ours, unit), "-",
                               "-" if ours is None else f"{ours / limit:.2f} of it", met))

    def relative(self, scenario, work, goal, figure, unit, peer, *, most=None, least=None,
                 contestant="ours-1"):
        """A figure against another contestant's."""
        if scenario not in self.results or contestant not in self.results[scenario]:
            return
        ours = self._value(scenario, contestant, figure)
        other = self._value(scenario, peer, figure)
        ratio = None if ours is None or not other else ours / other
        met = ratio if ratio is None else ratio <= most if most is not None else ratio >= least
        self.lines.append(Line(work, goal, _number(ours, unit),
                               f"{peer} {_number(other, unit)}",
                               "-" if ratio is None else f"{ratio:.2f}", met))


def _relative_to_best(judge, scenario, work, goal, figure, unit, *, least):
    """One loop against one worker of nchan, two against two."""
    for count in ("1", "2"):
        judge.relative(scenario, f"{work}, {count} {'loop' if count == '1' else 'loops'}", goal,
                       figure, unit, f"nchan-{count}", least=least, contestant=f"ours-{count}")


def judge(results):
    """The lines of one pass. Scenarios that were not run have none."""
    table = Judge(results)
    for loops in ("ours-1", "ours-2"):
        note = "" if loops == "ours-1" else ", 2 loops"
        table.absolute("idle", "10,000 idle streams" + note, "at most 512 B of RSS each",
                       "idle_bytes_per_stream", "B", most=512, contestant=loops)
        table.relative("idle", "opening streams" + note, "at least 0.8 of raw",
                       "opened_per_second", "/s", "raw", least=0.8, contestant=loops)
    for scenario, work in (("slow_10000", "10,000 streams, 10 events/s"),
                           ("slow_1000", "1,000 streams, 100 events/s")):
        for loops in ("ours-1", "ours-2"):
            note = "" if loops == "ours-1" else ", 2 loops"
            table.relative(scenario, f"{work}{note}: CPU per delivery", "at most 1.15 of raw",
                           "cpu_us_per_delivery", "us", "raw", most=1.15, contestant=loops)
            table.relative(scenario, f"{work}{note}: latency p99", "at most 1.3 of raw",
                           "latency_p99_ms", "ms", "raw", most=1.3, contestant=loops)
    for scenario, streams, times in (("saturated_1000", "1,000", 10),
                                     ("saturated_10000", "10,000", 25)):
        for loops in ("ours-1", "ours-2"):
            note = "" if loops == "ours-1" else ", 2 loops"
            table.relative(scenario, f"saturated, {streams} streams{note}: per CPU second",
                           "at least 0.85 of raw", "deliveries_per_cpu_second", "", "raw",
                           least=0.85, contestant=loops)
        _relative_to_best(table, scenario, f"saturated, {streams} streams: deliveries/s",
                          f"at least {times} of nchan", "deliveries_per_second", "/s", least=times)
    _relative_to_best(table, "publish", "publish only, single", "at least 0.6 of nchan",
                      "requests_per_second", "/s", least=0.6)
    table.absolute("batch", "publish in batches of 1,000", "at least 500,000 a CPU second",
                   "events_per_cpu_second", "", least=500_000)
    for loops in ("ours-1", "ours-2"):
        note = "" if loops == "ours-1" else ", 2 loops"
        table.relative("storm", "10,000 reconnect, 100 events each" + note, "at most 1.5 of raw",
                       "replayed_seconds", "s", "raw", most=1.5, contestant=loops)
        table.absolute("mixed", "POST p99, 10,000 saturated" + note, "at most 20 ms",
                       "probe_p99_ms", "ms", most=20, contestant=loops)
    table.absolute("filtered", "one topic of 1,000: CPU per delivery against one of 100",
                   "at most 1.25: cost follows what is sent", "cost_ratio", "", most=1.25)
    table.absolute("conflated", "10,000 streams, 100 events every 500 ms: CPU with every=",
                   "at most 1.3 of plain", "cost_ratio", "", most=1.3)
    _judge_counts(table, results)
    table.absolute("subscriber", "sse-sub -o none", "at least 500 MB/s", "megabytes_per_second",
                   "MB/s", least=500, contestant="none")
    table.absolute("subscriber", "sse-sub -o data", "at least 1,000,000 events/s",
                   "events_per_second", "/s", least=1_000_000, contestant="data")
    table.absolute("loader", "sse-pub load", "at least 300,000 lines/s", "lines_per_second", "/s",
                   least=300_000)
    table.absolute("history", "replay from the disk against memory", "at least 0.25", "disk_ratio",
                   "", least=0.25)
    table.absolute("history", "the same with a filter that wants all", "at least 0.05",
                   "disk_filtered_ratio", "", least=0.05)
    table.absolute("history", "the same with a filter that wants 1 of 100, all in one place",
                   "at least 0.05", "disk_together_ratio", "", least=0.05)
    table.absolute("history", "the same with a filter that wants 1 of 100, in every part",
                   "at least 0.05", "disk_selective_ratio", "", least=0.05)
    table.absolute("history", "live p99 beside 50 replays from the disk, against alone",
                   "at most 1.3", "live_p99_ratio", "", most=1.3)
    table.absolute("history", "single POSTs beside them, against alone", "at least 0.8",
                   "posts_ratio", "", least=0.8)
    _judge_access(table, results)
    _judge_transport(table, results)
    _judge_attacks(table, results)
    _judge_durable(table, results)
    _judge_cluster(table, results)
    return table.lines


def _judge_cluster(table, results):
    """Two nodes on one Redis, `cluster-1`; the memory hub is `ours-1`."""
    if "cluster_post" in results:
        lower = min(("tails", "ours-1"), key=lambda name: median(
            results["cluster_post"], name, "events_per_second") or 0)
        table.relative("cluster_post", "two nodes: POST on A to 1,000 streams on B",
                       "at least 0.6 of the lower limit", "events_per_second", "/s", lower,
                       least=0.6, contestant="cluster-1")
    table.absolute("cluster_latency", "two nodes: p99 that the way from A to B adds",
                   "at most 2 ms and 2 round trips", "added_ratio", "of that", most=1,
                   contestant="cluster-1")
    _judge_nodes(table, results)


def _judge_nodes(table, results):
    """A cost that grows in a straight line; a stream that missed something makes it unknown."""
    if "cluster_nodes" not in results:
        return
    measured = nodes.points(results["cluster_nodes"])
    line = nodes.line_of(measured)
    known = line is not None and all(cost is not None for _, cost in measured)
    most = measured[-1][0]
    table.lines.append(Line(
        f"{most} nodes on one Redis, each stream has each event: its CPU for one",
        f"a straight line (r squared at least {nodes.LEAST_FIT})",
        _number(measured[-1][1], "us"),
        f"{_number(line[0], 'us')} and {_number(line[1], 'us')} a node" if known else "-",
        f"{line[2]:.3f}" if known else "-", line[2] >= nodes.LEAST_FIT if known else None))


def _judge_durable(table, results):
    """A data directory. Its hub is `durable-1`, the memory hub `ours-1`."""
    for count, least in durable.JUDGED.items():
        table.relative("durable_publish", f"durable publish, {count} in flight, no HTTP",
                       f"at least {least} of raw", "events_per_second", "/s", f"raw {count}",
                       least=least, contestant=f"ours {count}")
    if "durable_post" in results:
        # The lower of two limits counts; one that was not measured makes the line unknown.
        lower = min(("ours-1", "raw"), key=lambda name: median(
            results["durable_post"], name, "events_per_cpu_second") or 0)
        table.relative("durable_post", "durable POST, 32 connections: per CPU second",
                       "at least 0.7 of the lower limit", "events_per_cpu_second", "", lower,
                       least=0.7, contestant="durable-1")
    for figure, work, most in (("syncs_per_commit", "syncs a commit", 1.1),
                               ("syncs_per_event", "syncs an event", 0.1)):
        table.absolute("durable_post", f"durable POST, 32 connections: {work}", f"at most {most}",
                       figure, "", most=most, contestant="durable-1")
    table.absolute("durable_alone", "durable POST, one connection: p50", "at most 3 syncs",
                   "request_p50_in_syncs", "syncs", most=3, contestant="durable-1")
    table.absolute("durable_batch", "durable NDJSON of 1,000 readings",
                   "at least 200,000 a CPU second", "events_per_cpu_second", "", least=200_000,
                   contestant="durable-1")
    table.relative("durable_start", "start with 1,000,000 events", "at most 1.5 of read and fill",
                   "start_seconds", "s", "raw", most=1.5, contestant="ours")
    table.absolute("durable_start", "start with 1,000,000 events", "at most 2 s", "start_seconds",
                   "s", most=2, contestant="ours")
    table.relative("durable_delivery", "durable hub, 1,000 streams x 5,000/s: per CPU second",
                   "at least 0.95 of memory", "deliveries_per_cpu_second", "", "ours-1",
                   least=0.95, contestant="durable-1")


def _judge_access(table, results):
    """A hub that asks for credentials, beside one that does not."""
    if "access" not in results:
        return
    for contestant, what, post, opening in (("static", "a static token", 1.05, 1.1),
                                            ("jwt", "a signed token, verified before", 1.15, 1.1)):
        table.relative("access", f"POST with {what}: CPU", f"at most {post} of none",
                       "post_cpu_us", "us", access.OFF, most=post, contestant=contestant)
        table.relative("access", f"opening a stream with {what}: CPU", f"at most {opening} of none",
                       "open_cpu_us", "us", access.OFF, most=opening, contestant=contestant)


def _judge_transport(table, results):
    """TLS and HTTP/2 beside HTTP/1.1 in the clear, in the same run."""
    for figure, work, most, unit in (
            ("cpu_us_per_delivery", "200 bytes to each of 1,000 streams, CPU per delivery", 2.2, "us"),
            ("saturated_cpu_ns_per_byte", "saturated, 1,000 streams, CPU per byte", 2.5, "ns"),
            ("latency_p99_ms", "200 bytes to each of 1,000 streams, latency p99", 2, "ms")):
        table.relative("tls", f"TLS: {work}", f"at most {most} of plain", figure, unit, "ours-1",
                       most=most, contestant="tls-1")
    table.absolute("tls", "TLS: 10,000 idle streams", "at most 15 kB of RSS each",
                   "idle_bytes_per_stream", "B", most=15_000, contestant="tls-1")
    table.relative("tls", "TLS: half a ClientHello, memory", "at most 1.1 of half a request",
                   "half_bytes_per_connection", "B", "ours-1", most=1.1, contestant="tls-1")
    table.absolute("tls_opening", "TLS: opening streams", "at least 2,000 a CPU second",
                   "opened_per_cpu_second", "", least=2_000, contestant="tls-1")
    table.absolute("tls_opening", "TLS: 10,000 reconnect, 50 events each", "at most 5 s",
                   "storm_seconds", "s", most=5, contestant="tls-1")
    table.absolute("tls_opening", "TLS: live p99 beside them, against alone", "at most 2",
                   "live_p99_ratio", "", most=2, contestant="tls-1")
    for contestant, name in (("h2 100", "HTTP/2 over TLS"), ("h2c 100", "HTTP/2 in the clear")):
        work = f"{name}, 100 connections x 100 streams"
        table.relative("http2", f"{work}: CPU per delivery", "at most 0.15 of HTTP/1.1",
                       "cpu_us_per_delivery", "us", "plain", most=0.15, contestant=contestant)
        table.absolute("http2", f"{work}: memory of a stream", "at most 2 kB",
                       "idle_bytes_per_stream", "B", most=2_000, contestant=contestant)


def _judge_attacks(table, results):
    """Of all attacks the one that did most; its name stands for a peer."""
    for figure, work, goal, most, unit in (
            ("probe_p99_ms", "under any attack: GET of another peer, p99", "at most 20 ms", 20, "ms"),
            ("probe_worst_ms", "under any attack: GET of another peer, longest", "at most 100 ms",
             100, "ms"),
            ("longest_turn_ms", "under any attack: longest turn", "at most 5 ms of CPU", 5, "ms"),
            ("share_of_ceiling", "under any attack: memory", "at most what the hub says", 1, ""),
            ("pattern_ratio", "10,000 streams with patterns: CPU per event", "at most 1.5 of topics",
             1.5, "")):
        found = [(result["figures"][figure]["median"], name)
                 for name, result in results.get("hostile", {}).items()
                 if figure in result["figures"]]
        if found:
            value, name = max(found)
            table.lines.append(Line(work, goal, _number(value, unit), name,
                                    f"{value / most:.2f} of it", value <= most))


def _judge_counts(table, results):
    """Falling as load grows: from 10 events a second to as many as go."""
    if "counters" not in results:
        return
    for figure, work in (("sends_per_delivery", "sends per delivery"),
                         ("turns_per_event", "turns of a loop per event")):
        slow = median(results["counters"], "10/s", figure)
        full = median(results["counters"], "saturated", figure)
        known = slow is not None and full is not None
        table.lines.append(Line(work, "falling as load grows", _number(full, "saturated"),
                                _number(slow, "at 10/s"), f"{full / slow:.3f}" if known else "-",
                                full < slow if known else None))
