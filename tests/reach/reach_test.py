#!/usr/bin/python3
"""usage: reach_test.py PROGRAMS-DIRECTORY WORK-DIRECTORY

sse-sub and sse-pub at servers that speak another protocol than the URL says, or whose certificate or
wishes are not met: each is told in a sentence of its own, with its exit code. And a redirect from
http to https.
"""
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading

PATIENCE = 60
STREAM = b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\ndata: x\n\n'
CREATED = b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"id":"1"}'
SUB = ['sse-sub', '-C1', '--no-reconnect']
PUB = ['sse-pub', 'event', '-d', 'x', '--retries=0']
EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']


def openssl(*words):
    subprocess.run(['openssl', *words], check=True, capture_output=True)


def make_certificates(work):
    """An authority, and what it signed: for 127.0.0.1, for another name, and one that has expired."""
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    os.chdir(work)
    openssl('req', '-x509', *EC, '-keyout', 'authority.key', '-out', 'authority.pem', '-days', '2', '-subj',
            '/CN=authority', '-addext', 'basicConstraints=critical,CA:TRUE')
    openssl('req', '-x509', *EC, '-keyout', 'stranger.key', '-out', 'stranger.pem', '-days', '2', '-subj',
            '/CN=stranger')
    for name, subject, days in (('good', 'IP:127.0.0.1', '2'), ('other', 'DNS:other.example', '2'),
                                ('expired', 'IP:127.0.0.1', '-1')):
        openssl('req', *EC, '-keyout', name + '.key', '-out', name + '.csr', '-subj', '/CN=' + name)
        with open(name + '.ext', 'w', encoding='utf-8') as file:
            file.write('subjectAltName=' + subject)
        openssl('x509', '-req', '-in', name + '.csr', '-CA', 'authority.pem', '-CAkey', 'authority.key',
                '-CAcreateserial', '-out', name + '.pem', '-extfile', name + '.ext', '-days', days)


def read_request(connection):
    text = b''
    while b'\r\n\r\n' not in text:
        piece = connection.recv(65536)
        if not piece:
            break
        text += piece
    return text


def serve(answer):
    """`answer` gets each connection. The port."""
    listener = socket.create_server(('127.0.0.1', 0))

    def run():
        while True:
            connection, _ = listener.accept()
            with connection:
                try:
                    answer(connection)
                except OSError:
                    pass

    threading.Thread(target=run, daemon=True).start()
    return listener.getsockname()[1]


def saying(text, after_request=True):
    def answer(connection):
        if after_request:
            read_request(connection)
        else:
            connection.recv(65536)
        connection.sendall(text)
    return serve(answer)


def speaking_tls(certificate, wants_certificate=False, most=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate + '.pem', certificate + '.key')
    if wants_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations('authority.pem')
    if most:
        context.maximum_version = most

    def answer(connection):
        with context.wrap_socket(connection, server_side=True) as secure:
            is_post = read_request(secure).startswith(b'POST')
            secure.sendall(CREATED if is_post else STREAM)
            secure.unwrap()
    return serve(answer)


class Checks:
    def __init__(self, programs):
        self.programs = programs
        self.failed = 0

    def run(self, words, url):
        environment = {name: value for name, value in os.environ.items()
                       if not name.lower().endswith('_proxy') and not name.startswith('SSE_')}
        done = subprocess.run([os.path.join(self.programs, words[0]), *words[1:]], capture_output=True, text=True,
                              check=False, timeout=PATIENCE, stdin=subprocess.DEVNULL,
                              env={**environment, 'SSE_URL': url, 'HOME': os.getcwd()})
        return done.returncode, done.stderr.strip()

    def check(self, what, scheme, port, options, wanted):
        """`wanted`: exit codes, each with what the message says."""
        for command in (SUB, PUB):
            code, text = self.run([*command, *options], '%s://127.0.0.1:%d' % (scheme, port))
            if not any(code == one and part in text for one, part in wanted):
                print('%s, %s: exit %d, %s\n  wanted: %s' % (what, command[0], code, text, wanted))
                self.failed += 1


def main():
    programs, work = (os.path.realpath(path) for path in sys.argv[1:])
    make_certificates(work)
    checks = Checks(programs)
    trust = ['--cacert', 'authority.pem']
    stranger = ['--cert', 'stranger.pem', '--key', 'stranger.key']
    old = ssl.TLSVersion.TLSv1_2

    bad_request = b'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
    checks.check('https to a plain port', 'https', saying(bad_request, after_request=False), [],
                 [(76, 'the server does not speak TLS on this port; for plain HTTP say http://127.0.0.1:')])
    checks.check('https, and the connection is cut', 'https', saying(b'', after_request=False), [],
                 [(69, 'closed the connection in the middle of the TLS handshake'),
                  (69, 'connection reset')])
    checks.check('http to a port that speaks TLS', 'http', speaking_tls('good'), [],
                 [(69, 'if it speaks TLS, say https://127.0.0.1:')])
    checks.check('http, and an alert comes back', 'http', saying(b'\x15\x03\x01\x00\x02\x02\x46'), [],
                 [(76, 'speaks TLS on this port; say https://127.0.0.1:')])
    text = b'Client sent an HTTP request to an HTTPS server.\n'
    checks.check('http, and a 400 that names HTTPS', 'http',
                 saying(b'HTTP/1.0 400 Bad Request\r\n\r\n' + text), [],
                 [(76, 'speaks TLS on this port; say https://127.0.0.1:')])

    checks.check('an unknown authority', 'https', speaking_tls('good'), [],
                 [(76, "the authority of the server's certificate is not known here; --cacert")])
    checks.check('a self-signed certificate', 'https', speaking_tls('stranger'), [],
                 [(76, "the server's self-signed certificate is not trusted here; --cacert")])
    checks.check('an expired certificate', 'https', speaking_tls('expired'), trust,
                 [(76, "the server's certificate has expired")])
    checks.check('another name', 'https', speaking_tls('other'), trust,
                 [(76, 'the server\'s certificate is for another name than "127.0.0.1"')])

    # In TLS 1.3 the refusal comes behind the handshake, and the server's close may overtake it.
    wish = 'client certificate'
    checks.check('a client certificate is wanted', 'https', speaking_tls('good', True), trust,
                 [(76, 'the server asks for a ' + wish + '; --cert and --key'), (69, 'it may ask for a ' + wish)])
    checks.check('the same before TLS 1.3', 'https', speaking_tls('good', True, old), trust,
                 [(76, 'it asks for a ' + wish)])
    not_ours = 'accept our certificate'
    checks.check('another client certificate is wanted', 'https', speaking_tls('good', True), trust + stranger,
                 [(76, not_ours), (69, not_ours)])
    checks.check('the same before TLS 1.3', 'https', speaking_tls('good', True, old), trust + stranger,
                 [(76, not_ours)])

    target = speaking_tls('good')
    moved = saying(b'HTTP/1.1 308 Permanent Redirect\r\nLocation: https://127.0.0.1:%d/events/watch\r\n'
                   b'Content-Length: 0\r\n\r\n' % target)
    code, text = checks.run([*SUB, *trust], 'http://127.0.0.1:%d' % moved)
    assert code == 0, text
    code, text = checks.run(SUB, 'http://127.0.0.1:%d' % moved)
    assert code == 76 and 'no secure connection to https://127.0.0.1:%d' % target in text, (code, text)
    code, text = checks.run([*PUB, *trust], 'http://127.0.0.1:%d' % moved)
    assert code == 76 and 'https://127.0.0.1:%d' % target in text, (code, text)
    sys.exit(checks.failed > 0)


main()
