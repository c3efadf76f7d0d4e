#!/usr/bin/python3
"""usage: truncation_test.py PROGRAMS-DIRECTORY

Connections that are cut inside a record, between two, or behind close_notify: a request that was not
whole is not taken, and neither sse-sub nor sse-pub takes a part for the whole.
"""
import selectors
import socket
import ssl
import sys
import threading

from secure import PATIENCE, SecureHub, run_tests, wait_until

EVENT = b'{"type":"t","data":"cut"}'
HEAD = b'POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
CHUNKS = b'%x\r\n%s\r\n' % (len(EVENT), EVENT)
PART_OF_REQUESTS = (
    HEAD,
    HEAD + b'Content-Length: %d\r\n\r\n' % (len(EVENT) + 1) + EVENT,
    HEAD + b'Transfer-Encoding: chunked\r\n\r\n' + CHUNKS,
    HEAD + b'Transfer-Encoding: chunked\r\n\r\n' + CHUNKS + b'0\r\n',
)
WHOLE = HEAD + b'Content-Length: %d\r\n\r\n' % len(EVENT) + EVENT


class Wire:
    """A client that sends what it has sealed as it likes."""

    def __init__(self, hub):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = hub.context().wrap_bio(self.incoming, self.outgoing, server_hostname='localhost')
        self.socket = socket.create_connection(('127.0.0.1', hub.port), timeout=PATIENCE)
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.flush()
                self.incoming.write(self.socket.recv(65_536))
        self.flush()

    def flush(self):
        self.socket.sendall(self.outgoing.read())

    def seal(self, text):
        self.tls.write(text)
        return self.outgoing.read()

    def close_notify(self):
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        return self.outgoing.read()

    def finish(self):
        """FIN; what came until the hub's end."""
        self.socket.shutdown(socket.SHUT_WR)
        got = b''
        while True:
            try:
                piece = self.tls.read(65_536)
                if not piece:
                    break
                got += piece
            except ssl.SSLWantReadError:
                piece = self.socket.recv(65_536)
                if not piece:
                    break
                self.incoming.write(piece)
            except ssl.SSLZeroReturnError:
                break
        self.socket.close()
        return got


def requests_that_are_cut(programs, authority):
    """A request that is cut is not taken, however its connection ends"""
    hub = SecureHub(programs, authority, authority.issue('hub'))
    for part in PART_OF_REQUESTS:
        for how in ('FIN', 'close_notify', 'inside a record'):
            wire = Wire(hub)
            sealed = wire.seal(part)
            if how == 'close_notify':
                sealed += wire.close_notify()
            elif how == 'inside a record':
                sealed += wire.seal(b'x' * 100)[:50]
            wire.socket.sendall(sealed)
            answer = wire.finish()
            assert b' 201 ' not in answer and b' 200 ' not in answer, (part, how, answer)
    for cut in (1, 4, 5, 6, 30):
        wire = Wire(hub)
        wire.socket.sendall(wire.seal(WHOLE)[:-cut])
        assert wire.finish() == b'', cut
    assert hub.series('sse_events_published_total') == 0
    # A whole one is taken, with every end behind it.
    for number, how in enumerate(('FIN', 'close_notify', 'more'), 1):
        wire = Wire(hub)
        sealed = wire.seal(WHOLE)
        if how != 'FIN':
            sealed += wire.close_notify()
        if how == 'more':
            # Of no meaning (RFC 8446 section 6.1), also what would be a request in the clear.
            sealed += WHOLE * 10
        wire.socket.sendall(sealed)
        if how == 'more':
            wait_until(lambda n=number: hub.series('sse_events_published_total') == n, 'the event')
            wire.socket.close()
        else:
            answer = wire.finish()
            assert answer.count(b' 201 ') == 1, (how, answer)
        assert hub.series('sse_events_published_total') == number, how
    assert hub.stop() == 0


class CuttingRelay:
    """Passes bytes on, and cuts the answers of each connection in turn where `cuts` says: so many
    bytes behind the hub's part of the handshake. Beyond them it cuts nothing. As a FIN of the hub
    looks, without close_notify."""

    def __init__(self, hub, cuts):
        self.hub = hub
        self.cuts = list(cuts)
        self.done = 0
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            cut = self.cuts.pop(0) if self.cuts else None
            threading.Thread(target=self.relay, args=(client, cut), daemon=True).start()

    def relay(self, client, cut):
        server = socket.create_connection(('127.0.0.1', self.hub.port))
        flights, left = 0, cut  # flights of the client: its hello, then its Finished
        with selectors.DefaultSelector() as selector, client, server:
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in selector.select():
                    try:
                        piece = key.fileobj.recv(65_536)
                        if key.fileobj is client:
                            flights += 1
                        elif flights > 1 and cut is not None:
                            if len(piece) >= left:
                                key.data.sendall(piece[:left])
                                self.done += 1
                                return
                            left -= len(piece)
                        if not piece:
                            return
                        key.data.sendall(piece)
                    except OSError:
                        return


def streams_that_are_cut(programs, authority):
    """A stream that is cut anywhere is resumed where its last whole event ended"""
    hub = SecureHub(programs, authority, authority.issue('hub'))
    wanted = []
    for number in range(60):
        wanted.append('%d %s' % (number, 'x' * 300))
        hub.ask('/events', body='{"type":"t","data":"%s"}' % wanted[-1],
                headers={'Content-Type': 'application/json'})
    # In the head's record, at its end and behind it, in the header of the next one and in its text.
    cuts = (3, 150, 700, 1503, 1507, 2700, 4001, 5555)
    relay = CuttingRelay(hub, cuts)
    code, out, err = programs.run(['sse-sub', '--cacert', authority.certificate, '--since', 'earliest', '-C',
                                   '60', '-o', 'data', '--wait-server', '--retry-min', '10ms', '--retry-max', '50ms',
                                   'https://127.0.0.1:%d' % relay.port])
    assert code == 0, err
    assert out.splitlines() == wanted, out
    assert relay.done == len(cuts), relay.done
    assert hub.stop() == 0


def answers_that_are_cut(programs, authority):
    """A publish whose answer is cut is tried again, and is one event"""
    hub = SecureHub(programs, authority, authority.issue('hub'))
    relay = CuttingRelay(hub, (0, 4, 20, 60))
    code, out, err = programs.run(['sse-pub', 'event', '--cacert', authority.certificate, '--type', 'a', '-d',
                                   'b', '--print', 'id', '--url', 'https://127.0.0.1:%d' % relay.port])
    assert code == 0 and out.count('\n') == 1, (code, out, err)
    assert relay.done == 4, relay.done
    assert hub.series('sse_events_published_total') == 1
    assert hub.stop() == 0


if __name__ == '__main__':
    run_tests([requests_that_are_cut, streams_that_are_cut, answers_that_are_cut])
    sys.exit(0)
