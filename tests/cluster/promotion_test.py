#!/usr/bin/python3
"""usage: promotion_test.py PROGRAMS-DIRECTORY [NAME...]

A replica takes the place of its master, with all that the master had and without.
"""
import sys
import time

sys.dont_write_bytecode = True

import judge  # noqa: E402
import stage as stages  # noqa: E402
from crowd import Crowd, Subscriber  # noqa: E402
from engine import wait_until  # noqa: E402
from publishers import Publishers  # noqa: E402


def publish(node, *names):
    """The ids of events that were acknowledged."""
    ids = []
    for name in names:
        status, _, answer = node.publish(name, key='key ' + name)
        assert status == 201, (name, status, answer)
        ids.append(answer['id'])
    return ids


def publish_when_possible(node, name):
    """Until it is acknowledged, with the same key."""
    answers = []

    def is_done():
        answers.append(node.publish(name, key='key ' + name))
        return answers[-1][0] == 201

    wait_until(is_done, name + ' to be acknowledged')
    return answers[-1][2]['id']


def check_told_loss(stage):
    """A replica that lacks the last events is promoted: who saw one is told of a gap, the others resume exactly."""
    master, replica, sentinel = stage.watched()
    nodes = [stage.watched_node(sentinel) for _ in range(2)]
    kept = publish(nodes[0], *['kept-%d' % i for i in range(10)])
    master.cut_off(replica)
    with Crowd(stage.alive, 10) as crowd:
        lost = publish(nodes[0], 'lost-0', 'lost-1') + publish(nodes[1], 'lost-2', 'lost-3', 'lost-4')
        wait_until(lambda: crowd.has_all(lost[-1]), 'the events that will be lost')
        master.kill()
        replica.go_on()
        sentinel.wait_for_master(replica)
        after = [publish_when_possible(node, 'after-%d' % i) for i, node in enumerate(nodes)]
        log = stage.final_log()
        assert log == list(zip(kept + after, ['kept-%d' % i for i in range(10)] + ['after-0', 'after-1'])), log
        stage.wait_for_crowd(crowd, log)
    assert not set(lost) & {event for event, _ in log}, 'an id was given twice'
    judge.check_told(crowd.subscribers, log)
    for one in crowd.subscribers:
        gaps = one.gaps()
        assert [(gap['reason'], gap['missed'], gap['requested']) for gap in gaps] == [
            ('unknown', None, lost[-1])], (one.name, gaps)
    # Two who were away: one has seen the last event that was kept, the other the first that was lost.
    check_resume(nodes, kept[-1], 'exact', log[10:])
    check_resume(nodes, lost[0], 'gap; missed=unknown; oldest=' + kept[0], log)


def check_resume(nodes, last_id, resume, events):
    for node in nodes:
        with Crowd(lambda node=node: [node], 0) as crowd:
            one = Subscriber('one who was away', last_id)
            crowd.subscribers.append(one)
            wait_until(lambda one=one: one.count >= len(events), 'what came meanwhile')
        assert one.resumes == [resume], (one.resumes, resume)
        judge.check_equal(one.name, one.events(), events)


def check_replicas(stage):
    """With --cluster-replicas 1 nothing is acknowledged that a replica lacks, and a promotion loses nothing of it."""
    master, replica, sentinel = stage.watched()
    nodes = [stage.watched_node(sentinel, '--cluster-replicas', '1', '--cluster-timeout', '1s') for _ in range(2)]
    kept = publish(nodes[0], *['kept-%d' % i for i in range(10)])
    master.cut_off(replica)
    for node in nodes:
        status, fields, answer = node.publish('alone', key='key alone %d' % node.port)
        assert status in (503, 504), (status, fields, answer)
    master.kill()
    replica.go_on()
    sentinel.wait_for_master(replica)
    status, _, answer = nodes[1].publish('no replica', key='key no replica')
    assert status in (503, 504), (status, answer)
    follow(master, replica)
    publish_when_possible(nodes[0], 'after-0')
    log = stage.final_log()
    assert log[:10] == list(zip(kept, ['kept-%d' % i for i in range(10)])), log
    assert 'after-0' in [data for _, data in log], log


