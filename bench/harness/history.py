"""Replays of history that is on disk alone, beside the same from memory."""

import contextlib
import http.client
import json
import selectors
import socket
import tempfile
import threading
import time

from .instruments import in_turn

TOPICS = 100
TOGETHER = 100  # of so many events, the one of a topic that has its events all in one place
DATA = "x" * 900
PATIENCE_SECONDS = 120
HEAD = b"\r\nSSE-Head: "
ID_BYTES = 36


@contextlib.contextmanager
def kept(stage, mib):
    """A directory with so much history, of a kilobyte an event. Gives the id of an event of each
    MiB, too, the oldest first.

    Each of the topics `t/..` has an event in every part; those of `once/..` come in the middle."""
    with tempfile.TemporaryDirectory(prefix="sse-bench-data-") as directory:
        with hub(stage, directory, "64M") as server:
            ids = _publish(server.port, mib)
        yield directory, ids


def hub(stage, directory, memory):
    return stage.servers.run("ours-1", (f"--data-dir={directory}", "--sync=off", "--ttl=0",
                                        "--max-disk-bytes=0", "--history-cache=8M",
                                        f"--max-log-bytes={memory}"))


def _publish(port, mib):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    ids = []
    first = mib * 1024 // 2
    last = first + mib * 1024 // TOGETHER
    for count in range(0, mib * 1024, 1024):
        topics = ("once" if first <= i < last else "t" for i in range(count, count + 1024))
        lines = "".join(f'{{"topic":"{topic}/{(count + i) % TOPICS}","data":"{DATA}"}}\n'
                        for i, topic in enumerate(topics))
        connection.request("POST", "/events", lines, {"Content-Type": "application/x-ndjson"})
        ids.append(json.loads(connection.getresponse().read())["results"][0]["id"])
    return ids


class _Replay:
    """One stream, until the end of its replay is told. HTTP/1.0: its body has no framing."""

    def __init__(self, port, query):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self.socket.sendall(f"GET /events/watch?{query} HTTP/1.0\r\n\r\n".encode())
        self.socket.setblocking(False)
        self.end = None
        self.tail = b""

    def read(self, sent=None):
        """False: it has all."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionError("a replay was ended")
        if sent is not None:
            sent.bytes += len(piece)
        text = self.tail + piece
        at = text.find(HEAD)
        if self.end is None and at >= 0:
            head = text[at + len(HEAD):][:ID_BYTES]
            self.end = b"id: " + head + b"\n\n"
        if self.end is None:
            self.tail = text
            return True
        self.tail = text[-len(self.end):]
        return self.end not in text


class Sent:
    """What replays were sent."""

    def __init__(self):
        self.bytes = 0
        self.begin = time.perf_counter()

    def mib_per_second(self):
        return self.bytes / (1 << 20) / (time.perf_counter() - self.begin)


def replay(port, queries, stop=None, sent=None):
    """Seconds that replays take which begin at once, or until `stop`."""
    begin = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for query in queries:
            one = _Replay(port, query)
            selector.register(one.socket, selectors.EVENT_READ, one)
        while selector.get_map() and not (stop and stop.is_set()):
            ready = selector.select(PATIENCE_SECONDS)
            if not ready:
                raise TimeoutError("a replay stands still")
            for key, _ in ready:
                if not key.data.read(sent):
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
        for key in list(selector.get_map().values()):
            key.fileobj.close()
    return time.perf_counter() - begin


def _places(ids, some):
    """So many places, spread over the history, wherever its end is by then; every second stream has
    a filter."""
    return [f"after={ids[len(ids) * i // some]}" + ("&topic=t/7" if i % 2 else "")
            for i in range(some)]


@contextlib.contextmanager
def _replays_beside(port, queries):
    """Replays again and again, until the block ends."""
    stop = threading.Event()

    def run():
        while not stop.is_set():
            replay(port, queries, stop, sent)

    sent = Sent()
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield sent
    finally:
        stop.set()
        thread.join()


def history(stage):
    """256 MiB under 16 MiB of memory; the machine's own cache of the disk holds all of it."""
    mib = 4 if stage.quick else 256

    def rates(name, port):
        queries = {"": "since=earliest", "_filtered": "since=earliest&topic=t/%2B",
                   "_selective": "since=earliest&topic=t/7",
                   "_together": "since=earliest&topic=once/%2B"}
        return {f"{name}{kind}_mib_per_second": mib / replay(port, [query])
                for kind, query in queries.items()}

    def loads(name, server):
        live = stage.load(server, "fan-out", "--rate=100/s", f"--streams={stage.streams(100)}",
                          f"--duration={stage.seconds(4)}", dialect="events")
        single = stage.load(server, "publish", f"--duration={stage.seconds(3)}", dialect="events")
        faults = [f"{name}: {run['fault']}" for run in (live, single) if "fault" in run]
        return {f"live_p99_{name}_ms": live.get("latency_p99_ms", 0),
                f"posts_{name}_per_second": single.get("requests_per_second", 0)}, faults

    def measure(_):
        with kept(stage, mib) as (directory, ids):
            with hub(stage, directory, "1G") as server:
                figures = rates("memory", server.port)
            with hub(stage, directory, "1M" if stage.quick else "16M") as server:
                figures |= rates("disk", server.port)
                places = _places(ids, 10 if stage.quick else 50)
                figures["fifty_seconds"] = replay(server.port, places)
                alone, faults = loads("alone", server)
                with _replays_beside(server.port, places) as sent:
                    beside, more = loads("beside", server)
                    figures["replays_beside_mib_per_second"] = sent.mib_per_second()
        figures |= alone | beside
        if faults + more:
            return {**figures, "fault": "; ".join(faults + more)}
        for ratio, over, under in (
                ("disk_ratio", "disk_mib_per_second", "memory_mib_per_second"),
                ("disk_filtered_ratio", "disk_filtered_mib_per_second",
                 "memory_filtered_mib_per_second"),
                ("disk_selective_ratio", "disk_selective_mib_per_second",
                 "memory_selective_mib_per_second"),
                ("disk_together_ratio", "disk_together_mib_per_second",
                 "memory_together_mib_per_second"),
                ("live_p99_ratio", "live_p99_beside_ms", "live_p99_alone_ms"),
                ("posts_ratio", "posts_beside_per_second", "posts_alone_per_second")):
            figures[ratio] = figures[over] / figures[under]
        return figures

    return in_turn(stage, ["ours-1"], measure)
