"""The peer's side of an HTTP/2 connection, on python3-h2."""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'access'))

from programs import PATIENCE  # noqa: E402

try:
    import h2.config
    import h2.connection
    import h2.events
    import h2.exceptions
except ImportError:
    print('skipped: python3-h2 is needed')
    sys.exit(77)


class Peer:
    """One connection; `bodies`, `ended` and `resets` by stream. `context`: of TLS."""

    def __init__(self, hub, context=None, **settings):
        self.socket = socket.create_connection(('127.0.0.1', hub.port), timeout=PATIENCE)
        self.scheme = 'http' if context is None else 'https'
        self.authority = '127.0.0.1:%d' % hub.port
        if context is not None:
            context.set_alpn_protocols(['h2'])
            self.socket = context.wrap_socket(self.socket, server_hostname='127.0.0.1')
            assert self.socket.selected_alpn_protocol() == 'h2'
        config = h2.config.H2Configuration(client_side=True, header_encoding='utf-8', **settings)
        self.h2 = h2.connection.H2Connection(config)
        self.h2.initiate_connection()
        self.bodies, self.status, self.ended, self.resets = {}, {}, set(), {}
        self.unread = set()  # streams whose windows are not given back
        self.goaway = None
        self.closed = False
        self.send()

    def send(self):
        try:
            self.socket.sendall(self.h2.data_to_send())
        except OSError:
            self.closed = True

    def get(self, path, *more):
        return self.request('GET', path, more)

    def request(self, method, path, fields=(), body=None):
        stream = self.h2.get_next_available_stream_id()
        self.bodies[stream] = b''
        self.h2.send_headers(stream, [(':method', method), (':scheme', self.scheme), (':authority', self.authority),
                                      (':path', path), *fields], end_stream=body is None)
        if body is not None:
            self.h2.send_data(stream, body, end_stream=True)
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
                if event.stream_id not in self.unread:
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
