#!/usr/bin/python3
"""What becomes of streams that are not plain: those with credentials and of Unix sockets go on,
those of TLS, of HTTP/2, of an interval and in a replay of the newest are told to come back at once,
and miss nothing; and hubs of a cluster. Usage: kinds_test.py PROGRAMS"""
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time

from impostor import OFFER, READY, Impostor
from stage import PATIENCE, Chunks, Hub, Readers, kill_all, wait_until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', 'tls'))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', 'cluster'))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', 'http2'))
from secure import Authority  # noqa: E402
from engine import Redis, missing_programs  # noqa: E402
try:
    import h2_peer
except SystemExit:  # it says what is missing
    h2_peer = None


class Stream:
    """One stream that may end. `wrapped`: its socket."""

    def __init__(self, wrapped, target, *fields):
        self.socket = wrapped
        lines = ['GET %s HTTP/1.1' % target, 'Host: 127.0.0.1', *fields, '', '']
        wrapped.sendall('\r\n'.join(lines).encode())
        self.chunks = Chunks(may_end=True)
        self.body = b''

    def read_until(self, wanted):
        while wanted not in self.body:
            more = self.socket.recv(65536)
            assert more, self.body
            self.body += self.chunks.feed(more)

    def read_to_closing(self):
        """The time to stay away, in milliseconds, and the last id."""
        self.read_until(b'event: sse.closing')
        self.read_until(b'\n\n')
        retry = int(re.findall(rb'retry: (\d+)', self.body)[-1])
        return retry, re.findall(rb'^id: (\S+)', self.body, re.M)[-1].decode()


def connect(port, authority=None):
    plain = socket.create_connection(('127.0.0.1', port), PATIENCE)
    if authority is None:
        return plain
    context = ssl.create_default_context(cafile=authority.certificate)
    return context.wrap_socket(plain, server_hostname='127.0.0.1')


def comes_back(hub, target, authority=None):
    """A stream that is told to come back within two seconds, and then misses nothing."""
    stream = Stream(connect(hub.port, authority), target)
    stream.read_until(b': open')
    return stream


def check_back(hub, stream, target, authority=None):
    retry, last = stream.read_to_closing()
    assert retry <= 2000, retry
    mark = target + ('&' if '?' in target else '?') + 'last_event_id=' + last
    again = Stream(connect(hub.port, authority), mark)
    again.read_until(b'data: after')
    assert b'sse.gap' not in again.body, again.body


def told_to_come_back(programs, directory):
    authority = Authority(directory)
    certificate = authority.issue('hub')
    hub = Hub(programs, directory, '--tls-cert', certificate[0], '--tls-key', certificate[1],
              '--plain-port', '0', binds=('--bind', '127.0.0.1'))
    hub.start()
    wait_until(lambda: 'without TLS' in hub.said(), 'the plain port')
    plain = int(re.search(r'127.0.0.1:(\d+) without TLS', hub.said())[1])
    hub.options[hub.options.index('--plain-port') + 1] = str(plain)
    readers = Readers()
    readers.open(plain, '/events/watch?topic=p', 'p')
    readers.start()
    secure = comes_back(hub, '/events/watch', authority)
    tls_port, hub.port = hub.port, plain
    paced = comes_back(hub, '/events/watch?every=100ms')
    hub.port = plain
    hub.publish([{'topic': 'p', 'data': 'p 1'}])
    secure.read_until(b'data: p 1')
    paced.read_until(b'data: p 1')
    hub.take_over()
    hub.publish([{'topic': 'q', 'data': 'after'}, {'topic': 'p', 'data': 'p 2'}])
    check_back(hub, paced, '/events/watch?every=100ms')
    hub.port = tls_port
    check_back(hub, secure, '/events/watch', authority)
    readers.check(['p'], 2)
    hub.stop()
    print('TLS and every=: told to come back')


def of_a_unix_socket(programs, directory):
    path = os.path.join(directory, 'hub.sock')
    hub = Hub(programs, directory, '--bind', 'unix:' + path)
    hub.start()
    near = socket.socket(socket.AF_UNIX)
    near.settimeout(PATIENCE)
    near.connect(path)
    stream = Stream(near, '/events/watch?topic=a')
    stream.read_until(b': open')
    hub.publish([{'topic': 'a', 'data': 'before'}])
    hub.take_over()
    hub.publish([{'topic': 'a', 'data': 'after'}])
    stream.read_until(b'data: after')
    assert stream.body.count(b'data: before') == 1 and b'sse.closing' not in stream.body, stream.body
    hub.stop()
    print('a stream of a Unix socket goes on')


