#!/usr/bin/python3
"""Measures takeovers under load: streams spread over topics, a round of events for each topic again
and again, and how long everything stands still. Each stream must have each event once, in order, on
its first connection.
Usage: load_test.py PROGRAMS [--streams N] [--topics N] [--events N] [--interval SECONDS]
                             [--takeovers N] [--data-dir]"""
import argparse
import json
import os
import re
import resource
import select
import socket
import sys
import tempfile
import threading
import time

from stage import PATIENCE, Hub, wait_until

EVENT = re.compile(rb'data: (\d+) (\d+)\n')


class Crowd:
    """Reads all streams on a thread, and checks each event's number."""

    def __init__(self, port, streams, topics):
        self.port = port
        self.poll = select.epoll()
        self.sockets = {}
        self.next = {}
        self.tails = {}
        self.latencies = []
        self.events = 0
        self.failure = None
        self.ended = False
        for number in range(streams):
            self.open('t%d' % (number % topics))
        self.thread = threading.Thread(target=self.run, daemon=True)

    def open(self, topic):
        stream = socket.create_connection(('127.0.0.1', self.port), PATIENCE)
        stream.sendall(b'GET /events/watch?topic=%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' % topic.encode())
        stream.setblocking(False)
        fd = stream.fileno()
        self.sockets[fd] = stream
        self.next[fd] = 1
        self.tails[fd] = b''
        self.poll.register(fd, select.EPOLLIN)

    def run(self):
        try:
            while not self.ended:
                for fd, _ in self.poll.poll(0.1):
                    self.read(fd)
        except Exception as failure:
            self.failure = failure

    def read(self, fd):
        more = self.sockets[fd].recv(65536)
        assert more, 'a stream was closed'
        text = self.tails[fd] + more
        now = time.monotonic_ns()
        end = 0
        for match in EVENT.finditer(text):
            number = int(match[1])
            assert number == self.next[fd], (number, self.next[fd])
            self.next[fd] += 1
            end = match.end()
        if end:
            self.events += 1
            if self.events % 7 == 0:
                self.latencies.append((now - int(match[2])) / 1e6)
        self.tails[fd] = text[end:]
        assert b'sse.' not in self.tails[fd], self.tails[fd]


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def publish_rounds(hub, options, state):
    number = 0
    try:
        while not state['stop']:
            begin = time.monotonic()
            first = number + 1
            events = [{'topic': 't%d' % topic, 'data': '%d %d' % (number + 1 + i, time.monotonic_ns())}
                      for topic in range(options.topics) for i in range(options.events)]
            hub.publish(events)
            number += options.events
            state['number'] = number
            state['slowest'] = max(state['slowest'], time.monotonic() - begin)
            state['rounds'] = first
            time.sleep(max(0.0, options.interval - (time.monotonic() - begin)))
    except Exception as failure:
        state['failure'] = failure


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('programs')
    parser.add_argument('--streams', type=int, default=10_000)
    parser.add_argument('--topics', type=int, default=100)
    parser.add_argument('--events', type=int, default=10)
    parser.add_argument('--interval', type=float, default=1.0)
    parser.add_argument('--takeovers', type=int, default=10)
    parser.add_argument('--data-dir', action='store_true')
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as directory:
        more = ['--data-dir', os.path.join(directory, 'data')] if options.data_dir else []
        hub = Hub(options.programs, directory, '--max-clients', str(options.streams + 100),
                  '--takeover-timeout', '20s', *more)
        hub.start()
        crowd = Crowd(hub.port, options.streams, options.topics)
        crowd.thread.start()
        wait_until(lambda: json.loads(hub.ask('GET', '/-/streams')[1])['open'] == options.streams, 'streams')
        state = {'stop': False, 'number': 0, 'rounds': 0, 'slowest': 0.0, 'failure': None}
        publisher = threading.Thread(target=publish_rounds, args=(hub, options, state), daemon=True)
        publisher.start()
        pauses = []
        begin = time.monotonic()
        for _ in range(options.takeovers):
            goal = state['number'] + 2 * options.events
            wait_until(lambda: state['failure'] or crowd.failure or state['number'] >= goal, 'rounds')
            pauses.append(1000 * hub.take_over())
        state['stop'] = True
        publisher.join()
        took = time.monotonic() - begin
        last = state['number']
        wait_until(lambda: crowd.failure or all(next_ == last + 1 for next_ in crowd.next.values()), 'all events')
        crowd.ended = True
        crowd.thread.join()
        assert not crowd.failure and not state['failure'], (crowd.failure, state['failure'])
        open_now = json.loads(hub.ask('GET', '/-/streams')[1])['open']
        assert open_now == options.streams, open_now
        hub.stop()
    print('%d streams, %d topics, %s: %d takeovers, %d deliveries in %.0f s (%.0f/s), none missed, none '
          'twice, no stream closed' % (options.streams, options.topics,
                                       'directory' if options.data_dir else 'memory', options.takeovers,
                                       last * options.streams, took, last * options.streams / took))
    print('standstill: median %.0f ms, p99 %.0f ms; publish at most %.0f ms; delivery p50 %.0f ms, p99 '
          '%.0f ms, most %.0f ms' % (percentile(pauses, 0.5), percentile(pauses, 0.99),
                                     1000 * state['slowest'], percentile(crowd.latencies, 0.5),
                                     percentile(crowd.latencies, 0.99), max(crowd.latencies)))


if __name__ == '__main__':
    sys.exit(main())
