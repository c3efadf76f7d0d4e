#!/usr/bin/python3
"""usage: tickets_test.py PROGRAMS-DIRECTORY [NAME...]

Tickets and sessions of two nodes on one Redis, and what GET /-/cluster says of both.
"""
import http.client
import json
import shutil
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True

import stage as stages  # noqa: E402
from engine import PATIENCE, wait_until  # noqa: E402

ORIGIN = 'https://hub.example'
STREAM = {'Accept': 'text/event-stream'}


class Stream:
    """One that a page opens. What it is sent is kept until it ends."""

    def __init__(self, node, target, headers=None):
        self.connection = http.client.HTTPConnection('127.0.0.1', node.port, timeout=PATIENCE)
        self.connection.request('GET', target, None, headers or {})
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.cookie = (self.response.getheader('Set-Cookie') or '').split(';')[0]
        self.text, self.is_over = '', False
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            while data := self.response.read1(65536):
                self.text += data.decode()
        except (OSError, http.client.HTTPException):
            pass
        self.is_over = True

    def close(self):
        self.connection.close()


class Pages:
    """Two nodes that ask for tokens, behind one public URL."""

    def __init__(self, stage, redis, *options, count=2, sentinel=None):
        programs = stage.nodes.programs
        self.boss = programs.add_token('boss', '--subscribe', '#', '--publish', '#', '--permission', 'admin')
        self.reader = programs.add_token('reader', '--subscribe', 'news/#')
        self.options = ['--tokens', programs.tokens, '--public-url', ORIGIN, '--cluster-timeout', '1s', *options]
        self.nodes = [stage.watched_node(sentinel, *self.options) if sentinel else stage.node(redis, *self.options)
                      for _ in range(count)]

    def ticket(self, node):
        status, _, text = node.ask('/tickets', self.reader, body='{}')
        assert status == 201, (status, text)
        made = json.loads(text)
        assert made['url'] == ORIGIN + '/events/watch?ticket=' + made['ticket'], made
        return '/events/watch?ticket=' + made['ticket'], made['ticket']

    def log_in(self, node, token=None, cookie=None):
        """Status, and the fields of a page that has the cookie."""
        headers = dict(cookie or {}, Origin=ORIGIN)
        status, fields, text = node.ask('/session', token or self.reader, body='', headers=headers)
        set_cookie = dict(fields).get('Set-Cookie', '')
        assert status in (200, 201) and 'HttpOnly' in set_cookie, (status, fields, text)
        return status, {'Cookie': set_cookie.split(';')[0], 'Origin': ORIGIN}

    def publish(self, node, data):
        status, _, text = node.ask('/events', self.boss, body=json.dumps({'topic': 'news/x', 'data': data}))
        assert status == 201, (status, text)

    def cluster(self, node):
        status, _, text = node.ask('/-/cluster', self.boss)
        assert status == 200, (status, text)
        return json.loads(text)


def everything_in(redis):
    """All keys and what they hold, as one text."""
    readers = {'string': ('GET',), 'hash': ('HGETALL',), 'list': ('LRANGE', 0, -1),
               'zset': ('ZRANGE', 0, -1, 'WITHSCORES'), 'stream': ('XRANGE', '-', '+')}
    parts = []
    for key in redis.ask('KEYS', '*'):
        command, *rest = readers[redis.ask('TYPE', key)]
        parts += [key.decode(), repr(redis.ask(command, key, *rest))]
    return '\n'.join(parts)


