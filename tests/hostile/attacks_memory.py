"""What makes a hub hold memory: answers that are not read, bodies that do not end, filters."""
import time

from attacks_bodies import MOST_ITEMS, NDJSON
from attacks_streams import fill_readings
from crowd import get, post
from scene import addresses, attack

MANY = addresses(10)
# So small that what is held beside the log shows.
FLAGS = ('--max-log-bytes', '16M', '--max-connections', '600', '--max-clients', '2000',
         '--threads', '2')
LITTLE = 4096


def hold(scene, crowd, seconds):
    """For so long, a little is read now and then: no peer is idle."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        crowd.turn()
        crowd.trickle(1000)


@attack('memory', *FLAGS)
def unread_answers_of_batches(scene):
    crowd = scene.crowd(scene.many(500), MANY, LITTLE)
    crowd.read_no_more()
    crowd.send(post('/events', b'[\n' * MOST_ITEMS, NDJSON),
               post('/events', b'"\\ud800"\n' * MOST_ITEMS, NDJSON))
    hold(scene, crowd, 2.5)


@attack('memory', *FLAGS)
def bodies_that_do_not_end(scene):
    crowd = scene.crowd(scene.many(500), MANY)
    crowd.send(post('/events', b'{"data":"' + b'x' * 1_040_000 + b'"}')[:-1])
    crowd.run(2)


@attack('memory', *FLAGS)
def unread_snapshots(scene):
    metric = scene.hub.create_metric('m')
    fill_readings(scene, [metric], 10_000)
    crowd = scene.crowd(scene.many(500), MANY, LITTLE)
    crowd.read_no_more()
    crowd.send(get(f'/metrics/{metric}/readings?limit=10000'),
               get('/metrics?with_readings=true&limit=10000'))
    hold(scene, crowd, 2.5)


@attack('memory', *FLAGS)
def unread_polls(scene):
    for _ in range(20):
        scene.hub.publish({'data': '\x01' * 30_000})
    crowd = scene.crowd(scene.many(500), MANY, LITTLE)
    crowd.read_no_more()
    crowd.send(get('/events?since=earliest&limit=1000') * 4)
    hold(scene, crowd, 2.5)


@attack('memory', *FLAGS)
def streams_with_many_topics(scene):
    """60 topics each, which no other stream has."""
    def target(k, count=50):
        return '/events/watch?' + '&'.join(f'topic={k}.{n}'.ljust(200, 'x') for n in range(count))
    count = scene.accepted(lambda most: target(0, most), 64)
    scene.streams(scene.many(2000), *[target(k, count) for k in range(scene.many(2000))],
                  addresses=MANY, fit=False)
    scene.figures['patterns'] = count
    scene.streams(10, '/events/watch?topic=mine', addresses=('127.0.9.1',))


@attack('memory', *FLAGS)
def patterns_after_a_replay(scene):
    """Over many topics; then they are idle."""
    scene.hub.publish_all({'topic': f'a/{k}', 'data': 1} for k in range(scene.many(40_000)))
    crowd = scene.streams(scene.many(2000), '/events/watch?since=earliest&topic=a/%23&type=m*',
                          '/events/watch?since=earliest&topic=%2B/1&topic=%2B/2', addresses=MANY)
    crowd.run(2)


@attack('memory', *FLAGS)
def keys_without_number(scene):
    """Each is kept for ten minutes, if nothing bounds it."""
    flood_keys(scene, scene.many(60_000), 60)


@attack('memory', *FLAGS)
def metrics_and_readings(scene):
    """As many as there is room for, of names that are long."""
    ids = [scene.hub.create_metric(f'{k}'.ljust(200, 'x')) for k in range(scene.many(60))]
    fill_readings(scene, ids, 10_000)


@attack('memory', '--max-log-bytes', '64M', '--max-connections', '600', '--max-clients', '2000',
        '--threads', '2')
def all_at_once(scene):
    metric = scene.hub.create_metric('m')
    fill_readings(scene, [metric], 10_000)
    scene.hub.publish_all({'topic': f'a/{k}', 'data': '\x01' * 400}
                          for k in range(scene.many(40_000)))
    scene.streams(scene.many(1900), '/events/watch?since=earliest&topic=a/%23&type=m*',
                  *['/events/watch?' + '&'.join(f'topic=b{k}/{n}' for n in range(20))
                    for k in range(100)], addresses=MANY, fit=False)
    crowd = scene.crowd(scene.many(500), MANY, LITTLE)
    crowd.read_no_more()
    crowd.send(post('/events', b'[\n' * MOST_ITEMS, NDJSON),
               post('/events', b'{"data":"' + b'x' * 1_040_000 + b'"}')[:-1],
               get(f'/metrics/{metric}/readings?limit=10000'),
               get('/events?since=earliest&limit=1000') * 4)
    hold(scene, crowd, 4)


def flood_keys(scene, count, peers):
    """POSTs with keys that are all different, pipelined."""
    crowd = scene.crowd(peers, MANY)
    each = count // peers
    crowd.send(*[b''.join(post('/events', b'{"data":1}', f'Idempotency-Key: {n}-{k:040}')
                          for k in range(each)) for n in range(peers)])
    crowd.run_until_answered(each)
    return crowd
