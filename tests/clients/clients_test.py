#!/usr/bin/python3
"""usage: clients_test.py PROGRAMS-DIRECTORY WORK-DIRECTORY [SECTION]

Runs the code of each section of docs/clients.md against a hub of its own, behind a proxy that cuts
connections: each event comes once and in order, live, after a cut, and after a restart of the hub,
with its gap. A section whose client is not installed is skipped, and named; exit 77 when all are.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.realpath(__file__))
PATIENCE = 60
RUNNERS = {'python': ['/usr/bin/python3', '-c'], 'js': ['node', '--input-type=module', '-e'],
           'sh': ['bash', '-c']}


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError('waited in vain for ' + what)
        time.sleep(0.01)


class Hub:
    """sse-serve on one port, which it keeps over restarts."""

    def __init__(self, programs):
        self.program = os.path.join(programs, 'sse-serve')
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = probe.getsockname()[1]
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.program, '--no-config', '-q', '--port', str(self.port),
                                         '--heartbeat', '200ms', '--retry', '100ms'])
        wait_until(self.is_there, 'the hub')

    def is_there(self):
        with socket.socket() as probe:
            return probe.connect_ex(('127.0.0.1', self.port)) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()

    def publish(self, data):
        body = json.dumps({'data': data}).encode()
        urllib.request.urlopen('http://127.0.0.1:%d/events' % self.port, body).read()


class Proxy(threading.Thread):
    """Passes bytes on to `port`, counts those of the hub, and can cut all connections."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.to = port
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.pairs = []
        self.received = 0
        self.start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            try:
                hub = socket.create_connection(('127.0.0.1', self.to))
            except OSError:
                client.close()
                continue
            with self.lock:
                self.pairs.append((client, hub))
            for source, sink in ((client, hub), (hub, client)):
                threading.Thread(target=self.pass_on, args=(source, sink, source is hub),
                                 daemon=True).start()

    def pass_on(self, source, sink, is_hub):
        try:
            while piece := source.recv(65536):
                sink.sendall(piece)
                if is_hub:
                    self.received += len(piece)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                end.close()


class Client:
    """A section's code, and the lines that it has printed."""

    def __init__(self, words, url, programs, work):
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        self.errors = open(os.path.join(work, 'stderr'), 'w+', encoding='utf-8')
        environment = {**os.environ, 'URL': url, 'PATH': programs + ':' + os.environ['PATH']}
        for name in [name for name in environment if name.lower().endswith('_proxy')]:
            del environment[name]
        modules = os.path.join(os.path.dirname(work), 'node_modules')
        if os.path.isdir(modules):
            os.symlink(modules, os.path.join(work, 'node_modules'))
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=self.errors, text=True,
                                        cwd=work, env=environment, start_new_session=True)
        self.lines = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip('\n'))

    def expect(self, lines):
        try:
            wait_until(lambda: len(self.lines) >= len(lines), repr(lines[-1]))
            assert self.lines == lines
        except AssertionError as failure:
            self.errors.seek(0)
            raise AssertionError('%s\n  printed %s\n  stderr %s' % (
                failure, self.lines, self.errors.read()[-600:])) from None

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def check(language, code, programs, work):
    hub = Hub(programs)
    proxy = Proxy(hub.port)
    hub.publish('one')
    client = Client(RUNNERS[language] + [code],
                    'http://127.0.0.1:%d/events/watch?since=earliest' % proxy.port, programs, work)
    try:
        lines = ['message one']
        client.expect(lines)
        before = proxy.received
        wait_until(lambda: proxy.received > before + 4, 'heartbeats')
        for data in ('two', 'zwölf \u2028 \u00fc'):
            hub.publish(data)
            lines.append('message ' + data)
            client.expect(lines)  # live, one by one
        proxy.cut()
        for data in ('three', 'four'):
            hub.publish(data)
            lines.append('message ' + data)
        client.expect(lines)
        hub.kill()
        hub.start()
        hub.publish('five')
        return lines, client, hub
    except BaseException:
        client.end()
        hub.kill()
        raise


def check_restart(lines, client, says_gap):
    """The hub was restarted: the gap is told, then what is there."""
    wait_until(lambda: client.lines[-1] == 'message five', 'the event behind the restart')
    rest = client.lines[len(lines):]
    assert rest[-1] == 'message five' and rest.count('message five') == 1, rest
    if says_gap:
        assert len(rest) == 2 and rest[0].startswith('sse.gap '), rest
    else:
        assert len(rest) == 1, rest


def sections():
    text = open(os.path.join(HERE, '..', '..', 'docs', 'clients.md'), encoding='utf-8').read()
    for title, body in re.findall(r'^## (.+?)\n(.*?)(?=^## |\Z)', text, re.M | re.S):
        block = re.search(r'^```(\w+)\n(.*?)^```', body, re.M | re.S)
        if block:
            yield title, block.group(1), block.group(2)


def is_installed(language, code, work):
    if language == 'python':
        names = [name.strip() for name in re.search(r'^import (.+)$', code, re.M).group(1).split(',')]
        return subprocess.run([RUNNERS['python'][0], '-c', 'import ' + ','.join(names)],
                              stderr=subprocess.DEVNULL, check=False).returncode == 0
    if language == 'js':
        name = re.search(r"['(]['\"]?((?:@\w+/)?[\w-]+)'\)?;", code.replace("'node:module'", '')).group(1)
        return os.path.isdir(os.path.join(work, 'node_modules', name))
    return True


def install_node_clients(work):
    """From the lock file, once; without npm or network there are none."""
    if os.path.isdir(os.path.join(work, 'node_modules')) or not shutil.which('npm'):
        return
    for name in ('package.json', 'package-lock.json'):
        shutil.copy(os.path.join(HERE, name), work)
    subprocess.run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], cwd=work,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def main():
    programs, work = (os.path.realpath(path) for path in sys.argv[1:3])
    only = sys.argv[3] if len(sys.argv) > 3 else ''
    os.makedirs(work, exist_ok=True)
    install_node_clients(work)
    ran, failed = 0, 0
    for title, language, code in sections():
        if only not in title:
            continue
        if not is_installed(language, code, work):
            print('skipped, not installed: ' + title)
            continue
        ran += 1
        try:
            lines, client, hub = check(language, code, programs, os.path.join(work, 'run'))
            try:
                check_restart(lines, client, says_gap=title not in ('sse-sub', 'curl'))
            finally:
                client.end()
                hub.kill()
            print('good: ' + title)
        except AssertionError as failure:
            failed += 1
            print('FAILED: %s: %s' % (title, failure))
    sys.exit(1 if failed else 0 if ran else 77)


main()
