#!/usr/bin/python3
"""A hub is taken over ten times in a row under load. No plain stream is closed, each has each event
once, and what was cut in the middle of a chunk goes on to the byte.
Usage: streams_test.py PROGRAMS [memory|directory|cluster]"""
import json
import os
import sys
import tempfile
import threading

from stage import Hub, Readers, wait_until

TAKEOVERS = 10
TOPICS = ['t%d' % number for number in range(8)]
# Long enough that a slow reader is cut inside of an event, and of a chunk.
FILL = 'x' * 3000


class Load:
    """Publishes a round of one event for each topic, again and again, on a thread."""

    def __init__(self, hub):
        self.hub = hub
        self.rounds = 0
        self.ended = threading.Event()
        self.failure = None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        try:
            while not self.ended.is_set():
                number = self.rounds + 1
                self.hub.publish([{'topic': topic, 'data': '%s %d %s' % (topic, number, FILL)}
                                  for topic in TOPICS])
                self.rounds = number
                self.ended.wait(0.01)
        except Exception as failure:
            self.failure = failure

    def stop(self):
        self.ended.set()
        self.thread.join()
        if self.failure:
            raise self.failure


def open_readers(hub):
    readers = Readers()
    for topic in TOPICS:
        for _ in range(6):
            readers.open(hub.port, '/events/watch?topic=' + topic, topic)
        readers.open(hub.port, '/events/watch?topic=%s&topic=none/%%23' % topic, topic, slow=True)
    for slow in (False, False, True):
        readers.open(hub.port, '/events/watch', None, slow)
    readers.start()
    return readers


def check_domain(hub, metric):
    """Metrics and readings are there, and a repeat gets the first answer."""
    status, body = hub.ask('GET', '/metrics?with_readings=true')
    assert status == 200
    found = json.loads(body)
    assert [(one['id'], one['unit']) for one in found] == [(metric, 'bytes')], found
    assert [reading['value'] for reading in found[0]['readings']] == [1.5, 2.5], found


def run(programs, directory, keeping):
    options = ['--send-buffer', '4096', '--max-lag', '64M', '--slow-after', '0']
    if keeping == 'directory':
        options += ['--data-dir', os.path.join(directory, 'data'), '--sync', 'off']
    hub = Hub(programs, directory, *options)
    hub.start()
    _, body = hub.ask('POST', '/metrics', '{"name":"cpu","input_frequency":"1s","unit":"bytes"}',
                      {'Idempotency-Key': 'made'})
    metric = json.loads(body)['id']
    for value in (1.5, 2.5):
        hub.ask('POST', '/metrics/readings', json.dumps({'metric_id': metric, 'value': value}))
    readers = open_readers(hub)
    wait_until(lambda: json.loads(hub.ask('GET', '/-/streams')[1])['open'] == len(readers.all), 'streams')
    load = Load(hub)
    load.thread.start()
    pauses = []
    for _ in range(TAKEOVERS):
        goal = load.rounds + 5
        wait_until(lambda: load.failure or load.rounds >= goal, 'rounds')
        pauses.append(hub.take_over())
        streams = json.loads(hub.ask('GET', '/-/streams')[1])['open']
        assert streams == len(readers.all), (streams, len(readers.all))
    goal = load.rounds + 5
    wait_until(lambda: load.failure or load.rounds >= goal, 'rounds')
    load.stop()
    readers.check(TOPICS, load.rounds)
    check_domain(hub, metric)
    status, body = hub.ask('POST', '/metrics', '{"name":"cpu","input_frequency":"1s","unit":"bytes"}',
                           {'Idempotency-Key': 'made'})
    assert status == 201 and json.loads(body)['id'] == metric, (status, body)
    hub.stop()
    print('%s: %d streams, %d rounds, %d takeovers, stood still for %.1f to %.1f ms' % (
        keeping, len(readers.all), load.rounds, TAKEOVERS, 1000 * min(pauses), 1000 * max(pauses)))


def main():
    keepings = sys.argv[2:] or ['memory', 'directory']
    for keeping in keepings:
        with tempfile.TemporaryDirectory() as directory:
            run(sys.argv[1], directory, keeping)


if __name__ == '__main__':
    main()
