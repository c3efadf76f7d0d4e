"""One address that takes all there is: connections, streams, keys. Others keep what they have."""

from attacks_bodies import MOST_ITEMS, NDJSON
from crowd import get, post
from scene import QUIET, addresses, attack

OTHERS = ('127.0.1.1',)


def others_streams(scene, count=50):
    """They must be open at the end."""
    return scene.streams(count, addresses=addresses(5, 100))


def check_open(crowd, what):
    crowd.run(0.3)
    cut = len(crowd) - len(crowd.open)
    assert cut == 0, f'{cut} of {len(crowd)} {what} of other addresses were closed'


@attack('shares')
def connections_of_one_byte(scene):
    """4,700 from one address."""
    streams = others_streams(scene)
    crowd = scene.crowd(scene.many(4700))
    crowd.send(b'G')
    crowd.run(1)
    publish_as_others(scene)
    crowd.run(0.5)
    check_open(streams, 'streams')


@attack('shares')
def connections_that_are_idle(scene):
    """After one request each. The publishers of that time are not cut."""
    publishers = scene.crowd(100, addresses(5, 100))
    crowd = scene.crowd(scene.many(4500))
    crowd.send(get('/-/healthz'))
    for k in range(20):
        publishers.send(post('/events', b'{"topic":"quiet","data":1}'))
        publishers.run_until_answered(k + 1)
        crowd.run(0.05)
    check_open(publishers, 'publishers')
    assert set(publishers.statuses()) == {'201'}, publishers.statuses()


@attack('shares')
def connections_that_wait(scene):
    """4,300 polls that may last a minute."""
    crowd = scene.crowd(scene.many(4300))
    crowd.send(get('/events?wait=60s&topic=quiet'))
    crowd.run(1)
    publish_as_others(scene)


@attack('shares')
def connections_by_the_thousand(scene):
    """10,000 from one address, each with a part of a request, and most of them refused."""
    streams = others_streams(scene)
    crowd = scene.crowd(scene.many(10_000))
    crowd.send(post('/events', b'{"data":1}')[:-1])
    crowd.run(1)
    publish_as_others(scene)
    check_open(streams, 'streams')


@attack('shares')
def streams_of_one_address(scene):
    """10,050 of them evict none of another."""
    streams = others_streams(scene, scene.many(200))
    crowd = scene.crowd(0)
    while len(crowd) < scene.many(10_050):
        first = len(crowd)
        crowd.grow(scene.many(250))
        crowd.send(get(QUIET), first=first)
        crowd.run_until_answered()  # or closed
    publish_as_others(scene)
    check_open(streams, 'streams')
    scene.streams(10, addresses=addresses(5, 200))


def publish_as_others(scene, count=50):
    """Each on a connection of its own, none of which is refused."""
    crowd = scene.crowd(count, addresses(5, 100))
    crowd.send(post('/events', b'{"topic":"quiet","data":1}'))
    crowd.run_until_answered(patience=20)
    statuses = crowd.statuses()
    scene.figures['others'] = statuses
    assert statuses == {'201': count}, f'publishes of other addresses got {statuses}'


@attack('shares')
def keys_of_others(scene):
    """Answers of megabytes push out no key of another peer: its repeat is told the first answer."""
    event = post('/events', b'{"data":"once"}', 'Idempotency-Key: "of-another"')
    victim = scene.crowd(1, OTHERS)
    victim.send(event)
    victim.run_until_answered()
    crowd = scene.crowd(4)
    crowd.send(*[b''.join(post('/events', b'[\n' * MOST_ITEMS, NDJSON, f'Idempotency-Key: {n}-{k}')
                          for k in range(8)) for n in range(4)])
    crowd.run_until_answered(8)
    small = scene.crowd(20)
    small.send(*[b''.join(post('/events', b'{"data":1}', f'Idempotency-Key: {n}-{k:0240}')
                          for k in range(scene.many(2500))) for n in range(20)])
    small.run_until_answered(scene.many(2500))
    again = scene.crowd(1, OTHERS)
    again.send(event)
    again.run_until_answered()
    assert b'Idempotency-Replayed: true' in again.peers[0].head, again.peers[0].head
