#!/usr/bin/python3
"""usage: agreement_test.py PROGRAMS-DIRECTORY

HTTP/2 that was agreed on in the TLS handshake: what is agreed on, and with whom; client certificates;
certificates that are renewed under streams.
"""
import os
import signal
import socket
import ssl
import sys

from h2_peer import Peer  # tells that python3-h2 is missing

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tls'))

from clients_test import row, rows  # noqa: E402
from reload_test import copies, replace  # noqa: E402
from secure import PATIENCE, SecureHub, run_tests, wait_until  # noqa: E402

STREAMS, EVENTS, RENEWALS = 20, 200, 10
REQUEST = b'GET /-/healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n'


def read_all(connection):
    data = b''
    try:
        while part := connection.recv(65536):
            data += part
    except ConnectionError:
        pass
    return data


def shake_hands(hub, offer):
    context = hub.context()
    if offer is not None:
        context.set_alpn_protocols(offer)
    connection = socket.create_connection(('127.0.0.1', hub.port), timeout=PATIENCE)
    return context.wrap_socket(connection, server_hostname='127.0.0.1')


def agreements(programs, authority):
    """HTTP/2 is spoken with those that offer it, HTTP/1.1 with those that offer that or nothing"""
    hub = SecureHub(programs, authority, authority.issue('hub'))
    for offer, agreed in ((['h2'], 'h2'), (['h2', 'http/1.1'], 'h2'), (['http/1.1', 'h2'], 'h2'),
                          (['spdy/3', 'h2'], 'h2')):
        with shake_hands(hub, offer) as connection:
            assert connection.selected_alpn_protocol() == agreed, offer
            # The hub's preface, unasked: a SETTINGS frame (RFC 9113 section 3.4).
            assert connection.recv(9)[3] == 4, offer
    for offer, agreed in ((None, None), (['http/1.1'], 'http/1.1'), (['spdy/3', 'http/1.1'], 'http/1.1')):
        with shake_hands(hub, offer) as connection:
            assert connection.selected_alpn_protocol() == agreed, offer
            connection.sendall(REQUEST)
            assert read_all(connection).startswith(b'HTTP/1.1 200 '), offer
    for offer in (['spdy/3'], ['h2c'], ['http/1.0', 'h3']):
        try:
            shake_hands(hub, offer).close()
        except ssl.SSLError as error:
            assert 'alert no application protocol' in str(error), (offer, error)
        else:
            raise AssertionError('agreed with %s' % offer)
    assert hub.stop() == 0


def broken_word(programs, authority):
    """No other version is spoken than was agreed on"""
    hub = SecureHub(programs, authority, authority.issue('hub'), '--h2c')
    with shake_hands(hub, ['h2']) as connection:
        connection.sendall(REQUEST)
        assert b'HTTP/1.1' not in read_all(connection)
    # Prior knowledge is of the clear alone: over TLS, HTTP/2 is agreed on (RFC 9113 section 3.2).
    for offer in (None, ['http/1.1']):
        with shake_hands(hub, offer) as connection:
            connection.sendall(b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0')
            assert read_all(connection).startswith(b'HTTP/1.1 505 '), offer
    assert hub.stop() == 0


def certificates(programs, authority):
    """A client certificate is the credential of each request of its connection"""
    tokens = rows(programs, row('sensor', 'cn:sensor 7', '"plant/#"'), row('board', 'dns:board.example'))
    hub = SecureHub(programs, authority, authority.issue('hub'), '--tokens', tokens, '--client-ca',
                    authority.certificate)
    sensor = authority.issue('sensor', None, subject='sensor 7')

    def publish(peer, topic, *fields):
        body = b'{"type":"a","topic":"%s","data":"x"}' % topic.encode()
        stream = peer.request('POST', '/events', [('content-type', 'application/json'), *fields], body)
        peer.read_until(lambda: stream in peer.ended)
        return peer.status[stream]

    peer = Peer(hub, hub.context(sensor))
    stream = peer.get('/events/watch?topics=plant/%23')
    peer.read_until(lambda: stream in peer.status)
    assert peer.status[stream] == '200'
    assert publish(peer, 'plant/1') == '201'
    assert publish(peer, 'office/1') == '403'
    # A proxy's certificate is not lent to what it forwards, request by request.
    assert publish(peer, 'plant/1', ('x-forwarded-for', '192.0.2.9')) == '401'
    assert publish(peer, 'plant/2') == '201'
    peer.read_until(lambda: peer.bodies[stream].count(b'data: x\n') == 2)
    for identity in (None, authority.issue('stranger', 'DNS:x.example')):
        stranger = Peer(hub, hub.context(identity))
        assert publish(stranger, 'plant/1') == '401'
        stranger.socket.close()
    code, out, err = programs.run(['curl', '-sS', '--http2', '--cacert', authority.certificate, '--cert', sensor[0],
                                   '--key', sensor[1], '-w', '%{http_version}', hub.url + '/session'])
    assert code == 0 and '"token:sensor"' in out and out.endswith('2'), (out, err)
    # A row that goes ends its streams, and not their connection.
    rows(programs, row('board', 'dns:board.example'))
    hub.process.send_signal(signal.SIGHUP)
    peer.read_until(lambda: stream in peer.ended)
    assert b'sse.closing' in peer.bodies[stream] and peer.goaway is None
    assert publish(peer, 'plant/1') == '401'
    assert hub.stop() == 0


def renewals(programs, authority):
    """Certificates that are renewed end no stream of the connections that there are"""
    identities = [authority.issue('one'), authority.issue('two')]
    used = copies(programs, identities[0])
    hub = SecureHub(programs, authority, used)
    peer = Peer(hub, hub.context())
    streams = [peer.get('/events/watch') for _ in range(STREAMS)]
    peer.read_until(lambda: len(peer.status) == STREAMS)
    serials = {hub.serial()}
    for number in range(EVENTS):
        if number % (EVENTS // RENEWALS) == 0:
            before = hub.serial()
            identities.reverse()
            replace(used, identities[0])
            hub.process.send_signal(signal.SIGHUP)
            wait_until(lambda: hub.serial() != before, 'the new certificate')
            serials.add(hub.serial())
        stream = peer.request('POST', '/events', [('content-type', 'application/json')],
                              b'{"data":"event-%d-"}' % number)
        peer.read_until(lambda: stream in peer.ended)
        assert peer.status[stream] == '201'
    last = b'event-%d-' % (EVENTS - 1)
    peer.read_until(lambda: all(last in peer.bodies[stream] for stream in streams))
    assert len(serials) == 2
    for stream in streams:
        assert [peer.bodies[stream].count(b'event-%d-' % n) for n in range(EVENTS)] == [1] * EVENTS
    assert not peer.ended.intersection(streams) and not peer.resets and peer.goaway is None
    assert hub.series('sse_http2_connections_total') == 1
    assert hub.stop() == 0


if __name__ == '__main__':
    run_tests([agreements, broken_word, certificates, renewals])
    sys.exit(0)
