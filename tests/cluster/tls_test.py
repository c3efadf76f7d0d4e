#!/usr/bin/python3
"""usage: tls_test.py PROGRAMS-DIRECTORY [NAME...]

Nodes that speak to Redis and its sentinel over TLS: what goes on as without, and what is refused.
"""
import contextlib
import os
import shutil
import socket
import sys

sys.dont_write_bytecode = True

import judge  # noqa: E402
import stage as stages  # noqa: E402
from crowd import Crowd  # noqa: E402
from engine import Secure, wait_until  # noqa: E402
from nodes import engine_url, sentinel_url  # noqa: E402
from publishers import Publishers  # noqa: E402
from trust import Trust  # noqa: E402
from secure import Authority  # noqa: E402, pylint: disable=wrong-import-order

CONFIG = 78  # of sysexits(3): an operator has to change something


def check_as_without(stage):
    """Two nodes share a log over TLS, with batches of a megabyte, and over the death of Redis: nothing is missed."""
    trust = Trust(stage.directory)
    redis = stage.redis(append='always', secure=trust.redis)
    nodes = [stage.node(redis, '--cluster-timeout', '5s', '--max-event-size', '1M', '--max-body', '4M', *trust.options())
             for _ in range(2)]
    with Crowd(stage.alive, 20, seed=1, hops=10) as crowd:
        wait_until(crowd.is_open, 'the streams')
        publishers = Publishers(stage.alive, 4, seed=1, pace=0.002)
        wait_until(lambda: publishers.count() >= 300, 'the first events')
        redis.restart()
        before = publishers.count()
        wait_until(lambda: publishers.count() >= before + 300, 'events after the restart')
        acknowledged = publishers.end()
        log = stage.final_log()
        judge.check_log(log, acknowledged)
        stage.wait_for_crowd(crowd, log)
    judge.check_exact(crowd.subscribers, log)
    large = ['x' * 900_000 + str(i) for i in range(8)]
    for i, data in enumerate(large):
        status, _, answer = nodes[i % 2].publish(data)
        assert status == 201, (status, answer)
    assert [data for _, data in stage.final_log()[len(log):]] == large
    assert all(node.samples()['sse_cluster_resets_total'] == 0 for node in nodes)
    return '%d events, answers %s' % (len(log), publishers.answers())


def check_promotion(stage):
    """Over TLS sentinel says where the master is, and a replica is promoted: subscribers resume exactly."""
    trust = Trust(stage.directory)
    master, replica, sentinel = stage.watched(secure=trust.redis)
    nodes = [stage.watched_node(sentinel, '--cluster-timeout', '2s', '--cluster-replicas', '1', *trust.options())
             for _ in range(2)]
    with Crowd(stage.alive, 10, seed=2) as crowd:
        wait_until(crowd.is_open, 'the streams')
        first = [nodes[i % 2].publish('before %d' % i)[0] for i in range(20)]
        assert first == [201] * 20, first
        master.kill()
        sentinel.wait_for_master(replica)
        master.master_port = replica.port
        master.start()
        replica.wait_for_replica(master)
        wait_until(lambda: nodes[0].publish('after', key='after')[0] == 201, 'an event behind the promotion')
        log = stage.final_log()
        stage.wait_for_crowd(crowd, log)
    judge.check_exact(crowd.subscribers, log)
    assert [data for _, data in log] == ['before %d' % i for i in range(20)] + ['after'], log


def refused(stage, url, *words, options=(), code=CONFIG):
    """The hub does not start, and says these words."""
    got, _, err = stage.nodes.programs.run(['sse-serve', '--no-config', '--port', '0', '--cluster', url, *options])
    assert got == code, (got, err)
    for word in words:
        assert word in err, (word, err)


