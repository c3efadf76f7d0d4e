"""Publishers that ask again, with the same key, at any node, until they know that it is done."""
import collections
import http.client
import json
import os
import random
import threading
import time

PAUSE = 0.05


class Publisher(threading.Thread):
    """Publishes NAME-0, NAME-1, ..., each after the one before it was acknowledged. `acknowledged`: data to id."""

    def __init__(self, nodes, name, seed=0, pace=0.0, batch=1):
        super().__init__(daemon=True)
        self.nodes, self.label, self.pace, self.batch = nodes, name, pace, batch
        self.random = random.Random('%s %s %s' % (seed, name, os.environ.get('SSE_CLUSTER_SEED', '')))
        self.acknowledged = {}
        self.answers = {}  # how often each status came
        self.newest = collections.deque(maxlen=6)  # answers: port, status and text
        self.failure = None
        self.ended = None  # when the event that is being published became the last
        self.connections = {}
        self.start()

    def run(self):
        number = 0
        try:
            while self.ended is None:
                self.publish(number)
                number += self.batch
                if self.pace:
                    time.sleep(self.pace)
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error
        for connection in self.connections.values():
            connection.close()

    def publish(self, number):
        names = ['%s-%d' % (self.label, number + i) for i in range(self.batch)]
        text = '\n'.join(json.dumps({'data': name, 'topic': self.label}) for name in names)
        key = 'key-%s-%d' % (self.label, number)
        while True:
            nodes = self.nodes()
            done = self.try_once(self.random.choice(nodes), key, text) if nodes else None
            if done is not None:
                assert len(done) == len(names), done
                self.acknowledged.update(zip(names, done))
                return
            assert self.ended is None or time.monotonic() - self.ended < 60, 'never acknowledged: %s, answers %s' % (
                names[0], list(self.newest))
            time.sleep(PAUSE)

    def try_once(self, node, key, text):
        """The ids of the events, or None: not known."""
        connection = self.connections.get(node.port)
        if connection is None:
            connection = self.connections[node.port] = http.client.HTTPConnection('127.0.0.1', node.port, timeout=10)
        kind = 'application/json' if self.batch == 1 else 'application/x-ndjson'
        try:
            connection.request('POST', '/events', text, {'Idempotency-Key': '"%s"' % key, 'Content-Type': kind})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self.count('none')
            self.newest.append((node.port, 'none', ''))
            return None
        self.count(answer.status)
        self.newest.append((node.port, answer.status, body[:200].decode()))
        if answer.status in (200, 201):
            body = json.loads(body)
            return [body['id']] if answer.status == 201 else [result['id'] for result in body['results']]
        if answer.status == 409 and answer.getheader('SSE-Event-Id') and self.batch == 1:
            return [answer.getheader('SSE-Event-Id')]
        assert answer.status in (409, 500, 503, 504, 507), 'status %d: %s' % (answer.status, body[:300])
        assert answer.status != 503 or answer.getheader('Retry-After'), '503 without Retry-After'
        return None

    def count(self, what):
        self.answers[what] = self.answers.get(what, 0) + 1


class Publishers:
    """Some of them."""

    def __init__(self, nodes, count, name='publisher', **options):
        self.all = [Publisher(nodes, '%s%d' % (name, i), **options) for i in range(count)]

    def acknowledged(self):
        found = {}
        for publisher in self.all:
            found.update(publisher.acknowledged.copy())
        return found

    def count(self):
        self.check()
        return sum(len(publisher.acknowledged) for publisher in self.all)

    def check(self):
        for publisher in self.all:
            if publisher.failure is not None:
                raise AssertionError('%s: %r' % (publisher.label, publisher.failure))

    def answers(self):
        found = {}
        for publisher in self.all:
            for what, count in publisher.answers.items():
                found[what] = found.get(what, 0) + count
        return found

    def end(self):
        """After the event that each is publishing."""
        for publisher in self.all:
            publisher.ended = time.monotonic()
        for publisher in self.all:
            publisher.join(70)
            assert not publisher.is_alive(), publisher.label + ' does not come to an end'
        self.check()
        return self.acknowledged()
