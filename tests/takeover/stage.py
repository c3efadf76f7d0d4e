"""A hub that is taken over again and again, and strict readers of its streams."""
import json
import os
import http.client
import re
import selectors
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', 'support'))
from waiting import PATIENCE, free_port, wait_until  # noqa: E402, F401


HUBS = []


def kill_all():
    """What a test that has failed leaves behind."""
    while HUBS:
        HUBS.pop().kill()


class Hub:
    """One address, and the processes that serve it one after the other."""

    def __init__(self, programs, directory, *options, port=None, binds=('--bind', '127.0.0.1')):
        self.program = os.path.join(os.path.realpath(programs), 'sse-serve')
        self.directory = os.path.realpath(directory)
        self.socket = os.path.join(self.directory, 'takeover.sock')
        self.port = port or free_port()
        self.options = ['--no-config', *binds, '--port', str(self.port), '--drain', '2s',
                        '--takeover-socket', self.socket, *options]
        self.logs = []
        self.process = None
        self.started = []
        HUBS.append(self)
        self.environment = {}
        self.stdout = os.devnull

    def start(self, *options, waits=True):
        """A process; the one that serves now once it is ready."""
        log = os.path.join(self.directory, 'log-%d' % len(self.logs))
        self.logs.append(log)
        reading, writing = os.pipe()
        with open(log, 'wb') as err, open(self.stdout, 'wb') as out:
            process = subprocess.Popen([self.program, *self.options, '--ready-fd', str(writing), *options],
                                       stdout=out, stderr=err, stdin=subprocess.DEVNULL, pass_fds=[writing],
                                       env={'PATH': os.environ['PATH'], 'HOME': self.directory,
                                            **self.environment})
        os.close(writing)
        self.started.append(process)
        if not waits:
            os.close(reading)
            return process
        with open(reading, encoding='ascii') as file:
            ready = file.read()
        assert ready, 'sse-serve does not start: ' + self.said()
        self.process = process
        return process

    def take_over(self, *options):
        """Another process goes on. Returns how long everything stood still, in seconds."""
        old, old_log = self.process, self.logs[-1]
        self.start('--takeover', *options)
        assert old.wait(PATIENCE) == 0, self.said(old_log)
        return pause_in(self.said(old_log))

    def kill(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()

    def said(self, log=None):
        with open(log or self.logs[-1], encoding='utf-8') as file:
            return file.read()

    def ask(self, method, target, body=None, headers=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        try:
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def publish(self, events):
        """In one request, again until it is taken; the key says that it is the same one."""
        body = json.dumps(events)
        key = os.urandom(8).hex()
        for _ in range(600):
            try:
                status, answer = self.ask('POST', '/events', body, {'Idempotency-Key': key})
                if status == 200:
                    told = json.loads(answer)
                    assert told['rejected'] == 0, answer[:300]
                    return
                assert status in (409, 503), (status, answer)
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.05)
        raise AssertionError('an event was not taken')

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)


def pause_in(log):
    """What a hub says of its standstill, in seconds."""
    told = re.search(r'it stood still for (\S+)', log)
    assert told, log
    units = {'s': 1, 'ms': 1e-3, 'us': 1e-6, 'm': 60}
    return sum(int(n) * units[unit] for n, unit in re.findall(r'(\d+)(ms|us|s|m)', told[1]))


