"""System calls: the hub's own counters at growing load, and strace's where it is installed."""

import re
import shutil
import signal
import subprocess
import tempfile

from .instruments import in_turn

COUNTERS = {"sends": "sse_stream_sends_total", "turns": "sse_loop_turns_total",
            "wakeups": "sse_loop_wakeups_total", "deliveries": "sse_deliveries_total",
            "published": "sse_events_published_total"}


def counters(stage):
    """Sends per delivery, and turns and wake-ups of the loops per event, as load grows."""

    def measure(contestant):
        rate = contestant.split(" ")[0]
        with stage.servers.run("ours-1") as server:
            before = server.counters()
            mode = ("saturate",) if rate == "saturated" else ("fan-out", f"--rate={rate}")
            figures = stage.load(server, *mode, f"--streams={stage.streams(1_000)}",
                                 f"--duration={stage.seconds(3)}")
            after = server.counters()
        grown = {name: after[series] - before.get(series, 0) for name, series in COUNTERS.items()}
        figures["sends_per_delivery"] = grown["sends"] / max(grown["deliveries"], 1)
        figures["turns_per_event"] = grown["turns"] / max(grown["published"], 1)
        figures["wakeups_per_event"] = grown["wakeups"] / max(grown["published"], 1)
        return figures

    return in_turn(stage, ["10/s", "100/s", "1000/s", "saturated"], measure)


def traced(stage):
    """All system calls of the hub, counted by strace: it makes everything slow, so only counts."""
    if shutil.which("strace") is None:
        return {}

    streams = f"--streams={stage.streams(1_000)}"
    loads = {"publish": ("publish",), "fan-out at 100/s": ("fan-out", "--rate=100/s", streams),
             "saturated": ("saturate", streams)}

    def measure(contestant):
        with stage.servers.run("ours-1") as server, tempfile.NamedTemporaryFile("r") as table:
            command = ["strace", "-c", "-f", "-o", table.name, "-p", str(server.pid)]
            tracer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                      text=True)
            said = tracer.stderr.readline()
            if "attached" not in said:
                tracer.wait()
                return {"fault": f"strace: {said.strip()}"}
            try:
                figures = stage.load(server, *loads[contestant],
                                     f"--duration={stage.seconds(2)}")
            finally:
                tracer.send_signal(signal.SIGINT)
                tracer.communicate()
            calls = _total(table.read())
        kept = {"fault": figures["fault"]} if "fault" in figures else {}
        kept["calls_per_event"] = calls / max(figures.get("events", 0), 1)
        if figures.get("deliveries"):
            kept["calls_per_delivery"] = calls / figures["deliveries"]
        return kept

    return in_turn(stage, list(loads), measure)


def _total(table):
    """The calls of strace's last line: time, seconds, us/call, calls, perhaps errors, "total"."""
    found = re.search(r"^\s*100\.00\s+\S+\s+\S+\s+(\d+)\s.*total$", table, re.MULTILINE)
    return int(found.group(1)) if found else 0
