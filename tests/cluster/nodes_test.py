#!/usr/bin/python3
"""usage: nodes_test.py PROGRAMS-DIRECTORY [NAME...]

Two and three nodes on one Redis: the same ids in the same order on each of them, whatever happens to one.
"""
import sys
import threading
import time

sys.dont_write_bytecode = True

import judge  # noqa: E402
import stage as stages  # noqa: E402
from crowd import Crowd  # noqa: E402
from engine import wait_until  # noqa: E402
from publishers import Publishers  # noqa: E402

PATIENT = ('--cluster-timeout', '5s')


def check_hops(stage):
    """Subscribers that hop between two nodes get the same ids in the same order, each once."""
    redis = stage.redis()
    for _ in range(2):
        stage.node(redis)
    with Crowd(stage.alive, 100, seed=7, hops=150) as crowd:
        wait_until(crowd.is_open, 'the streams')
        publishers = Publishers(stage.alive, 4, seed=7, pace=0.004)
        wait_until(lambda: publishers.count() >= 1500, '1,500 events')
        acknowledged = publishers.end()
        log = stage.final_log()
        judge.check_log(log, acknowledged)
        stage.wait_for_crowd(crowd, log)
    judge.check_exact(crowd.subscribers, log)
    hops = sum(one.hops for one in crowd.subscribers)
    assert hops > 100, hops
    return '%d events, 100 subscribers, %d hops' % (len(log), hops)


class Poller(threading.Thread):
    """Asks another node each time, after the last cursor."""

    def __init__(self, nodes):
        super().__init__(daemon=True)
        self.nodes, self.events, self.gaps, self.is_ended = nodes, [], [], False
        _, _, page = nodes[0].answer('/events')
        self.cursor = page['cursor']
        self.start()

    def run(self):
        turn = 0
        while not self.is_ended:
            turn += 1
            _, _, page = self.nodes[turn % len(self.nodes)].answer('/events?wait=1s&limit=20&after=' + self.cursor)
            self.events += [(event['id'], event['data']) for event in page['events']]
            self.gaps += [page['gap']] if page['gap'] else []
            self.cursor = page['cursor']


def check_polls(stage):
    """Polls that go to the two nodes in turn get each event once, and no gap."""
    redis = stage.redis()
    nodes = [stage.node(redis) for _ in range(2)]
    pollers = [Poller(nodes) for _ in range(4)]
    publishers = Publishers(stage.alive, 2, seed=11, pace=0.003)
    wait_until(lambda: publishers.count() >= 600, '600 events')
    acknowledged = publishers.end()
    log = stage.final_log()
    judge.check_log(log, acknowledged)
    try:
        wait_until(lambda: all(poller.cursor == log[-1][0] for poller in pollers), 'the pollers')
    finally:
        for poller in pollers:
            poller.is_ended = True
    for poller in pollers:
        poller.join(10)
        assert not poller.gaps, poller.gaps[:2]
        judge.check_equal('a poller', poller.events, log)


def check_snapshot(stage):
    """A page that takes metrics from one node and its stream from the other misses nothing, and sees nothing twice."""
    redis = stage.redis()
    nodes = [stage.node(redis) for _ in range(2)]
    metric = nodes[0].answer('/metrics', {'name': 'cpu'})[2]['id']
    for i in range(50):
        here, there = nodes[i % 2], nodes[1 - i % 2]
        status, fields, _ = here.answer('/metrics/readings', {'metric_id': metric, 'value': i})
        assert status == 201
        _, shown, rows = here.answer('/metrics?with_readings=true')
        assert len(rows[0]['readings']) == i + 1 and shown['sse-cursor'] == fields['sse-event-id'], (i, shown)
        _, _, page = there.answer('/events?after=' + shown['sse-cursor'])
        assert page['events'] == [] and page['gap'] is None and page['cursor'] == shown['sse-cursor'], page


def check_start_under_flow(stage):
    """A node that starts while events flow has all of them, and gives them in the same order."""
    redis = stage.redis()
    for _ in range(2):
        stage.node(redis)
    publishers = Publishers(stage.alive, 2, seed=3, pace=0.02, batch=200)
    with Crowd(stage.alive, 4, seed=3, hops=5) as crowd:
        wait_until(lambda: publishers.count() >= 5000, 'the first events')
        # A start may fall between two events: then another node is started.
        for _ in range(100):
            begin, before = time.monotonic(), publishers.count()
            late = stage.node(redis)
            took = time.monotonic() - begin
            if publishers.count() > before:
                break
            late.kill()
        with Crowd(lambda: [late], 4) as late_crowd:
            at_start = publishers.count()
            wait_until(lambda: publishers.count() >= at_start + 10000, 'events after the start')
            rate = (publishers.count() - before) / (time.monotonic() - begin)
            acknowledged = publishers.end()
            log = stage.final_log()
            judge.check_log(log, acknowledged)
            for one in (crowd, late_crowd):
                stage.wait_for_crowd(one, log)
    judge.check_exact(crowd.subscribers + late_crowd.subscribers, log)
    assert at_start > before, 'no event came while the node started'
    return '%d events, %.0f a second; started in %.2f s, %d events meanwhile' % (
        len(log), rate, took, at_start - before)


