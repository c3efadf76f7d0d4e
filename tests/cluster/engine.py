"""Redis as the tests of many nodes start it: on free ports, in a directory of its own, never left running."""
import functools
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', 'support'))
import waiting  # noqa: E402
from waiting import free_port  # noqa: E402

PATIENCE = 30
NAME = 'hub'  # of the master, for sentinel
wait_until = functools.partial(waiting.wait_until, patience=PATIENCE)
PROGRAMS = ('redis-server', 'redis-sentinel', 'setpriv')


def missing_programs():
    return [name for name in PROGRAMS if not shutil.which(name)]


class RedisError(Exception):
    """What Redis answered instead."""


class Client:
    """One connection that speaks Redis' protocol (RESP2)."""

    def __init__(self, port, timeout=5, secure=None):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout)
        if secure:
            self.socket = secure.context().wrap_socket(self.socket, server_hostname='127.0.0.1')
        self.file = self.socket.makefile('rb')

    def ask(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.sendall(b'*%d\r\n' % len(words) +
                            b''.join(b'$%d\r\n%s\r\n' % (len(word), word) for word in words))
        return self.read()

    def read(self):
        line = self.file.readline()
        if not line.endswith(b'\r\n'):
            raise ConnectionError('Redis closed the connection')
        kind, rest = line[:1], line[1:-2]
        if kind == b'-':
            raise RedisError(rest.decode())
        if kind == b'+':
            return rest.decode()
        if kind == b':':
            return int(rest)
        if kind == b'$':
            return None if rest == b'-1' else self.file.read(int(rest) + 2)[:-2]
        return None if rest == b'-1' else [self.read() for _ in range(int(rest))]

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Secure:
    """TLS of an engine: `identity`, the paths of the certificate that it shows and of its key; `trusted`, the path of
    the authorities that it takes certificates of; whether it asks clients for one."""

    def __init__(self, identity, trusted, asks=True):
        self.identity = identity
        self.trusted = trusted
        self.asks = asks

    def context(self):
        """For a client that shows the same."""
        context = ssl.create_default_context(cafile=self.trusted)
        context.load_cert_chain(*self.identity)
        return context

    def settings(self):
        certificate, key = self.identity
        return [('tls-cert-file', certificate), ('tls-key-file', key), ('tls-ca-cert-file', self.trusted),
                ('tls-auth-clients', 'yes' if self.asks else 'no'), ('tls-replication', 'yes')]


class Daemon:
    """A process on a port that it keeps over restarts. It ends with the test, however that ends. `secure`: it speaks
    TLS alone."""

    def __init__(self, directory, kind, secure=None):
        self.port = free_port()
        self.secure = secure
        self.scheme = 'rediss' if secure else 'redis'
        self.directory = os.path.join(directory, '%s-%d' % (kind, self.port))
        os.makedirs(self.directory)
        self.process = None

    def words(self):
        raise NotImplementedError

    def port_settings(self):
        if not self.secure:
            return [('port', self.port)]
        return [('port', 0), ('tls-port', self.port), *self.secure.settings()]

    def start(self):
        with open(os.path.join(self.directory, 'log'), 'ab') as log:
            self.process = subprocess.Popen(['setpriv', '--pdeathsig', 'KILL', *self.words()],
                                            cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self.is_there, 'Redis on port %d; its log:\n%s' % (self.port, self.said()))
        return self

    def is_there(self):
        assert self.process.poll() is None, 'Redis ended:\n' + self.said()
        try:
            return self.ask('PING') == 'PONG'
        except (OSError, RedisError) as error:  # not yet, or LOADING
            return 'NOAUTH' in str(error)  # it is there, and wants a password

    def said(self):
        with open(os.path.join(self.directory, 'log'), encoding='utf-8', errors='replace') as file:
            return file.read()[-3000:]

    def ask(self, *words):
        with Client(self.port, secure=self.secure) as client:
            return client.ask(*words)

    def stop(self):
        """Stands still, with its connections open."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def restart(self):
        self.kill()
        return self.start()


class Redis(Daemon):
    """`append`: None, 'always', 'everysec' or 'no'. `more`: words of redis-server's command line."""

    def __init__(self, directory, append=None, master_port=None, more=(), secure=None):
        super().__init__(directory, 'redis', secure)
        self.append = append
        self.master_port = master_port
        self.more = list(more)
        self.start()

    def words(self):
        words = ['redis-server', '--bind', '127.0.0.1', '--dir', self.directory,
                 '--save', '', '--appendonly', 'yes' if self.append else 'no',
                 '--repl-diskless-sync-delay', '0', '--repl-timeout', '5', '--repl-ping-replica-period', '1']
        for name, value in self.port_settings():
            words += ['--' + name, value]
        if self.append:
            words += ['--appendfsync', self.append]
        if self.master_port:
            words += ['--replicaof', '127.0.0.1', self.master_port]
        return [str(word) for word in words + self.more]

    def replication(self):
        lines = self.ask('INFO', 'replication').decode().split('\r\n')
        return dict(line.split(':', 1) for line in lines if ':' in line)

    def is_master(self):
        return self.replication()['role'] == 'master'

    def entries(self, key):
        return self.ask('XLEN', key)

    def wait_for_replica(self, replica):
        wait_until(lambda: replica.replication().get('master_link_status') == 'up', 'the replica')

    def cut_off(self, replica):
        """Nothing that is written from now on reaches it. It stands still until go_on(), for it would connect again."""
        self.wait_until_same(replica)
        replica.stop()
        self.ask('CLIENT', 'KILL', 'TYPE', 'replica')

    def wait_until_same(self, replica):
        """All that was written so far is there, too."""
        offset = int(self.replication()['master_repl_offset'])
        wait_until(lambda: int(replica.replication().get('slave_repl_offset', 0)) >= offset, 'the replica to have all')


class Sentinel(Daemon):
    """One sentinel with a quorum of one. It promotes when the master was silent for `down_after` ms. `more`: lines of
    its file."""

    def __init__(self, directory, master, down_after=1000, more=(), secure=None):
        super().__init__(directory, 'sentinel', secure)
        self.config = os.path.join(self.directory, 'sentinel.conf')
        with open(self.config, 'w', encoding='ascii') as out:
            out.writelines('%s %s\n' % setting for setting in self.port_settings())
            out.write('bind 127.0.0.1\ndir %s\nsentinel monitor %s 127.0.0.1 %d 1\n'
                      'sentinel down-after-milliseconds %s %d\nsentinel failover-timeout %s 3000\n'
                      % (self.directory, NAME, master.port, NAME, down_after, NAME))
            out.writelines(line + '\n' for line in more)
        self.start()

    def words(self):
        return ['redis-sentinel', self.config]

    def master_port(self):
        return int(self.ask('SENTINEL', 'get-master-addr-by-name', NAME)[1])

    def wait_to_know(self, replica):
        def knows():
            rows = self.ask('SENTINEL', 'replicas', NAME)
            return any(str(replica.port).encode() in row for row in rows)
        wait_until(knows, 'sentinel to know the replica')

    def wait_for_master(self, redis):
        wait_until(lambda: self.master_port() == redis.port and redis.is_master(), 'the promotion')

