#!/usr/bin/env python3
"""Whatever the new process does before the commit, the old hub goes on with all of its streams.
Usage: failures_test.py PROGRAMS"""
import os
import random
import subprocess
import sys
import tempfile
import time

import impostor
from impostor import END, OFFER, READY, REFUSAL, TAKEN, Impostor
from stage import PATIENCE, Hub, Readers, pause_in, wait_until

TOPICS = ['a', 'b', 'c']


class Stage:
    def __init__(self, programs, directory, *options):
        self.place = os.path.join(directory, 'data') if '--data-dir' in options else ''
        self.hub = Hub(programs, directory, '--takeover-timeout', '2s', *options)
        self.hub.start()
        self.keeping = 1 if self.place else 0
        self.number = 0
        self.open_readers()

    def open_readers(self):
        self.readers = Readers()
        for topic in TOPICS:
            for _ in range(100):
                self.readers.open(self.hub.port, '/events/watch?topic=' + topic, topic)
        self.readers.open(self.hub.port, '/events/watch', None)
        self.readers.start()
        wait_until(lambda: ('"open":%d,' % len(self.readers.all)).encode() in
                   self.hub.ask('GET', '/-/streams')[1], 'streams')

    def publish(self):
        self.number += 1
        self.hub.publish([{'topic': topic, 'data': '%s %d' % (topic, self.number)} for topic in TOPICS])

    def goes_on(self):
        """It is there, and publishes."""
        assert self.hub.process.poll() is None, self.hub.said()
        self.publish()

    def connect(self, **hello):
        new = Impostor(self.hub.socket)
        new.hello(**{'keeping': self.keeping, 'place': os.path.realpath(self.place) if self.place else '',
                     **hello})
        return new


def leave_at_once(stage):
    Impostor(stage.hub.socket).close()


def send_garbage(stage):
    new = Impostor(stage.hub.socket)
    new.socket.sendall(b'GET / HTTP/1.1\r\nHost: takeover\r\n\r\n')
    new.close()


def speak_another_version(stage):
    new = stage.connect(version=2)
    assert 'version 2' in new.refusal()
    new.close()


def keep_history_elsewhere(stage):
    new = stage.connect(place='/somewhere/else')
    assert 'the history of the hub that runs is' in new.refusal()
    new.close()


def leave_with_the_offer(stage):
    new = stage.connect()
    new.expect(OFFER)
    assert len(new.descriptors) == 1
    new.close()


def leave_when_ready(stage):
    new = stage.connect()
    new.expect(OFFER)
    new.send(READY)
    new.close()


def leave_among_the_parts(stage):
    new = stage.connect()
    new.expect(OFFER)
    new.send(READY)
    new.receive_all(1)
    new.close()


def leave_with_everything(stage):
    new = stage.connect()
    new.expect(OFFER)
    new.send(READY)
    new.receive_all()
    assert len(new.descriptors) == 1 + len(stage.readers.all), len(new.descriptors)
    new.close()


def refuse_everything(stage):
    new = stage.connect()
    new.expect(OFFER)
    new.send(READY)
    new.receive_all()
    new.send(REFUSAL, impostor.text('too much'))
    new.close()


def say_something_else(stage):
    new = stage.connect()
    new.expect(OFFER)
    new.send(READY)
    new.receive_all()
    new.send(END)
    new.close()


def take_it_too_late(stage):
    new = stage.connect()
    new.expect(OFFER)
    new.send(READY)
    new.receive_all()
    wait_until(lambda: stage.hub.said().count('nothing has come of it') > stage.said, 'the timeout')
    try:
        new.send(TAKEN)
        raise AssertionError('it could still be taken')
    except OSError:
        pass
    new.close()


def never_read(stage):
    new = stage.connect()
    new.expect(OFFER)
    new.send(READY)
    wait_until(lambda: stage.hub.said().count('nothing has come of it') > stage.said, 'the timeout')
    new.close()


IMPOSTORS = [leave_at_once, send_garbage, speak_another_version, keep_history_elsewhere,
             leave_with_the_offer, leave_when_ready, leave_among_the_parts, leave_with_everything,
             refuse_everything, say_something_else, take_it_too_late, never_read]
STOP_IT = IMPOSTORS[5:]  # everything stands still for these


def unfit_processes(stage, directory):
    """sse-serve with other options than those of the hub that runs."""
    for options in (['--max-clients', '5'], ['--data-dir', os.path.join(directory, 'other')],
                    ['--tokens', os.path.join(directory, 'none.toml')], ['--bind', '203.0.113.7'],
                    ['--max-per-peer', '3']):
        process = stage.hub.start('--takeover', *options, waits=False)
        code = process.wait(PATIENCE)
        assert code != 0, (options, stage.hub.said())
        stage.hub.logs.pop()
        assert stage.hub.process.poll() is None, options
        stage.publish()


def kill_at_any_time(stage):
    """The new process is killed after some time; past the commit it takes the streams with it."""
    choose = random.Random(7)
    gave = kept = 0
    while kept < 10 or kept + gave < 20:
        old, old_log = stage.hub.process, stage.hub.logs[-1]
        process = stage.hub.start('--takeover', waits=False)
        time.sleep(choose.random() * 0.4)
        process.kill()
        process.wait()
        stage.hub.logs.pop()
        try:
            old.wait(0.5)
            gave += 1
        except subprocess.TimeoutExpired:
            kept += 1
            stage.publish()
            continue
        assert 'another process has this hub' in stage.hub.said(old_log)
        # It was killed behind the commit, like any hub: what follows is another life.
        stage.readers.close()
        stage.hub.start()
        stage.open_readers()
        stage.number = 0
        stage.publish()
    return kept, gave


def run(programs, directory, *options):
    stage = Stage(programs, directory, *options)
    for attempt in IMPOSTORS:
        stage.publish()
        stage.said = stage.hub.said().count('nothing has come of it')
        attempt(stage)
        if attempt in STOP_IT:
            wait_until(lambda: stage.said < stage.hub.said().count('nothing has come of it'), attempt.__name__)
        stage.goes_on()
    unfit_processes(stage, directory)
    # A real one still can.
    stage.hub.take_over()
    stage.publish()
    stage.readers.check(TOPICS, stage.number)
    stage.open_readers()
    stage.number = 0
    kept, gave = kill_at_any_time(stage)
    stage.readers.check(TOPICS, stage.number)
    stage.hub.stop()
    print('%s: %d failures, killed %d times before the commit and %d times behind it' % (
        'directory' if options else 'memory', len(IMPOSTORS), kept, gave))


def main():
    for keeping in sys.argv[2:] or ['memory', 'directory']:
        with tempfile.TemporaryDirectory() as directory:
            data = ['--data-dir', os.path.join(directory, 'data'), '--sync', 'off']
            run(sys.argv[1], directory, *(data if keeping == 'directory' else []))


if __name__ == '__main__':
    main()
