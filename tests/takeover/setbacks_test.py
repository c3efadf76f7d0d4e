#!/usr/bin/python3
"""What goes wrong around a takeover and must not cost a hub its events, its addresses or its life.
Usage: setbacks_test.py PROGRAMS [TEST...]"""
import errno
import fcntl
import http.client
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

from impostor import OFFER, READY, Impostor
from stage import PATIENCE, Hub, free_port, kill_all, wait_until


def with_a_directory(programs, directory):
    place = os.path.join(directory, 'data')
    hub = Hub(programs, directory, '--data-dir', place, '--takeover-timeout', '2s')
    hub.start()
    return hub, {'keeping': 1, 'place': os.path.realpath(place)}


def ask_until_the_end(hub, **hello):
    """A process that has been given everything, and says nothing more."""
    new = Impostor(hub.socket)
    new.hello(**hello)
    new.expect(OFFER)
    new.send(READY)
    new.receive_all()
    return new


def wait_until_it_goes_on(hub, times=1):
    wait_until(lambda: hub.said().count('nothing has come of it') == times, 'the old hub to go on')


def wait_until_it_is_ready(hub):
    wait_until(lambda: hub.ask('GET', '/-/readyz')[0] == 200, 'the directory')


def without_an_event(programs, directory):
    hub, hello = with_a_directory(programs, directory)
    ask_until_the_end(hub, **hello).close()
    wait_until_it_goes_on(hub)
    wait_until_it_is_ready(hub)
    assert 'cannot be used again' not in hub.said(), hub.said()
    hub.take_over()
    hub.take_over()
    hub.publish([{'topic': 'a', 'data': 'a 1'}])
    hub.take_over()
    hub.publish([{'topic': 'a', 'data': 'a 2'}])
    hub.stop()
    return 'a directory without an event is taken over, and comes back'


def unix_socket_stays(programs, directory):
    path = os.path.join(directory, 'hub.sock')
    hub = Hub(programs, directory, '--bind', 'unix:' + path)
    hub.start()
    number = os.stat(path).st_ino
    # It has adopted the socket when it is refused for its other options.
    failed = hub.start('--takeover', '--data-dir', os.path.join(directory, 'other'), waits=False)
    assert failed.wait(PATIENCE) != 0
    hub.logs.pop()
    failed = hub.start('--takeover', '--bind', '203.0.113.7', waits=False)
    assert failed.wait(PATIENCE) != 0
    hub.logs.pop()
    assert os.stat(path).st_ino == number
    hub.take_over()
    assert os.stat(path).st_ino == number
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
    hub.stop()
    assert not os.path.exists(path), 'the last hub removes its socket'
    return 'a Unix socket of the hub stays where it is when nothing comes of a takeover'


def is_locked(file):
    """Whether this process has the lock now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


def directory_is_kept(programs, directory):
    """A new process that is slow to load has the directory's lock when its time is over."""
    hub, hello = with_a_directory(programs, directory)
    hub.publish([{'topic': 'a', 'data': 'a 1'}])
    new = ask_until_the_end(hub, **hello)
    with open(os.path.join(hello['place'], 'lock'), 'rb') as lock:
        wait_until(lambda: is_locked(lock), 'the lock')
        wait_until_it_goes_on(hub)
        new.close()
        # Its loops go on at once, and appends are refused for a while.
        connection = http.client.HTTPConnection('127.0.0.1', hub.port, timeout=5)
        connection.request('POST', '/events', '{"topic":"a","data":"too early"}')
        answer = connection.getresponse()
        assert answer.status == 503 and answer.getheader('Retry-After'), answer.status
        connection.close()
        assert hub.ask('GET', '/-/healthz')[0] == 200
        wait_until(lambda: 'it is tried again' in hub.said(), 'the hub to ask for its directory')
        assert hub.ask('GET', '/-/readyz')[0] == 503
        assert hub.process.poll() is None
    hub.publish([{'topic': 'a', 'data': 'a 2'}])
    hub.take_over()
    hub.publish([{'topic': 'a', 'data': 'a 3'}])
    hub.stop()
    return 'a hub whose directory is still with the new process gets it back when that ends'


def load_is_abandoned(programs, directory):
    """A new process that is still loading when its time is over."""
    hub, hello = with_a_directory(programs, directory)
    for _ in range(10):
        hub.publish([{'topic': 'a', 'data': 'a %d' % number} for number in range(1000)])
    lock = os.path.join(hello['place'], 'lock')

    def owner():
        with open(lock, encoding='ascii') as file:
            return file.read().strip()

    new = hub.start('--takeover', waits=False)
    wait_until(lambda: owner() == str(new.pid) or new.poll() is not None, 'the new process to load')
    new.send_signal(signal.SIGSTOP)
    old_log = hub.logs[-2]
    wait_until(lambda: 'stood still for' in hub.said(old_log), 'the end of the takeover')
    new.send_signal(signal.SIGCONT)
    if 'another process has this hub' in hub.said(old_log):
        hub.process = new  # it was faster than its stop
    else:
        assert new.wait(PATIENCE) == 75, hub.said()
        assert 'the other hub goes on' in hub.said(), hub.said()
        hub.logs.pop()
    hub.publish([{'topic': 'a', 'data': 'after'}])
    hub.stop()
    return 'a new process that is still loading when its time is over leaves the directory'


