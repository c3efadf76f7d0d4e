#!/usr/bin/python3
"""usage: neighbours_test.py PROGRAMS-DIRECTORY

What principals of one hub have of each other, over a restart: nothing of another's topics, live, replayed,
polled, of the newest of each, or behind an id of another's; no answer to another's key. And a peer that
shares an address with a thousand bad signed tokens, or whose neighbour sends bodies without a credential.
"""
import base64
import json
import os
import re
import socket
import sys
import tempfile

from programs import PATIENCE, Programs, wait_until

BAD_TOKENS = 1_000
TICKETS = 50


class Watch:
    """A stream, and what has come on it."""

    def __init__(self, hub, target, token, headers=None):
        self.socket = socket.create_connection(('127.0.0.1', hub.port), PATIENCE)
        fields = {'Host': 'localhost', 'Authorization': 'Bearer ' + token, **(headers or {})}
        self.socket.sendall(('GET %s HTTP/1.1\r\n%s\r\n' % (target, ''.join(
            '%s: %s\r\n' % field for field in fields.items()))).encode())
        self.text = ''

    def until(self, mark):
        while mark not in self.text:
            data = self.socket.recv(65536)
            assert data, 'the stream ended before %r came: %s' % (mark, self.text)
            self.text += data.decode()
        return self

    def close(self):
        self.socket.close()


def publish(hub, token, topic, data, key=''):
    status, fields, body = hub.ask('/events', token, json.dumps({'topic': topic, 'data': data}),
                                   {'Idempotency-Key': '"%s"' % key} if key else None)
    assert status == 201, body
    return json.loads(body)['id'], dict(fields).get('Idempotency-Replayed')


def check_no_other_topics(hub, ci, every, first_id):
    """A reader of ci/# that asks for everything, in each way there is to ask."""
    live = Watch(hub, '/events/watch', ci).until(': topic ci/#')
    publish(hub, every, 'secret/live', 'hidden live')
    publish(hub, every, 'ci/live', 'seen live')
    seen = [live.until('seen live')]
    for target in ('/events/watch?since=earliest', '/events/watch?since=each', '/events/watch?topic=%23&since=-100',
                   '/events/watch?since=1h', '/events/watch?every=10ms&since=earliest'):
        seen.append(Watch(hub, target, ci).until('seen live'))
    seen.append(Watch(hub, '/events/watch', ci, {'Last-Event-ID': first_id}).until('seen live'))
    for watch in seen:
        watch.close()
    for target in ('/events?since=earliest', '/events?since=each', '/events?topic=%23&since=earliest',
                   '/events?last_event_id=' + first_id):
        status, _, body = hub.ask(target, ci)
        assert status == 200 and b'seen live' in body, (target, body)
        seen.append(body.decode())
    for text in (one if isinstance(one, str) else one.text for one in seen):
        assert 'hidden' not in text and 'secret/' not in text, text
    assert b'hidden live' in hub.ask('/events?since=earliest', every)[2]


def check_keys(hub, one, other, first):
    """The same key and the same body: each principal gets an answer of its own."""
    own, replayed = publish(hub, one, 'ci/keyed', 'kept', 'shared')
    assert replayed == (None if first else 'true'), replayed
    others, replayed = publish(hub, other, 'ci/keyed', 'kept', 'shared')
    assert replayed == (None if first else 'true') and others != own, (own, others)
    return own, others


def check_topics_and_keys(programs):
    ci = programs.add_token('ci', '--publish', 'ci/#', '--subscribe', 'ci/#')
    other = programs.add_token('other', '--publish', '#')
    every = programs.add_token('every', '--publish', '#', '--subscribe', '#')
    options = ('--tokens', programs.tokens, '--data-dir', programs.file('data'))
    hub = programs.start_hub(*options)
    first_id, _ = publish(hub, every, 'secret/first', 'hidden first')
    check_no_other_topics(hub, ci, every, first_id)
    answers = check_keys(hub, ci, other, first=True)
    hub.stop()
    # Now all of it comes from the disk.
    hub = programs.start_hub(*options)
    assert check_keys(hub, ci, other, first=False) == answers
    check_no_other_topics(hub, ci, every, first_id)
    assert b'hidden first' in hub.ask('/events?since=earliest', every)[2]
    hub.stop()


def cookie_of(fields):
    return next(value.split(';')[0] for name, value in fields if name.lower() == 'set-cookie')


def sign(programs, subject):
    code, out, err = programs.run(
        ['sse-serve', 'token', 'jwt', subject, '--key', programs.file('keys.json'), '--subscribe', 'ci/#'])
    assert code == 0, err
    return out.strip()


