"""TLS and HTTP/2 beside HTTP/1.1 in the clear. What is published goes in the clear always."""

import concurrent.futures
import os
import time

from .instruments import in_turn

SIZE = "--size=130"  # some 200 bytes on the wire
ON_A_CONNECTION = (1, 10, 100)
# 10,000 TLS streams come at once: each is a connection until its request is there. Both together
# fit into 20,000 descriptors, and fewer are opened at once than there are places.
MANY = ["--max-clients=10400", "--max-connections=9000", "--handshake-timeout=30s"]
OPENING = "--opening=8500"


def _speech(contestant):
    """The hub's options, and those of sse-load."""
    if contestant.startswith("tls"):
        return MANY, ["--tls", OPENING]
    return [], []


def _named(prefix, run, *names):
    return {f"{prefix}{name}": run[name] for name in names if name in run}


def _with_faults(figures, runs):
    faults = [f"{name}: {run['fault']}" for name, run in runs.items() if "fault" in run]
    return {**figures, "fault": "; ".join(faults)} if faults else figures


def tls(stage):
    """The same events to the same streams, with TLS and without. At 50 events/s neither hub is
    busy, so that a pass over the streams is what latency counts."""

    def measure(contestant):
        hub, words = _speech(contestant)
        few = [SIZE, f"--streams={stage.streams(1_000)}", *words]
        modes = {"live": ("fan-out", "--rate=50/s", f"--duration={stage.seconds(4)}", *few),
                 "saturated": ("saturate", f"--duration={stage.seconds(3)}", *few),
                 # Few at once: what many handshakes under way took stays with the process.
                 "idle": ("idle", f"--streams={stage.streams(10_000)}", "--settle=300ms",
                          *words[:1], "--opening=100"),
                 "half": ("half", f"--streams={stage.streams(2_000)}", "--settle=300ms",
                          *words[:1])}
        runs = {}
        for name, (mode, *options) in modes.items():
            with stage.servers.run(contestant, hub) as server:
                runs[name] = stage.load(server, mode, *options, dialect="events")
        figures = {**_named("", runs["live"], "cpu_us_per_delivery", "latency_p50_ms",
                            "latency_p99_ms", "bytes_per_delivery", "server_busy", "load_busy"),
                   **_named("", runs["idle"], "idle_bytes_per_stream"),
                   **_named("half_", runs["half"], "bytes_per_connection"),
                   **_named("saturated_", runs["saturated"], "deliveries_per_second",
                            "bytes_per_delivery", "server_busy", "load_busy")}
        saturated = runs["saturated"]
        if saturated.get("deliveries_per_cpu_second"):
            figures["saturated_cpu_ns_per_byte"] = 1e9 / (
                saturated["deliveries_per_cpu_second"] * saturated["bytes_per_delivery"])
        return _with_faults(figures, runs)

    return in_turn(stage, ("ours-1", "tls-1"), measure)


def tls_opening(stage):
    """What opening a stream takes of the hub's processor, and a storm of clients that come back
    while 100 live streams get 100 events/s. The storm's streams follow a metric each and the live
    ones a topic each, so that neither gets the other's events. The live streams' reader asks for a
    higher priority: what it waits for a processor beside the storm's clients is not the hub's."""
    urgent = ["nice", "-n", "-15"] if os.geteuid() == 0 else []
    streams = stage.streams(10_000)

    def storm(server, words):
        return stage.load(server, "storm", "--topics=2", f"--streams={streams}", "--events=100",
                          *words, dialect="readings")

    def live(server, seconds, words):
        return stage.load(server, "fan-out", "--topics=2", SIZE, "--rate=100/s",
                          f"--streams={stage.streams(100)}", f"--duration={seconds:.1f}s", *words,
                          dialect="events", prefix=urgent)

    def measure(contestant):
        hub, words = _speech(contestant)
        runs = {}
        with stage.servers.run(contestant, hub) as server:
            runs["opening"] = stage.load(server, "idle", f"--streams={streams}", *words,
                                         dialect="events")
        with stage.servers.run(contestant, hub) as server:
            runs["storm alone"] = storm(server, words)
        seconds = max(runs["storm alone"].get("replayed_seconds", 1), 0.5)
        with stage.servers.run(contestant, hub) as server:
            runs["live alone"] = live(server, seconds, words)
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                beside = pool.submit(live, server, seconds + 0.5, words)
                time.sleep(0.3)  # its streams are open by then
                runs["storm"] = storm(server, words)
                runs["live"] = beside.result()
        figures = {**_named("", runs["opening"], "opened_per_second", "open_cpu_us_per_stream",
                            "open_load_busy", "handshakes", "resumed")}
        if figures.get("open_cpu_us_per_stream"):
            figures["opened_per_cpu_second"] = 1e6 / figures["open_cpu_us_per_stream"]
        for name, run, figure in (("storm_alone_seconds", "storm alone", "replayed_seconds"),
                                  ("storm_seconds", "storm", "replayed_seconds"),
                                  ("storm_load_busy", "storm", "open_load_busy"),
                                  ("live_p99_alone_ms", "live alone", "latency_p99_ms"),
                                  ("live_p99_beside_ms", "live", "latency_p99_ms")):
            if figure in runs[run]:
                figures[name] = runs[run][figure]
        if figures.get("live_p99_alone_ms"):
            figures["live_p99_ratio"] = (figures.get("live_p99_beside_ms", 0)
                                         / figures["live_p99_alone_ms"])
        return _with_faults(figures, runs)

    return in_turn(stage, ("ours-1", "tls-1"), measure)


def http2(stage):
    """10,000 streams on one connection each, and on fewer and fewer over HTTP/2."""

    def measure(contestant):
        speech, _, each = contestant.partition(" ")
        hub, words = {"plain": ("ours-1", []), "h2c": ("ours-1", ["--h2c"]),
                      "h2": ("tls-1", MANY)}[speech]
        load = {"plain": [], "h2c": [f"--http2={each}"],
                "h2": ["--tls", OPENING, f"--http2={each}"]}[speech]
        with stage.servers.run(hub, words) as server:
            return stage.load(server, "fan-out", "--rate=10/s", SIZE,
                              f"--streams={stage.streams(10_000)}",
                              f"--duration={stage.seconds(4)}", *load, dialect="events")

    shared = [f"h2 {each}" for each in ON_A_CONNECTION]
    return in_turn(stage, ("plain", *shared, "h2c 100"), measure)


SCENARIOS = {"tls": tls, "tls_opening": tls_opening, "http2": http2}
