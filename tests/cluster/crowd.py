"""Subscribers that keep all that they were shown, and hop from node to node.

One thread reads all streams, over HTTP/1.0, which has no framing: what stands between two blank lines is
a block, and a block that was cut off is not one."""
import json
import os
import random
import select
import socket
import threading
import time

PAUSE = 0.05  # seconds before the next try, somewhere


class Subscriber:
    """What one subscriber was told, in order: ('event', id, data), ('gap', what) or ('closing', what)."""

    def __init__(self, name, last_id=''):
        self.name = name
        self.told = []
        self.count = 0  # of events
        self.last_id = last_id
        self.resumes = []  # what SSE-Resume said, in order
        self.hops = 0
        self.node = None
        self.socket = None
        self.unread = b''
        self.in_body = False
        self.due = 0.0
        self.wants = None  # a node, for the next connection

    def __str__(self):
        return '%s: %d events, last %s, %d hops' % (self.name, self.count, self.last_id, self.hops)

    def events(self):
        return [told[1:] for told in self.told if told[0] == 'event']

    def gaps(self):
        return [told[1] for told in self.told if told[0] == 'gap']

    def connect(self, node):
        self.node, self.unread, self.in_body = node, b'', False
        self.socket = socket.create_connection(('127.0.0.1', node.port), 5)
        after = 'Last-Event-ID: %s\r\n' % self.last_id if self.last_id else ''
        self.socket.sendall(('GET /events/watch?since=earliest HTTP/1.0\r\nHost: 127.0.0.1:%d\r\n%s\r\n'
                             % (node.port, after)).encode())
        self.socket.setblocking(False)

    def read(self):
        """False: the stream has ended."""
        try:
            piece = self.socket.recv(1 << 18)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not piece:
            return False
        self.unread += piece
        if not self.in_body and not self.read_head():
            return b'\r\n\r\n' not in self.unread
        if self.in_body:
            *blocks, self.unread = self.unread.split(b'\n\n')
            for block in blocks:
                self.note(block)
        return True

    def read_head(self):
        head, end, rest = self.unread.partition(b'\r\n\r\n')
        if not end or b' 200 ' not in head.split(b'\r\n', 1)[0] + b' ':
            return False
        for line in head.split(b'\r\n'):
            if line.lower().startswith(b'sse-resume:'):
                self.resumes.append(line.split(b':', 1)[1].strip().decode())
        self.unread, self.in_body = rest, True
        return True

    def note(self, block):
        fields = {}
        for line in block.split(b'\n'):
            name, colon, value = line.partition(b': ')
            if colon and name:
                fields.setdefault(name, value.decode())
        if b'id' in fields:
            self.last_id = fields[b'id']
        if b'data' not in fields:
            return
        kind = fields.get(b'event', 'message')
        if kind == 'sse.gap':
            self.told.append(('gap', json.loads(fields[b'data'])))
        elif kind == 'sse.closing':
            self.told.append(('closing', json.loads(fields[b'data'])))
        else:
            self.told.append(('event', self.last_id, fields[b'data']))
            self.count += 1


class Crowd:
    """Many subscribers of `nodes` (what Nodes.alive() gives), in a thread of their own. `hops`: each second, of all.
    `places`: ids behind which they begin; else at the beginning of the log."""

    def __init__(self, nodes, count, seed=0, hops=0.0, places=None):
        self.nodes = nodes
        self.random = random.Random('%s %s' % (seed, os.environ.get('SSE_CLUSTER_SEED', '')))
        self.hops = hops
        self.subscribers = [Subscriber('subscriber %d' % i, places[i] if places else '') for i in range(count)]
        self.by_descriptor = {}
        self.poll = select.epoll()
        self.is_ended = False
        self.failure = None
        self.commands = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def run(self):
        try:
            next_hop = time.monotonic()
            while not self.is_ended:
                now = time.monotonic()
                while self.commands:
                    self.commands.pop(0)()
                if self.hops and now >= next_hop:
                    self.hop(self.random.choice(self.subscribers))
                    next_hop = max(next_hop + 1 / self.hops, now - 0.2)
                self.connect_all(now)
                for descriptor, _ in self.poll.poll(0.01):
                    subscriber = self.by_descriptor[descriptor]
                    if not subscriber.read():
                        self.disconnect(subscriber)
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error
            raise

    def connect_all(self, now):
        for subscriber in self.subscribers:
            if subscriber.socket is None and now >= subscriber.due:
                nodes = self.nodes()
                node = subscriber.wants if subscriber.wants in nodes else self.random.choice(nodes) if nodes else None
                subscriber.wants = None
                try:
                    if node is None:
                        raise ConnectionError
                    subscriber.connect(node)
                except OSError:
                    subscriber.socket, subscriber.due = None, now + PAUSE
                    continue
                self.by_descriptor[subscriber.socket.fileno()] = subscriber
                self.poll.register(subscriber.socket.fileno(), select.EPOLLIN)

    def disconnect(self, subscriber):
        if subscriber.socket is not None:
            self.poll.unregister(subscriber.socket.fileno())
            del self.by_descriptor[subscriber.socket.fileno()]
            subscriber.socket.close()
            subscriber.socket, subscriber.due = None, time.monotonic() + PAUSE

    def hop(self, subscriber):
        """Cuts the stream wherever it is, and asks another node."""
        if subscriber.socket is None:
            return
        others = [node for node in self.nodes() if node is not subscriber.node]
        if others:
            subscriber.wants = self.random.choice(others)
            subscriber.hops += 1
            self.disconnect(subscriber)
            subscriber.due = 0.0

    def call(self, action):
        """Runs `action` in the crowd's thread."""
        self.commands.append(action)

    def is_open(self):
        return all(subscriber.in_body and subscriber.socket for subscriber in self.subscribers)

    def has_all(self, last_id):
        """Whether all have come as far as this event."""
        assert self.failure is None, self.failure
        return all(subscriber.last_id == last_id for subscriber in self.subscribers)

    def behind(self, last_id):
        return '\n  '.join(str(one) for one in self.subscribers if one.last_id != last_id)

    def end(self):
        self.is_ended = True
        self.thread.join(10)
        for subscriber in self.subscribers:
            if subscriber.socket is not None:
                subscriber.socket.close()
        self.poll.close()
        if self.failure:
            raise AssertionError('the crowd ended: %r' % self.failure)
