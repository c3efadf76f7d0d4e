"""The servers that are measured: each on a free port of 127.0.0.1, and ended by its process."""

import contextlib
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

PATIENCE_SECONDS = 30
NCHAN_TEMPLATE = pathlib.Path(__file__).parents[1] / "nchan.conf"


class CannotStart(Exception):
    """A server that does not run here; the text says why."""


class Server:
    """A running server, and how sse-load is to speak to it."""

    def __init__(self, process, port, dialect):
        self.process = process
        self.port = port
        self.dialect = dialect
        self.publish_port = None  # of another node, when that one is published to
        self.others = {}  # processes that belong to it, by what they are
        self.more_ports = []  # of further nodes, which are subscribed to as well

    def parts(self):
        """The processes, by what they are."""
        return {"server": self.pid, **{name: one.pid for name, one in self.others.items()}}

    def end(self):
        for process in (self.process, *self.others.values()):
            _end(process)

    @property
    def pid(self):
        return self.process.pid

    def counters(self):
        """The sum of each series of a hub, over its labels."""
        url = f"http://127.0.0.1:{self.port}/-/metrics"
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
            lines = answer.read().decode().splitlines()
        sums = {}
        for line in lines:
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                name = name.split("{")[0]
                sums[name] = sums.get(name, 0.0) + float(value)
        return sums


def _wait_until(condition, process, what):
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if process.poll() is not None:
            raise CannotStart(f"{what} ended with {process.returncode}")
        if time.monotonic() > until:
            raise CannotStart(f"{what} did not start within {PATIENCE_SECONDS} s")
        time.sleep(0.01)