def in_a_replay_of_the_newest(programs, directory):
    """One that has it all goes on; one that takes nothing comes back, and begins again with them."""
    hub = Hub(programs, directory, '--send-buffer', '4096', '--slow-after', '0')
    hub.start()
    pairs = 40
    hub.publish([{'topic': 't%d' % number, 'data': 'old ' + 'x' * 8000} for number in range(pairs)])
    target = '/events/watch?since=each'
    whole = Stream(connect(hub.port), target)
    whole.read_until(b': open')
    wait_until(lambda: read_some(whole).count(b'data: old') == pairs, 'the newest of each')
    stuck = socket.socket()
    stuck.settimeout(PATIENCE)
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    stuck.connect(('127.0.0.1', hub.port))
    stream = Stream(stuck, target)
    wait_until(lambda: b'"blocked":true' in hub.ask('GET', '/-/streams')[1], 'a stream that is blocked')
    old, old_log = hub.process, hub.logs[-1]
    hub.start('--takeover')
    wait_until(lambda: 'with 1 streams' in hub.said(old_log), 'the end of the takeover')
    hub.publish([{'topic': 'a', 'data': 'after'}])
    whole.read_until(b'data: after')
    assert b'sse.closing' not in whole.body
    check_back(hub, stream, target)
    assert old.wait(PATIENCE) == 0
    hub.stop()
    print('since=each: goes on behind the replay, and is told to come back in it')


def read_some(stream):
    stream.body += stream.chunks.feed(stream.socket.recv(65536))
    return stream.body


def of_http2(programs, directory):
    if h2_peer is None:
        return
    hub = Hub(programs, directory, '--h2c')
    hub.start()
    peer = h2_peer.Peer(hub)
    stream = peer.get('/events/watch')
    peer.read_until(lambda: b': open' in peer.bodies[stream])
    hub.publish([{'topic': 'a', 'data': 'before'}])
    peer.read_until(lambda: b'data: before' in peer.bodies[stream])
    hub.take_over()
    peer.read_to_end()
    body = peer.bodies[stream]
    assert b'event: sse.closing' in body, body
    assert int(re.findall(rb'retry: (\d+)', body)[-1]) <= 2000, body
    last = re.findall(rb'^id: (\S+)', body, re.M)[-1].decode()
    hub.publish([{'topic': 'a', 'data': 'after'}])
    again = h2_peer.Peer(hub)
    stream = again.get('/events/watch?last_event_id=' + last)
    again.read_until(lambda: b'data: after' in again.bodies[stream])
    assert b'sse.gap' not in again.bodies[stream] and b'data: before' not in again.bodies[stream]
    hub.stop()
    print('HTTP/2: told to come back')


def with_credentials(programs, directory):
    tokens = os.path.join(directory, 'tokens.toml')
    made = {}
    for name, rights in (('reader', ['--subscribe', 'in/#']), ('writer', ['--publish', '#']),
                         ('gone', ['--subscribe', '#'])):
        done = subprocess.run([os.path.join(programs, 'sse-serve'), 'token', 'add', name, '--tokens', tokens,
                               *rights], capture_output=True, check=True, timeout=PATIENCE)
        made[name] = done.stdout.decode().strip()
    hub = Hub(programs, directory, '--tokens', tokens)
    hub.start()
    streams = {name: Stream(connect(hub.port), '/events/watch', 'Authorization: Bearer ' + made[name])
               for name in ('reader', 'gone')}
    for stream in streams.values():
        stream.read_until(b': open')

    def publish(topic, text):
        status, body = hub.ask('POST', '/events', json.dumps({'topic': topic, 'data': text}),
                               {'Authorization': 'Bearer ' + made['writer']})
        assert status == 201, body

    publish('in/a', 'first')
    hub.take_over()
    publish('out/a', 'secret')
    publish('in/a', 'second')
    streams['reader'].read_until(b'data: second')
    assert b'secret' not in streams['reader'].body
    streams['gone'].read_until(b'data: second')
    assert streams['gone'].body.count(b'data: first') == 1
    # A credential that is taken back ends its stream in the new process, too.
    subprocess.run([os.path.join(programs, 'sse-serve'), 'token', 'revoke', 'gone', '--tokens', tokens],
                   check=True, capture_output=True, timeout=PATIENCE)
    streams['gone'].read_until(b'event: sse.closing')
    publish('in/a', 'third')
    streams['reader'].read_until(b'data: third')
    hub.stop()
    print('streams with credentials go on')


