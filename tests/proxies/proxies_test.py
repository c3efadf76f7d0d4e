#!/usr/bin/python3
"""usage: proxies_test.py PROGRAMS-DIRECTORY WORK-DIRECTORY nginx|haproxy|caddy

The configuration in examples/proxies/, with other ports and paths: a stream through TLS and HTTP/2
shows each event when it comes, goes on after the hub has started again, and the hub knows who reads.
A proxy that is not installed: 77.
"""
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', 'support'))
from waiting import PATIENCE, free_port, wait_until  # noqa: E402

HERE = os.path.dirname(os.path.realpath(__file__))
EXAMPLES = os.path.join(HERE, '..', '..', 'examples', 'proxies')
HEARTBEAT = 3  # seconds
AT_ONCE = 1000  # milliseconds: a third of a heartbeat
CLIENT = '127.0.0.2'  # the address that requests come from
FORGED = '203.0.113.9'
BOARD = 'https://board.example'  # a page of another origin
FILES = {'nginx': 'nginx.conf', 'haproxy': 'haproxy.cfg', 'caddy': 'Caddyfile'}
PATH = os.environ['PATH'] + ':/usr/sbin'


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(('127.0.0.1', port)) == 0


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


class Stage:
    """A hub, a proxy in front of it, and curl."""

    def __init__(self, programs, work, kind):
        self.programs, self.kind = programs, kind
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        self.work = os.path.realpath(work)
        self.hub_port, self.admin_port, self.plain_port, self.port = (free_port() for _ in range(4))
        self.origin = 'https://hub.example:%d' % self.port
        self.processes = []

    def set_up(self):
        self.make_certificate()
        self.start_hub()
        self.start_proxy()

    def file(self, name):
        return os.path.join(self.work, name)

    def make_certificate(self):
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
                        '-nodes', '-keyout', self.file('key.pem'), '-out', self.file('fullchain.pem'),
                        '-days', '2', '-subj', '/CN=hub.example', '-addext', 'subjectAltName=DNS:hub.example'],
                       check=True, capture_output=True)
        with open(self.file('hub.pem'), 'w', encoding='utf-8') as out:
            out.write(read(self.file('fullchain.pem')) + read(self.file('key.pem')))

    def start(self, words, **options):
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True,
                                   env={**os.environ, 'PATH': PATH, 'HOME': self.work}, **options)
        self.processes.append(process)
        return process

    def start_hub(self):
        words = [os.path.join(self.programs, 'sse-serve'), '--no-config', '--access-log', '--bind', '127.0.0.1',
                 '--port', str(self.hub_port), '--admin-bind', '127.0.0.1:%d' % self.admin_port,
                 '--proxy-from', '127.0.0.1', '--public-url', self.origin, '--heartbeat', '%ds' % HEARTBEAT,
                 '--data-dir', self.file('data'), '--drain', '2s']
        if self.kind == 'haproxy':
            words.append('--proxy-protocol')
        with open(self.file('hub.log'), 'a', encoding='utf-8') as log:
            self.hub = self.start(words, stderr=log, stdout=log)
        wait_until(lambda: is_listening(self.admin_port) and is_listening(self.hub_port), 'the hub')

    def stop_hub(self):
        self.hub.send_signal(signal.SIGTERM)
        assert self.hub.wait(PATIENCE) == 0

    def start_proxy(self):
        text = read(os.path.join(EXAMPLES, FILES[self.kind]))
        changes = [('127.0.0.1:8089', '127.0.0.1:%d' % self.hub_port), ('/etc/ssl/hub', self.work),
                   ('/etc/haproxy', EXAMPLES), (':443 ', ':%d ' % self.port), ('listen 443', 'listen %d' % self.port),
                   ('maxconn 20000', 'maxconn 1000'),
                   ('listen 80', 'listen %d' % self.plain_port), ('bind :80', 'bind :%d' % self.plain_port)]
        for old, new in changes:
            text = text.replace(old, new)
        if self.kind == 'nginx':
            folders = ''.join('%s_temp_path %s/%s;\n' % (name, self.work, name)
                              for name in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
            text = ('daemon off;\npid %s/pid;\nerror_log stderr;\nworker_shutdown_timeout 30s;\nevents {}\n'
                    'http {\naccess_log off;\n%s%s}\n' % (self.work, folders, text))
        if self.kind == 'caddy':
            text = text.replace('grace_period 30s', 'grace_period 30s\n\tadmin off\n\tauto_https disable_redirects')
        config = self.file(FILES[self.kind])
        with open(config, 'w', encoding='utf-8') as out:
            out.write(text)
        words = {'nginx': ['nginx', '-p', self.work, '-c', config],
                 'haproxy': ['haproxy', '-db', '-f', config],
                 'caddy': ['caddy', 'run', '--adapter', 'caddyfile', '--config', config]}[self.kind]
        with open(self.file('proxy.log'), 'w', encoding='utf-8') as log:
            proxy = self.start(words, stderr=log, stdout=log)
        wait_until(lambda: is_listening(self.port) or proxy.poll() is not None, self.kind)
        assert proxy.poll() is None, read(self.file('proxy.log'))

    def curl_words(self, *options):
        return ['curl', '-sS', '--noproxy', '*', '--http2', '--cacert', self.file('fullchain.pem'), '--interface',
                CLIENT, '--resolve', 'hub.example:%d:127.0.0.1' % self.port, *options]

    def curl(self, target, *options):
        done = subprocess.run(self.curl_words(*options, self.origin + target), capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def admin(self, target):
        done = subprocess.run(['curl', '-sS', '--noproxy', '*', 'http://127.0.0.1:%d%s' % (self.admin_port, target)],
                              capture_output=True, text=True, timeout=PATIENCE, check=True)
        return json.loads(done.stdout)

    def admin_log(self):
        """The access log, with all requests before this one."""
        target = '/-/healthz?%d' % time.monotonic_ns()
        subprocess.run(['curl', '-sS', '--noproxy', '*', '-o', os.devnull,
                        'http://127.0.0.1:%d%s' % (self.admin_port, target)], timeout=PATIENCE, check=True)
        wait_until(lambda: target in read(self.file('hub.log')), 'the access log')
        return read(self.file('hub.log'))

    def publish(self, data):
        return json.loads(self.curl('/events', '-d', json.dumps({'data': data})))['id']

    def publisher(self):
        """A connection through the proxy that lasts: it takes less time than to start curl."""
        context = ssl.create_default_context(cafile=self.file('fullchain.pem'))
        publisher = http.client.HTTPConnection('hub.example', self.port)
        plain = socket.create_connection(('127.0.0.1', self.port), PATIENCE, (CLIENT, 0))
        publisher.sock = context.wrap_socket(plain, server_hostname='hub.example')
        return publisher

    def stream(self, name, *options, target='/events/watch'):
        """curl, which writes what it reads to a file."""
        self.start([*self.curl_words('-N', '-D', self.file(name + '.head'), '-o', self.file(name)), *options,
                    self.origin + target])
        return self.file(name)

    def end(self):
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def text_of(path):
    return read(path) if os.path.exists(path) else ''


def data_in(path):
    return [line[6:] for line in text_of(path).split('\n') if line.startswith('data: ')]


def check_events_come_at_once(stage):
    shown = stage.stream('stream')
    wait_until(lambda: ': open' in text_of(shown), 'the stream')
    head = read(shown + '.head').lower()
    assert head.startswith('http/2 200') and 'text/event-stream' in head and 'content-encoding' not in head, head
    times = []
    publisher = stage.publisher()
    for i in range(20):
        begin = time.monotonic()
        publisher.request('POST', '/events', json.dumps({'data': 'event %d' % i}))
        assert publisher.getresponse().read()
        wait_until(lambda i=i: 'event %d' % i in data_in(shown), 'event %d' % i)
        times.append(1000 * (time.monotonic() - begin))
    assert data_in(shown) == ['event %d' % i for i in range(20)]
    times.sort()
    # A proxy that waits for more holds each event back. A machine that is busy delays some of them.
    publisher.close()
    assert times[len(times) // 4] < AT_ONCE, times
    heartbeats = text_of(shown).count('\n:')
    wait_until(lambda: text_of(shown).count('\n:') > heartbeats, 'a heartbeat')
    print('%s: 20 events, half within %.0f ms, the slowest after %.0f ms' % (stage.kind, times[10], times[-1]))
    return shown


def check_peer(stage):
    """By the PROXY header in the list of streams; by the field in the access log."""
    if stage.kind == 'haproxy':
        peers = [stream['peer'] for stream in stage.admin('/-/streams')['streams']]
        assert len(peers) == 1 and peers[0].startswith(CLIENT + ':'), peers
    # What a client says of itself is not believed, also one from the proxy's own address.
    for address in (CLIENT, '127.0.0.1'):
        stage.curl('/events?limit=1', '-H', 'X-Forwarded-For: %s' % FORGED, '-H', 'Forwarded: for=%s' % FORGED,
                   '--interface', address)
    log = stage.admin_log()
    assert CLIENT in log and FORGED not in log, log


def check_requests(stage):
    lines = '\n'.join(json.dumps({'data': 'batch %d' % i}) for i in range(10))
    answer = json.loads(stage.curl('/events', '-H', 'Content-Type: application/x-ndjson', '--data-binary', lines))
    assert answer['accepted'] == 10, answer
    coded = stage.curl('/events?since=-30', '-D', '-', '-o', os.devnull, '-H', 'Accept-Encoding: gzip').lower()
    assert 'content-encoding: gzip' in coded, coded
    assert '"batch 9"' in stage.curl('/events?since=-30', '--compressed')
    for target in ('/-/streams', '/%2D/streams', '/%2d%2fstreams'):  # the hub decodes what it routes by
        answer = stage.curl(target, '-w', '%{http_code}', '--path-as-is')
        assert answer[-3:] in ('403', '404') and 'streams' not in answer, (target, answer)
    assert stage.curl('/-/streams', '-o', os.devnull, '-w', '%{http_code}') == '403'
    if stage.kind != 'caddy':  # which redirects by itself, from port 80
        moved = subprocess.run(['curl', '-sS', '-o', os.devnull, '-w', '%{http_code} %{redirect_url}', '-H',
                                'Host: hub.example', 'http://127.0.0.1:%d/events?limit=1' % stage.plain_port],
                               capture_output=True, text=True, check=True).stdout
        assert moved == '308 https://hub.example/events?limit=1', moved


def check_seven_on_one_connection(stage):
    names = ['tab%d' % i for i in range(7)]
    words = ['-N', '-Z', '-w', '%{local_port}\n']
    for name in names:
        words += ['-o', stage.file(name), stage.origin + '/events/watch']
    with open(stage.file('ports'), 'w', encoding='utf-8') as ports:
        reader = stage.start(stage.curl_words(*words), stdout=ports, stderr=subprocess.DEVNULL)  # a meter
    wait_until(lambda: all(': open' in text_of(stage.file(name)) for name in names), 'seven streams')
    if stage.kind == 'haproxy':
        peers = {stream['peer'] for stream in stage.admin('/-/streams')['streams']}
        assert len(peers) == 2, peers  # the first stream's, and that of these seven
    stage.publish('to all')
    for name in names:
        wait_until(lambda name=name: data_in(stage.file(name)) == ['to all'], name)
    return reader


def hang_up_on_all(listener):
    """Reads each request, and ends the connection without an answer."""
    try:
        while True:
            connection = listener.accept()[0]
            connection.recv(65536)
            connection.close()
    except OSError:
        pass  # the listener was closed


def check_away(stage, version):
    """A stream that is asked for now is told to come back, also to a page of another origin."""
    for origin in (None, BOARD):
        options = ['--http' + version, *(['-H', 'Origin: ' + origin] if origin else [])]
        head, _, body = stage.curl('/events/watch', '-i', *options).partition('\n\n')  # in Python's line ends
        head = head.lower()
        assert head.startswith('http/%s 200' % version) and 'text/event-stream' in head, head
        assert 'sse-refused: away' in head and body == 'retry: 2000\n\n', (head, body)
        assert ('access-control-allow-origin: ' + BOARD in head) == (origin is not None), head
        assert 'access-control-allow-credentials: true' in head and 'vary: origin' in head, head


def check_restart(stage, shown, reader):
    """Streams end in order, a stream that is asked for meanwhile is told to come back, and resumes."""
    stage.stop_hub()
    reader.wait(PATIENCE)
    assert len(set(read(stage.file('ports')).split())) == 1, read(stage.file('ports'))
    last = [line[4:] for line in read(shown).split('\n') if line.startswith('id: ')][-1]
    check_away(stage, '2')
    answer = stage.curl('/events', '-o', os.devnull, '-w', '%{http_code}')
    assert answer in ('502', '503'), answer
    with socket.create_server(('127.0.0.1', stage.hub_port)) as listener:  # a hub that is killed
        threading.Thread(target=hang_up_on_all, args=(listener,), daemon=True).start()
        check_away(stage, '1.1')
        if stage.kind != 'haproxy':  # which refuses the stream over HTTP/2, so that the client tries again
            check_away(stage, '2')
        answer = stage.curl('/events', '-o', os.devnull, '-w', '%{http_code}', '--http1.1')
        assert answer == '502', answer
        listener.shutdown(socket.SHUT_RDWR)
    stage.start_hub()
    stage.publish('after the restart')
    resumed = stage.stream('resumed', '-H', 'Last-Event-ID: ' + last)
    wait_until(lambda: data_in(resumed), 'the stream that resumes')
    stage.publish('and live')
    wait_until(lambda: 'and live' in data_in(resumed), 'a live event')
    assert data_in(resumed) == ['after the restart', 'and live'], data_in(resumed)


def main():
    programs, work, kind = sys.argv[1:]
    if not shutil.which(kind, path=PATH):
        print('SKIPPED: %s is not installed' % kind)
        sys.exit(77)
    stage = Stage(programs, work, kind)
    try:
        stage.set_up()
        shown = check_events_come_at_once(stage)
        check_peer(stage)
        check_requests(stage)
        check_restart(stage, shown, check_seven_on_one_connection(stage))
    finally:
        stage.end()


main()
