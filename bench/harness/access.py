"""What credentials cost: the same requests to a hub that asks for none, and to one that does."""

import base64
import hashlib
import hmac
import json
import pathlib
import secrets
import tempfile
import time

from .instruments import in_turn

# More signed tokens than the hub keeps of those that it has verified.
FRESH_TOKENS = 12_000
OFF = "off"
CONTESTANTS = (OFF, "static", "jwt", "jwt-fresh")


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signed(key, number):
    now = int(time.time())
    claims = {"sub": f"bench-{number}", "iat": now, "exp": now + 3600,
              "sse": {"publish": ["#"], "subscribe": ["#"]}}
    text = ".".join(_base64url(json.dumps(part).encode()) for part in ({"alg": "HS256"}, claims))
    return f"{text}.{_base64url(hmac.digest(key, text.encode(), 'sha256'))}"


class Credentials:
    """A token file, a key file, and tokens for each contestant, in a directory of their own."""

    def __init__(self, directory):
        key = secrets.token_bytes(32)
        static = "sse_bench_" + _base64url(secrets.token_bytes(32))
        digest = hashlib.sha256(static.encode()).hexdigest()
        self.options = [
            "--tokens=" + self._write(directory / "tokens.toml", f'''[[token]]
id = "bench"
sha256 = "{digest}"
publish = ["#"]
subscribe = ["#"]
'''),
            "--jwt-keys=" + self._write(directory / "keys.json", json.dumps(
                {"keys": [{"kty": "oct", "alg": "HS256", "k": _base64url(key)}]}))]
        tokens = {"static": [static], "jwt": [_signed(key, 0)],
                  "jwt-fresh": [_signed(key, number) for number in range(FRESH_TOKENS)]}
        self.files = {name: self._write(directory / name, "\n".join(lines) + "\n")
                      for name, lines in tokens.items()}

    @staticmethod
    def _write(path, text):
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        return str(path)


def access(stage):
    """POSTs of one event on 32 connections, and streams that are opened; `jwt` is verified once,
    `jwt-fresh` each time. CPU of the server, the kernel's part included."""
    with tempfile.TemporaryDirectory(prefix="sse-bench-") as directory:
        credentials = Credentials(pathlib.Path(directory))

        def measure(contestant):
            hub = [] if contestant == OFF else credentials.options
            load = [] if contestant == OFF else [f"--token-file={credentials.files[contestant]}"]
            with stage.servers.run("ours-1", hub) as server:
                posts = stage.load(server, "publish", *load, f"--duration={stage.seconds(2)}",
                                   dialect="events")
                opened = stage.load(server, "idle", *load,
                                    f"--streams={stage.streams(10_000)}", dialect="events")
            figures = {"post_cpu_us": posts.get("cpu_us_per_event", 0),
                       "posts_per_second": posts.get("events_per_second", 0),
                       "open_cpu_us": opened.get("open_cpu_us_per_stream", 0),
                       "bytes_per_stream": opened.get("idle_bytes_per_stream", 0)}
            faults = [run["fault"] for run in (posts, opened) if "fault" in run]
            return {**figures, "fault": "; ".join(faults)} if faults else figures

        return in_turn(stage, CONTESTANTS, measure)
