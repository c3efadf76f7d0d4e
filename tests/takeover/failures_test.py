#!/usr/bin/python3
"""Whatever the new process does before the commit, the old hub goes on with all of its streams.
Usage: failures_test.py PROGRAMS"""
import os
import random
import subprocess
import sys
import tempfile
import time

import impostor
from impostor import END, OFFER, READY, REFUSAL, TAKEN, Gone, Impostor
from stage import PATIENCE, Hub, Readers, kill_all, wait_until

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


def unfit_processes(stage, directory, tokens):
    """sse-serve with other options than those of the hub that runs."""
    for options, code, text in (
            (['--max-clients', '5'], 75, 'streams are more than --max-clients here'),
            (['--data-dir', os.path.join(directory, 'other')], 75, 'the history of the hub that runs is'),
            (['--tokens', tokens], 75, 'one asks for credentials, and the other does not'),
            (['--tokens', os.path.join(directory, 'none.toml')], 78, 'none.toml'),
            (['--bind', '203.0.113.7', '--open-to-all'], 69, '203.0.113.7'),
            (['--max-per-peer', '3'], 75, 'there is no place for a stream here')):
        old_log = stage.hub.logs[-1]
        process = stage.hub.start('--takeover', *options, waits=False)
        ended = process.wait(PATIENCE)
        said = stage.hub.said()
        assert ended == code and text in said, (options, ended, said)
        assert 'the other hub goes on' in said, said
        stage.hub.logs.pop()
        wait_until(lambda: text in stage.hub.said(old_log), 'the reason in the log of the old hub')
        assert stage.hub.process.poll() is None, options
        stage.publish()


def still_gives_itself(hub):
    """Whether the hub can be asked for: its attempts come one after the other, and one that has let
    go answers no more."""
    try:
        new = Impostor(hub.socket, PATIENCE)
        new.hello(keeping=1 if '--data-dir' in hub.options else 0, place=place_of(hub))
        new.receive()  # or a refusal, while it gets its directory back
        new.close()
        return True
    except (Gone, ConnectionError):
        return False


def place_of(hub):
    if '--data-dir' not in hub.options:
        return ''
    return os.path.realpath(hub.options[hub.options.index('--data-dir') + 1])


def kill_at_any_time(stage):
    """The new process is killed after some time; past the commit it takes the streams with it."""
    choose = random.Random(7)
    gave = kept = 0
    while kept < 10 or kept + gave < 20:
        old, old_log = stage.hub.process, stage.hub.logs[-1]
        process = stage.hub.start('--takeover', waits=False)
        time.sleep(choose.random() ** 3 * 0.4)  # half of them within 50 ms: most is over soon
        process.kill()
        process.wait()
        stage.hub.logs.pop()
        if still_gives_itself(stage.hub):
            kept += 1
            stage.publish()
            continue
        assert old.wait(PATIENCE) == 0, stage.hub.said(old_log)
        gave += 1
        assert 'another process has this hub' in stage.hub.said(old_log)
        # It was killed behind the commit, like any hub: what follows is another life.
        stage.readers.close()
        stage.hub.start()
        stage.open_readers()
        stage.number = 0
        stage.publish()
    return kept, gave


def tokens_of(programs, directory):
    """A file of credentials."""
    tokens = os.path.join(directory, 'tokens.toml')
    subprocess.run([os.path.join(programs, 'sse-serve'), 'token', 'add', 'reader', '--tokens', tokens,
                    '--subscribe', '#'], capture_output=True, check=True, timeout=PATIENCE)
    return tokens


def run(programs, directory, *options):
    stage = Stage(programs, directory, *options)
    for attempt in IMPOSTORS:
        stage.publish()
        stage.said = stage.hub.said().count('nothing has come of it')
        attempt(stage)
        if attempt in STOP_IT:
            wait_until(lambda: stage.said < stage.hub.said().count('nothing has come of it'), attempt.__name__)
        stage.goes_on()
    unfit_processes(stage, directory, tokens_of(programs, directory))
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
            try:
                run(sys.argv[1], directory, *(data if keeping == 'directory' else []))
            finally:
                kill_all()


if __name__ == '__main__':
    main()
