#!/usr/bin/python3
"""Frames of python3-h2 against the real hub: many streams of one connection, floods, and draining."""
import os
import re
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


def check_slow(programs):
    """Of a hundred streams one is not read: it is reset alone, and resumes where its last whole event ended."""
    hub = programs.start_hub('--h2c', '--slow-after', '2s', '--heartbeat', '1s')
    try:
        peer = Peer(hub)
        peer.h2.increment_flow_control_window(1 << 24)
        streams = [peer.get('/events/watch') for _ in range(100)]
        slow = streams[17]
        peer.unread.add(slow)
        peer.read_until(lambda: len(peer.status) == 100)
        for number in range(100):
            assert hub.ask('/events', body=b'{"data":"event-%d %s"}' % (number, b'x' * 1000))[0] == 201

        def events(stream):
            whole = peer.bodies[stream].rpartition(b'\n\n')[0]
            return [int(number) for number in re.findall(rb'^data: "?event-(\d+) x', whole, re.M)]

        others = [stream for stream in streams if stream != slow]
        peer.read_until(lambda: all(len(events(stream)) >= 100 for stream in others))
        assert all(events(stream) == list(range(100)) for stream in others)
        peer.read_until(lambda: slow in peer.resets)
        assert peer.resets == {slow: 8} and slow not in peer.ended, peer.resets
        assert 0 < len(events(slow)) < 100, events(slow)
        last = re.findall(rb'^id: (\S+)', peer.bodies[slow].rpartition(b'\n\n')[0], re.M)[-1]
        again = peer.get('/events/watch', ('last-event-id', last.decode()))
        peer.read_until(lambda: events(again)[-1:] == [99])
        assert events(slow) + events(again) == list(range(100)), (events(slow), events(again))
        assert hub.stop() == 0, hub.said()
    finally:
        hub.kill()


def main():
    programs, = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        check_slow(Programs(programs, directory))
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
