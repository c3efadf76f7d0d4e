"""Certificates, and hubs that speak TLS."""
import http.client
import os
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', 'access'))
from programs import PATIENCE, Programs, RunningHub, read, wait_until  # noqa: E402, F401


def openssl(*words, **options):
    done = subprocess.run(['openssl', *words], capture_output=True, check=False, timeout=PATIENCE,
                          **options)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


class Authority:
    """Signs certificates in a directory."""

    def __init__(self, directory, name='authority'):
        self.directory = directory
        self.certificate = os.path.join(directory, name + '.pem')
        self.key = os.path.join(directory, name + '.key')
        openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
                '-keyout', self.key, '-out', self.certificate, '-days', '2', '-subj', '/CN=' + name)

    def issue(self, name, alternatives='DNS:localhost,IP:127.0.0.1', days=2, subject=None):
        """The paths of a certificate and its key."""
        base = os.path.join(self.directory, name)
        openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
                '-keyout', base + '.key', '-out', base + '.csr', '-subj', '/CN=' + (subject or name))
        with open(base + '.ext', 'w', encoding='ascii') as file:
            if alternatives:
                file.write('subjectAltName=%s\n' % alternatives)
        openssl('x509', '-req', '-in', base + '.csr', '-CA', self.certificate, '-CAkey', self.key,
                '-CAcreateserial', '-days', str(days), '-extfile', base + '.ext',
                '-out', base + '.pem')
        return base + '.pem', base + '.key'


class SecureHub(RunningHub):
    """sse-serve that speaks TLS on 127.0.0.1."""

    def __init__(self, programs, authority, certificate, *options):
        super().__init__(programs, ['--tls-cert', certificate[0], '--tls-key', certificate[1], *options])
        self.authority = authority
        self.url = 'https://127.0.0.1:%d' % self.port

    def context(self, identity=None):
        context = ssl.create_default_context(cafile=self.authority.certificate)
        if identity:
            context.load_cert_chain(*identity)
        return context

    def connect(self, identity=None, context=None):
        connection = http.client.HTTPSConnection('127.0.0.1', self.port, timeout=PATIENCE,
                                                 context=context or self.context(identity))
        connection.connect()
        return connection

    def ask(self, target, token='', body=None, headers=None, method=None, identity=None):
        connection = self.connect(identity)
        fields = dict(headers or {})
        if token:
            fields['Authorization'] = 'Bearer ' + token
        try:
            connection.request(method or ('GET' if body is None else 'POST'), target, body, fields)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def series(self, name, **labels):
        """The value of a series of /-/metrics."""
        wanted = name
        if labels:
            wanted += '{' + ','.join('%s="%s"' % pair for pair in labels.items()) + '}'
        for line in self.ask('/-/metrics')[2].decode().splitlines():
            if line.startswith(wanted + ' '):
                return float(line.rsplit(' ', 1)[1])
        raise AssertionError('no series ' + wanted)

    def serial(self):
        """Of the certificate that a new connection gets."""
        connection = self.connect()
        try:
            return connection.sock.getpeercert()['serialNumber']
        finally:
            connection.close()

    def resident(self):
        with open('/proc/%d/statm' % self.process.pid, encoding='ascii') as file:
            return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


def run_tests(tests):
    """Each with programs and an authority of its own. usage: NAME_test.py PROGRAMS-DIRECTORY"""
    import tempfile
    for test in tests:
        with tempfile.TemporaryDirectory() as directory:
            test(Programs(sys.argv[1], directory), Authority(directory))
        print('passed: ' + test.__doc__)
