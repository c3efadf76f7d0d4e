#!/usr/bin/python3
"""usage: compression_test.py PROGRAMS-DIRECTORY

Answers of a hub that end come in gzip to clients that ask for it, and are what they are without;
streams and answers to POST are never compressed. With curl and Python's requests.
"""
import json
import os
import subprocess
import sys
import threading

import requests

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', 'clients'))
from servers import Hub, wait_until  # noqa: E402

EVENTS = 3000
METRICS = 40


def fill(hub):
    for first in range(0, EVENTS, 500):
        lines = [json.dumps({'type': 'reading', 'topic': 'site/%d' % (i % 7),
                             'data': {'value': i / 7, 'place': 'hall ' + chr(65 + i % 26)}})
                 for i in range(first, first + 500)]
        answer = requests.post(hub.url('/events'), data='\n'.join(lines),
                               headers={'Content-Type': 'application/x-ndjson'}, timeout=60)
        assert answer.status_code in (200, 201, 207), answer.text
        assert len(answer.content) > 20_000 and 'Content-Encoding' not in answer.headers
        assert 'Vary' not in answer.headers or 'Accept-Encoding' not in answer.headers['Vary']
    for i in range(METRICS):
        made = requests.post(hub.url('/metrics'), json={'name': 'metric %d' % i}, timeout=60).json()
        readings = [json.dumps({'metric_id': made['id'], 'value': i * j,
                                'timestamp': '2026-01-31T12:00:%02dZ' % j}) for j in range(60)]
        requests.post(hub.url('/metrics/readings'), data='\n'.join(readings),
                      headers={'Content-Type': 'application/x-ndjson'}, timeout=60)


class CompressedHub(Hub):
    def url(self, target):
        return 'http://127.0.0.1:%d%s' % (self.port, target)


def curl(hub, target, *options):
    done = subprocess.run(['curl', '-sS', '--noproxy', '*', *options, hub.url(target)],
                          capture_output=True, check=True, timeout=60)
    return done.stdout


def get(hub, target, coding='gzip', method='GET'):
    return requests.request(method, hub.url(target), headers={'Accept-Encoding': coding}, timeout=60)


def check_same(hub, target):
    """In gzip, and much shorter, and the same; by requests and by curl."""
    plain = get(hub, target, 'identity')
    coded = get(hub, target)
    assert 'Content-Encoding' not in plain.headers and 'Accept-Encoding' in plain.headers['Vary']
    assert coded.headers['Content-Encoding'] == 'gzip' and 'Accept-Encoding' in coded.headers['Vary']
    assert coded.content == plain.content, target
    assert curl(hub, target, '--compressed') == plain.content
    assert curl(hub, target, '--compressed', '--http1.0') == plain.content
    sent = int(curl(hub, target, '-o', os.devnull, '-w', '%{size_download}', '-H', 'Accept-Encoding: gzip'))
    assert 3 * sent < len(plain.content), (target, sent, len(plain.content))
    for name in ('gzip', 'identity'):
        head = get(hub, target, name, 'HEAD')
        full = get(hub, target, name)
        assert head.content == b''
        assert drop_date(head) == drop_date(full), (drop_date(head), drop_date(full))
    print('%s: %d bytes, %d in gzip' % (target, len(plain.content), sent))


def drop_date(answer):
    return {name: value for name, value in answer.headers.items() if name != 'Date'}


def check_operators_pages(hub):
    for target, word in (('/-/metrics', b'sse_streams'), ('/-/streams', b'"streams":[')):
        answer = get(hub, target)
        assert word in answer.content
        assert answer.headers.get('Content-Encoding') == 'gzip', target
        assert word in curl(hub, target, '--compressed')


def check_long_poll(hub):
    answers = []
    cursor = get(hub, '/events?since=-1').json()['cursor']
    waiting = threading.Thread(
        target=lambda: answers.append(get(hub, '/events?wait=30s&since=' + cursor)))
    waiting.start()
    wait_until(lambda: b'sse_polls_waiting 1\n' in get(hub, '/-/metrics').content
               or not waiting.is_alive(), 'the poll to wait')
    hub.publish('x' * 5000)
    waiting.join()
    assert answers[0].headers['Content-Encoding'] == 'gzip'
    assert answers[0].json()['events'][0]['data'] == 'x' * 5000


def check_choices(hub):
    for coding, status, encoding in (
            ('gzip;q=0', 200, None), ('br', 200, None), ('*', 200, 'gzip'), ('gzip;q=0.2', 200, 'gzip'),
            ('gzip;q=0.5, identity', 200, None), ('*;q=0', 200, None), ('identity;q=0', 200, None)):
        answer = get(hub, '/metrics', coding)
        assert answer.status_code == status, coding
        assert answer.headers.get('Content-Encoding') == encoding, coding


def check_streams(hub):
    for coding in ('gzip, br', 'gzip, identity;q=0', '*;q=0'):
        with requests.get(hub.url('/events/watch?since=-3'), headers={'Accept-Encoding': coding},
                          stream=True, timeout=60) as stream:
            assert stream.status_code == 200, coding
            assert 'Content-Encoding' not in stream.headers, coding
            assert stream.headers['Content-Type'].startswith('text/event-stream')
            lines = (line for line in stream.iter_lines(chunk_size=1) if line.startswith(b'data:'))
            assert len([next(lines) for _ in range(3)]) == 3


def main():
    hub = CompressedHub(sys.argv[1])
    try:
        fill(hub)
        for target in ('/events?since=-%d&limit=%d' % (EVENTS, EVENTS), '/events?since=-6000&topic=site/3',
                       '/metrics', '/metrics?with_readings=true'):
            check_same(hub, target)
        streams = [subprocess.Popen(['curl', '-sN', hub.url('/events/watch')], stdout=subprocess.DEVNULL)
                   for _ in range(8)]
        try:
            wait_until(lambda: hub.open_streams() == 8, 'the streams')
            check_operators_pages(hub)
        finally:
            for stream in streams:
                stream.kill()
                stream.wait()
        check_long_poll(hub)
        check_choices(hub)
        check_streams(hub)
    finally:
        hub.kill()


main()
