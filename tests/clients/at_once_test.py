#!/usr/bin/python3
"""usage: at_once_test.py PROGRAMS-DIRECTORY WORK-DIRECTORY [--no-node]

Clients of others see each event before the next one is published, straight from the hub and behind
proxies; they see nothing but events, and most can tell a stream's end from a cut. All of them are
subscribers of one hub: an event is published when each of them has shown the one before it. A client
that is not installed is a failure.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

from servers import Front, HERE, Hub, install_node_clients, wait_until

PATIENCE = 40  # for one event to be shown by every reader
SIZES = (10, 3000, 40000)
EACH = 5

CURL = ['curl', '-sN', '--http1.1']
CURL_1_0 = ['curl', '-sN', '--http1.0']
WGET = ['wget', '-qO-', '--tries', '1']
HTTPIE = ['http', '--ignore-stdin', '--stream', '--body', 'GET']

# What each says at the end of a stream that the hub ended between two events, and at a cut inside
# one: '' is success. Of two outcomes, the version of the client or the place in a chunk decides.
# None: not asked, because it reads what comes before the cut byte by byte.
PYTHON = {
    'requests iter_lines': ('', 'ChunkedEncodingError'),
    'requests iter_lines(1)': ('', None),
    'requests iter_content(None)': ('', 'ChunkedEncodingError'),
    'requests iter_content(1024)': ('', 'ChunkedEncodingError'),
    'requests iteration': ('', 'ChunkedEncodingError'),
    'requests raw.stream': ('', 'ProtocolError'),
    'requests raw.read_chunked': ('', 'ProtocolError'),
    'urllib3 stream': ('', 'ProtocolError'),
    'urllib3 read_chunked': ('', 'ProtocolError'),
    'urllib3 iteration': ('', 'ProtocolError'),
    'httpx iter_lines': ('', 'RemoteProtocolError'),
    'httpx iter_bytes': ('', 'RemoteProtocolError'),
    'httpx aiter_lines': ('', 'RemoteProtocolError'),
    'aiohttp iteration': ('', 'ClientPayloadError'),
    'aiohttp iter_any': ('', 'ClientPayloadError'),
    'http.client read1': ('', 'IncompleteRead'),
    'http.client readline': ('', ('', 'IncompleteRead')),
    'urllib.request iteration': ('', ('', 'IncompleteRead')),
}
NODE = {
    'fetch': ('', ('', 'terminated')),
    'node:http': ('', 'ECONNRESET'),
    'eventsource-parser': ('', ('', 'terminated')),
    'eventsource': ('error', ('error', 'TypeError: terminated: other side closed')),
    'eventsource-client': ('onDisconnect', 'onDisconnect'),
    'launchdarkly-eventsource': ('end', 'end'),
    '@microsoft/fetch-event-source': ('', ('', 'terminated')),
    'event-source-polyfill': ('error', 'error'),
}
PLAIN = {
    'curl': (CURL, '', 'exit 18'),
    'curl --http1.0': (CURL_1_0, '', ''),
    'wget': (WGET, '', ('', 'exit 4')),
    'HTTPie': (HTTPIE, '', None),
}


class Board:
    """Where readers note what they have shown, for the test to wait on."""

    def __init__(self):
        self.changed = threading.Condition()

    def wait(self, readers, is_done, what):
        with self.changed:
            end = time.monotonic() + PATIENCE
            while late := [reader for reader in readers if not is_done(reader)]:
                left = end - time.monotonic()
                if left <= 0 or not self.changed.wait(left):
                    raise AssertionError('waited in vain for %s:\n  %s' % (
                        what, '\n  '.join(map(str, late))))


class Reader:
    """A process that writes a stream to its stdout, and the events that were in it."""

    def __init__(self, name, words, outcomes, board):
        self.name = name
        self.at_end, self.at_cut = (
            (outcome,) if isinstance(outcome, str) else outcome for outcome in outcomes)
        self.board = board
        self.events = []  # type and data
        self.comments = 0
        self.outcome = None  # once it has ended
        environment = {name: value for name, value in os.environ.items()
                       if not name.lower().endswith('_proxy')}
        self.process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment, start_new_session=True)
        threading.Thread(target=self.read, daemon=True).start()

    def __str__(self):
        shown = ['%s %s (%d)' % (kind, data[:12], len(data)) for kind, data in self.events[-2:]]
        return '%s: %d events, last %s; %d comments; %s' % (
            self.name, len(self.events), shown, self.comments,
            'running' if self.outcome is None else 'ended: ' + repr(self.outcome))

    def read(self):
        text = b''
        while piece := os.read(self.process.stdout.fileno(), 1 << 20):
            *blocks, text = (text + piece).split(b'\n\n')
            with self.board.changed:
                for block in blocks:
                    self.note(block.decode().split('\n'))
                # Comments stand before the block that they become the first lines of.
                self.comments = max(self.comments, text[:4096].count(b'\n:'))
                self.board.changed.notify_all()
        error = self.process.stderr.read().decode().strip().split('\n')[-1]
        status = self.process.wait()
        with self.board.changed:
            self.outcome = '' if status == 0 else error or 'exit %d' % status
            self.board.changed.notify_all()

    def note(self, lines):
        fields = dict(line.split(': ', 1) for line in lines if re.match(r'\w+: ', line))
        if 'data' in fields:
            self.events.append((fields.get('event', 'message'), fields['data']))

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def end(self):
        if self.process.poll() is None:
            self.signal(signal.SIGKILL)


def direct(work, has_node):
    """Name, words before the URL, and outcomes."""
    for name, (words, *outcomes) in PLAIN.items():
        yield name, words, outcomes
    for way, outcomes in PYTHON.items():
        yield way, ['/usr/bin/python3', os.path.join(HERE, 'readers.py'), way], outcomes
    for way, outcomes in NODE.items() if has_node else ():
        yield way, ['node', os.path.join(work, 'readers.mjs'), way], outcomes


def behind(work, has_node):
    """A few of them, for each proxy."""
    few = ('curl', 'curl --http1.0', 'requests iter_lines', 'fetch', 'eventsource')
    return [reader for reader in direct(work, has_node) if reader[0] in few]


def fronts():
    """Name, kind, block (that of docs/clients.md, or near it), and whether a cut stays one."""
    version = '    proxy_http_version 1.1;\n'
    block = Front.block('nginx')
    assert version in block and 'proxy_buffering' not in block
    for name, more in (('nginx', ''), ('nginx, unbuffered', '    proxy_buffering off;\n')):
        yield name, 'nginx', block.replace(version, version + more), True
        yield name + ', HTTP/1.0', 'nginx', block.replace(version, more), False
    yield 'haproxy', 'haproxy', Front.block('haproxy'), True
    yield 'Varnish', 'vcl', Front.block('vcl'), True


class Stage:
    """A hub, the proxies before it, and all readers."""

    def __init__(self, programs, work, has_node, *options):
        self.hub = Hub(programs, *options)
        self.fronts = []
        self.readers = []
        self.board = Board()
        try:
            self.start(work, has_node)
        except BaseException:
            self.end()
            raise

    def start(self, work, has_node):
        for name, words, outcomes in direct(work, has_node):
            self.add(name, name, words, self.hub.port, outcomes)
        for front, kind, block, tells_cut in fronts():
            place = os.path.join(work, 'at-once-front-%d' % len(self.fronts))
            self.fronts.append(Front(kind, block, self.hub.port, place))
            for name, words, (at_end, at_cut) in behind(work, has_node):
                self.add(name, name + ', behind ' + front, words, self.fronts[-1].port,
                         (at_end, at_cut if tells_cut else at_end))
        wait_until(lambda: self.ended() or self.hub.open_streams() == len(self.readers),
                   'the streams to be open')
        assert not self.ended(), 'no stream for:\n  ' + '\n  '.join(self.ended())

    def add(self, client, name, words, port, outcomes):
        # This client dispatches an empty message for a block that holds an id alone.
        ids = '&ids=events' if client == '@microsoft/fetch-event-source' else ''
        url = 'http://127.0.0.1:%d/events/watch?topic=shown%s' % (port, ids)
        self.readers.append(Reader(name, words + [url], outcomes, self.board))

    def ended(self):
        return [str(reader) for reader in self.readers if reader.outcome is not None]

    def heartbeats(self):
        lines = self.hub.ask('/-/metrics').decode().split('\n')
        return sum(float(line.split()[-1]) for line in lines
                   if line.startswith('sse_heartbeats_total'))

    def publish(self, data):
        self.hub.publish(data, 'shown')

    def expect_events(self, events):
        self.board.wait(self.readers, lambda reader: len(reader.events) >= len(events),
                        'event %d, of %d bytes' % (len(events), len(events[-1][1])))
        for reader in self.readers:
            assert reader.events == events, str(reader)

    def expect_outcomes(self, readers, wanted):
        self.board.wait(readers, lambda reader: reader.outcome is not None, 'the end')
        wrong = [str(reader) for reader in readers if reader.outcome not in wanted(reader)]
        assert not wrong, 'another outcome than expected:\n  ' + '\n  '.join(wrong)

    def end(self):
        for reader in self.readers:
            reader.end()
        for front in self.fronts:
            front.end()
        self.hub.kill()


def check_each_before_the_next(stage):
    """Without heartbeats, which would push out what is held back."""
    events = []
    for k in range(EACH):
        for size in SIZES:
            events.append(('message', ('%d of %d ' % (k, size)).ljust(size, 'x')))
            stage.publish(events[-1][1])
            stage.expect_events(events)
    stage.hub.process.send_signal(signal.SIGTERM)
    stage.expect_outcomes(stage.readers, lambda reader: reader.at_end)
    for reader in stage.readers:
        assert reader.events[:-1] == events and reader.events[-1][0] == 'sse.closing', str(reader)


def check_only_events(stage):
    """Neither greeting nor comments nor blocks with an id alone are events."""
    stage.publish('first')
    stage.expect_events([('message', 'first')])
    stage.hub.publish('hidden', 'other')  # heartbeats tell its id
    before = stage.heartbeats()
    wait_until(lambda: stage.heartbeats() > before + 4 * len(stage.readers), 'heartbeats')
    stage.publish('second')
    stage.expect_events([('message', 'first'), ('message', 'second')])


def check_cut(stage):
    """Readers that stand still are closed as slow, inside an event; then they read on."""
    asked = [reader for reader in stage.readers if reader.at_cut is not None]
    for reader in stage.readers:
        if reader not in asked:
            reader.end()
    for reader in asked:
        reader.signal(signal.SIGSTOP)
    filler = 'x' * 200000
    end = time.monotonic() + PATIENCE
    while stage.hub.open_streams():
        assert time.monotonic() < end, 'streams stay open that take nothing'
        stage.publish(filler)
    for reader in asked:
        reader.signal(signal.SIGCONT)
    stage.expect_outcomes(asked, lambda reader: reader.at_cut)
    for reader in asked:
        assert set(reader.events[2:]) <= {('message', filler)}, str(reader)


def main():
    programs, work = (os.path.realpath(path) for path in sys.argv[1:3])
    has_node = '--no-node' not in sys.argv
    if has_node:
        install_node_clients(work)
        shutil.copy(os.path.join(HERE, 'readers.mjs'), work)
    runs = (((check_each_before_the_next,), ('--heartbeat', '0')),
            ((check_only_events, check_cut), ('--heartbeat', '200ms', '--max-lag', '64k')))
    for checks, options in runs:
        stage = Stage(programs, work, has_node, *options)
        try:
            for check in checks:
                begin = time.monotonic()
                check(stage)
                print('good: %s, %d readers, %.1f s' % (check.__name__, len(stage.readers),
                                                        time.monotonic() - begin), flush=True)
        finally:
            stage.end()


main()
