#!/usr/bin/python3
"""usage: reload_test.py PROGRAMS-DIRECTORY

New certificates reach new connections, while streams go on: SSE_RELOADS (10) times under SSE_STREAMS
(50) streams.
"""
import os
import shutil
import signal
import sys
import threading

from secure import SecureHub, run_tests, wait_until

RELOADS = int(os.environ.get('SSE_RELOADS', '10'))
STREAMS = int(os.environ.get('SSE_STREAMS', '50'))
EVENTS = 300
READ_AGAIN = 'certificate and key were read again'


def replace(certificate, other):
    """As certbot does: each file at once."""
    for path, new in zip(certificate, other):
        shutil.copy2(new, path + '.new')
        os.rename(path + '.new', path)


def copies(programs, identity, name='used'):
    paths = programs.file(name + '.pem'), programs.file(name + '.key')
    for path, source in zip(paths, identity):
        shutil.copy2(source, path)
    return paths


class Stream(threading.Thread):
    """Follows the hub until it has seen so many events."""

    def __init__(self, hub):
        super().__init__(daemon=True)
        self.connection = hub.connect()
        self.connection.request('GET', '/events/watch')
        self.answer = self.connection.getresponse()
        self.serial = self.connection.sock.getpeercert()['serialNumber'] if self.connection.sock else None
        self.events = []
        self.start()

    def run(self):
        while len(self.events) < EVENTS:
            line = self.answer.readline()
            if not line:
                break
            if line.startswith(b'data: '):
                self.events.append(int(line[6:]))


def resources(hub):
    """Descriptors, and resident memory in MiB."""
    with open('/proc/%d/statm' % hub.process.pid, encoding='ascii') as file:
        pages = int(file.read().split()[1])
    return len(os.listdir('/proc/%d/fd' % hub.process.pid)), pages * os.sysconf('SC_PAGE_SIZE') / 2**20


def under_streams(programs, authority):
    """Streams miss nothing while certificates change under them, and nothing leaks"""
    first, second = authority.issue('first'), authority.issue('second')
    used = copies(programs, first)
    hub = SecureHub(programs, authority, used)
    before = hub.serial()
    streams = [Stream(hub) for _ in range(STREAMS)]
    wait_until(lambda: hub.series('sse_streams_open') == STREAMS, 'streams')
    begun = resources(hub)
    done = 0
    for number in range(EVENTS):
        if number * RELOADS // EVENTS > done:
            replace(used, first if done % 2 else second)
            hub.process.send_signal(signal.SIGHUP)
            done += 1
            wait_until(lambda: hub.said().count(READ_AGAIN) >= done, 'certificate %d' % done)
        hub.ask('/events', body='{"type":"n","data":"%d"}' % number,
                headers={'Content-Type': 'application/json'})
    for stream in streams:
        stream.join(60)
        assert stream.events == list(range(EVENTS)), stream.events
    wait_until(lambda: resources(hub)[0] <= begun[0], 'no more descriptors than before')
    print('%d reloads under %d streams: %d descriptors, %.1f MiB before and %.1f after'
          % (done, STREAMS, begun[0], begun[1], resources(hub)[1]))
    replace(used, second)
    hub.process.send_signal(signal.SIGHUP)
    wait_until(lambda: hub.serial() != before, 'the new certificate')
    assert hub.stop() == 0


def by_itself(programs, authority):
    """A certificate that changes is read without a signal, and its end is a gauge"""
    used = copies(programs, authority.issue('first'))
    hub = SecureHub(programs, authority, used)
    before, end = hub.serial(), hub.series('sse_tls_certificate_expires_seconds')
    replace(used, authority.issue('later', days=9))
    wait_until(lambda: hub.serial() != before, 'the new certificate')
    moved = hub.series('sse_tls_certificate_expires_seconds') - end
    assert 6 * 86_400 < moved < 8 * 86_400, moved
    assert hub.series('sse_tls_reloads_total') == 1
    assert hub.stop() == 0


def bad_files(programs, authority):
    """Files that cannot be used leave the certificate that there was"""
    used = copies(programs, authority.issue('first'))
    other = authority.issue('other')
    hub = SecureHub(programs, authority, used)
    before = hub.serial()
    for number, broken in enumerate([b'', b'nonsense', open(other[0], 'rb').read()], 1):
        with open(used[0], 'wb') as file:
            file.write(broken)
        hub.process.send_signal(signal.SIGHUP)
        wait_until(lambda: hub.series('sse_tls_reload_failures_total') >= number, 'the failure')
        assert hub.serial() == before
    assert 'the key is not that of the certificate' in hub.said()
    assert 'those before still count' in hub.said()
    os.remove(used[1])
    hub.process.send_signal(signal.SIGHUP)
    wait_until(lambda: 'cannot read' in hub.said(), 'the missing file')
    assert hub.serial() == before
    replace(used, other)
    hub.process.send_signal(signal.SIGHUP)
    wait_until(lambda: hub.serial() != before, 'the good one')
    # Rights are nothing that a file is known by: it is tried again, without a signal.
    before = hub.serial()
    third = authority.issue('third')
    os.chmod(third[1], 0o644)
    replace(used, third)
    hub.process.send_signal(signal.SIGHUP)
    wait_until(lambda: 'chmod o-r' in hub.said(), 'the refusal')
    assert hub.serial() == before
    os.chmod(used[1], 0o600)
    wait_until(lambda: hub.serial() != before, 'the one that may be read')
    assert hub.stop() == 0


if __name__ == '__main__':
    run_tests([under_streams, by_itself, bad_files])
    sys.exit(0)
