#!/usr/bin/python3
"""usage: engine_test.py PROGRAMS-DIRECTORY [NAME...]

What two nodes do when their Redis is away, comes back with all that it had, or with nothing.
"""
import os
import sys
import threading
import time

sys.dont_write_bytecode = True

import judge  # noqa: E402
import stage as stages  # noqa: E402
from crowd import Crowd  # noqa: E402
from engine import free_port, wait_until  # noqa: E402
from nodes import engine_url, sentinel_url  # noqa: E402
from publishers import Publishers  # noqa: E402


def two_nodes(stage, redis, *options):
    return [stage.node(redis, *options) for _ in range(2)]


def reasons(crowd):
    return {gap['reason'] for one in crowd.subscribers for gap in one.gaps()}


def check_kept(stage, append):
    """Redis is killed twice under load, and has all that it had."""
    redis = stage.redis(append=append)
    nodes = two_nodes(stage, redis, '--cluster-timeout', '2s')
    metric = nodes[0].answer('/metrics', {'name': 'kept'})[2]['id']
    with Crowd(stage.alive, 20, seed=1, hops=10) as crowd:
        wait_until(crowd.is_open, 'the streams')
        publishers = Publishers(stage.alive, 4, seed=1, pace=0.002)
        for _ in range(2):
            before = publishers.count()
            wait_until(lambda before=before: publishers.count() >= before + 300, 'events before the death')
            redis.restart()
        before = publishers.count()
        wait_until(lambda: publishers.count() >= before + 300, 'events after the last start')
        acknowledged = publishers.end()
        log = [event for event in stage.final_log() if metric not in event[1]]
        judge.check_log(log, acknowledged)
        stage.wait_for_crowd(crowd, log)
    for one in crowd.subscribers:
        one.told = [told for told in one.told if told[0] != 'event' or metric not in told[2]]
    judge.check_exact(crowd.subscribers, log)
    for node in nodes:
        assert [found['id'] for found in node.answer('/metrics?name=kept')[2]] == [metric]
    return '%d events, answers %s' % (len(log), publishers.answers())


def check_append_only(stage):
    """kill -9 of Redis with an append-only file: nothing is missed, nothing comes twice, no gap is told."""
    return check_kept(stage, 'everysec')


def check_append_always(stage):
    """The same with appendfsync always."""
    return check_kept(stage, 'always')


def check_emptied(stage, empty):
    """All is gone: each subscriber is told so, and then has what is there."""
    redis = stage.redis()
    nodes = two_nodes(stage, redis, '--cluster-timeout', '2s')
    with Crowd(stage.alive, 20, seed=2) as crowd:
        wait_until(crowd.is_open, 'the streams')
        publishers = Publishers(stage.alive, 4, seed=2, pace=0.002)
        wait_until(lambda: publishers.count() >= 300, 'the first events')
        old = nodes[0].log()[0][0]
        empty(redis)
        before = publishers.count()
        wait_until(lambda: publishers.count() >= before + 300, 'events in the new log')
        publishers.end()
        log = stage.final_log()
        judge.check_order(log)
        stage.wait_for_crowd(crowd, log)
    told = judge.check_told(crowd.subscribers, log)
    assert told == 20 and reasons(crowd) == {'other-stream'}, (told, reasons(crowd))
    assert old not in dict(log), 'an id of the log that is gone is there again'
    with Crowd(stage.alive, 4) as late:
        for one in late.subscribers:
            assert not one.told or one.told[0][0] == 'event'
        stage.wait_for_crowd(late, log)
    judge.check_exact(late.subscribers, log)
    return '%d events in the new log' % len(log)


def check_no_file(stage):
    """kill -9 of Redis without an append-only file: the log begins again, and each subscriber is told."""
    return check_emptied(stage, lambda redis: redis.restart())


def check_flush(stage):
    """FLUSHALL under load: the log begins again, and each subscriber is told."""
    return check_emptied(stage, lambda redis: redis.ask('FLUSHALL'))