def check_bad_neighbour(programs):
    """The failures of others at the same address lock no peer out."""
    static = programs.add_token('ci', '--subscribe', 'ci/#', '--permission', 'admin')
    secret = base64.urlsafe_b64encode(os.urandom(32)).rstrip(b'=').decode()
    with open(os.open(programs.file('keys.json'), os.O_CREAT | os.O_WRONLY, 0o600), 'w',
              encoding='ascii') as file:
        file.write('{"keys":[{"kty":"oct","alg":"HS256","k":"%s"}]}' % secret)
    hub = programs.start_hub('--tokens', programs.tokens, '--jwt-keys', programs.file('keys.json'))
    cached, late = sign(programs, 'ann'), sign(programs, 'bob')
    assert hub.ask('/events', cached)[0] == 200
    ticket = json.loads(hub.ask('/tickets', static, b'{}')[2])['url']
    fresh = json.loads(hub.ask('/tickets', static, b'{}')[2])['url']
    watch = Watch(hub, ticket, static, {'Authorization': 'Basic YTpi'}).until(': open')
    cookies = re.search('^set-cookie: ([^;]+)', watch.text, re.M | re.I)[1]
    session = cookie_of(hub.ask('/session', static, b'')[1])
    head, claims, _ = cached.split('.')
    statuses = []
    for number in range(BAD_TOKENS):
        forged = base64.urlsafe_b64encode(number.to_bytes(4, 'big') * 8).rstrip(b'=').decode()
        statuses.append(hub.ask('/events', '.'.join((head, claims, forged)))[0])
    assert set(statuses) == {401, 429} and statuses[:30] == [401] * 30, statuses[:40]
    # Thirty, and those that a second brings.
    checked = float(re.search(r'^sse_auth_signatures_checked_total (\d+)', hub.ask(
        '/-/metrics', static)[2].decode(), re.M)[1])
    assert checked == 1 + statuses.count(401) < BAD_TOKENS / 2, checked
    for target, token, headers in (('/events', static, None), ('/events', cached, None),
                                   ('/events', '', {'Cookie': session})):
        assert hub.ask(target, token, headers=headers)[0] == 200, target
    again = Watch(hub, ticket, static, {'Authorization': 'Basic YTpi', 'Cookie': cookies}).until(': open')
    Watch(hub, fresh, static, {'Authorization': 'Basic YTpi'}).until(': open').close()
    for one in (watch, again):
        one.close()
    # What was never checked has to wait, and is told for how long.
    wait_until(lambda: hub.ask('/events', late)[0] == 200, 'a signed token to be checked again')
    hub.stop()


def check_strangers_bodies(programs):
    """401 with the head alone, whatever body it says."""
    hub = programs.start_hub('--tokens', programs.tokens)
    for expect in ('', 'Expect: 100-continue\r\n'):
        for size in (10, 1 << 20):
            stranger = socket.create_connection(('127.0.0.1', hub.port), PATIENCE)
            stranger.sendall(('POST /events HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n'
                              % (expect, size)).encode())
            answer = stranger.recv(65536)
            assert answer.startswith(b'HTTP/1.1 401 '), answer
            while data := stranger.recv(65536):
                answer += data
            assert b'100 Continue' not in answer and answer.count(b'HTTP/1.1') == 1, answer
            stranger.close()
    hub.stop()


def check_ticket_at_once(programs):
    """Of all that use one ticket at the same time, on several loops, one has it."""
    token = programs.add_token('ci', '--subscribe', 'ci/#')
    hub = programs.start_hub('--tokens', programs.tokens, '--threads', '4')
    for _ in range(TICKETS):
        url = json.loads(hub.ask('/tickets', token, b'{}')[2])['url']
        sockets = [socket.create_connection(('127.0.0.1', hub.port), PATIENCE) for _ in range(8)]
        for one in sockets:  # all but the last byte
            one.sendall(('GET %s HTTP/1.1\r\nHost: localhost\r\n\r' % url).encode())
        for one in sockets:
            one.sendall(b'\n')
        statuses = sorted(one.recv(4096).split(b' ')[1] for one in sockets)
        assert statuses == [b'200'] + [b'401'] * 7, statuses
        for one in sockets:
            one.close()
    hub.stop()


def main():
    for check in (check_topics_and_keys, check_bad_neighbour, check_strangers_bodies,
                  check_ticket_at_once):
        with tempfile.TemporaryDirectory() as directory:
            programs = Programs(sys.argv[1], directory)
            if check is check_strangers_bodies:
                programs.add_token('ci')
            check(programs)


main()