def check_kill(stage):
    """kill -9 of a node: its subscribers resume on the other, exactly; its publishers lose nothing."""
    redis = stage.redis()
    victim = stage.node(redis)
    stage.node(redis)
    with Crowd(stage.alive, 40, seed=5) as crowd:
        wait_until(crowd.is_open, 'the streams')
        publishers = Publishers(stage.alive, 4, seed=5, pace=0.002)
        wait_until(lambda: publishers.count() >= 300, 'the first events')
        there = sum(one.node is victim for one in crowd.subscribers)
        assert there > 5, there
        victim.kill()
        wait_until(lambda: publishers.count() >= 800, 'events after the death')
        acknowledged = publishers.end()
        log = stage.final_log()
        judge.check_log(log, acknowledged)
        stage.wait_for_crowd(crowd, log)
    judge.check_exact(crowd.subscribers, log)
    resumes = [said for one in crowd.subscribers for said in one.resumes]
    assert len(resumes) >= there and set(resumes) == {'exact'}, resumes
    return '%d of 40 subscribers moved' % there


def check_pause(stage):
    """SIGSTOP of a node: the other goes on; afterwards the first has all, and nothing twice."""
    redis = stage.redis()
    paused = stage.node(redis, *PATIENT)
    other = stage.node(redis, *PATIENT)
    with Crowd(stage.alive, 20, seed=9) as crowd:
        wait_until(crowd.is_open, 'the streams')
        # One publisher each that stays, so that one of them waits and the other does not.
        waiting = Publishers(lambda: [paused], 2, name='paused', pace=0.002)
        going_on = Publishers(lambda: [other], 2, seed=2, pace=0.002)
        wait_until(lambda: waiting.count() >= 100 and going_on.count() >= 100, 'the first events')
        paused.pause()
        before = (waiting.count(), going_on.count())
        wait_until(lambda: going_on.count() >= before[1] + 500, 'events of the other node')
        assert waiting.count() <= before[0] + 2, 'a node that stands still published'
        paused.go_on()
        wait_until(lambda: waiting.count() >= before[0] + 200, 'events of the node that stood still')
        acknowledged = {**waiting.end(), **going_on.end()}
        log = stage.final_log()
        judge.check_log(log, acknowledged)
        stage.wait_for_crowd(crowd, log)
    judge.check_exact(crowd.subscribers, log)
    return '%d events' % len(log)


def at_once(*actions):
    """What each gives, all begun at the same moment."""
    results = [None] * len(actions)
    barrier = threading.Barrier(len(actions))

    def act(i, action):
        barrier.wait()
        results[i] = action()

    threads = [threading.Thread(target=act, args=both) for both in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def check_keys(stage):
    """A key repeated on the other node gets the first answer, also when both are asked at once."""
    redis = stage.redis()
    nodes = [stage.node(redis) for _ in range(2)]
    for i in range(20):
        first, second = nodes[i % 2], nodes[1 - i % 2]
        status, fields, answer = first.publish('data %d' % i, key='one-%d' % i)
        assert status == 201 and 'idempotency-replayed' not in fields, (status, fields)
        again, more, repeated = second.publish('data %d' % i, key='one-%d' % i)
        assert (again, repeated['id']) == (201, answer['id']), (again, repeated, answer)
        assert more.get('idempotency-replayed') == 'true', more
        assert more['sse-event-id'] == fields['sse-event-id'] == answer['id'], (more, fields)
        status, _, refused = second.publish('something else', key='one-%d' % i)
        assert status == 422, (status, refused)
    for i in range(20):
        results = at_once(*[lambda node=node, i=i: node.publish('both %d' % i, key='both-%d' % i) for node in nodes])
        ids = {fields['sse-event-id'] for _, fields, _ in results if 'sse-event-id' in fields}
        assert len(ids) == 1 and any(status == 201 for status, _, _ in results), results
        assert all(status in (201, 409) for status, _, _ in results), results
    log = stage.final_log()
    assert len(log) == 40 and len({data for _, data in log}) == 40, len(log)


def check_metrics(stage):
    """if_missing on both nodes at once makes one metric; metrics and readings are the same on all nodes."""
    redis = stage.redis()
    nodes = [stage.node(redis) for _ in range(2)]
    ids = []
    for i in range(20):
        wanted = {'name': 'metric %d' % i, 'if_missing': True}
        results = at_once(*[lambda node=node: node.answer('/metrics', wanted) for node in nodes])
        assert sorted(status for status, _, _ in results) == [200, 201], results
        assert results[0][2]['id'] == results[1][2]['id'], results
        ids.append(results[0][2]['id'])

    def add_readings(node, base):
        for n in range(30):
            status, _, answer = node.answer('/metrics/readings', {'metric_id': ids[n % 20], 'value': base + n})
            assert status == 201, (status, answer)

    at_once(*[lambda node=node, i=i: add_readings(node, 100 * i) for i, node in enumerate(nodes)])
    # What is gone for one is gone for all.
    status, _, _ = nodes[0].answer('/metrics/' + ids[0], method='DELETE')
    assert status == 204, status
    status, _, answer = nodes[1].answer('/metrics/readings', {'metric_id': ids[0], 'value': 1})
    assert status == 404, (status, answer)
    log = stage.final_log()
    nodes.append(stage.node(redis))  # loads what the others have seen happen
    shown = [node.answer('/metrics?with_readings=true')[2] for node in nodes]
    assert len(shown[0]) == 19 and sum(len(metric['readings']) for metric in shown[0]) == 56, shown[0]
    assert shown[1] == shown[0] and shown[2] == shown[0], shown
    assert len(log) == 20 + 60 + 1 and nodes[2].log() == log


if __name__ == '__main__':
    stages.run([check_hops, check_polls, check_snapshot, check_start_under_flow, check_kill, check_pause, check_keys,
                check_metrics])
