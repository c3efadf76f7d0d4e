#!/usr/bin/python3
"""usage: protocol_test.py PROGRAMS-DIRECTORY [--sanitized]

What a hub that speaks TLS does with those that speak something else, or too slowly.
"""
import os
import re
import socket
import ssl
import subprocess
import sys
import time

from secure import PATIENCE, SecureHub, run_tests, wait_until

SOURCES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HALVES = 1_000
BLOCKED = 1_000
SANITIZED = '--sanitized' in sys.argv  # memory is not judged then


def try_handshake(hub, *words):
    """What s_client says of a handshake."""
    done = subprocess.run(
        ['openssl', 's_client', '-connect', '127.0.0.1:%d' % hub.port, '-CAfile',
         hub.authority.certificate, *words],
        stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=PATIENCE)
    return done.returncode, done.stdout.decode(errors='replace') + done.stderr.decode()


def hello():
    """A whole ClientHello."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    client = context.wrap_bio(incoming, outgoing, server_hostname='localhost')
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def connect(hub):
    return socket.create_connection(('127.0.0.1', hub.port), timeout=PATIENCE)


def end_of(connection):
    """What came before the connection was closed; what was not read of ours makes that a reset."""
    got = b''
    try:
        while piece := connection.recv(10_000):
            got += piece
    except ConnectionResetError:
        pass
    return got


def versions_and_ciphers(programs, authority):
    """Old versions, weak ciphers and unknown protocols are refused"""
    hub = SecureHub(programs, authority, authority.issue('hub'))
    weakest = ['-cipher', 'ALL:eNULL:@SECLEVEL=0']
    for version in ('-tls1', '-tls1_1'):
        code, text = try_handshake(hub, version, *weakest)
        assert code != 0, text
    for ciphers in ('eNULL', 'aNULL', 'AES128-SHA', 'ECDHE-ECDSA-AES128-SHA', 'AES128-GCM-SHA256',
                    'DHE-RSA-AES128-GCM-SHA256'):
        code, text = try_handshake(hub, '-tls1_2', '-cipher', ciphers + ':@SECLEVEL=0')
        assert code != 0, ciphers + text
    for words in (['-tls1_2'], ['-tls1_3'], ['-tls1_2', '-cipher', 'ECDHE+CHACHA20']):
        code, text = try_handshake(hub, *words)
        assert code == 0 and 'Verify return code: 0' in text, text
        assert 'Compression: NONE' in text or '-tls1_3' in words, text
    code, text = try_handshake(hub, '-alpn', 'spdy/3,h3')
    assert code != 0 and 'no application protocol' in text, text
    code, text = try_handshake(hub, '-alpn', 'http/1.1')
    assert code == 0 and 'ALPN protocol: http/1.1' in text, text
    # Nothing to resume with.
    code, text = try_handshake(hub, '-tls1_2')
    assert 'TLS session ticket' not in text and 'Session-ID: \n' in text, text
    assert hub.series('sse_tls_handshakes_total', result='refused', version='') >= 9
    assert hub.series('sse_tls_handshakes_total', result='done', version='1.2') >= 2
    with open(os.path.join(SOURCES, 'docs', 'operations.md'), encoding='utf-8') as page:
        listed = set(re.findall(r'^\| `(sse_tls_\w+)` \|', page.read(), re.M))
    families = re.findall(r'^# TYPE (sse_tls_\w+) ', hub.ask('/-/metrics')[2].decode(), re.M)
    assert listed == set(families), (listed, families)
    assert hub.stop() == 0


def only_the_newest(programs, authority):
    """With --tls-min 1.3 version 1.2 is refused"""
    hub = SecureHub(programs, authority, authority.issue('hub'), '--tls-min', '1.3')
    assert try_handshake(hub, '-tls1_2')[0] != 0
    assert try_handshake(hub, '-tls1_3')[0] == 0
    assert hub.stop() == 0


def other_speech(programs, authority):
    """Plain HTTP gets a 400 in the clear, and other bytes are closed"""
    hub = SecureHub(programs, authority, authority.issue('hub'))
    code, text, _ = programs.run(['curl', '-s', '-i', 'http://127.0.0.1:%d/events' % hub.port])
    assert code == 0 and text.startswith('HTTP/1.1 400 ') and 'https' in text, text
    code, text, _ = programs.run(['curl', '-s', '-i', '-d', 'x' * 100_000,
                                  'http://127.0.0.1:%d/events' % hub.port])
    assert text.startswith('HTTP/1.1 400 '), text
    with connect(hub) as other:
        other.sendall(b'\0\1\2\3')
        assert end_of(other) == b''
    with connect(hub) as other:
        other.sendall(b'\x16\x03\x01\x00\x20' + b'\x01' + os.urandom(40))
        answer = end_of(other)
        assert answer[:1] in (b'\x15', b''), answer  # an alert
    assert hub.series('sse_tls_handshakes_total', result='plain_http', version='') == 2
    assert hub.stop() == 0


def half_hellos(programs, authority):
    """A thousand parts of hellos cost little, and do not delay others"""
    hub = SecureHub(programs, authority, authority.issue('hub'), '--handshake-timeout', '30s')
    hub.ask('/events')
    before = hub.resident()
    first = hello()
    halves = []
    for number in range(HALVES):
        half = connect(hub)
        half.sendall(first[:(1, 5, 20, len(first) - 1)[number % 4]])
        halves.append(half)
    wait_until(lambda: hub.series('sse_connections_open') >= HALVES, 'all halves')
    times = []
    for number in range(20):
        # Every fourth goes on, a byte at a time.
        for half in halves[::4]:
            half.sendall(first[number + 1:number + 2])
        began = time.monotonic()
        hub.connect().close()
        times.append(time.monotonic() - began)
    grown = hub.resident() - before
    print('1,000 parts of hellos: +%.1f MB; handshakes beside them: %.0f ms (median)'
          % (grown / 1e6, sorted(times)[len(times) // 2] * 1000))
    assert SANITIZED or grown < 2e6, grown
    assert sorted(times)[len(times) // 2] < 1, times
    for half in halves:
        half.close()
    assert hub.stop() == 0


def late_handshakes(programs, authority):
    """A handshake that is not done in time is closed"""
    hub = SecureHub(programs, authority, authority.issue('hub'), '--handshake-timeout', '1s',
                    '--max-handshakes', '1', '--threads', '1')
    stuck = connect(hub)
    stuck.sendall(hello())
    assert stuck.recv(10) != b''
    half = connect(hub)
    half.sendall(b'\x16')
    # It waits for the place of the one that is stuck.
    assert hub.ask('/-/healthz')[0] == 200
    assert end_of(half) == b''
    end_of(stuck)
    assert hub.series('sse_tls_handshakes_total', result='late', version='') == 2
    assert hub.stop() == 0


def ends_are_said(programs, authority):
    """A drain tells a stream its end, and says close_notify before the connection closes"""
    hub = SecureHub(programs, authority, authority.issue('hub'))
    connection = hub.connect()
    raw = connection.sock
    raw.suppress_ragged_eofs = False
    raw.sendall(b'GET /events/watch HTTP/1.1\r\nHost: localhost\r\n\r\n')
    idle = hub.connect()
    idle.sock.suppress_ragged_eofs = False
    assert raw.recv(10_000).startswith(b'HTTP/1.1 200 ')
    hub.process.terminate()
    got = b''
    while piece := raw.recv(10_000):  # an end without close_notify raises
        got += piece
    assert b'sse.closing' in got and got.endswith(b'0\r\n\r\n'), got
    assert idle.sock.recv(100) == b''
    assert hub.process.wait(PATIENCE) == 0


def stuck_streams(programs, authority):
    """A stream that takes nothing does not keep the hub beyond its drain"""
    hub = SecureHub(programs, authority, authority.issue('hub'), '--send-buffer', '16K')
    connection = hub.connect()
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.sock.sendall(b'GET /events/watch HTTP/1.1\r\nHost: localhost\r\n\r\n')
    for _ in range(40):
        hub.ask('/events', body='{"type":"t","data":"%s"}' % ('x' * 100_000),
                headers={'Content-Type': 'application/json'})
    began = time.monotonic()
    hub.process.terminate()
    assert hub.process.wait(PATIENCE) == 0
    took = time.monotonic() - began
    assert took < 5, took
    connection.close()


def blocked_streams(programs, authority):
    """Streams that take nothing hold what the memory ceiling says, and are closed as slow"""
    hub = SecureHub(programs, authority, authority.issue('hub'), '--slow-after', '8s', '--threads', '1')
    context = hub.context()
    streams = []
    for _ in range(BLOCKED):
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.settimeout(PATIENCE)
        raw.connect(('127.0.0.1', hub.port))
        stream = context.wrap_socket(raw, server_hostname='localhost')
        stream.sendall(b'GET /events/watch HTTP/1.1\r\nHost: localhost\r\n\r\n')
        streams.append(stream)
    wait_until(lambda: hub.series('sse_streams_open') == BLOCKED, 'streams')
    before = hub.resident()
    for _ in range(50):
        hub.ask('/events', body='{"type":"t","data":"%s"}' % ('x' * 100_000),
                headers={'Content-Type': 'application/json'})
    grown = hub.resident() - before
    print('%d blocked streams: +%.0f kB each' % (BLOCKED, grown / BLOCKED / 1000))
    assert SANITIZED or grown < BLOCKED * 72 * 1024 + 16e6, grown
    wait_until(lambda: hub.series('sse_streams_closed_total', reason='slow') == BLOCKED,
               'the end of slow streams')
    for stream in streams:
        stream.close()
    assert hub.stop() == 0


if __name__ == '__main__':
    run_tests([versions_and_ciphers, only_the_newest, other_speech, half_hellos, late_handshakes,
               ends_are_said, stuck_streams, blocked_streams])
    sys.exit(0)
