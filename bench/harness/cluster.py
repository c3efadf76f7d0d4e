"""Two nodes on one Redis: what is published on A and read on B, beside the two scripts alone."""

import json
import os
import subprocess

from .instruments import PATIENCE_SECONDS, in_turn

WINDOW = 64  # events on their way, as sse-load has them
BATCH = 32
MOST_ADDED_MS = 2  # and two round trips


def post(stage):
    """NDJSON on A to 1,000 streams on B. Two limits: the scripts with two tails, with as many events
    under way, and one hub without a journal elsewhere, which has the same streams to feed."""

    def measure(contestant):
        if contestant == "tails":
            with stage.servers.run("redis") as redis:
                return _tails(stage, redis, f"--in-flight={WINDOW}", f"--batch={BATCH}")
        return _load(stage, contestant, "publish", f"--batch={BATCH}", "--publishers=2",
                     f"--duration={stage.seconds(3)}")

    return in_turn(stage, ("cluster-1", "tails", "ours-1"), measure)


def latency(stage):
    """From the POST on A to the last of 1,000 streams on B, at 100 events/s; and what of it is the
    engine's way."""

    def measure(_):
        figures, faults = {}, []
        for name, contestant in (("cluster", "cluster-1"), ("memory", "ours-1")):
            run = _load(stage, contestant, "fan-out", "--rate=100/s",
                        f"--duration={stage.seconds(5)}")
            faults += [f"{name}: {run['fault']}"] if "fault" in run else []
            for figure in ("latency_p50_ms", "latency_p99_ms"):
                figures[f"{name}_{figure}"] = run.get(figure, 0)
        with stage.servers.run("redis") as redis:
            tails = _tails(stage, redis, "--in-flight=1")
        faults += [f"tails: {tails['fault']}"] if "fault" in tails else []
        if faults:
            return {**figures, "fault": "; ".join(faults)}
        figures["round_trip_ms"] = tails["round_trip_ms"]
        figures["tails_p99_ms"] = tails["latency_p99_ms"]
        added = figures["cluster_latency_p99_ms"] - figures["memory_latency_p99_ms"]
        figures["added_p99_ms"] = added
        figures["added_ratio"] = added / (MOST_ADDED_MS + 2 * tails["round_trip_ms"])
        return figures

    return in_turn(stage, ["cluster-1"], measure)


SCENARIOS = {"cluster_post": post, "cluster_latency": latency}


def _load(stage, contestant, mode, *options):
    """sse-load, with what each process took of a processor meanwhile."""
    with stage.servers.run(contestant) as server:
        before = {name: _cpu_seconds(pid) for name, pid in server.parts().items()}
        figures = stage.load(server, mode, *options, f"--streams={stage.streams(1_000)}",
                             "--size=150", dialect="events")
        for name, pid in server.parts().items():
            used = _cpu_seconds(pid) - before[name]
            figures[f"{name}_cpu_us_per_event"] = used * 1e6 / max(figures.get("events", 0), 1)
    return figures


def _tails(stage, redis, *options):
    """One run of sse-tails."""
    if not (stage.programs / "sse-tails").exists():
        return {"fault": "sse-tails was built without hiredis"}
    command = ["sse-tails", *options, f"--duration={stage.seconds(3)}",
               f"--warm-up={stage.seconds(1)}"]
    if " ".join(command) not in stage.commands:
        stage.commands.append(" ".join(command))
    command = [stage.programs / command[0], "--no-config", *command[1:], f"--port={redis.port}",
               f"--pid={redis.pid}", "--json"]
    done = subprocess.run(stage.prefix + [str(word) for word in command], text=True, check=False,
                          capture_output=True, timeout=PATIENCE_SECONDS)
    if done.returncode != 0:
        return {"fault": done.stderr.strip() or f"sse-tails ended with {done.returncode}"}
    return json.loads(done.stdout)


def _cpu_seconds(pid):
    """Of all its threads, as the scheduler counts them."""
    total = 0.0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0]) / 1e9
    return total
