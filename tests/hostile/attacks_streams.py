"""Streams: many that come, go, stand still or half-close at once; and the log below them."""
import json
import socket

from crowd import get, post
from scene import addresses, attack

MANY = addresses(20)
LOOPS = ('--threads', '2')


@attack('streams', *LOOPS)
def streams_hang_up(scene):
    """10,000 end in the same moment, twice."""
    for _ in range(2):
        scene.streams(scene.many(9500), addresses=MANY).drop()
        scene.crowds.clear()


@attack('streams', *LOOPS)
def streams_resume(scene):
    """10,000 come back at once with filters, and replay."""
    scene.hub.publish_all({'type': f't{k % 50}', 'topic': f'a/{k % 100}', 'data': k}
                          for k in range(scene.many(6_000)))
    targets = [f'/events/watch?since=earliest&topic=a/{k}' for k in range(100)]
    targets += [f'/events/watch?since=earliest&topic=a/%23&type=t{k}' for k in range(50)]
    targets += [f'/events/watch?since=earliest&type=t{k}*&type=u{k}' for k in range(50)]
    scene.streams(scene.many(9500), *targets, addresses=MANY).run(1)


@attack('streams', '--slow-after', '1s', *LOOPS)
def streams_stand_still(scene):
    """2,000 that read nothing are closed as slow in the same second."""
    crowd = scene.streams(scene.many(2000), addresses=MANY, receive_buffer=4096)
    crowd.read_no_more()
    for _ in range(10):
        scene.hub.publish({'topic': 'quiet', 'data': 'x' * 100_000})
    crowd.run(2.5)


@attack('streams')
def streams_half_close(scene):
    """They get what they asked for, as a poller does."""
    scene.hub.publish({'topic': 'half', 'data': 'to be replayed'})
    crowd = scene.crowd(scene.many(500), MANY)
    crowd.send(get('/events/watch?since=earliest&topic=half'))
    crowd.run_until_sent()
    for peer in crowd.open:
        peer.socket.shutdown(socket.SHUT_WR)
    crowd.run_until(lambda peer: peer.received > 0, 'streams', patience=5)
    crowd.run(0.5)
    statuses = crowd.statuses()
    scene.figures['statuses'] = statuses
    assert set(statuses) == {'200'}, f'streams that half-closed got {statuses}'


@attack('streams', '--ttl', '1s', *LOOPS)
def log_expires(scene):
    """Half a million events are too old in the same moment; streams and polls stand in them."""
    scene.hub.publish_lines(b'{"type":"a","data":1}\n' * 40_000, scene.many(12))
    crowd = scene.streams(scene.many(500), '/events/watch?since=earliest&type=a', addresses=MANY,
                          receive_buffer=4096)
    crowd.read_no_more()
    crowd.run(1.5)
    crowd.read_on()
    crowd.run(0.5)


@attack('streams', *LOOPS)
def list_of_streams(scene):
    """/-/streams, where each has many patterns, again and again."""
    target = '/events/watch?' + '&'.join(f'topic=a{k}/{"b" * 40}' for k in range(30))
    scene.streams(scene.many(3000), target, addresses=MANY, fit=False)
    crowd = scene.crowd(scene.many(100), MANY)
    crowd.send(get('/-/streams') * 10, get('/-/metrics') * 10)
    crowd.run_until_answered(10)


@attack('answers')
def snapshots(scene):
    """400 fast readers of all metrics with their readings."""
    ids = [scene.hub.create_metric(f'm{k}') for k in range(200)]
    fill_readings(scene, ids, 50)
    crowd = scene.crowd(scene.many(400), MANY)
    crowd.send(get('/metrics?with_readings=true') * 3)
    crowd.run(2)


@attack('answers')
def snapshots_of_one_metric(scene):
    """400 fast readers of a metric that has 10,000 readings."""
    metric = scene.hub.create_metric('m')
    fill_readings(scene, [metric], 10_000)
    crowd = scene.crowd(scene.many(400), MANY)
    crowd.send(get(f'/metrics/{metric}/readings?limit=10000') * 2,
               get(f'/metrics/{metric}/readings?since=1h&limit=1') * 200,
               get('/metrics?with_readings=true&limit=10000') * 2)
    crowd.run(2)


@attack('answers')
def lists_of_metrics(scene):
    """10,000 metrics of long names, and all that are asked for is one that is not there."""
    create_metrics(scene, scene.many(9000))
    crowd = scene.crowd(scene.many(200), MANY)
    crowd.send(get('/metrics?name=none') * 50, get('/metrics') * 2,
               post('/metrics', b'{"name":"none","if_missing":true}') * 50)
    crowd.run(2)


@attack('answers')
def metrics_deleted(scene):
    """100 metrics of 10,000 readings each are deleted in the same moment."""
    ids = [scene.hub.create_metric(f'm{k}') for k in range(scene.many(100))]
    fill_readings(scene, ids, 5000)
    crowd = scene.crowd(len(ids), MANY)
    crowd.send(*[f'DELETE /metrics/{one} HTTP/1.1\r\nHost: localhost\r\n\r\n'.encode()
                 for one in ids])
    crowd.run_until_answered()
    assert set(crowd.statuses()) == {'204'}, crowd.statuses()


def fill_readings(scene, ids, each):
    for one in ids:
        line = json.dumps({'metric_id': one, 'value': 0.1}).encode() + b'\n'
        scene.hub.publish_lines(line * scene.many(each), target='/metrics/readings')


def create_metrics(scene, count):
    crowd = scene.crowd(10, MANY)
    each = count // 10
    crowd.send(*[b''.join(post('/metrics', b'{"name":"%d-%d %s"}' % (n, k, b'x' * 150))
                          for k in range(each)) for n in range(10)])
    crowd.run_until_answered(each)
