#!/usr/bin/python3
"""Frames of python3-h2 against the real hub: many streams of one connection, floods, and draining."""
import os
import socket
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'access'))

from programs import PATIENCE, Programs  # noqa: E402

try:
    import h2.config
    import h2.connection
    import h2.events
    import h2.exceptions
except ImportError:
    print('skipped: python3-h2 is needed')
    sys.exit(77)


class Peer:
    """One connection; `bodies`, `ended` and `resets` by stream."""

    def __init__(self, hub, **settings):
        self.socket = socket.create_connection(('127.0.0.1', hub.port), timeout=PATIENCE)
        config = h2.config.H2Configuration(client_side=True, header_encoding='utf-8', **settings)
        self.h2 = h2.connection.H2Connection(config)
        self.h2.initiate_connection()
        self.bodies, self.status, self.ended, self.resets = {}, {}, set(), {}
        self.goaway = None
        self.closed = False
        self.send()

    def send(self):
        try:
            self.socket.sendall(self.h2.data_to_send())
        except OSError:
            self.closed = True

    def get(self, path, *more):
        stream = self.h2.get_next_available_stream_id()
        self.bodies[stream] = b''
        self.h2.send_headers(stream, [(':method', 'GET'), (':scheme', 'http'), (':authority', 'localhost'),
                                      (':path', path), *more], end_stream=True)
        self.send()
        return stream

    def read(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            data = b''
        if not data:
            self.closed = True
            return
        for event in self.h2.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                self.status[event.stream_id] = dict(event.headers)[':status']
            elif isinstance(event, h2.events.DataReceived):
                self.bodies[event.stream_id] += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                self.ended.add(event.stream_id)
            elif isinstance(event, h2.events.StreamReset):
                self.resets[event.stream_id] = event.error_code
            elif isinstance(event, h2.events.ConnectionTerminated):
                self.goaway = int(event.error_code)
        self.send()

    def read_until(self, condition):
        while not condition():
            assert not self.closed, 'the hub has closed'
            self.read()

    def read_to_end(self):
        while not self.closed:
            self.read()


def check_streams(hub):
    peer = Peer(hub)
    streams = [peer.get('/events/watch') for _ in range(100)]
    peer.read_until(lambda: len(peer.status) == 100)
    assert set(peer.status.values()) == {'200'}
    for number in range(20):
        status, _, _ = hub.ask('/events', body=b'{"data":"event-%d"}' % number)
        assert status == 201
    peer.read_until(lambda: all(b'event-19' in peer.bodies[stream] for stream in streams))
    for stream in streams:
        assert [peer.bodies[stream].count(b'event-%d' % n + b'\n') + peer.bodies[stream].count(b'event-%d"' % n)
                for n in range(20)] == [1] * 20, peer.bodies[stream]
    for stream in streams[50:]:
        peer.h2.reset_stream(stream, error_code=8)
    peer.send()
    answer = peer.get('/-/healthz')
    peer.read_until(lambda: answer in peer.ended)
    return peer, streams[:50]


def check_floods(hub):
    # Each many thousand times; the hub says GOAWAY, or has closed before that could be read.
    def pings(peer):
        peer.h2.ping(b'12345678')

    def resets(peer):
        stream = peer.get('/-/healthz')
        peer.h2.reset_stream(stream, error_code=8)

    for flood in (pings, resets):
        peer = Peer(hub)
        try:
            for _ in range(10000):
                if peer.closed:
                    break
                flood(peer)
                peer.send()
        except h2.exceptions.ProtocolError:
            pass
        peer.read_to_end()
        assert peer.goaway in (None, 11, 2), peer.goaway
    assert b'sse_http2_floods_total 0\n' not in hub.ask('/-/metrics')[2]


def check_refusals(hub):
    bad = [[('Upper', 'a')], [('connection', 'close')], [('transfer-encoding', 'chunked')], [('te', 'gzip')],
           [('content-length', '5')]]
    for fields in bad:
        peer = Peer(hub, validate_outbound_headers=False, normalize_outbound_headers=False)
        stream = peer.get('/-/healthz', *fields)
        peer.read_until(lambda: stream in peer.resets)
        assert peer.resets[stream] == 1, peer.resets
        stream = peer.get('/-/healthz')
        peer.read_until(lambda: stream in peer.ended)
        assert peer.status[stream] == '200'
        peer.socket.close()


def main():
    programs, = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        hub = Programs(programs, directory).start_hub('--h2c', '--threads', '1')
        try:
            peer, streams = check_streams(hub)
            check_refusals(hub)
            check_floods(hub)
            hub.process.terminate()
            peer.read_to_end()
            assert peer.goaway == 0, peer.goaway
            for stream in streams:
                assert stream in peer.ended and stream not in peer.resets
                assert b'event: sse.closing\n' in peer.bodies[stream]
            assert hub.process.wait(PATIENCE) == 0, hub.said()
        finally:
            hub.kill()
    return 0


if __name__ == '__main__':
    sys.exit(main())
