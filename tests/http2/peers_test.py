#!/usr/bin/python3
"""curl, nghttp and h2load speak HTTP/2 with the hub."""
import json
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'access'))

from programs import Programs, read, wait_until  # noqa: E402


def curl(programs, *words):
    code, out, err = programs.run(['curl', '-sS', '--http2-prior-knowledge', *words])
    assert code == 0, err
    return out


def check_curl(programs, hub):
    version = curl(programs, '-o', '/dev/null', '-w', '%{http_version} %{http_code}', hub.url + '/-/readyz')
    assert version == '2 200', version
    stream, (out, _) = programs.start(['curl', '-sSN', '--http2-prior-knowledge', hub.url + '/events/watch'])
    wait_until(lambda: hub.ask('/-/streams')[2].startswith(b'{"open":1,'), 'the stream')
    answer = curl(programs, '-d', '{"type":"deploy","data":"over h2"}', hub.url + '/events')
    assert 'id' in json.loads(answer), answer
    wait_until(lambda: b'data: over h2\n' in read(out) or b'data: "over h2"\n' in read(out), 'the event')
    body = programs.file('large')
    with open(body, 'w', encoding='ascii') as file:
        json.dump([{'data': 'x' * 1000} for _ in range(500)], file)
    answer = json.loads(curl(programs, '--data-binary', '@' + body, hub.url + '/events'))
    assert answer['accepted'] == 500, answer
    assert curl(programs, '-o', '/dev/null', '-w', '%{http_code}', '-H', 'Host: evil.example',
                hub.url + '/events') == '403'
    return stream, out


def check_nghttp(programs, hub):
    code, out, err = programs.run(['nghttp', '-nv', hub.url + '/-/healthz', hub.url + '/-/readyz'])
    assert code == 0, err
    assert len(re.findall(r':status: 200', out)) == 2, out
    assert 'SETTINGS_MAX_CONCURRENT_STREAMS(0x03):250' in out, out
    assert 'connection:' not in out, out


def check_h2load(programs, hub):
    code, out, err = programs.run(['h2load', '-n', '20000', '-c', '20', '-m', '50', hub.url + '/-/healthz'])
    assert code == 0, err
    assert '20000 succeeded, 0 failed, 0 errored' in out, out
    assert '20000 2xx' in out, out


def check_crowd(programs):
    """10,000 streams of events over 100 connections, which all get an event and their end."""
    hub = programs.start_hub('--h2c', '--max-clients', '10000', '--threads', '1')
    try:
        crowd, (out, err) = programs.start(['h2load', '-n', '10000', '-c', '100', '-m', '100',
                                            hub.url + '/events/watch'])
        wait_until(lambda: hub.ask('/-/streams')[2].startswith(b'{"open":10000,'), 'the streams')
        series = hub.ask('/-/metrics')[2].decode()
        assert re.search(r'^sse_http2_connections_open 100$', series, re.M), series
        assert hub.ask('/events', body=b'{"data":"to all"}')[0] == 201
        assert hub.stop() == 0, hub.said()
        assert crowd.wait(60) == 0, read(err)
        said = read(out).decode()
        assert '10000 succeeded, 0 failed, 0 errored' in said and '10000 2xx' in said, said
        size = int(re.search(r'traffic: .*\((\d+)\) data', said).group(1))
        assert size > 10000 * len('id: \ndata: to all\n\nevent: sse.closing\n'), said
    finally:
        hub.kill()


def main():
    programs, = sys.argv[1:]
    if not all(shutil.which(name) for name in ('curl', 'nghttp', 'h2load')):
        print('skipped: curl, nghttp and h2load are needed (nghttp2-client)')
        return 77
    with tempfile.TemporaryDirectory() as directory:
        running = Programs(programs, directory)
        hub = running.start_hub('--h2c')
        try:
            stream, out = check_curl(running, hub)
            check_nghttp(running, hub)
            check_h2load(running, hub)
            series = hub.ask('/-/metrics')[2].decode()
            assert re.search(r'^sse_http2_connections_open [1-9]', series, re.M), series
            assert 'sse_http2_floods_total 0\n' in series
            assert hub.stop() == 0, hub.said()
            assert stream.wait(60) == 0
            assert b'event: sse.closing\n' in read(out)
        finally:
            hub.kill()
        check_crowd(running)
        plain = running.start_hub()
        try:
            code, _, _ = running.run(['curl', '-sS', '--http2-prior-knowledge', plain.url + '/-/healthz'])
            assert code != 0, 'HTTP/2 is served without --h2c'
        finally:
            plain.kill()
    return 0


if __name__ == '__main__':
    sys.exit(main())
