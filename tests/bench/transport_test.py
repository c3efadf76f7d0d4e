#!/usr/bin/python3
"""usage: transport_test.py PROGRAMS-DIRECTORY

sse-load over TLS and HTTP/2: it says what it cannot do, finds what is cut, and the rows of bench/run
that it measures find their figures.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

SOURCES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(SOURCES, 'tests', 'tls'))

from secure import Authority, Programs, SecureHub, wait_until  # noqa: E402

SPEECHES = (['--tls'], ['--tls', '--http2', '10'])


def load(port, *words, **options):
    return subprocess.Popen([os.path.join(sys.argv[1], 'sse-load'), *words, '--port', str(port), '--json'],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def result(port, *words):
    with load(port, *words) as process:
        out, err = process.communicate(timeout=100)
    return process.returncode, json.loads(out or '{}'), err


def hubs(programs, directory):
    authority = Authority(directory)
    certificate = authority.issue('hub')
    secure = SecureHub(programs, authority, certificate, '--plain-port', '0')
    said = 'http://127.0.0.1:'
    wait_until(lambda: said in secure.said(), 'the plain port')
    secure.plain_port = int(secure.said().split(said)[1].split()[0])
    return secure, programs.start_hub()


def contradictions(secure, plain):
    code, _, err = result(secure.port, 'idle', '--streams=1', '--tls')
    assert code == 64 and '--publish-port' in err, (code, err)
    code, _, err = result(plain.port, 'idle', '--streams=1', '--http2=251')
    assert code == 64 and '250' in err, (code, err)
    code, _, err = result(plain.port, 'idle', '--streams=1', '--tls', '--publish-port=%d' % plain.port)
    assert code == 69 and 'TLS' in err, (code, err)
    code, _, err = result(plain.port, 'idle', '--streams=1', '--http2=1')
    assert code == 69, (code, err)  # it was started without --h2c
    code, _, err = result(secure.port, 'idle', '--streams=5', '--tls', '--http2=5', '--target=/nothing',
                          '--publish-port=%d' % secure.plain_port)
    assert code == 69 and 'refused a stream: HTTP/2 404' in err, (code, err)


def commands(secure):
    for speech in SPEECHES:
        for mode in (['idle'], ['fan-out', '--rate=200/s', '--events=30'], ['saturate', '--events=300'],
                     ['mixed', '--events=100'], ['storm', '--events=20']):
            code, figures, err = result(secure.port, *mode, '--streams=25', *speech,
                                        '--publish-port=%d' % secure.plain_port)
            assert code == 0, (mode, speech, figures, err)
            assert figures['handshakes'] == figures['connections'] == (25 if len(speech) == 1 else 3), figures
            assert figures['resumed'] == 0, figures
    code, figures, err = result(secure.port, 'half', '--streams=20', '--tls')
    assert code == 0 and figures['sent_bytes_each'] > 50, (code, figures, err)


def ends(programs, directory):
    """Streams that the hub ends are a fault, and counted."""
    for speech in SPEECHES:
        secure, plain = hubs(programs, directory)
        plain.kill()
        running = load(secure.port, 'idle', '--streams=20', '--settle=100s', *speech,
                       '--publish-port=%d' % secure.plain_port)
        wait_until(lambda hub=secure: hub.series('sse_streams_open') == 20, 'streams')
        secure.kill()
        out, err = running.communicate(timeout=100)
        assert running.returncode == 1 and json.loads(out)['ended'] > 0, (running.returncode, out, err)


def rows():
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run([os.path.join(SOURCES, 'bench', 'run'), '--quick', '--pinning=free', '--programs',
                               os.path.abspath(sys.argv[1]), '--out', out, 'tls', 'tls_opening', 'http2'],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        texts = {}
        for name in os.listdir(out):
            with open(os.path.join(out, name), encoding='utf-8') as file:
                texts[name.rsplit('.', 1)[1]] = file.read()
    measured = json.loads(texts['json'])['passes']['free']
    assert len(measured['goals']) == 12, measured['goals']
    for goal in measured['goals']:
        # A few connections may fit into the pages that there are.
        assert goal['met'] is not None or 'half a ClientHello' in goal['work'], goal
    assert texts['html'].count('<svg') == 2, texts['html']


def main():
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        programs = Programs(sys.argv[1], directory)
        secure, plain = hubs(programs, directory)
        try:
            contradictions(secure, plain)
            commands(secure)
            assert secure.stop() == 0 and plain.stop() == 0
        finally:
            secure.kill()
            plain.kill()
        ends(programs, directory)
    rows()
    print('good: commands and 3 rows, %.0f s' % (time.monotonic() - began))


main()
