#!/usr/bin/python3
"""Frames of python3-h2 against the real hub: many streams of one connection, floods, and draining."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'access'))

from programs import PATIENCE, Programs  # noqa: E402

from h2_peer import Peer, h2


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