def check_flush_and_newcomer(stage):
    """A hub that is new after FLUSHALL, and attaches before the others, has the same keys as they."""
    redis = stage.redis()
    first = stage.node(redis)
    assert first.publish('before', key='k')[0] == 201
    first.pause()
    redis.ask('FLUSHALL')
    second = stage.node(redis)
    first.go_on()
    assert second.publish('after', key='other')[0] == 201
    wait_until(lambda: [data for _, data in first.log()] == ['after'], 'the new log on both')
    status, _, answer = first.publish('once', key='across')
    assert status == 201, answer
    status, fields, again = second.publish('once', key='across')
    assert status == 201 and again['id'] == answer['id'], (status, fields, again, answer)


def check_silent_engine(stage):
    """SIGSTOP of Redis: streams and reads go on, publishes get 503 or 504 in time; then each event is there once."""
    redis = stage.redis()
    nodes = two_nodes(stage, redis, '--cluster-timeout', '1s')
    with Crowd(stage.alive, 20, seed=4) as crowd:
        wait_until(crowd.is_open, 'the streams')
        publishers = Publishers(stage.alive, 4, seed=4, pace=0.002)
        wait_until(lambda: publishers.count() >= 300, 'the first events')
        redis.stop()
        begin = time.monotonic()
        late = [node.publish('while it stands still', key='silent-%d' % node.port) for node in nodes]
        took = time.monotonic() - begin
        for status, fields, answer in late:
            assert status in (503, 504), (status, answer)
            assert status == 504 or 'retry-after' in fields, fields
        assert took < 10, 'two publishes took %.1f s' % took
        wait_until(lambda: all(node.samples()['sse_cluster_up'] == 0 for node in nodes), 'sse_cluster_up 0')
        for node in nodes:
            assert node.ask('/-/readyz')[0] == 200
            assert len(node.log()) >= 300
        beats = [node.samples() for node in nodes]
        name = next(name for name in beats[0] if name.startswith('sse_heartbeats_total'))
        wait_until(lambda: all(node.samples()[name] > beat[name] for node, beat in zip(nodes, beats)), 'heartbeats')
        redis.go_on()
        before = publishers.count()
        wait_until(lambda: publishers.count() >= before + 300, 'events after it')
        # The answer that did not come can be asked for, at either node.
        acknowledged = publishers.end()
        for node in nodes:
            for asked in nodes:
                status, fields, answer = asked.publish('while it stands still', key='silent-%d' % node.port)
                assert status == 201 or (status == 409 and 'sse-event-id' in fields), (asked is node, status, answer)
        log = stage.final_log()
        stage.wait_for_crowd(crowd, log)
    events = [event for event in log if event[1] != 'while it stands still']
    assert len(events) == len(log) - 2, 'two events were expected, there are %d' % (len(log) - len(events))
    judge.check_log(events, acknowledged)
    judge.check_exact(crowd.subscribers, log)
    wait_until(lambda: all(node.samples()['sse_cluster_up'] == 1 for node in nodes), 'sse_cluster_up 1')
    return 'answers %s' % publishers.answers()


def check_absent(stage):
    """A node that finds no Redis does not listen, says so, and listens once Redis is there, with the log."""
    redis = stage.redis(append='always')
    first = stage.node(redis)
    status, _, answer = first.publish('before')
    assert status == 201, answer
    first.stop()
    first.is_alive = False
    redis.kill()
    started = []
    thread = threading.Thread(target=lambda: started.append(stage.node(redis)))
    thread.start()

    def said():
        written = stage.nodes.programs.written
        if len(written) < 2:
            return ''
        with open(written[-1][1][1], encoding='utf-8') as file:
            return file.read()

    wait_until(lambda: str(redis.port) in said() or not thread.is_alive(), 'the node to say what it waits for')
    assert thread.is_alive() and not started and 'listening' not in said(), said()
    redis.start()
    thread.join(60)
    assert started, said()
    assert [data for _, data in started[0].log()] == ['before'], started[0].log()