def check_refusals(stage):
    """A certificate that is not Redis', or not the hub's, is refused with the reason."""
    trust = Trust(stage.directory)
    other = Authority(stage.directory, 'other')
    redis = stage.redis(secure=trust.redis)
    where = '127.0.0.1:%d' % redis.port
    refused(stage, engine_url(redis), where, 'certificate is refused', 'self-signed',
            options=trust.options(authority=other))
    refused(stage, engine_url(redis), where, 'certificate is refused')  # the system's authorities
    none = ['--cluster-ca-file', trust.authority.certificate]
    refused(stage, engine_url(redis), 'asks for a certificate (--cluster-cert)', options=none)
    elsewhere = stage.redis(secure=Secure(trust.authority.issue('elsewhere', 'DNS:redis.example,IP:127.0.0.1'),
                                          trust.authority.certificate, asks=False))
    by_name = engine_url(elsewhere).replace('127.0.0.1', 'localhost')
    refused(stage, by_name, 'localhost:%d' % elsewhere.port, 'hostname mismatch', options=none)
    # By its address it is the right one; and it asks for no certificate.
    assert stage.nodes.start(engine_url(elsewhere), *none).publish('in')[0] == 201
    # That of a sentinel is looked at in the same way.
    guarded = stage.sentinel(redis, secure=trust.redis)
    refused(stage, sentinel_url(guarded), 'the sentinel 127.0.0.1:%d' % guarded.port, 'certificate is refused',
            options=trust.options(authority=other))


@contextlib.contextmanager
def waiting(stage, url, *options):
    """What a hub says that cannot reach its Redis yet."""
    process, files = stage.nodes.programs.start(
        ['sse-serve', '--no-config', '--port', '0', '--cluster', url, *options])

    def said():
        assert process.poll() is None, 'it has ended'
        with open(files[1], encoding='utf-8') as file:
            return file.read()

    try:
        yield said
    finally:
        process.terminate()
        assert process.wait(20) == 0


def check_unanswered(stage):
    """A port without TLS, one that says nothing, and a hub that forgets TLS: each is told, and tried again."""
    trust = Trust(stage.directory)
    plain = stage.redis()
    with waiting(stage, engine_url(plain).replace('redis:', 'rediss:'), '--cluster-timeout', '1s',
                 *trust.options()) as said:
        wait_until(lambda: 'does not answer the TLS handshake' in said(), 'the reason')
    with socket.socket() as silent:
        silent.bind(('127.0.0.1', 0))
        silent.listen()
        with waiting(stage, 'rediss://127.0.0.1:%d' % silent.getsockname()[1], '--cluster-timeout', '1s') as said:
            wait_until(lambda: 'does not answer the TLS handshake' in said(), 'the reason')
    secure = stage.redis(secure=trust.redis)
    with waiting(stage, engine_url(secure).replace('rediss:', 'redis:')) as said:
        wait_until(lambda: 'Redis has closed it' in said() or 'reset' in said(), 'the reason')


def check_renewal(stage):
    """A certificate that was renewed is shown by the next connection, without a restart; a bad file is told."""
    trust = Trust(stage.directory)
    redis = stage.redis(append='always', secure=trust.redis)
    hub = [os.path.join(stage.directory, name) for name in ('shown.pem', 'shown.key')]

    def show(identity):
        for source, target in zip(identity, hub):
            shutil.copy(source, target + '.new')
            os.chmod(target + '.new', 0o600)
            os.rename(target + '.new', target)

    show(trust.hub)
    node = stage.node(redis, '--cluster-timeout', '2s', *trust.options(hub=hub))
    assert node.publish('by the first')[0] == 201
    # From now on Redis takes certificates of another authority, too.
    next_one = Authority(stage.directory, 'next')
    trusted = os.path.join(stage.directory, 'both.pem')
    with open(trusted, 'wb') as out:
        for path in (next_one.certificate, trust.authority.certificate):
            with open(path, 'rb') as file:
                out.write(file.read())
    with open(hub[0], 'w', encoding='ascii') as file:
        file.write('half written')
    redis.secure = Secure(trust.redis.identity, trusted)
    redis.restart()
    wait_until(lambda: hub[0] + ' and ' + hub[1] + ': the certificate has no' in node.said(), 'the reason')
    show(next_one.issue('renewed', alternatives=''))
    wait_until(lambda: node.publish('by the next', key='next')[0] == 201, 'an event')
    assert [data for _, data in node.log()] == ['by the first', 'by the next'], node.log()


if __name__ == '__main__':
    stages.run([check_as_without, check_promotion, check_refusals, check_unanswered, check_renewal])