class Chunks:
    """A strict decoder of chunked bodies (RFC 9112 section 7.1)."""

    def __init__(self, may_end=False):
        self.bytes = b''
        self.may_end = may_end
        self.left = 0       # of the chunk and its line end
        self.has_head = False

    def feed(self, more):
        self.bytes += more
        if not self.has_head:
            end = self.bytes.find(b'\r\n\r\n')
            if end < 0:
                return b''
            assert self.bytes.startswith(b'HTTP/1.1 200'), self.bytes[:200]
            assert b'chunked' in self.bytes[:end]
            self.bytes = self.bytes[end + 4:]
            self.has_head = True
        body = b''
        while self.bytes:
            if self.left == 0:
                end = self.bytes.find(b'\r\n')
                if end < 0:
                    break
                assert re.fullmatch(rb'[0-9a-f]{1,6}', self.bytes[:end]), self.bytes[:40]
                size = int(self.bytes[:end], 16)
                if size == 0 and self.may_end:
                    return body
                assert size > 0, 'the stream has ended'
                self.bytes = self.bytes[end + 2:]
                self.left = size + 2
            taken = self.bytes[:self.left]
            self.left -= len(taken)
            self.bytes = self.bytes[len(taken):]
            if self.left >= 2:
                body += taken
            else:
                keep = len(taken) - (2 - self.left)
                body += taken[:max(keep, 0)]
                line_end = taken[max(keep, 0):]
                assert line_end in (b'\r\n', b'\r', b'\n'), line_end
        return body


class Reader:
    """One stream on one connection, which must never end."""

    def __init__(self, port, target, topic, slow=False):
        self.topic = topic
        self.slow = slow
        self.socket = socket.socket()
        if slow:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.socket.connect(('127.0.0.1', port))
        self.socket.sendall(('GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' % target).encode())
        self.chunks = Chunks()
        self.text = b''
        self.numbers = []
        self.ids = []
        self.fault = None

    def read(self, size=65536):
        try:
            more = self.socket.recv(size)
        except ConnectionError as error:
            more, self.fault = b'', str(error)
        if not more:
            self.fault = self.fault or 'the connection was closed'
            return False
        self.text += self.chunks.feed(more)
        end = self.text.rfind(b'\n\n')
        if end >= 0:
            for block in self.text[:end].split(b'\n\n'):
                self.take(block)
            self.text = self.text[end + 2:]
        return True

    def take(self, block):
        fields = dict(line.split(b': ', 1) for line in block.split(b'\n')
                      if line and not line.startswith(b':') and b': ' in line)
        assert fields.get(b'event', b'') not in (b'sse.gap', b'sse.closing'), block
        if b'data' not in fields:
            return
        self.ids.append(fields[b'id'])
        topic, number = fields[b'data'].decode().split()[:2]
        assert self.topic in (None, topic), (self.topic, topic)
        self.numbers.append((topic, int(number)))


class Readers:
    """Reads many streams on a thread."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.all = []
        self.ended = threading.Event()
        self.failure = None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def open(self, port, target, topic, slow=False):
        reader = Reader(port, target, topic, slow)
        self.all.append(reader)
        self.selector.register(reader.socket, selectors.EVENT_READ, reader)
        return reader

    def start(self):
        self.thread.start()

    def run(self):
        try:
            while not self.ended.is_set():
                for key, _ in self.selector.select(0.05):
                    reader = key.data
                    if reader.slow and not self.hurries:
                        time.sleep(0.0002)
                        more = reader.read(512)
                    else:
                        more = reader.read()
                    if not more:
                        self.selector.unregister(reader.socket)
        except Exception as failure:  # told by check()
            self.failure = failure

    hurries = False

    def close(self):
        self.ended.set()
        self.thread.join()
        for reader in self.all:
            reader.socket.close()

    def check(self, topics, last):
        """Each has each event of its topic once, in order, on its first connection."""
        self.hurries = True
        def has_all(reader):
            wanted = last if reader.topic else last * len(topics)
            return reader.fault or len(reader.numbers) >= wanted
        wait_until(lambda: self.failure or all(has_all(reader) for reader in self.all), 'all events')
        self.close()
        if self.failure:
            raise self.failure
        for reader in self.all:
            assert reader.fault is None, (reader.topic, reader.fault, len(reader.numbers))
            assert reader.ids == sorted(set(reader.ids)), 'ids of %s' % reader.topic
            for topic in [reader.topic] if reader.topic else topics:
                numbers = [number for name, number in reader.numbers if name == topic]
                assert numbers == list(range(1, last + 1)), (reader.topic, topic, len(numbers))