def password_file(stage, name, password):
    """The path of a new file that has it, and that only its owner can read."""
    path = stage.nodes.programs.file(name)
    with open(path, 'w', encoding='ascii', opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(password + '\n')
    return path


def check_sentinel_password(stage):
    """Sentinels that want a password, or a user, get it from a file or the environment; a wrong one is refused."""
    redis = stage.redis()
    guarded = stage.sentinel(redis, more=['requirepass secret', 'user watcher on >other +sentinel|get-master-addr-by-name'])
    open_one = stage.sentinel(redis)
    url = sentinel_url(guarded)
    by_user = url + '&sentinel-user=watcher'
    variable = 'SSE_CLUSTER_SENTINEL_PASSWORD'
    for asked, environment, said in (
            (url, {}, 'NOAUTH'), (url, {variable: 'wrong'}, 'WRONGPASS'), (by_user, {variable: 'secret'}, 'WRONGPASS'),
            (sentinel_url(open_one), {variable: 'secret'}, 'without any password'),
            # That another sentinel is away does not hide it.
            (url.replace('?', ',127.0.0.1:1?'), {variable: 'wrong'}, 'WRONGPASS')):
        code, _, err = stage.nodes.programs.run(
            ['sse-serve', '--no-config', '--port', '0', '--cluster', asked, *stage.nodes.options], environment)
        assert code == 78 and said in err and 'the sentinel 127.0.0.1' in err, (code, err)
        assert 'secret' not in err, err
    option = '--cluster-sentinel-password-file'
    nodes = [stage.nodes.start(url, environment={variable: 'secret'}),
             stage.nodes.start(url, option, password_file(stage, 'password', 'secret')),
             stage.nodes.start(by_user, option, password_file(stage, 'users-password', 'other'), environment={variable: 'wrong'}),
             # One sentinel that refuses does not matter, when another one answers.
             stage.nodes.start(url.replace('127.0.0.1', '127.0.0.1:%d,127.0.0.1' % open_one.port, 1))]
    assert nodes[0].publish('by way of a sentinel')[0] == 201
    for node in nodes:
        wait_until(lambda node=node: [data for _, data in node.log()] == ['by way of a sentinel'], 'the event on each')
        with open('/proc/%d/cmdline' % node.process.pid, encoding='utf-8') as file:
            assert not {'secret', 'other'} & set(file.read().split('\0')), 'the password is on the command line'


def check_refusals(stage):
    """What would lose events, or cannot work, is named, and the hub does not start."""

    def refused(url, *words, environment=None):
        code, _, err = stage.nodes.programs.run(
            ['sse-serve', '--no-config', '--port', '0', '--cluster', url, *stage.nodes.options], environment)
        assert code not in (0, 64), (code, err)  # not for its command line
        for word in words:
            assert word in err, (word, err)

    refused(engine_url(stage.redis(more=['--maxmemory-policy', 'allkeys-lru'])), 'allkeys-lru', 'noeviction')
    sharded = stage.redis(more=['--cluster-enabled', 'yes', '--cluster-port', str(free_port())])
    refused(engine_url(sharded), 'Redis Cluster')
    locked = stage.redis()
    locked.ask('ACL', 'SETUSER', 'hub', 'on', '>word', '~{events}:*', '+@all', '-xadd', '-zincrby')
    locked.ask('ACL', 'SETUSER', 'able', 'on', '>word', '~{events}:*', '+@all')
    url = engine_url(locked).replace('://', '://%s@')
    refused(url % 'hub', 'xadd', 'zincrby', environment={'SSE_CLUSTER_PASSWORD': 'word'})
    locked.ask('CONFIG', 'SET', 'requirepass', 'another word')
    refused(engine_url(locked), 'NOAUTH')
    refused(url % 'able', 'WRONGPASS', environment={'SSE_CLUSTER_PASSWORD': 'another word'})
    path = password_file(stage, 'password', 'word')
    nodes = [stage.nodes.start(url % 'able', environment={'SSE_CLUSTER_PASSWORD': 'word'}),
             stage.nodes.start(url % 'able', '--cluster-password-file', path)]
    assert nodes[0].publish('by a user of its own')[0] == 201
    wait_until(lambda: [data for _, data in nodes[1].log()] == ['by a user of its own'], 'the event on the other')
    for node in nodes:
        with open('/proc/%d/cmdline' % node.process.pid, encoding='utf-8') as file:
            assert 'word' not in file.read().replace('password', ''), 'the password is on the command line'


if __name__ == '__main__':
    stages.run([check_append_only, check_append_always, check_no_file, check_flush,
                check_flush_and_newcomer, check_silent_engine, check_absent,
                check_sentinel_password, check_refusals])
