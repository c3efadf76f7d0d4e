#!/usr/bin/python3
"""usage: clients_test.py PROGRAMS-DIRECTORY

Who comes to a hub that speaks TLS: curl, sse-pub and sse-sub, clients with certificates; and how it is
started.
"""
import os
import re
import signal
import socket
import subprocess
import sys

from secure import Authority, SecureHub, run_tests, wait_until

JSON = {'Content-Type': 'application/json'}


def rows(programs, *texts):
    with open(os.open(programs.tokens, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), 'w',
              encoding='utf-8') as file:
        file.write('\n'.join(texts))
    return programs.tokens


def row(name, certificate, grants='"#"'):
    return '[[token]]\nid = "%s"\ncertificate = "%s"\npublish = [%s]\nsubscribe = [%s]\n' % (
        name, certificate, grants, grants)


def our_programs(programs, authority):
    """sse-pub, sse-sub and curl publish and follow over https"""
    hub = SecureHub(programs, authority, authority.issue('hub'))
    trust = ['--cacert', authority.certificate]
    code, out, err = programs.run(['curl', '-s', *trust, '-d', '{"type":"a","data":"one"}', '-H',
                                   'Content-Type: application/json', hub.url + '/events'])
    assert code == 0 and 'id' in out, out + err
    code, out, err = programs.run(['sse-pub', 'event', *trust, '--url', hub.url, '--type', 'a', '-d', 'two'])
    assert code == 0, err
    code, out, err = programs.run(['sse-sub', *trust, '--since', 'earliest', '-C', '2', '-o', 'data',
                                   hub.url])
    assert (code, out) == (0, 'one\ntwo\n'), (code, out, err)
    code, out, err = programs.run(['sse-sub', '-C', '1', hub.url])
    assert code != 0 and 'cacert' in err, err
    assert hub.stop() == 0


def certificates(programs, authority):
    """A client certificate is a credential, by the row with its name"""
    tokens = rows(programs, row('sensor', 'cn:sensor 7'), row('board', 'dns:Board.example', '"plant/#"'),
                  '[[token]]\nid = "old"\ncertificate = "dns:old.example"\npublish = ["#"]\nexpires = 2020-01-01T00:00:00Z\n')
    hub = SecureHub(programs, authority, authority.issue('hub'), '--tokens', tokens, '--client-ca',
                    authority.certificate, '-v')
    sensor = authority.issue('sensor', None, subject='sensor 7')
    board = authority.issue('board', 'DNS:board.example')
    event = '{"type":"a","topic":"%s","data":"x"}'

    def publish(identity, topic='any', headers=None):
        return hub.ask('/events', body=event % topic, headers={**JSON, **(headers or {})},
                       identity=identity)[0]
    assert publish(sensor) == 201
    assert publish(board, 'plant/1') == 201
    assert publish(board, 'other') == 403
    assert publish(None) == 401
    assert publish(authority.issue('stranger', 'DNS:x.example')) == 401
    assert publish(authority.issue('old', 'DNS:old.example')) == 401
    # The name of another in a field that authorities may not check, and no name that counts.
    assert publish(authority.issue('mallory', 'DNS:mallory.example', subject='sensor 7')) == 401
    assert hub.ask('/session', identity=authority.issue('address', 'IP:192.0.2.7'))[0] == 401
    # A proxy's certificate is not lent to what it forwards.
    assert publish(sensor, headers={'X-Forwarded-For': '192.0.2.9'}) == 401
    # A page of another site cannot use it, as it cannot use a cookie.
    assert publish(sensor, headers={'Origin': 'https://evil.example'}) == 403
    assert publish(sensor, headers={'Origin': 'http://localhost:%d' % hub.port}) in (401, 403)
    assert publish(sensor, headers={'Origin': 'https://127.0.0.1:%d' % hub.port,
                                    'Host': '127.0.0.1:%d' % hub.port}) == 201
    code, out, err = programs.run(['curl', '-s', '--cacert', authority.certificate, '--cert', sensor[0],
                                   '--key', sensor[1], '-d', event % 'any', '-H',
                                   'Content-Type: application/json', hub.url + '/events'])
    assert code == 0 and 'id' in out, err
    code, out, err = programs.run(['sse-pub', 'event', '--cacert', authority.certificate, '--cert',
                                   sensor[0], '--key', sensor[1], '--url', hub.url, '--type', 'a', '-d', 'b'])
    assert code == 0, err
    # A row that goes ends its streams.
    connection = hub.connect(sensor)
    connection.request('GET', '/events/watch')
    answer = connection.getresponse()
    assert answer.status == 200
    rows(programs, row('board', 'dns:board.example'))
    hub.process.send_signal(signal.SIGHUP)
    assert b'sse.closing' in answer.read()
    assert publish(sensor) == 401
    assert hub.stop() == 0


