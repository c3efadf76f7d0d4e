#!/usr/bin/python3
"""usage: bystander.py PORT

Another peer of a hub that is attacked: it asks GET /-/healthz every 10 ms on one connection,
publishes an event every 50 ms on another, and reads these events on a stream. It writes "ready", and
when a line comes on stdin, JSON: latencies (from when a request was due) in ms, and what went wrong.
"""
import json
import os
import re
import select
import socket
import sys
import time

ADDRESS = '127.0.0.1'
PATIENCE = 20  # for the last event and answer
ASK_EVERY = 0.010
PUBLISH_EVERY = 0.050


def connect(port):
    peer = socket.create_connection((ADDRESS, port), timeout=PATIENCE)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return peer


def receive(peer):
    """What has come; nothing when the connection is over."""
    try:
        return peer.recv(65536)
    except OSError:
        return b''


class Requests:
    """One request after the other on a connection that is kept, each when it is due."""

    def __init__(self, port, every, make):
        self.port, self.every, self.make = port, every, make
        self.peer = connect(port)
        self.due = time.monotonic()
        self.is_waiting = False
        self.count = 0
        self.text = b''
        self.latencies = []
        self.statuses = {}
        self.cuts = 0

    def send_when_due(self, now):
        if self.is_waiting or now < self.due:
            return
        self.is_waiting = True
        self.send()

    def send(self):
        try:
            self.peer.sendall(self.make(self.count))
        except OSError:
            self.reconnect()

    def reconnect(self):
        """The hub cut the connection, with a request on its way: the same is asked again."""
        self.cuts += 1
        self.peer.close()
        self.text = b''
        self.peer = connect(self.port)
        if self.is_waiting:
            self.send()

    def read(self):
        piece = receive(self.peer)
        if not piece:
            self.reconnect()
            return
        self.text += piece
        head = self.text.find(b'\r\n\r\n')
        if head < 0:
            return
        length = re.search(rb'(?i)\r\ncontent-length: *(\d+)', self.text[:head + 2])
        if len(self.text) < head + 4 + int(length[1] if length else 0):
            return
        status = self.text[9:12].decode()
        self.statuses[status] = self.statuses.get(status, 0) + 1
        now = time.monotonic()
        self.latencies.append(1000 * (now - self.due))
        self.text = b''
        self.is_waiting = False
        self.count += 1
        self.due = max(self.due + self.every, now)


class Stream:
    """Events are numbered: which came, and whether each came once and in order."""

    def __init__(self, port):
        self.peer = connect(port)
        self.peer.sendall(b'GET /events/watch?type=other&topic=others HTTP/1.1\r\n'
                          b'Host: localhost\r\n\r\n')
        self.text = b''
        self.next = 0
        self.wrong = []
        self.is_open = True
        while b'\r\n\r\n' not in self.text:
            piece = self.peer.recv(65536)
            assert piece, 'the bystander got no stream'
            self.text += piece
        assert self.text.startswith(b'HTTP/1.1 200'), self.text

    def read(self):
        piece = receive(self.peer)
        if not piece:
            self.is_open = False
            return
        *lines, self.text = (self.text + piece).split(b'\n')
        for line in lines:
            if line.startswith(b'data: '):
                self.note(line[6:])

    def note(self, data):
        if data != b'%d' % self.next:
            self.wrong.append(f'{data[:40].decode()} instead of {self.next}')
        self.next += 1


def ask(_):
    return b'GET /-/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'


def publish(count):
    body = b'{"type":"other","topic":"others","data":%d}' % count
    return (b'POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s'
            % (len(body), body))


def part(latencies, share):
    ordered = sorted(latencies)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) if ordered else None


def main():
    port = int(sys.argv[1])
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -10)  # the processors are the attackers' and the hub's
    except OSError:
        pass
    stream = Stream(port)
    asking, publishing = Requests(port, ASK_EVERY, ask), Requests(port, PUBLISH_EVERY, publish)
    print('ready', flush=True)
    end = None
    while True:
        now = time.monotonic()
        if end is None:
            asking.send_when_due(now)
            publishing.send_when_due(now)
        elif now > end or not (asking.is_waiting or publishing.is_waiting or
                               (stream.is_open and stream.next < publishing.count)):
            break
        due = [one.due for one in (asking, publishing) if not one.is_waiting]
        wait = max(0, min([now + 0.05, *due]) - now) if end is None else 0.05
        watched = [one.peer for one in (asking, publishing)]
        if stream.is_open:
            watched.append(stream.peer)
        if end is None:
            watched.append(sys.stdin)
        for ready in select.select(watched, [], [], wait)[0]:
            if ready is sys.stdin:
                end = time.monotonic() + PATIENCE
            elif ready is stream.peer:
                stream.read()
            else:
                (asking if ready is asking.peer else publishing).read()
    latencies = asking.latencies
    refused = {status: count for status, count in publishing.statuses.items() if status != '201'}
    json.dump({'asked': len(latencies), 'p50': part(latencies, 0.5), 'p99': part(latencies, 0.99),
               'worst': part(latencies, 1), 'unanswered': asking.is_waiting + publishing.is_waiting,
               'unhealthy': sum(asking.statuses.values()) - asking.statuses.get('200', 0),
               'published': publishing.statuses.get('201', 0), 'refused': refused,
               'cuts': asking.cuts + publishing.cuts, 'stream_open': stream.is_open,
               'read': stream.next, 'wrong': stream.wrong[:5]}, sys.stdout)


if __name__ == '__main__':
    main()
