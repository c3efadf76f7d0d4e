#!/usr/bin/python3
"""usage: secure_test.py PROGRAMS-DIRECTORY

HTTP/2 over TLS: curl, nghttp and h2load agree on it in the handshake.
"""
import json
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tls'))

from secure import Authority, Programs, SecureHub, read, wait_until  # noqa: E402

TABS = 7


def curl(programs, hub, *words, version='--http2'):
    code, out, err = programs.run(['curl', '-sS', version, '--cacert', hub.authority.certificate, *words])
    assert code == 0, err
    return out


def check_versions(programs, hub):
    shown = ('-o', '/dev/null', '-w', '%{http_version} %{http_code}', hub.url + '/-/readyz')
    assert curl(programs, hub, *shown) == '2 200'
    assert curl(programs, hub, *shown, version='--http1.1') == '1.1 200'
    assert curl(programs, hub, *shown, version='--no-alpn') == '1.1 200'
    for least in ('--tlsv1.3', '--tls-max'):
        words = [least] if least == '--tlsv1.3' else [least, '1.2']
        assert curl(programs, hub, *words, *shown) == '2 200'


def check_streams(programs, hub):
    """All of them on one connection, and each has every event."""
    config = programs.file('tabs')
    outs = [programs.file('tab%d' % i) for i in range(TABS)]
    with open(config, 'w', encoding='ascii') as file:
        for out in outs:
            file.write('url = "%s/events/watch"\noutput = "%s"\n' % (hub.url, out))
    curl_streams, _ = programs.start(['curl', '-sSN', '--http2', '--parallel', '--parallel-max', str(TABS),
                                      '--cacert', hub.authority.certificate, '-K', config])
    wait_until(lambda: hub.ask('/-/streams')[2].startswith(b'{"open":%d,' % TABS), 'the streams')
    assert hub.series('sse_http2_connections_open') == 1
    body = programs.file('large')
    with open(body, 'w', encoding='ascii') as file:
        json.dump([{'data': '%d ' % i + 'x' * 1000} for i in range(500)], file)
    answer = json.loads(curl(programs, hub, '--data-binary', '@' + body, hub.url + '/events'))
    assert answer['accepted'] == 500, answer
    wait_until(lambda: all(len(re.findall(rb'^data: ', read(out), re.M)) == 500 for out in outs), 'the events')
    return curl_streams, outs


def check_others(programs, hub):
    code, out, err = programs.run(['nghttp', '-nvy', hub.url + '/-/healthz', hub.url + '/-/readyz'])
    assert code == 0, err
    assert 'The negotiated protocol: h2' in out, out
    assert len(re.findall(r':status: 200', out)) == 2, out
    code, out, err = programs.run(['h2load', '-n', '10000', '-c', '10', '-m', '50', hub.url + '/-/healthz'])
    assert code == 0, err
    assert '10000 succeeded, 0 failed, 0 errored' in out, out


def main():
    programs, = sys.argv[1:]
    if not all(shutil.which(name) for name in ('curl', 'nghttp', 'h2load', 'openssl')):
        print('skipped: curl, nghttp, h2load and openssl are needed (nghttp2-client)')
        return 77
    with tempfile.TemporaryDirectory() as directory:
        running = Programs(programs, directory)
        authority = Authority(directory)
        hub = SecureHub(running, authority, authority.issue('hub'))
        try:
            check_versions(running, hub)
            streams, outs = check_streams(running, hub)
            check_others(running, hub)
            assert hub.series('sse_http2_floods_total') == 0
            assert hub.stop() == 0, hub.said()
            streams.wait(60)
            assert all(b'event: sse.closing\n' in read(out) for out in outs)
        finally:
            hub.kill()
    return 0


if __name__ == '__main__':
    sys.exit(main())
