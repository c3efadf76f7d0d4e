"""The new process of a takeover, which goes away, or errs, wherever a test wants it to."""
import array
import socket
import struct

HELLO, OFFER, READY, PART, END, TAKEN, REFUSAL = range(1, 8)
VERSION = 1


class Gone(Exception):
    """The hub has closed the connection."""


def text(value):
    value = value.encode()
    return struct.pack('<Q', len(value)) + value


class Impostor:
    def __init__(self, path, timeout=20):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.descriptors = []

    def send(self, kind, payload=b''):
        self.socket.sendall(struct.pack('<III', kind, len(payload), 0) + payload)

    def hello(self, keeping=0, place='', version=VERSION):
        self.send(HELLO, struct.pack('<Q', version) + text('impostor') + struct.pack('<Q', keeping) + text(place))

    def read(self, size):
        data = b''
        while len(data) < size:
            more, control, _, _ = self.socket.recvmsg(size - len(data), socket.CMSG_SPACE(4 * 256))
            if not more:
                raise Gone
            for level, kind, bytes_ in control:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    numbers = array.array('i')
                    numbers.frombytes(bytes_)
                    self.descriptors += numbers
            data += more
        return data

    def receive(self):
        """Kind and bytes of a message."""
        kind, size, _ = struct.unpack('<III', self.read(12))
        return kind, self.read(size)

    def expect(self, wanted):
        kind, payload = self.receive()
        assert kind == wanted, (kind, payload[:200])
        return payload

    def refusal(self):
        return self.expect(REFUSAL)[8:].decode()

    def receive_all(self, most=None):
        """Parts up to the end, or so many."""
        count = 0
        while most is None or count < most:
            kind, payload = self.receive()
            if kind == END:
                return count
            assert kind == PART, (kind, payload[:200])
            count += 1
        return count

    def close(self):
        import os
        for number in self.descriptors:
            os.close(number)
        self.descriptors = []
        self.socket.close()
