"""How cost grows: with streams, size of events, filters and loops. For the plots."""

from . import history
from .instruments import attempt


def _series(stage, title, points, measure):
    """The figures at each of `points`; a point that cannot be measured says why."""
    rows = []
    for point in points:
        stage.progress(f"{title}: {point}")
        rows.append({"x": point, **attempt(measure, point)})
    return rows


def with_streams(stage, contestant):
    points = [10, 20, 50] if stage.quick else [1_000, 2_000, 5_000, 10_000, 19_500]

    def measure(count):
        # With 19,500 streams, 20,000 descriptors leave no more for connections that are none yet.
        options = (f"--max-clients={count}", "--max-connections=170")
        opening = ("--opening=100", f"--streams={count}", *stage.same_size(contestant))
        with stage.servers.run(contestant, options) as server:
            slow = stage.load(server, "fan-out", "--rate=5/s", "--publishers=4",
                              f"--duration={stage.seconds(3)}", *opening)
        with stage.servers.run(contestant, options) as server:
            full = stage.load(server, "saturate", "--publishers=32",
                              f"--duration={stage.seconds(2)}", *opening)
        figures = {name: slow.get(name) for name in
                   ("idle_bytes_per_stream", "opened_per_second", "cpu_us_per_delivery",
                    "latency_p99_ms")}
        figures["saturated_us_per_delivery"] = full.get("cpu_us_per_delivery")
        faults = [run["fault"] for run in (slow, full) if "fault" in run]
        return {**figures, "fault": "; ".join(faults)} if faults else figures

    return _series(stage, f"streams, {contestant}", points, measure)


def with_size(stage):
    points = [64, 256, 1_024] if stage.quick else [64, 256, 1_024, 4_096, 16_384]

    def measure(size):
        with stage.servers.run("ours-1") as server:
            return stage.load(server, "saturate", f"--size={size}",
                              f"--streams={stage.streams(1_000)}",
                              f"--duration={stage.seconds(2)}", dialect="events")

    return _series(stage, "size", points, measure)


def with_topics(stage):
    """1,000 streams, each of one topic: the more topics, the more each of them skips."""
    points = [1, 2, 5] if stage.quick else [1, 10, 100, 1_000]

    def measure(topics):
        with stage.servers.run("ours-1") as server:
            return stage.load(server, "saturate", f"--topics={topics}",
                              f"--streams={stage.streams(1_000)}",
                              f"--duration={stage.seconds(2)}")

    return _series(stage, "topics", points, measure)


def with_loops(stage):
    def measure(loops):
        with stage.servers.run(f"ours-{loops}") as server:
            return stage.load(server, "saturate", f"--streams={stage.streams(10_000)}",
                              f"--duration={stage.seconds(2)}")

    return _series(stage, "loops", [1, 2, 4], measure)


def with_age(stage):
    """Replays that begin so many MiB back, under 16 MiB of memory."""
    points = [1, 2, 4] if stage.quick else [4, 8, 16, 32, 64, 128, 256]
    with history.kept(stage, points[-1]) as (directory, _):
        with history.hub(stage, directory, "1M" if stage.quick else "16M") as server:

            def measure(mib):
                seconds = history.replay(server.port, [f"since=-{mib * 1024}"])
                return {"mib_per_second": mib / seconds}

            return _series(stage, "age", points, measure)


def measure(stage):
    return {"streams": {name: with_streams(stage, name) for name in ("ours-1", "raw")},
            "size": with_size(stage), "topics": with_topics(stage), "loops": with_loops(stage),
            "age": with_age(stage)}