def check_replica_returns(stage):
    """What was answered 504 for lack of a replica is acknowledged at each node once there is one, and is there once."""
    master, replica, sentinel = stage.watched()
    nodes = [stage.watched_node(sentinel, '--cluster-replicas', '1', '--cluster-timeout', '1s') for _ in range(2)]
    master.cut_off(replica)
    for node in nodes:
        status, _, answer = node.publish('lacking', key='one key')
        assert status == 504, (status, answer)
    replica.go_on()
    master.wait_for_replica(replica)
    ids = set()

    def is_known(node):
        status, fields, answer = node.publish('lacking', key='one key')
        assert status in (201, 409, 503, 504), (status, answer)
        ids.update([fields['sse-event-id']] if status in (201, 409) and 'sse-event-id' in fields else [])
        return status == 201 or (status == 409 and 'sse-event-id' in fields)

    for node in nodes:
        wait_until(lambda node=node: is_known(node), 'the answer at each node')
    log = stage.final_log()
    assert [data for _, data in log] == ['lacking'] and ids == {log[0][0]}, (log, ids)


def follow(old, new):
    """Starts the master that was killed as the replica of its successor, as sentinel would in some seconds."""
    old.master_port = new.port
    old.start()
    new.wait_for_replica(old)


def promote_under_load(stage, *options):
    """Kills the master under load. The log, what was acknowledged, the crowd, and the answers."""
    master, replica, sentinel = stage.watched()
    for _ in range(2):
        stage.watched_node(sentinel, '--cluster-timeout', '1s', *options)
    with Crowd(stage.alive, 40, seed=6, hops=20) as crowd:
        wait_until(crowd.is_open, 'the streams')
        publishers = Publishers(stage.alive, 4, seed=6, pace=0.002)
        wait_until(lambda: publishers.count() >= 500, 'the first events')
        master.kill()
        sentinel.wait_for_master(replica)
        promoted = time.monotonic()
        if options:
            follow(master, replica)
        for i, node in enumerate(stage.alive()):
            publish_when_possible(node, 'promoted%d-0' % i)
        took = time.monotonic() - promoted
        before = publishers.count()
        wait_until(lambda: publishers.count() >= before + 500, 'events after the promotion')
        acknowledged = publishers.end()
        log = stage.final_log()
        stage.wait_for_crowd(crowd, log)
    judge.check_order(log)
    told = judge.check_told(crowd.subscribers, log)
    there = {event for event, _ in log}
    lost = [event for event in acknowledged.values() if event not in there]
    assert took < 10, 'both nodes publish %.1f s after the promotion' % took
    return log, acknowledged, lost, (
        '%d events, %d acknowledged were lost, %d of 40 told of a gap; both nodes published %.2f s after the '
        'promotion; answers %s' % (len(log), len(lost), told, took, publishers.answers()))


def check_promotion(stage):
    """The master is killed under load, and a replica promoted: what is lost is told, and all nodes have one log."""
    *_, note = promote_under_load(stage)
    return note


def check_promotion_with_replicas(stage):
    """The same with --cluster-replicas 1: nothing that was acknowledged is lost."""
    log, acknowledged, lost, note = promote_under_load(stage, '--cluster-replicas', '1')
    assert not lost, note
    judge.check_log(log, acknowledged)
    return note


def check_silent_master(stage):
    """SIGSTOP of the master: a replica is promoted, and the old master is not written to when it comes back."""
    master, replica, sentinel = stage.watched()
    nodes = [stage.watched_node(sentinel, '--cluster-timeout', '1s') for _ in range(2)]
    with Crowd(stage.alive, 20, seed=8) as crowd:
        wait_until(crowd.is_open, 'the streams')
        publishers = Publishers(stage.alive, 4, seed=8, pace=0.002)
        wait_until(lambda: publishers.count() >= 300, 'the first events')
        master.stop()
        sentinel.wait_for_master(replica)
        markers = [publish_when_possible(node, 'promoted%d-0' % i) for i, node in enumerate(nodes)]
        safe = set(publishers.acknowledged())
        before = publishers.count()
        wait_until(lambda: publishers.count() >= before + 100, 'events after the promotion')
        master.go_on()
        before = publishers.count()
        wait_until(lambda: publishers.count() >= before + 500, 'events after the old master came back')
        acknowledged = publishers.end()
        log = stage.final_log()
        stage.wait_for_crowd(crowd, log)
    judge.check_order(log)
    judge.check_told(crowd.subscribers, log)
    there = dict((data, event) for event, data in log)
    later = {data: event for data, event in acknowledged.items() if data not in safe}
    assert len(later) >= 600 and all(there.get(data) == event for data, event in later.items()), 'lost after promotion'
    assert set(markers) <= set(there.values())
    assert replica.entries('{events}:log') >= 1
    return '%d events, answers %s' % (len(log), publishers.answers())


if __name__ == '__main__':
    stages.run([check_told_loss, check_replicas, check_replica_returns, check_promotion,
                check_promotion_with_replicas, check_silent_master])
