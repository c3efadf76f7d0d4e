#!/usr/bin/python3
"""usage: clients_test.py PROGRAMS-DIRECTORY WORK-DIRECTORY [SECTION]

Runs the code of each section of docs/clients.md against a hub of its own, behind a proxy that cuts
connections: each event comes once and in order, live, after a cut, and after a restart of the hub,
with its gap. A section whose client is not installed is skipped, and named; exit 77 when all are.
"""
import concurrent.futures
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading

from servers import Front, Hub, install_node_clients, page, wait_until

SAY_NO_GAP = ('sse-sub', 'curl', 'wget', 'HTTPie')  # sse-sub reads for them: its stderr does
RUNNERS = {'python': ['/usr/bin/python3', '-c'], 'js': ['node', '--input-type=module', '-e'],
           'sh': ['bash', '-c']}


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


def check(language, code, hub, port, programs, work):
    proxy = Proxy(port)
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
        return lines, client
    except BaseException:
        client.end()
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
    for title, body in re.findall(r'^## (.+?)\n(.*?)(?=^## |\Z)', page(), re.M | re.S):
        block = re.search(r'^```(\w+)\n(.*?)^```', body, re.M | re.S)
        if block and block.group(1) in RUNNERS:
            yield title, block.group(1), block.group(2)


def fronts():
    """What stands between client and hub: nothing first."""
    yield None, ''
    for kind in Front.PROGRAMS:
        if Front.is_installed(kind):
            yield kind, Front.block(kind)
        else:
            print('skipped, not installed: ' + kind)


def is_installed(language, code, work):
    if language == 'python':
        names = [name.strip() for name in re.search(r'^import (.+)$', code, re.M).group(1).split(',')]
        return subprocess.run([RUNNERS['python'][0], '-c', 'import ' + ','.join(names)],
                              stderr=subprocess.DEVNULL, check=False).returncode == 0
    if language == 'js':
        name = re.search(r"['(]['\"]?((?:@\w+/)?[\w-]+)'\)?;", code.replace("'node:module'", '')).group(1)
        return os.path.isdir(os.path.join(work, 'node_modules', name))
    return all(shutil.which(name) for name in re.findall(r'^  (wget|http) ', code, re.M))


def main():
    programs, work = (os.path.realpath(path) for path in sys.argv[1:3])
    only = sys.argv[3] if len(sys.argv) > 3 else ''
    os.makedirs(work, exist_ok=True)
    install_node_clients(work)
    cases = []
    for kind, block in fronts():
        for title, language, code in sections():
            if only not in title:
                continue
            if is_installed(language, code, work):
                cases.append((title, language, code, (kind, block)))
            elif kind is None:
                print('skipped, not installed: ' + title)
    # The clients mostly wait, so several run at once.
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
        results = list(pool.map(
            lambda case: run_one(*case[1], programs, os.path.join(work, 'run-%d' % case[0])),
            enumerate(cases)))
    print('\n'.join(results))
    failed = any(result.startswith('FAILED') for result in results)
    sys.exit(1 if failed else 0 if results else 77)


def run_one(title, language, code, front, programs, work):
    """What happened, in a line."""
    name = title if front[0] is None else title + ', behind ' + front[0]
    try:
        run_in(title, language, code, front, programs, work)
        return 'good: ' + name
    except AssertionError as failure:
        return 'FAILED: %s: %s' % (name, failure)


def run_in(title, language, code, front, programs, work):
    hub = Hub(programs, '--heartbeat', '200ms', '--retry', '100ms')
    between = None
    try:
        if front[0]:
            between = Front(*front, hub.port, work + '-front')
        lines, client = check(language, code, hub, between.port if between else hub.port, programs,
                              work)
        try:
            check_restart(lines, client, says_gap=title not in SAY_NO_GAP)
        finally:
            client.end()
    finally:
        if between:
            between.end()
        hub.kill()


main()
