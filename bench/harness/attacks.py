"""What another peer waits while a hub is attacked: each attack of tests/hostile, once."""

import json
import pathlib
import subprocess
import sys

from .instruments import summary

SCRIPT = pathlib.Path(__file__).parents[2] / "tests/hostile/attack.py"
PATIENCE_SECONDS = 300
FEW = 3  # of a smoke run


def _names():
    listed = subprocess.run([sys.executable, SCRIPT, "--list"], text=True, check=True,
                            capture_output=True).stdout
    return [line.split()[1] for line in listed.splitlines()]


def hostile(stage):
    """For each attack what it did; the attackers and the hub share the processors."""
    names = _names()[:FEW] if stage.quick else _names()
    results = {}
    for name in names:
        stage.progress(f"{name}, {len(results) + 1} of {len(names)}")
        command = [sys.executable, SCRIPT, name, "--json", "--sse-serve",
                   stage.programs / "sse-serve"]
        done = subprocess.run(command, text=True, check=False, capture_output=True,
                              timeout=PATIENCE_SECONDS)
        results[name] = summary([_figures(done)])
    stage.commands.append("tests/hostile/attack.py all --sse-serve build/release/bin/sse-serve")
    return results


def _figures(done):
    if not done.stdout:
        return {"fault": done.stderr.strip() or f"it ended with {done.returncode}"}
    said = json.loads(done.stdout)
    other = said.pop("other") or {}
    figures = {"probe_p50_ms": other.get("p50"), "probe_p99_ms": other.get("p99"),
               "probe_worst_ms": other.get("worst"), **said}
    if said.get("ceiling_bytes"):
        figures["share_of_ceiling"] = said["peak_bytes"] / said["ceiling_bytes"]
    figures = {name: value for name, value in figures.items() if value is not None}
    if said["wrong"]:
        figures["fault"] = "; ".join(said["wrong"])
    return figures
