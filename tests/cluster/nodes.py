"""Hubs that share a Redis, and what is asked of them."""
import json
import os
import signal
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'access'))

from programs import Programs, RunningHub  # noqa: E402, pylint: disable=wrong-import-position

KEY = 'events'


def engine_url(redis, key=KEY):
    return '%s://127.0.0.1:%d?name=%s' % (redis.scheme, redis.port, key)


def sentinel_url(sentinel, key=KEY):
    return '%s://127.0.0.1:%d?sentinel=hub&name=%s' % (sentinel.scheme, sentinel.port, key)


class Node(RunningHub):
    """sse-serve --cluster on a free port, and its id as a number in a test's output."""

    def __init__(self, programs, url, *options, environment=None):
        self.is_alive = True
        super().__init__(programs, ['--cluster', url, '--ttl', '1h', '--heartbeat', '500ms', *options], environment)

    def answer(self, target, body=None, headers=None, method=None):
        """Status, header fields in lower case, and what the JSON says."""
        text = None if body is None else json.dumps(body)
        status, fields, text = self.ask(target, body=text, headers=headers, method=method)
        return status, {name.lower(): value for name, value in fields}, json.loads(text) if text else None

    def publish(self, data, key=None, **more):
        """Status, header fields and answer of one POST."""
        return self.answer('/events', {'data': data, **more}, {'Idempotency-Key': '"%s"' % key} if key else {})

    def log(self):
        """All events that the node has, as (id, data), by polling."""
        events, after = [], '/events?since=earliest&limit=1000'
        while True:
            _, _, page = self.answer(after)
            if not page['events']:
                return events
            events += [(event['id'], event['data']) for event in page['events']]
            after = '/events?limit=1000&after=' + page['cursor']

    def samples(self):
        """/-/metrics, by name and labels."""
        _, _, text = self.ask('/-/metrics')
        lines = [line.rsplit(' ', 1) for line in text.decode().split('\n') if line and not line.startswith('#')]
        return {name: float(value) for name, value in lines}

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.is_alive = False
        super().kill()


class Nodes:
    """Starts nodes in one directory, and ends them."""

    def __init__(self, binaries, directory):
        self.programs = Programs(binaries, directory)
        self.all = []
        self.options = []  # of each

    def start(self, url, *options, environment=None):
        node = Node(self.programs, url, *self.options, *options, environment=environment)
        self.all.append(node)
        return node

    def alive(self):
        return [node for node in self.all if node.is_alive]

    def end(self):
        for node in self.alive():
            node.go_on()
            node.kill()
