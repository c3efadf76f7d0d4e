"""What is measured: each function is a scenario, run by all who take part in it."""

from .instruments import in_turn

OURS = ("ours-1", "ours-2")
NCHAN = ("nchan-1", "nchan-2")


def _contestants(stage, names):
    """With everything of a server on one processor, more threads or workers tell nothing; and what
    is only there to be read beside the rest is measured once."""
    free_only = ("-2", "-per-event")
    return [name for name in names if not (stage.pinned and name.endswith(free_only))]


def _load(stage, names, mode, *options, server_options=()):
    def measure(contestant):
        sizes = stage.same_size(contestant) if mode != "publish" else []
        with stage.servers.run(contestant, server_options) as server:
            return stage.load(server, mode, *options, *sizes)

    return in_turn(stage, _contestants(stage, names), measure)


def idle(stage):
    return _load(stage, (*OURS, "raw", *NCHAN), "idle", f"--streams={stage.streams(10_000)}",
                 "--settle=300ms")


def slow_10000(stage):
    return _load(stage, (*OURS, "raw", "raw-per-event", *NCHAN), "fan-out", "--rate=10/s",
                 f"--streams={stage.streams(10_000)}", f"--duration={stage.seconds(4)}")


def slow_1000(stage):
    return _load(stage, (*OURS, "raw", "raw-per-event", *NCHAN), "fan-out", "--rate=100/s",
                 f"--streams={stage.streams(1_000)}", f"--duration={stage.seconds(4)}")


def saturated_1000(stage):
    return _load(stage, (*OURS, "raw", *NCHAN), "saturate", f"--streams={stage.streams(1_000)}",
                 f"--duration={stage.seconds(3)}")


def saturated_10000(stage):
    return _load(stage, (*OURS, "raw", *NCHAN), "saturate", f"--streams={stage.streams(10_000)}",
                 f"--duration={stage.seconds(3)}")


def publish(stage):
    return _load(stage, (*OURS, "raw", *NCHAN), "publish", f"--duration={stage.seconds(3)}")


def batch(stage):
    return _load(stage, OURS, "publish", "--batch=1000", "--publishers=4",
                 f"--duration={stage.seconds(3)}")


def storm(stage):
    return _load(stage, (*OURS, "raw", *NCHAN), "storm", f"--streams={stage.streams(10_000)}",
                 "--events=100")


def mixed(stage):
    return _load(stage, (*OURS, "raw"), "mixed", f"--streams={stage.streams(10_000)}",
                 "--probe-rate=100/s", f"--duration={stage.seconds(4)}")


def conflated(stage):
    """The same 100 events, of a topic each, at once every 500 ms: to plain streams, and to conflated
    ones. Their interval is a little shorter, so that each batch has a slot of its own and every event
    is sent in both."""
    paths = {"plain": "/events/watch", "conflated": "/events/watch?every=400ms"}

    def measure(_):
        figures, faults = {}, []
        for name, path in paths.items():
            with stage.servers.run("ours-1") as server:
                run = stage.load(server, "fan-out", f"--target={path}", "--spread=100",
                                 "--batch=100", "--rate=200/s", "--size=150", "--publishers=1",
                                 f"--streams={stage.streams(10_000)}",
                                 f"--duration={stage.seconds(10)}", dialect="events")
            faults += [f"{name}: {run['fault']}"] if "fault" in run else []
            for figure in ("cpu_us_per_delivery", "bytes_per_delivery", "latency_p99_ms",
                           "idle_bytes_per_stream"):
                figures[f"{name}_{figure}"] = run.get(figure, 0)
        if faults:
            return {**figures, "fault": "; ".join(faults)}
        for ratio, figure in (("cost_ratio", "cpu_us_per_delivery"),
                              ("bytes_ratio", "bytes_per_delivery")):
            figures[ratio] = figures[f"conflated_{figure}"] / figures[f"plain_{figure}"]
        return figures

    return in_turn(stage, ["ours-1"], measure)


def filtered(stage):
    """The same events, one delivery each: to one of 1,000 streams by its topic, and to one of 100.
    The rest is skipped: ten times as many."""
    topics = {"few": stage.streams(100), "many": stage.streams(1_000)}

    def measure(_):
        runs = {}
        for name, count in topics.items():
            with stage.servers.run("ours-1") as server:
                runs[name] = stage.load(server, "saturate", f"--topics={count}",
                                        f"--streams={count}", "--publishers=16", "--window=64",
                                        f"--duration={stage.seconds(3)}")
        figures = {f"{name}_us_per_delivery": run.get("cpu_us_per_delivery", 0)
                   for name, run in runs.items()}
        faults = [run["fault"] for run in runs.values() if "fault" in run]
        if faults:
            figures["fault"] = "; ".join(faults)
        else:
            figures["cost_ratio"] = figures["many_us_per_delivery"] / figures["few_us_per_delivery"]
        return figures

    return in_turn(stage, ["ours-1"], measure)
