"""Runs the instruments, and keeps what they said."""

import json
import statistics
import subprocess

from .servers import CannotStart, Servers

PATIENCE_SECONDS = 300
FAULTS = ("lost", "repeated", "unordered", "unknown", "wrong_ids", "control", "wrong_chunks",
          "ended")


class Stage:
    """Programs, pinning and sizes of one pass over the scenarios."""

    def __init__(self, programs, pinned, quick, runs, progress, disk=None,
                 node_counts=(1, 2, 5, 10, 20, 50), node_streams=200):
        self.programs = programs
        self.pinned = pinned
        self.quick = quick
        self.runs = runs
        self.progress = progress
        self.servers = Servers(programs, ["taskset", "-c", "1"] if pinned else [], disk)
        self.prefix = ["taskset", "-c", "0"] if pinned else []
        self.node_counts = node_counts
        self.node_streams = node_streams
        self.commands = []
        self.event_bytes = None

    def streams(self, count):
        """As many, or few enough for a smoke run."""
        return max(count // 200, 10) if self.quick else count

    def seconds(self, count):
        return f"{'0.3' if self.quick else count}s"

    def load(self, server, mode, *options, dialect=None, prefix=(), hidden=()):
        """One run of sse-load, by `prefix`, as `nice`. What was wrong is under `fault`, as text, when
        anything was. `hidden`: those of the options that no reader needs to see."""
        dialect = dialect or server.dialect
        command = [self.programs / "sse-load", mode, "--no-config", f"--server={dialect}", *options]
        shown = [str(option) for option in options if option not in hidden]
        note = " ".join(["sse-load", mode, f"--server={dialect}", *shown])
        if note not in self.commands:
            self.commands.append(note)
        command += [f"--port={server.port}", f"--pid={server.pid}", "--json"]
        if server.publish_port:
            command.append(f"--publish-port={server.publish_port}")
        done = subprocess.run([*self.prefix, *prefix, *map(str, command)], text=True, check=False,
                              capture_output=True, timeout=PATIENCE_SECONDS)
        figures = json.loads(done.stdout) if done.stdout else {}
        if done.returncode != 0:
            wrong = [f"{figures[name]:.0f} {name}" for name in FAULTS if figures.get(name)]
            figures["fault"] = done.stderr.strip() or ", ".join(wrong) or "events never arrived"
        return figures

    def same_size(self, contestant):
        """Options that make this server's events as long on the wire as a reading of ours."""
        overhead = {"raw": len("id: 12345\ndata: \n\n"),
                    "nchan": len("id: 1234567890:0\ndata: \n\n")}.get(contestant.split("-")[0])
        return [f"--size={self.reading_bytes() - overhead}"] if overhead else []

    def reading_bytes(self):
        if self.event_bytes is None:
            with self.servers.run("ours-1") as server:
                figures = self.load(server, "fan-out", "--streams=1", "--rate=2000/s",
                                    "--events=500")
            self.event_bytes = round(figures["bytes_per_delivery"])
        return self.event_bytes


def attempt(measure, subject):
    """The figures of one measurement, or why there are none."""
    try:
        return measure(subject)
    except CannotStart as error:
        return {"fault": str(error)}


def in_turn(stage, contestants, measure):
    """A B A B: each contestant once, then again. Returns for each the figures of its runs."""
    results = {contestant: [] for contestant in contestants}
    for turn in range(stage.runs):
        for contestant in contestants:
            stage.progress(f"{contestant}, run {turn + 1} of {stage.runs}")
            results[contestant].append(attempt(measure, contestant))
    return {contestant: summary(runs) for contestant, runs in results.items()}


def summary(runs):
    """Of each figure its median and its least and largest value."""
    figures = {}
    names = {name for run in runs for name, value in run.items() if isinstance(value, (int, float))}
    for name in sorted(names):
        values = [run[name] for run in runs if name in run]
        figures[name] = {"median": statistics.median(values), "least": min(values),
                         "most": max(values)}
    faults = [run["fault"] for run in runs if "fault" in run]
    return {"figures": figures, "faults": faults, "runs": len(runs)}


def median(result, contestant, name):
    """None when it was not measured, or not without a fault."""
    found = result.get(contestant)
    if found is None or found["faults"] or name not in found["figures"]:
        return None
    return found["figures"][name]["median"]
