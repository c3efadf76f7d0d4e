"""Many connections to a hub, moved by one thread."""
import collections
import select
import socket
import time

PATIENCE = 60
IP_BIND_ADDRESS_NO_PORT = 24  # of Linux; Python has no name for it
EDGES = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET


def get(target, *fields):
    return request('GET', target, fields)


def post(target, body, *fields):
    return request('POST', target, (*fields, f'Content-Length: {len(body)}')) + body


def request(method, target, fields=()):
    lines = [f'{method} {target} HTTP/1.1', 'Host: localhost', *fields]
    return '\r\n'.join(lines).encode() + b'\r\n\r\n'


class Peer:
    """One connection: what is still to be sent, and what came."""

    def __init__(self, port, address, receive_buffer):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.bind((address, 0))
        self.socket.connect_ex(('127.0.0.1', port))
        self.unsent = memoryview(b'')
        self.step = 0  # most bytes at once; 0: as many as go
        self.head = b''  # of the first response, as far as it came at once
        self.tail = b''
        self.received = 0
        self.answers = 0  # status lines that came
        self.is_open = True
        self.is_ready = True  # to send, as far as is known

    @property
    def status(self):
        return self.head[9:12].decode('latin-1')

    def send_some(self):
        while self.unsent and self.is_ready and self.is_open:
            piece = self.unsent[:self.step] if self.step else self.unsent
            try:
                sent = self.socket.send(piece)
            except BlockingIOError:
                self.is_ready = False
                return
            except OSError:
                self.close()
                return
            self.unsent = self.unsent[sent:]
            if self.step:
                return

    def receive_some(self, most=262144):
        """Whether there may be more."""
        try:
            piece = self.socket.recv(most)
        except BlockingIOError:
            return False
        except OSError:
            piece = b''
        if not piece:
            self.close()
            return False
        if len(self.head) < 512:
            self.head = (self.head + piece)[:512]
        self.received += len(piece)
        self.answers += (self.tail + piece).count(b'HTTP/1.1 ')
        self.tail = (self.tail + piece[-8:])[-8:]
        return len(piece) == most

    def close(self):
        if self.is_open:
            self.is_open = False
            self.socket.close()


class Crowd:
    """Peers that send and read together. `addresses` are dealt out in turn."""

    def __init__(self, port, count, addresses=('127.0.0.2',), receive_buffer=0):
        self.port, self.addresses, self.receive_buffer = port, addresses, receive_buffer
        self.epoll = select.epoll()
        self.is_reading = True
        self.peers = []
        self.by_fd = {}
        self.stepping = []  # those that send a little in each turn
        self.grow(count)

    def grow(self, count):
        for k in range(len(self.peers), len(self.peers) + count):
            peer = Peer(self.port, self.addresses[k % len(self.addresses)], self.receive_buffer)
            self.peers.append(peer)
            self.by_fd[peer.socket.fileno()] = peer
            self.epoll.register(peer.socket, EDGES)
            if k % 256 == 255:
                time.sleep(0.005)  # a listener's queue is not without end

    def __len__(self):
        return len(self.peers)

    @property
    def open(self):
        return [peer for peer in self.peers if peer.is_open]

    def send(self, *texts, step=0, first=0):
        """Each peer from the `first` on gets one of the texts, in turn."""
        for k, peer in enumerate(self.peers[first:], first):
            rest = bytes(peer.unsent)
            text = texts[k % len(texts)]
            peer.unsent = memoryview(rest + text if rest else text)
            peer.step = step
            peer.send_some()
        if step:
            self.stepping = list(self.peers)

    def turn(self, wait=0.02):
        """Sends what goes, reads what came."""
        for fd, events in self.epoll.poll(wait, 4096):
            peer = self.by_fd[fd]
            if events & select.EPOLLOUT:
                peer.is_ready = True
                peer.send_some()
            if self.is_reading and peer.is_open and events & ~select.EPOLLOUT:
                is_over = events & ~(select.EPOLLIN | select.EPOLLOUT)
                if peer.receive_some() or (is_over and peer.is_open):
                    self.epoll.modify(peer.socket, EDGES)  # told again
        for peer in self.stepping:
            peer.send_some()
        self.stepping = [peer for peer in self.stepping if peer.unsent and peer.is_open]

    def read_no_more(self):
        self.is_reading = False

    def read_on(self):
        self.is_reading = True
        for peer in self.open:
            self.epoll.modify(peer.socket, EDGES)

    def trickle(self, most):
        """Each reads so many bytes at most, in addition to what turn() reads."""
        for peer in self.open:
            peer.receive_some(most)

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn()

    def run_until(self, is_done, what, patience=PATIENCE):
        """`is_done` of each peer that is open, or of all: a peer that was cut is done."""
        end = time.monotonic() + patience
        left = self.peers
        while left := [peer for peer in left if peer.is_open and not is_done(peer)]:
            if time.monotonic() > end:
                raise AssertionError(f'{len(left)} of {len(self)} peers wait in vain for {what}; '
                                     f'one got {left[0].head[:200]}')
            self.turn()

    def run_until_answered(self, count=1, patience=PATIENCE):
        self.run_until(lambda peer: peer.answers >= count, f'{count} answers', patience)

    def run_until_sent(self, patience=PATIENCE):
        self.run_until(lambda peer: not peer.unsent, 'the hub to read', patience)

    def statuses(self):
        """How many peers got which status first; '' is a peer without an answer."""
        return dict(collections.Counter(peer.status for peer in self.peers))

    def drop(self):
        """All hang up at once."""
        self.epoll.close()
        for peer in self.peers:
            peer.close()