def with_a_cluster(programs, directory):
    if missing_programs():
        print('no Redis here: the cluster is left out')
        return
    redis = Redis(directory)
    try:
        hub = Hub(programs, directory, '--cluster', 'redis://127.0.0.1:%d' % redis.port)
        other = Hub(programs, tempfile.mkdtemp(dir=directory), '--cluster',
                    'redis://127.0.0.1:%d' % redis.port)
        hub.start()
        other.start()
        readers = Readers()
        for _ in range(20):
            readers.open(hub.port, '/events/watch?topic=a', 'a')
        readers.start()
        wait_until(lambda: b'"open":20,' in hub.ask('GET', '/-/streams')[1], 'streams')
        number = 0
        for _ in range(5):
            for publisher in (hub, other, hub):
                number += 1
                publisher.publish([{'topic': 'a', 'data': 'a %d' % number}])
            hub.take_over()
        number += 1
        other.publish([{'topic': 'a', 'data': 'a %d' % number}])
        readers.check(['a'], number)
        hub.stop()
        other.stop()
    finally:
        redis.kill()
    print('a hub of a cluster is taken over')


def behind_a_proxy(programs, directory):
    admin = os.path.join(directory, 'admin.sock')
    hub = Hub(programs, directory, '--proxy-from', '127.0.0.1', '--proxy-protocol',
              '--admin-bind', 'unix:' + admin)
    hub.start()

    def forwarded():
        plain = connect(hub.port)
        plain.sendall(b'PROXY TCP4 203.0.113.5 203.0.113.9 4711 80\r\n')
        return plain

    stream = Stream(forwarded(), '/events/watch?topic=a')
    stream.read_until(b': open')
    hub.take_over()
    publisher = forwarded()
    publisher.sendall(b'POST /events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 26\r\n\r\n'
                      b'{"topic":"a","data":"one"}')
    stream.read_until(b'data: one')
    operator = socket.socket(socket.AF_UNIX)
    operator.connect(admin)
    operator.sendall(b'GET /-/streams HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    told = operator.makefile('rb').read()
    assert b'"peer":"203.0.113.5:4711"' in told, told
    hub.stop()
    print('a stream behind a proxy keeps its peer')


def stopped_while_it_is_asked(programs, directory):
    hub = Hub(programs, directory)
    hub.start()
    for step in ('hello', 'offer', 'ready'):
        new = Impostor(hub.socket)
        new.hello()
        if step != 'hello':
            new.expect(OFFER)
        if step == 'ready':
            new.send(READY)
            new.receive_all()
        begin = time.monotonic()
        hub.stop()
        assert time.monotonic() - begin < 8, step
        assert 'another process has this hub' not in hub.said()
        new.close()
        hub.start()
    hub.stop()
    print('a hub that is stopped does not wait for a process that asks for it')


def told_to_a_service_manager(programs, directory):
    path = os.path.join(directory, 'notify.sock')
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(path)
    manager.settimeout(PATIENCE)
    hub = Hub(programs, directory)
    hub.environment = {'NOTIFY_SOCKET': path}
    hub.start()
    assert manager.recv(4096).startswith(b'READY=1')
    hub.take_over()
    told = {manager.recv(4096).split(b'\n')[0] for _ in range(2)}
    assert told == {b'READY=1', b'MAINPID=%d' % hub.process.pid}, told
    mode = os.stat(hub.socket).st_mode & 0o777
    assert mode == 0o600, oct(mode)
    hub.stop()
    assert not os.path.exists(hub.socket)
    print('a service manager is told of the new process')


def main():
    for test in (told_to_come_back, of_a_unix_socket, in_a_replay_of_the_newest, of_http2, behind_a_proxy, stopped_while_it_is_asked, told_to_a_service_manager, with_credentials, with_a_cluster):
        with tempfile.TemporaryDirectory() as directory:
            try:
                test(os.path.realpath(sys.argv[1]), directory)
            finally:
                kill_all()


if __name__ == '__main__':
    main()