def untrusted(programs, authority):
    """A certificate of another authority ends the handshake"""
    hub = SecureHub(programs, authority, authority.issue('hub'), '--tokens', rows(programs, row('a', 'cn:a')),
                    '--client-ca', authority.certificate)
    other = Authority(programs.directory, 'other-authority').issue('a-2', subject='a')
    code, out, _ = programs.run(['curl', '-s', '--cacert', authority.certificate, '--cert', other[0],
                                 '--key', other[1], hub.url + '/events'])
    assert code != 0 and out == '', (code, out)
    wait_until(lambda: 'no TLS: certificate verify failed' in hub.said(), 'the reason in the log')
    assert hub.stop() == 0


def sessions(programs, authority):
    """Cookies of a hub with TLS are for https alone"""
    token_rows = programs.add_token('me', '--subscribe', '#')
    hub = SecureHub(programs, authority, authority.issue('hub'), '--tokens', programs.tokens)
    status, headers, _ = hub.ask('/session', token_rows, body='')
    assert status in (200, 201, 204), status
    cookie = dict(headers)['Set-Cookie']
    assert cookie.startswith('__Host-sse-%d=' % hub.port) and '; Secure' in cookie, cookie
    assert hub.stop() == 0


def plain_port(programs, authority):
    """--plain-port, Unix sockets and what the hub says of itself"""
    certificate = authority.issue('hub')
    path = programs.file('hub.sock')
    process, files = programs.start(
        ['sse-serve', '--no-config', '--port', '0', '--plain-port', '0', '--bind', '127.0.0.1', '--bind',
         'unix:' + path, '--print-url', '--tls-cert', certificate[0], '--tls-key', certificate[1]])
    wait_until(lambda: os.path.getsize(files[0]) > 0, 'the URL')
    with open(files[0], encoding='ascii') as file:
        url = file.read().strip()
    assert url.startswith('https://127.0.0.1:'), url

    def plain_url():
        with open(files[1], encoding='utf-8') as said:
            return re.search(r'listening on (http://127\.0\.0\.1:\d+) without TLS\n', said.read())
    wait_until(plain_url, 'the plain URL')  # said after the other one
    plain = plain_url()[1]
    for words in ([plain + '/-/healthz'], ['--unix-socket', path, 'http://localhost/-/healthz'],
                  ['--cacert', authority.certificate, url + '/-/healthz']):
        code, out, err = programs.run(['curl', '-s', '-f', *words])
        assert code == 0, (words, out, err)
    process.terminate()
    assert process.wait(60) == 0


