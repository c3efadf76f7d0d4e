"""The hub and what stands before it, as the tests of docs/clients.md start them."""
import fcntl
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', 'support'))
from waiting import wait_until  # noqa: E402

HERE = os.path.dirname(os.path.realpath(__file__))


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(('127.0.0.1', port)) == 0


def page():
    with open(os.path.join(HERE, '..', '..', 'docs', 'clients.md'), encoding='utf-8') as file:
        return file.read()


class Hub:
    """sse-serve on one port, which it keeps over restarts."""

    def __init__(self, programs, *options):
        self.words = [os.path.join(programs, 'sse-serve'), '--no-config', '-q', *options]
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = probe.getsockname()[1]
        self.start()

    def start(self):
        self.process = subprocess.Popen([*self.words, '--port', str(self.port)])
        try:
            wait_until(lambda: is_listening(self.port) or self.process.poll() is not None, 'the hub')
            assert self.process.poll() is None, 'the hub ended'
        except AssertionError:
            self.kill()
            raise

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ask(self, target, body=None):
        with urllib.request.urlopen('http://127.0.0.1:%d%s' % (self.port, target), body) as answer:
            return answer.read()

    def publish(self, data, topic=''):
        event = {'data': data, 'topic': topic} if topic else {'data': data}
        self.ask('/events', json.dumps(event).encode())

    def open_streams(self):
        return json.loads(self.ask('/-/streams'))['open']


class Front:
    """nginx, haproxy or Varnish in front of the hub, with a block of docs/clients.md."""

    PROGRAMS = {'nginx': ['nginx'], 'haproxy': ['haproxy'], 'vcl': ['varnishd', 'gcc']}

    @classmethod
    def is_installed(cls, kind):
        return all(shutil.which(name, path=os.environ['PATH'] + ':/usr/sbin')
                   for name in cls.PROGRAMS[kind])

    @staticmethod
    def block(kind):
        return re.search(r'^```%s\n(.*?)^```' % kind, page(), re.M | re.S).group(1)

    def __init__(self, kind, block, hub_port, work):
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = probe.getsockname()[1]
        # In one pass: a port may have another's digits in it.
        ports = {'8080': self.port, '8089': hub_port}
        block = re.sub('8080|8089', lambda found: str(ports[found[0]]), block)
        os.makedirs(work, exist_ok=True)
        file = os.path.join(work, 'front.conf')
        if kind == 'nginx':
            block = ('daemon off;\nmaster_process off;\npid %s/pid;\nerror_log stderr crit;\nevents {}\n'
                     'http {\naccess_log off;\n%s}\n' % (work, block))
        with open(file, 'w', encoding='utf-8') as out:
            out.write(block)
        words = {'nginx': ['nginx', '-p', work, '-c', file],
                 'haproxy': ['haproxy', '-q', '-db', '-f', file],
                 'vcl': ['varnishd', '-F', '-a', '127.0.0.1:%d' % self.port, '-T', 'none', '-f', file,
                         '-n', os.path.join(work, 'varnish'), '-s', 'malloc,16M']}[kind]
        self.process = subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, 'PATH': os.environ['PATH'] + ':/usr/sbin'})
        wait_until(lambda: is_listening(self.port) or self.process.poll() is not None, kind)
        assert self.process.poll() is None, kind + ' does not start; its block:\n' + block

    def end(self):
        self.process.terminate()
        self.process.wait()


def install_node_clients(work):
    """From the lock file, once; without npm or network there are none."""
    os.makedirs(work, exist_ok=True)
    with open(os.path.join(work, 'lock'), 'w', encoding='utf-8') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two tests share the directory
        wanted = os.path.join(HERE, 'package-lock.json')
        installed = os.path.join(work, 'installed-lock.json')
        if is_same(wanted, installed) or not shutil.which('npm'):
            return
        for name in ('package.json', 'package-lock.json'):
            shutil.copy(os.path.join(HERE, name), work)
        done = subprocess.run(
            ['npm', 'ci', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'],
            cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if done.returncode == 0:
            shutil.copy(wanted, installed)


def is_same(one, other):
    if not os.path.exists(other):
        return False
    with open(one, 'rb') as first, open(other, 'rb') as second:
        return first.read() == second.read()
