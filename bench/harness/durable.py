"""What a data directory costs: beside a bare file, beside the memory hub, and in syncs."""

import json
import subprocess
import tempfile

from .instruments import PATIENCE_SECONDS, in_turn
from .servers import CannotStart

IN_FLIGHT = (1, 4, 32, 128, 256)
JUDGED = {1: 0.5, 32: 0.8, 256: 0.5}  # of the raw file
SERIES = {"commits": "sse_journal_commits_total", "kept": "sse_journal_events_total",
          "syncs": "sse_journal_syncs_total"}
# Full within the warm-up of a run, so that what comes in is matched by what goes.
STEADY = ("--max-log-bytes=32M", "--ttl=1s", "--max-readings=100000")


def publish(stage):
    """Events a second without HTTP, by publishes in flight."""

    def measure(contestant):
        journal, in_flight = contestant.split(" ")
        return _hand_over(stage, journal, in_flight)

    names = [f"{journal} {count}" for count in IN_FLIGHT for journal in ("raw", "ours")]
    return in_turn(stage, names, measure)


def post(stage):
    """One event a request, on 32 connections. The raw file has no HTTP, and a thread that publishes
    in its process: it encodes and hands over, as a loop does. What a sync takes of a processor is
    the kernel's, and is counted as the hub's: `sync` tells how much that is."""

    def measure(contestant):
        if contestant == "raw":
            return _hand_over(stage, "raw", 32)
        if contestant == "sync":
            return _instrument(stage, "sync", f"--duration={stage.seconds(1)}")
        return _publish(stage, contestant)

    return in_turn(stage, ("durable-1", "ours-1", "raw", "sync"), measure)


def alone(stage):
    """One connection, and what one sync takes in the same directory just before and after."""

    def measure(contestant):
        times = [_sync_ms(stage)]
        figures = _publish(stage, contestant, "--publishers=1")
        times.append(_sync_ms(stage))
        figures["sync_p50_ms"] = sum(times) / len(times)
        if "request_p50_ms" in figures:
            figures["request_p50_in_syncs"] = figures["request_p50_ms"] / figures["sync_p50_ms"]
        return figures

    return in_turn(stage, ["durable-1"], measure)


def batch(stage):
    """1,000 readings a request, each with its row."""

    def measure(contestant):
        return _publish(stage, contestant, "--batch=1000", "--publishers=4", dialect="readings")

    return in_turn(stage, ("durable-1", "ours-1"), measure)


def start(stage):
    """Reading back a million events. Both read what is in the page cache."""
    events = 5_000 if stage.quick else 1_000_000

    def measure(contestant):
        return _instrument(stage, "start", f"--journal={contestant}", f"--events={events}")

    return in_turn(stage, ("ours", "raw"), measure)


def delivery(stage):
    """The same events at the same rate, below what either can do: from visible on, the directory
    should make no difference. In batches, so that what is measured is not publishing, and on
    enough connections that no rate waits for a sync."""

    def measure(contestant):
        with stage.servers.run(contestant, STEADY) as server:
            return stage.load(server, "fan-out", f"--streams={stage.streams(1_000)}",
                              "--rate=5000/s", "--batch=50", "--size=150", "--publishers=16",
                              f"--duration={stage.seconds(4)}", dialect="events")

    return in_turn(stage, ("durable-1", "ours-1"), measure)


SCENARIOS = {"durable_publish": publish, "durable_post": post, "durable_alone": alone,
             "durable_batch": batch, "durable_start": start, "durable_delivery": delivery}


def _hand_over(stage, journal, in_flight):
    """sse-durable's publish: no HTTP."""
    size = ["--max-log-bytes=1M"] if stage.quick else []
    return _instrument(stage, "publish", f"--journal={journal}", f"--in-flight={in_flight}",
                       f"--warm-up={stage.seconds(2)}", f"--duration={stage.seconds(3)}", *size)


def _publish(stage, contestant, *options, dialect="events"):
    """sse-load's publish on a fresh hub, once to fill it and once to measure; with what the journal
    did meanwhile, if there is one."""
    with stage.servers.run(contestant, STEADY) as server:
        warm_up = stage.load(server, "publish", *options, f"--duration={stage.seconds(2)}",
                             dialect=dialect)
        before = server.counters()
        figures = stage.load(server, "publish", *options, f"--duration={stage.seconds(3)}",
                             dialect=dialect)
        after = server.counters()
    if "fault" in warm_up:
        figures["fault"] = warm_up["fault"]
    if SERIES["commits"] in after:
        grown = {name: after[series] - before[series] for name, series in SERIES.items()}
        figures["commits"] = grown["commits"]
        figures["events_per_commit"] = grown["kept"] / max(grown["commits"], 1)
        figures["syncs_per_commit"] = grown["syncs"] / max(grown["commits"], 1)
        figures["syncs_per_event"] = grown["syncs"] / max(grown["kept"], 1)
    return figures


def _sync_ms(stage):
    figures = _instrument(stage, "sync", f"--duration={stage.seconds(1)}")
    if "fault" in figures:
        raise CannotStart(figures["fault"])
    return figures["sync_p50_ms"]


def _instrument(stage, mode, *options):
    """One run of sse-durable, in a directory that is removed also when it is killed."""
    note = " ".join(["sse-durable", mode, *options])
    if note not in stage.commands:
        stage.commands.append(note)
    with tempfile.TemporaryDirectory(prefix="sse-bench-", dir=stage.servers.disk()) as directory:
        command = [stage.programs / "sse-durable", mode, "--no-config", *options,
                   f"--dir={directory}", "--json"]
        done = subprocess.run(stage.prefix + [str(word) for word in command], text=True,
                              check=False, capture_output=True, timeout=PATIENCE_SECONDS)
    if done.returncode != 0:
        return {"fault": done.stderr.strip() or f"sse-durable ended with {done.returncode}"}
    return json.loads(done.stdout)