def configurations(programs, authority):
    """Options that do not fit are told before anything is served"""
    certificate, key = authority.issue('hub')
    other = authority.issue('other')

    def check(*words):
        code, _, err = programs.run(['sse-serve', '--no-config', '--port', '0', '--check-config', *words])
        return code, err
    code, err = check('--tls-cert', certificate, '--tls-key', key)
    assert code == 0 and 'tls: at most' in err, err
    for words, text in (
            (['--tls-cert', certificate], '--tls-cert needs --tls-key'),
            (['--tls-key', key], '--tls-key needs --tls-cert'),
            (['--tls-min', '1.3'], '--tls-min needs --tls-cert'),
            (['--plain-port', '0'], '--plain-port needs --tls-cert'),
            (['--client-ca', certificate], '--client-ca needs --tls-cert'),
            (['--tls-cert', certificate, '--tls-key', key, '--client-ca', certificate],
             '--client-ca needs --tokens'),
            (['--tls-cert', certificate, '--tls-key', key, '--tls-min', '1.1'], '1.1')):
        code, err = check(*words)
        assert code == 64 and text in err, (code, err)
    for words, text in (
            (['--tls-cert', certificate, '--tls-key', other[1]], 'the key is not that of the certificate'),
            (['--tls-cert', certificate, '--tls-key', '/nowhere/key'], 'cannot read /nowhere/key'),
            (['--tls-cert', key, '--tls-key', key], 'has no certificate')):
        code, err = check(*words)
        assert code == 78 and text in err, (code, err)
    certificate_options = ['--tls-cert', certificate, '--tls-key', key]
    code, err = check(*certificate_options, '--bind', 'unix:' + programs.file('hub.sock'))
    assert code != 0 and '--tls-cert needs an address' in err, (code, err)
    with socket.create_server(('127.0.0.1', 0)) as used:
        code, err = check(*certificate_options, '--plain-port', str(used.getsockname()[1]))
        assert code != 0 and 'in use' in err, (code, err)
    os.chmod(key, 0o644)
    code, err = check('--tls-cert', certificate, '--tls-key', key)
    assert code == 78 and 'chmod o-r' in err, err


def plain_descriptors(programs, authority):
    """A descriptor that stays plain beyond the machine is warned of, though --port speaks TLS"""
    certificate, key = authority.issue('hub')
    words = [os.path.join(sys.argv[1], 'sse-serve'), '--no-config', '--port', '0', '--check-config', '--tls-cert',
             certificate, '--tls-key', key, '--tokens', rows(programs, row('a', 'dns:a.example')), '--bind',
             '0.0.0.0']

    def said(*more, descriptors=()):
        done = subprocess.run([*words, *more], capture_output=True, text=True, check=True, timeout=60,
                              pass_fds=descriptors)
        return done.stderr
    assert 'over plain HTTP' not in said()
    for address, is_warned in (('0.0.0.0', True), ('127.0.0.1', False)):
        with socket.create_server((address, 0)) as given:
            err = said('--bind', 'fd:%d' % given.fileno(), descriptors=(given.fileno(),))
        assert ('over plain HTTP, by a descriptor' in err) == is_warned, err


def backups(programs, authority):
    """A backup of a hub with TLS alone says what it needs"""
    certificate, key = authority.issue('hub')
    options = ['--tls-cert', certificate, '--tls-key', key, '--port', '1']
    code, _, err = programs.run(['sse-serve', 'backup', '--no-config', *options, programs.file('copy')])
    assert code != 0 and 'needs its --plain-port or --admin-bind' in err, (code, err)


def named_rows(programs, authority):
    """sse-serve token adds and lists the name of a certificate"""
    def token(*words):
        return programs.run(['sse-serve', 'token', *words, '--tokens', programs.tokens])
    code, out, err = token('add', 'board', '--certificate', 'dns:Board.example', '--publish', '#')
    assert (code, out) == (0, ''), (code, out, err)
    code, out, err = token('list')
    assert code == 0 and '  certificate: dns:board.example\n' in out, (out, err)
    code, _, err = token('add', 'other', '--certificate', 'other')
    assert code == 64 and 'expected dns:NAME' in err, (code, err)
    hub = SecureHub(programs, authority, authority.issue('hub'), '--tokens', programs.tokens,
                    '--client-ca', authority.certificate)
    status, _, body = hub.ask('/session', identity=authority.issue('board', 'DNS:board.example'))
    assert status == 200 and b'token:board' in body, (status, body)
    assert hub.stop() == 0


if __name__ == '__main__':
    run_tests([our_programs, certificates, untrusted, sessions, plain_port, configurations,
               plain_descriptors, backups, named_rows])
    sys.exit(0)
