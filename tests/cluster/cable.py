"""A network cable to a server of this machine, which a test can pull out, or fill with silence."""
import socket
import threading


class Cable:
    """Listens on `port`, and passes all on to 127.0.0.1:`target`, which may be set later."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.target = None
        self.is_cut = False
        self.flows = threading.Event()
        self.flows.set()
        self.lock = threading.Lock()
        self.sockets = set()
        self.is_ended = False
        threading.Thread(target=self.accept, daemon=True).start()

    def cut(self):
        """Ends all connections, and takes none until heal()."""
        with self.lock:
            self.is_cut = True
            for end in self.sockets:
                shut(end)

    def silence(self):
        """Connections stay open, and nothing arrives until heal()."""
        self.flows.clear()

    def heal(self):
        with self.lock:
            self.is_cut = False
        self.flows.set()

    def end(self):
        self.is_ended = True
        self.cut()
        self.flows.set()
        shut(self.listener)
        self.listener.close()

    def accept(self):
        while not self.is_ended:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(('127.0.0.1', self.target), 5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self.lock:
                if self.is_cut:
                    near.close()
                    far.close()
                    continue
                self.sockets |= {near, far}
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self.pass_on, args=ends, daemon=True).start()

    def pass_on(self, source, sink):
        """One direction, until either end is gone."""
        try:
            while True:
                self.flows.wait()
                piece = source.recv(1 << 16)
                self.flows.wait()
                if not piece:
                    break
                sink.sendall(piece)
        except OSError:
            pass
        with self.lock:
            for end in (source, sink):
                shut(end)
                if end in self.sockets:
                    self.sockets.remove(end)
                else:
                    end.close()  # the other direction has ended before


def shut(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
