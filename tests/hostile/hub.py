"""sse-serve as it is attacked, and another peer who uses it meanwhile."""
import http.client
import json
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', 'support'))
from waiting import PATIENCE, wait_until  # noqa: E402

HERE = os.path.dirname(os.path.realpath(__file__))


class Hub:
    """A hub of its own for each attack."""

    def __init__(self, serve, directory, *options):
        reading, writing = os.pipe()
        self.words = [serve, '--no-config', '--port', '0', '--bind', '127.0.0.1',
                      '--ready-fd', str(writing), *options]
        self.said = open(os.path.join(directory, 'stderr'), 'w+', encoding='utf-8')
        self.process = subprocess.Popen(self.words, stderr=self.said, pass_fds=[writing])
        os.close(writing)
        with open(reading, encoding='ascii') as file:
            self.port = int(file.read() or 0)
        assert self.port, 'sse-serve does not start: ' + self.messages()

    def ask(self, target, body=None, headers=None, method=None):
        """Status and body of one request on a connection of its own."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        try:
            connection.request(method or ('GET' if body is None else 'POST'), target, body,
                               headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def publish(self, event):
        status, body = self.ask('/events', json.dumps(event))
        assert status == 201, f'an event got {status}: {body[:200]}'

    def publish_all(self, events):
        """NDJSON, as many bytes at once as the hub takes."""
        text = b''
        for event in [*events, None]:
            line = b'' if event is None else json.dumps(event).encode() + b'\n'
            if text and (event is None or len(text) + len(line) > 900_000):
                self.publish_lines(text)
                text = b''
            text += line

    def publish_lines(self, text, times=1, target='/events'):
        """The same batch again and again, on one connection."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        for _ in range(times):
            connection.request('POST', target, text, {'Content-Type': 'application/x-ndjson'})
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, f'a batch got {answer.status}: {body[:200]}'
            assert b'"rejected":0' in body, body[:300]
        connection.close()

    def create_metric(self, name):
        status, body = self.ask('/metrics', json.dumps({'name': name}))
        assert status == 201, body
        return json.loads(body)['id']

    def metrics(self):
        """The samples of /-/metrics, by name and labels."""
        status, body = self.ask('/-/metrics')
        assert status == 200, f'/-/metrics got {status}'
        samples = [line.rsplit(' ', 1) for line in body.decode().split('\n')
                   if line and not line.startswith('#')]
        return {name: float(value) for name, value in samples}

    def peak_memory(self):
        """The most that was ever resident, in bytes."""
        with open(f'/proc/{self.process.pid}/status', encoding='ascii') as file:
            return int(re.search(r'VmHWM:\s+(\d+) kB', file.read())[1]) * 1024

    def processor_time(self):
        """Of all its threads, in seconds."""
        times = 0.0
        for task in os.listdir(f'/proc/{self.process.pid}/task'):
            with open(f'/proc/{self.process.pid}/task/{task}/schedstat', encoding='ascii') as file:
                times += int(file.read().split()[0]) / 1e9
        return times

    def end(self):
        """Whether it ends as it should: asked once, with exit code 0."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30) == 0
        except subprocess.TimeoutExpired:
            self.kill()
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.said.close()

    def messages(self):
        self.said.flush()
        with open(self.said.name, encoding='utf-8', errors='replace') as file:
            return file.read()


class Bystander:
    """bystander.py, in a process of its own: nothing that an attack does may disturb it."""

    def __init__(self, port):
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, 'bystander.py'), str(port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b'ready\n', 'the bystander found no hub'

    def report(self):
        """What it saw from its start to now."""
        out, _ = self.process.communicate(b'end\n', timeout=PATIENCE)
        assert out, 'another peer could not connect'
        return json.loads(out)

    def kill(self):
        self.process.kill()
        self.process.wait()
