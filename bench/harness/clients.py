"""How fast sse-sub decodes and sse-pub loads."""

import os
import pathlib
import subprocess
import tempfile
import time

from .instruments import in_turn

EPOCH_BITS = "b1f-8e4d"


def _event(number):
    """An event as the hub sends a reading."""
    return (f"id: 019c3a5e-7c00-7{EPOCH_BITS}-{number:012x}\nevent: metric_reading_created\n"
            f'data: {{"id":"019c3a5e-7c00-7b1f-8e4e-{number:012x}",'
            '"metric_id":"019c3a5e-7c00-7b1f-8e4f-000000000001",'
            f'"value":{number},"timestamp":"2026-01-01T00:00:00.{number:09d}Z"}}\n\n')


def _timed(command, stdin, stage):
    """Wall seconds and exit status; the output goes nowhere."""
    begin = time.perf_counter()
    done = subprocess.run(stage.prefix + [str(word) for word in command], stdin=stdin, text=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    seconds = time.perf_counter() - begin
    fault = f"{command[0].name} ended with {done.returncode}: {done.stderr.strip()}"
    return seconds, {"fault": fault} if done.returncode != 0 else {}


def subscriber(stage):
    """`sse-sub` on a file of a million events: decoding alone."""
    count = 10_000 if stage.quick else 1_000_000
    place = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.NamedTemporaryFile("w+b", dir=place) as replay:
        replay.write("".join(_event(number + 1) for number in range(count)).encode())
        replay.flush()
        size = replay.tell()

        def measure(output):
            replay.seek(0)
            with open(replay.name, "rb") as stdin:
                seconds, figures = _timed(
                    [stage.programs / "sse-sub", "--no-config", "--url", "-", "-o", output], stdin,
                    stage)
            figures["megabytes_per_second"] = size / seconds / 1e6
            figures["events_per_second"] = count / seconds
            return figures

        return in_turn(stage, ["none", "data"], measure)


def loader(stage):
    """`sse-pub load` of NDJSON readings into a hub."""
    count = 10_000 if stage.quick else 1_000_000
    with tempfile.TemporaryDirectory() as directory:
        lines = pathlib.Path(directory) / "readings.ndjson"
        text = "".join(f'{{"metric":"load","value":{number}}}\n' for number in range(count))
        lines.write_text(text, encoding="utf-8")

        def measure(contestant):
            with stage.servers.run(contestant) as server:
                before = _cpu_seconds(server.pid)
                seconds, figures = _timed(
                    [stage.programs / "sse-pub", "load", "--no-config", "--url",
                     f"http://127.0.0.1:{server.port}", "--create=1s", lines], subprocess.DEVNULL,
                    stage)
                figures["lines_per_second"] = count / seconds
                figures["server_busy"] = (_cpu_seconds(server.pid) - before) / seconds
            return figures

        return in_turn(stage, ["ours-1"], measure)


def _cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