def _accepts(port):
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _raise_descriptor_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Servers:
    """Starts them, all with the same prefix (taskset) and each in a directory of its own."""

    def __init__(self, programs, prefix=(), disk=None):
        self.programs = programs
        self.prefix = list(prefix)
        self._disk = disk

    def disk(self):
        """The directory for what must lie on a disk."""
        if self._disk is None:
            raise CannotStart("no directory for temporary files is on a disk: --disk DIR names one")
        return self._disk.directory

    @contextlib.contextmanager
    def run(self, contestant, options=()):
        """`contestant` is a kind and a number of threads or workers: `ours-2`, `raw`, `nchan-1`,
        `durable-1` (ours with a data directory), `tls-1` (ours with TLS, published to on its plain
        port), `cluster-1` (two of ours on a Redis: the second is subscribed to, the first published
        to), `nodes-50` (so many of ours on a Redis, which is the process that is measured); `redis`
        is the engine alone."""
        kind, _, count = contestant.partition("-")
        place = self.disk() if kind == "durable" else None
        with tempfile.TemporaryDirectory(prefix="sse-bench-", dir=place) as directory:
            os.chmod(directory, 0o755)  # nginx's workers may be another user
            start = {"ours": self._hub, "raw": self._raw, "nchan": self._nchan,
                     "durable": self._durable_hub, "tls": self._tls_hub, "cluster": self._cluster,
                     "nodes": self._nodes, "redis": self._redis}[kind]
            server = start(pathlib.Path(directory), count, list(options))
            try:
                yield server
            finally:
                server.end()

    def _start(self, command, **settings):
        return subprocess.Popen(self.prefix + [str(word) for word in command],
                                preexec_fn=_raise_descriptor_limit, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, **settings)

    def _with_port_file(self, command, directory, dialect):
        port_file = directory / "port"
        with open(directory / "stderr", "wb") as stderr:
            process = self._start([*command, "--port", 0, "--port-file", port_file], stderr=stderr)
        try:
            _wait_until(lambda: port_file.exists() and port_file.read_text().endswith("\n"),
                        process, command[0].name)
        except CannotStart as error:
            _end(process)
            raise CannotStart(f"{error}: {(directory / 'stderr').read_text().strip()}") from None
        return Server(process, int(port_file.read_text()), dialect)

    def _hub(self, directory, threads, options):
        if not any(word.startswith("--max-clients") for word in options):
            options = ["--max-clients=10500", *options]
        command = [self.programs / "sse-serve", "--no-config", "--threads", threads, *options]
        return self._with_port_file(command, directory, "readings")

    def _durable_hub(self, directory, threads, options):
        return self._hub(directory, threads, [f"--data-dir={directory / 'data'}", *options])

    def _tls_hub(self, directory, threads, options):
        """Its certificate is of ECDSA P-256, which docs/tls.md recommends."""
        if shutil.which("openssl") is None:
            raise CannotStart("openssl is not installed (scripts/install-deps bench)")
        names = {"key": directory / "tls.key", "certificate": directory / "tls.pem"}
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-keyout", names["key"], "-out", names["certificate"]],
                       check=True, capture_output=True)
        plain = _free_port()
        server = self._hub(directory, threads, [f"--tls-cert={names['certificate']}",
                                                f"--tls-key={names['key']}",
                                                f"--plain-port={plain}", *options])
        server.publish_port = plain
        return server

    def _cluster(self, directory, threads, options):
        engine, nodes = self._engine_and_nodes(directory, 2, threads, options)
        first, second = nodes
        second.publish_port = first.port
        second.others = {"engine": engine.process, "publishing_node": first.process}
        return second

    def _nodes(self, directory, count, options):
        engine, nodes = self._engine_and_nodes(directory, int(count), 1, options)
        all_of_it = Server(engine.process, nodes[0].port, "events")
        all_of_it.more_ports = [node.port for node in nodes[1:]]
        all_of_it.others = {f"node_{index}": node.process for index, node in enumerate(nodes)}
        return all_of_it

    def _engine_and_nodes(self, directory, count, threads, options):
        """What has started is ended when the rest does not start."""
        engine = self._redis(directory, "", [])
        nodes = []
        try:
            for index in range(count):
                (directory / str(index)).mkdir()
                url = f"--cluster=redis://127.0.0.1:{engine.port}?name=bench"
                nodes.append(self._hub(directory / str(index), threads, [url, *options]))
        except CannotStart:
            for one in (*nodes, engine):
                one.end()
            raise
        return engine, nodes

    def _redis(self, directory, _count, _options):
        """Nothing is kept on a disk: what is measured is the way through it."""
        redis = shutil.which("redis-server")
        if redis is None:
            raise CannotStart("redis-server is not installed (scripts/install-deps bench)")
        port = _free_port()
        with open(directory / "redis.log", "wb") as log:
            process = self._start([redis, "--port", port, "--bind", "127.0.0.1", "--dir", directory,
                                   "--save", "", "--appendonly", "no", "--logfile",
                                   directory / "redis.log"], stderr=log)
        try:
            _wait_until(lambda: _accepts(port), process, "redis-server")
        except CannotStart:
            _end(process)
            raise
        return Server(process, port, "redis")

    def _raw(self, directory, sending, _options):
        flags = ["--per-event"] if sending == "per-event" else []
        return self._with_port_file([self.programs / "sse-raw", "--no-config", *flags], directory,
                                    "raw")

    def _nchan(self, directory, workers, _options):
        nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if nginx is None:
            raise CannotStart("nginx is not installed (scripts/install-deps bench)")
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        port = _free_port()
        text = NCHAN_TEMPLATE.read_text(encoding="utf-8")
        for name, value in {"workers": workers, "descriptors": hard, "connections": hard - 100,
                            "directory": directory, "port": port,
                            "reuseport": "" if workers == "1" else " reuseport"}.items():
            text = text.replace(f"@{name}@", str(value))
        (directory / "nginx.conf").write_text(text, encoding="utf-8")
        with open(directory / "stderr", "wb") as stderr:
            process = self._start([nginx, "-p", directory, "-c", directory / "nginx.conf"],
                                  stderr=stderr)
        try:
            _wait_until(lambda: _accepts(port), process, "nginx")
        except CannotStart as error:
            _end(process)
            raise CannotStart(f"{error}: {(directory / 'stderr').read_text().strip()}") from None
        return Server(process, port, "nchan")


def _end(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