def check_ticket(stage):
    """A ticket of one node opens a stream on the other, once; its cookie opens it again on either."""
    redis = stage.redis()
    pages = Pages(stage, redis)
    a, b = pages.nodes
    target, secret = pages.ticket(a)
    first = Stream(b, target, STREAM)
    assert first.status == 200 and first.cookie, first.status
    pages.publish(a, 'to the page')
    wait_until(lambda: 'to the page' in first.text, 'the event')
    for node in (a, b):
        assert node.ask(target, headers=STREAM)[0] == 401
        again = Stream(node, target, dict(STREAM, Cookie=first.cookie))
        assert again.status == 200 and not again.cookie, again.status
        again.close()
    kept = everything_in(redis)
    assert 'token:reader' in kept
    for word in (secret, secret[3:], first.cookie.split('=')[1], pages.reader, pages.reader[-43:]):
        assert word not in kept, 'a secret is in Redis'
        for node in (a, b):
            assert word not in node.said(), 'a secret is in a log'


def check_race(stage):
    """Of two uses of one ticket on two nodes at the same moment exactly one gets the stream, 30 times."""
    redis = stage.redis()
    pages = Pages(stage, redis)
    wins = [0, 0]
    for _ in range(30):  # each loser is a failure of this address, of which a hub takes 30 at once
        target, _ = pages.ticket(pages.nodes[0])
        statuses, gate = [0, 0], threading.Barrier(2)

        def use(index, target=target, statuses=statuses, gate=gate):
            gate.wait()
            stream = Stream(pages.nodes[index], target, STREAM)
            statuses[index] = stream.status
            stream.close()

        threads = [threading.Thread(target=use, args=(index,)) for index in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [200, 401], statuses
        wins[statuses.index(200)] += 1
    return 'won by one and by the other: %d and %d' % tuple(wins)


def check_session(stage):
    """A session of one node is known on the other, is renewed and ends on both."""
    redis = stage.redis()
    pages = Pages(stage, redis)
    a, b = pages.nodes
    status, cookie = pages.log_in(a)
    assert status == 201
    status, _, text = b.ask('/session', headers=cookie)
    assert status == 200 and json.loads(text)['principal'] == 'token:reader', text
    stream = Stream(b, '/events/watch', dict(cookie, **STREAM))
    assert stream.status == 200
    # Renewed on the other node: the cookie stays, and so does the stream.
    status, same = pages.log_in(b, cookie=cookie)
    assert status == 200 and same == cookie, (status, same)
    secret = cookie['Cookie'].split('=')[1]
    assert secret not in everything_in(redis)
    assert not stream.is_over, stream.text
    assert a.ask('/session', headers=cookie, method='DELETE')[0] == 204
    begin = time.monotonic()
    wait_until(lambda: b.ask('/session', headers=cookie)[0] == 401, 'the end on the other node')
    took = time.monotonic() - begin
    wait_until(lambda: 'revoked' in stream.text and stream.is_over, 'the end of the stream')
    assert took < 2 + 1, took  # and a second for a machine that is busy
    # Another principal ends what the browser had.
    _, cookie = pages.log_in(a)
    assert b.ask('/session', headers=cookie)[0] == 200
    status, other = pages.log_in(b, pages.boss, cookie)
    assert status == 201 and other != cookie
    wait_until(lambda: a.ask('/session', headers=cookie)[0] == 401, 'the end of the one before')
    return 'a sign-out was seen on the other node after %.2f s' % took


def check_restart(stage):
    """Tickets and sessions outlive the node that gave them."""
    redis = stage.redis()
    pages = Pages(stage, redis)
    a, b = pages.nodes
    _, cookie = pages.log_in(a)
    target, _ = pages.ticket(a)
    taken, _ = pages.ticket(a)
    first = Stream(a, taken, STREAM)
    a.kill()
    assert b.ask('/session', headers=cookie)[0] == 200
    assert Stream(b, taken, dict(STREAM, Cookie=first.cookie)).status == 200
    assert Stream(b, target, STREAM).status == 200


def check_absent_engine(stage):
    """Without Redis streams go on, tokens work, sessions and tickets get 503 or a retry; later all is as before."""
    redis = stage.redis(append='always')
    pages = Pages(stage, redis)
    a, b = pages.nodes
    _, cookie = pages.log_in(a)
    target, _ = pages.ticket(a)
    taken, _ = pages.ticket(a)
    first = Stream(b, taken, STREAM)
    by_session = Stream(b, '/events/watch', dict(cookie, **STREAM))
    assert first.status == by_session.status == 200
    redis.stop()
    # What was heard from Redis last counts for some seconds, so that a promotion is not noticed.
    wait_until(lambda: b.ask('/session', headers=cookie)[0] == 503, 'the first refusal')
    for answer in (b.ask('/session', headers=cookie), b.ask('/session', pages.reader, body='', headers=cookie),
                   b.ask('/session', headers=cookie, method='DELETE'), b.ask('/tickets', pages.reader, body='{}'),
                   b.ask(target)):
        fields = dict(answer[1])
        assert answer[0] == 503 and fields['Retry-After'] and 'Set-Cookie' not in fields, answer
    status, fields, text = b.ask(target, headers=STREAM)
    assert status == 200 and dict(fields)['SSE-Refused'] == 'unavailable' and text.startswith(b'retry: '), text
    assert b.ask('/session', pages.reader)[0] == 200
    told = pages.cluster(b)
    assert not told['engine']['up'] and told['engine']['error'], told
    assert [node['self'] for node in told['nodes']] == [True], told
    assert not first.is_over and not by_session.is_over
    redis.go_on()
    wait_until(lambda: b.ask('/session', headers=cookie)[0] == 200, 'the session')
    pages.publish(a, 'after it')
    wait_until(lambda: 'after it' in first.text and 'after it' in by_session.text, 'the streams')
    assert 'sse.closing' not in first.text + by_session.text
    # And over a restart of Redis, which has a file.
    redis.restart()
    wait_until(lambda: a.ask('/session', headers=cookie)[0] == 200, 'the session after the restart')


def check_promotion(stage):
    """A replica that is promoted has tickets and sessions, and what is done then is done there, for both nodes."""
    master, replica, sentinel = stage.watched()
    pages = Pages(stage, master, sentinel=sentinel)
    a, b = pages.nodes
    _, cookie = pages.log_in(a)
    target, _ = pages.ticket(a)
    stream = Stream(b, '/events/watch', dict(cookie, **STREAM))
    assert stream.status == 200
    master.wait_until_same(replica)
    master.kill()
    sentinel.wait_for_master(replica)
    for node in (a, b):
        wait_until(lambda node=node: pages.cluster(node)['engine'].get('address') == '127.0.0.1:%d' % replica.port
                   and pages.cluster(node)['engine']['up'], 'the new master')
        assert node.ask('/session', headers=cookie)[0] == 200
    assert not stream.is_over, stream.text
    assert Stream(b, target, STREAM).status == 200
    assert a.ask(target, headers=STREAM)[0] == 401
    assert a.ask('/session', headers=cookie, method='DELETE')[0] == 204
    wait_until(lambda: b.ask('/session', headers=cookie)[0] == 401 and stream.is_over, 'the end on the other node')
    assert 'revoked' in stream.text


def check_http2(stage):
    """The same over HTTP/2: a head that waits for Redis is answered like another."""
    if not shutil.which('curl'):
        return 'left out: there is no curl'
    redis = stage.redis()
    pages = Pages(stage, redis, '--h2c')
    a, b = pages.nodes
    _, cookie = pages.log_in(a)

    def curl(node, target, *more):
        words = ['curl', '-s', '-i', '--http2-prior-knowledge', '--max-time', '2', *more, node.url + target]
        done = subprocess.run(words, capture_output=True, check=False, timeout=PATIENCE)
        return done.stdout.decode()

    page = ['-H', 'Cookie: ' + cookie['Cookie'], '-H', 'Origin: ' + ORIGIN]
    said = curl(b, '/session', *page)
    assert said.startswith('HTTP/2 200') and 'token:reader' in said, said
    target, _ = pages.ticket(a)
    said = curl(b, target, '-N', '-H', 'Accept: text/event-stream')
    assert said.startswith('HTTP/2 200') and 'set-cookie: ' in said and ': topic news/#' in said, said
    assert curl(a, target).startswith('HTTP/2 401')
    # A body is taken once the head was judged.
    said = curl(b, '/events', *page, '-d', json.dumps({'topic': 'news/x', 'data': 'x' * 100000}))
    assert said.startswith('HTTP/2 403'), said
    _, boss = pages.log_in(a, pages.boss)
    page = ['-H', 'Cookie: ' + boss['Cookie'], '-H', 'Origin: ' + ORIGIN]
    said = curl(b, '/events', *page, '-d', json.dumps({'topic': 'news/x', 'data': 'x' * 100000}))
    assert said.startswith('HTTP/2 201'), said
    return None


def check_cluster(stage):
    """Each node knows the others and Redis; one that was stopped goes at once, one that was killed in ten seconds."""
    redis = stage.redis()
    replica = stage.redis(master_port=redis.port)
    redis.wait_for_replica(replica)
    pages = Pages(stage, redis, count=3)
    a, b, c = pages.nodes
    stream = Stream(b, '/events/watch', {'Authorization': 'Bearer ' + pages.reader})
    pages.publish(a, 'one')

    def is_whole():
        told = pages.cluster(a)
        streams = {node['address']: node['streams'] for node in told['nodes']}
        return len(streams) == 3 and streams[b.url] == 1 and told['engine']['replicas']

    wait_until(is_whole, 'three nodes')
    told = pages.cluster(a)
    heads = [node['head'] for node in told['nodes'] if node['self']]
    assert heads == [1] and told['engine']['head'] == 1 and told['engine']['entries'] == 1, told
    assert len({node['id'] for node in told['nodes']}) == 3, told
    assert all(node['up'] and node['version'] and node['name'] and node['started'] for node in told['nodes']), told
    assert len({node['epoch'] for node in told['nodes']}) == 1, told
    assert told['engine']['role'] == 'master' and told['engine']['memory_used_bytes'] > 0, told
    assert told['engine']['address'] == '127.0.0.1:%d' % redis.port, told
    assert told['engine']['replicas'][0]['address'] == '127.0.0.1:%d' % replica.port, told
    assert told['engine']['replicas'][0]['state'] == 'online', told

    def nodes_series():
        _, _, text = a.ask('/-/metrics', pages.boss)
        return [line for line in text.decode().split('\n') if line.startswith('sse_cluster_nodes ')]

    wait_until(lambda: nodes_series() == ['sse_cluster_nodes 3'], 'the series')
    # Rights as for /-/streams.
    assert a.ask('/-/cluster')[0] == 401
    assert a.ask('/-/cluster', pages.reader)[0] == 403
    stream.close()
    assert c.stop() == 0
    c.is_alive = False
    assert [node['address'] for node in pages.cluster(a)['nodes']] == sorted([a.url, b.url])
    begin = time.monotonic()
    b.kill()

    def down():
        return [node['address'] for node in pages.cluster(a)['nodes'] if not node['up']]

    wait_until(lambda: down() == [b.url], 'the killed one to be down')
    wait_until(lambda: len(pages.cluster(a)['nodes']) == 1, 'it to be gone')
    took = time.monotonic() - begin
    assert took < 10 + 2, took
    return 'a killed node was gone after %.1f s' % took


def check_alone(stage):
    """A hub without --cluster has no such route to show."""
    hub = stage.nodes.programs.start_hub()
    try:
        status, _, text = hub.ask('/-/cluster')
        assert status == 404 and '--cluster' in json.loads(text)['error'], (status, text)
    finally:
        hub.kill()


if __name__ == '__main__':
    stages.run([check_ticket, check_race, check_session, check_restart, check_absent_engine, check_promotion,
                check_http2, check_cluster, check_alone])