class Manager:
    """A service manager, which knows who sends to it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(path)
        self.socket.settimeout(PATIENCE)
        self.told = []

    def drop(self):
        """What was sent so far."""
        self.told.clear()
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(4096)
        except BlockingIOError:
            self.socket.settimeout(PATIENCE)

    def wait_for(self, pid, line):
        """Until this process has sent this line since the last call for another one."""
        while (pid, line) not in self.told:
            data, control, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(12))
            sender = struct.unpack('iii', control[0][2])[0]
            self.told += [(sender, each) for each in data.decode().split('\n')]


def manager_is_told(programs, directory):
    """Of each new process by itself, which has nothing of the manager in its environment."""
    path = os.path.join(directory, 'notify.sock')
    manager = Manager(path)
    hub = Hub(programs, directory)
    hub.environment = {'NOTIFY_SOCKET': path, 'WATCHDOG_USEC': '200000'}
    hub.start()
    manager.wait_for(hub.process.pid, 'READY=1')
    hub.environment = {}
    for _ in range(2):
        old = hub.process
        hub.take_over()
        manager.wait_for(old.pid, 'MAINPID=%d' % hub.process.pid)
        manager.wait_for(hub.process.pid, 'READY=1')
        manager.told.clear()
        manager.wait_for(hub.process.pid, 'WATCHDOG=1')
    hub.stop()
    return 'a new process tells the service manager of the old one, two times in a row'


def manager_hears_of_a_standstill(programs, directory):
    """Its watchdog does not end a hub whose loops stand still for another process."""
    path = os.path.join(directory, 'notify.sock')
    manager = Manager(path)
    hub = Hub(programs, directory, '--takeover-timeout', '50s')
    hub.environment = {'NOTIFY_SOCKET': path, 'WATCHDOG_USEC': '400000'}
    hub.start()
    new = ask_until_the_end(hub)
    manager.drop()
    for _ in range(5):  # two may have been on their way
        manager.wait_for(hub.process.pid, 'WATCHDOG=1')
        manager.told.clear()
    assert 'nothing has come of it' not in hub.said()
    manager.drop()  # it hears nothing while ten messages wait
    new.close()
    # A process that reads a directory back has told the manager so.
    manager.wait_for(hub.process.pid, 'STATUS=listening on http://127.0.0.1:%d' % hub.port)
    hub.stop()
    return 'a service manager hears that a hub lives while it stands still'


def catches(pid, number):
    """Whether a process has a handler for this signal."""
    with open('/proc/%d/status' % pid, encoding='ascii') as file:
        caught = next(line.split()[1] for line in file if line.startswith('SigCgt'))
    return int(caught, 16) >> (number - 1) & 1


def stopped_before_the_commit(programs, directory):
    hub = Hub(programs, directory)
    hub.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        # The old hub answers nothing until the new one was told to stop.
        hub.process.send_signal(signal.SIGSTOP)
        new = hub.start('--takeover', waits=False)
        wait_until(lambda: catches(new.pid, number), 'the handler')
        new.send_signal(number)
        time.sleep(0.2)
        hub.process.send_signal(signal.SIGCONT)
        assert new.wait(PATIENCE) == 0, hub.said()
        assert 'the other hub goes on' in hub.said(), hub.said()
        hub.logs.pop()
        hub.publish([{'topic': 'a', 'data': 'a 1'}])
        assert hub.process.poll() is None
    hub.take_over()
    hub.stop()
    return 'a new process that is stopped before the commit takes nothing'


def addresses_are_dropped(programs, directory):
    admin = os.path.join(directory, 'admin.sock')
    plain = free_port()
    hub = Hub(programs, directory)
    hub.start('--admin-bind', 'unix:' + admin, '--admin-bind', '127.0.0.1:%d' % plain)
    assert os.path.exists(admin)
    hub.take_over()
    assert not os.path.exists(admin), 'a file of a socket that no hub listens to'
    with socket.socket() as client:
        client.settimeout(5)
        refused = client.connect_ex(('127.0.0.1', plain))
        assert refused == errno.ECONNREFUSED, os.strerror(refused)
    hub.stop()
    return 'an address that the new hub does not have is closed'


def addresses_change_places(programs, directory):
    one, other = free_port(), free_port()
    hub = Hub(programs, directory, port=one)
    hub.start('--admin-bind', '127.0.0.1:%d' % other)
    hub.options[hub.options.index('--port') + 1] = str(other)
    hub.port = other
    hub.take_over('--admin-bind', '127.0.0.1:%d' % one)
    assert hub.ask('GET', '/events')[0] == 200
    hub.port = one
    assert hub.ask('GET', '/-/streams')[0] == 200
    assert hub.ask('GET', '/events')[0] == 404
    hub.stop()
    return 'an address for requests becomes one for operators, and the other way round'


def kept_connection(programs, directory):
    """A page has a session and a connection that it keeps, and a stream that takes nothing lets the
    old hub live on for a while."""
    tokens = os.path.join(directory, 'tokens.toml')
    made = subprocess.run([os.path.join(programs, 'sse-serve'), 'token', 'add', 'all', '--tokens', tokens,
                           '--subscribe', '#', '--publish', '#', '--permission', 'admin'], capture_output=True, check=True,
                          timeout=PATIENCE)
    bearer = {'Authorization': 'Bearer ' + made.stdout.decode().strip()}
    hub = Hub(programs, directory, '--tokens', tokens, '--slow-after', '0', '--send-buffer', '4096')
    hub.options[hub.options.index('--drain') + 1] = '60s'
    hub.start()
    page = http.client.HTTPConnection('127.0.0.1', hub.port, timeout=PATIENCE)
    page.request('POST', '/session', None, bearer)
    answer = page.getresponse()
    cookie = {'Cookie': answer.getheader('Set-Cookie').split(';')[0],
              'Origin': 'http://127.0.0.1:%d' % hub.port}
    assert answer.read() and answer.status == 201, answer.status

    # Of a kind that is not handed over.
    stuck = socket.socket()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    stuck.connect(('127.0.0.1', hub.port))
    stuck.sendall(('GET /events/watch?every=10ms HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: %s\r\n\r\n'
                   % bearer['Authorization']).encode())
    wait_until(lambda: b'"open":1,' in hub.ask('GET', '/-/streams', None, bearer)[1], 'the stream')

    def is_blocked():
        hub.ask('POST', '/events', '{"data":"%s"}' % ('x' * 50000), bearer)
        return b'"blocked":true' in hub.ask('GET', '/-/streams', None, bearer)[1]
    wait_until(is_blocked, 'a stream that takes nothing')

    old = hub.process
    hub.start('--takeover')
    page.request('DELETE', '/session', None, cookie)
    answer = page.getresponse()
    assert answer.status == 503 and answer.getheader('Retry-After'), (answer.status, answer.read())
    assert answer.getheader('Connection') == 'close'
    assert old.poll() is None
    page.close()
    # As it says: again, and the new process ends it.
    assert hub.ask('DELETE', '/session', None, cookie)[0] == 204
    assert hub.ask('GET', '/session', None, cookie)[0] == 401
    stuck.close()
    assert old.wait(PATIENCE) == 0
    hub.stop()
    return 'a session is not ended by a hub that another process has'


def no_reader_of_the_url(programs, directory):
    hub = Hub(programs, directory)
    hub.start()
    hub.stdout = '/dev/full'
    hub.take_over('--print-url')
    assert 'cannot write the URL' in hub.said()
    hub.publish([{'topic': 'a', 'data': 'a 1'}])
    assert hub.process.poll() is None
    hub.stop()
    return 'a hub that was taken over does not end for a URL that cannot be written'


def with_a_command(programs, directory):
    asked = subprocess.run([os.path.join(programs, 'sse-serve'), '--no-config', '--takeover-socket',
                            os.path.join(directory, 'a.sock'), '--', 'true'],
                           capture_output=True, timeout=PATIENCE, check=False)
    assert asked.returncode == 64, asked
    assert b'--takeover-socket' in asked.stderr, asked.stderr
    return 'a hub that runs a command cannot be taken over'


def tickets_are_written(programs, directory):
    tokens = os.path.join(directory, 'tokens.toml')
    made = subprocess.run([os.path.join(programs, 'sse-serve'), 'token', 'add', 'reader', '--tokens', tokens,
                           '--subscribe', '#'], capture_output=True, check=True, timeout=PATIENCE)
    place = os.path.join(directory, 'data')
    hub = Hub(programs, directory, '--tokens', tokens, '--data-dir', place)
    hub.start()
    status, body = hub.ask('POST', '/tickets', None,
                           {'Authorization': 'Bearer ' + made.stdout.decode().strip()})
    assert status in (200, 201), (status, body)
    file = os.path.join(place, 'tickets')
    wait_until(lambda: os.path.exists(file), 'the tickets')
    os.unlink(file)  # as one that is older than what was handed over
    hub.take_over()
    wait_until(lambda: os.path.exists(file), 'the tickets of the new process')
    hub.stop()
    return 'the new process keeps the tickets that it was given'


TESTS = [without_an_event, unix_socket_stays, directory_is_kept, load_is_abandoned,
         manager_is_told, manager_hears_of_a_standstill, kept_connection, addresses_change_places,
         stopped_before_the_commit, addresses_are_dropped, no_reader_of_the_url, with_a_command,
         tickets_are_written]


def main():
    for test in TESTS:
        if sys.argv[2:] and test.__name__ not in sys.argv[2:]:
            continue
        with tempfile.TemporaryDirectory() as directory:
            try:
                print(test(os.path.realpath(sys.argv[1]), os.path.realpath(directory)), flush=True)
            finally:
                kill_all()


if __name__ == '__main__':
    main()
