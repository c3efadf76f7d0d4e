"""Requests that are dear to read: bodies, batches, heads."""
import json

from crowd import get, post
from scene import addresses, attack

NDJSON = 'Content-Type: application/x-ndjson'
MOST_ITEMS = 65536
MANY = addresses(5)


def flood(scene, count, text, rounds=1):
    """So many peers send the same at once, and read the answers."""
    crowd = scene.crowd(scene.many(count), MANY)
    for _ in range(rounds):
        crowd.send(text)
    crowd.run_until_answered(rounds)
    scene.figures['statuses'] = crowd.statuses()
    return crowd


@attack('bodies')
def batches_of_errors(scene):
    """131 kB, each line of which is an error: the answer is 50 times as large."""
    flood(scene, 60, post('/events', b'[\n' * MOST_ITEMS, NDJSON))


@attack('bodies')
def batches_of_ones(scene):
    """The cheapest items that are JSON."""
    flood(scene, 60, post('/events', b'1\n' * MOST_ITEMS, NDJSON))


@attack('bodies')
def batches_of_empty_objects(scene):
    """An array, which is read twice."""
    flood(scene, 50, post('/events', b'[' + b'{},' * (MOST_ITEMS - 1) + b'{}]'))


@attack('bodies')
def batches_of_events(scene):
    """Good ones, 65,536 in each: the log is filled as fast as it goes."""
    flood(scene, 40, post('/events', b'{"data":1}\n' * MOST_ITEMS, NDJSON))


@attack('bodies')
def batches_of_readings(scene):
    metric = scene.hub.create_metric('m')
    line = json.dumps({'metric_id': metric, 'value': 1}).encode() + b'\n'
    flood(scene, 40, post('/metrics/readings', line * (1_000_000 // len(line)), NDJSON))


@attack('bodies')
def batches_of_strange_readings(scene):
    """Each names another metric that is not there."""
    lines = b''.join(b'{"metric_id":"019c3a5e-7c00-7b1f-8e4d-%012x","value":1e308}\n' % k
                     for k in range(14000))
    flood(scene, 60, post('/metrics/readings', lines, NDJSON))


@attack('bodies')
def lone_surrogates(scene):
    """590 kB, of which each line is refused with itself in the answer."""
    flood(scene, 40, post('/events', b'"\\ud800"\n' * MOST_ITEMS, NDJSON))


@attack('bodies')
def one_string_of_surrogates(scene):
    flood(scene, 100, post('/events', b'{"data":"' + b'\\ud83d\\ude00' * 87000 + b'"}'))


@attack('bodies')
def deep_arrays(scene):
    """As deep as is allowed, over and over; and a megabyte deep."""
    deep = b'[' * 62 + b']' * 62
    allowed = b'{"data":[' + (deep + b',') * 8000 + b'1]}'
    crowd = scene.crowd(scene.many(120), MANY)
    crowd.send(post('/events', allowed), post('/events', b'[' * 1_000_000),
               post('/events', b'{"data":' * 120_000))
    crowd.run_until_answered()


@attack('bodies')
def objects_of_many_keys(scene):
    """Each key must be compared with those before it."""
    keys = b','.join(b'"%x":1' % k for k in range(105_000))
    flood(scene, 60, post('/events', b'{"data":{' + keys + b'}}'))


@attack('bodies')
def one_large_number(scene):
    flood(scene, 60, post('/events', b'{"data":1' + b'0' * 1_000_000 + b'}'))


@attack('bodies')
def white_space(scene):
    flood(scene, 60, post('/events', b' ' * 1_000_000 + b'{"data":1}'))


@attack('bodies')
def lines_of_data(scene):
    """Newlines alone: each is a field of its own on the stream, and two characters in a poll."""
    scene.streams(scene.many(100), '/events/watch?type=n', addresses=MANY)
    body = post('/events', b'{"type":"n","data":"' + b'\\n' * 30_000 + b'"}')
    flood(scene, 60, body * 2)


@attack('bodies')
def chunks_of_one_byte(scene):
    text = b'{"data":"' + b'x' * 100_000 + b'"}'
    head = b'POST /events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'
    chunked = b''.join(b'1\r\n%c\r\n' % byte for byte in text) + b'0\r\n\r\n'
    flood(scene, 100, head + chunked)


@attack('bodies')
def repeated_batches(scene):
    """With a key each, and the same again: an answer of megabytes is kept, compared, and sent."""
    crowd = scene.crowd(scene.many(40), MANY)
    crowd.send(*[post('/events', b'[\n' * MOST_ITEMS, NDJSON, f'Idempotency-Key: k{k}') * 2
                 for k in range(20)])
    crowd.run_until_answered(2)


@attack('heads')
def heads_byte_by_byte(scene):
    """16 KiB heads, of which each byte is a segment: the part that came is looked at each time."""
    crowd = scene.crowd(scene.many(400), MANY)
    crowd.send(get('/-/healthz', 'X: ' + 'y' * 16000), step=1)
    crowd.run(2)


@attack('heads')
def heads_of_many_fields(scene):
    crowd = scene.crowd(scene.many(300), MANY)
    crowd.send(get('/-/healthz', *['a:'] * 3900) * 20)
    crowd.run_until(lambda peer: peer.answers >= 20, 'answers')


@attack('heads')
def long_targets(scene):
    """Queries of thousands of parameters, escaped paths, lists of encodings and origins."""
    crowd = scene.crowd(scene.many(300), MANY)
    crowd.send(get('/events?' + 'a&' * 7500) * 20, get('/events?' + '%41' * 4000) * 20,
               get('/events?since=earliest&' + 'topic=&' * 2000) * 20,
               get('/', 'Accept-Encoding: ' + 'a;q=0.001,' * 1500) * 20,
               get('/', 'If-None-Match: ' + '"a",' * 3000) * 20,
               get('/' + 'a/../' * 3000) * 20,
               get('/events', 'Origin: http://' + 'a.' * 7000) * 20)
    crowd.run_until(lambda peer: peer.answers >= 20, 'answers')


@attack('heads')
def pipelined_requests(scene):
    """3,500 peers, each with hundreds of cheap requests on their way."""
    crowd = scene.crowd(scene.many(3500), addresses(20))
    crowd.send(get('/-/healthz') * 400)
    crowd.run(2)


@attack('heads')
def pipelined_misses(scene):
    """What is refused costs a page of text."""
    crowd = scene.crowd(scene.many(1000), MANY)
    crowd.send(get('/metrics/' + 'x' * 300) * 300, post('/events', b'{') * 300)
    crowd.run(2)


@attack('heads')
def bytes_into_streams(scene):
    """Subscribers that send megabytes behind their request."""
    crowd = scene.streams(scene.many(200), addresses=MANY)
    crowd.send(bytes(20_000_000 // (10 if scene.is_small else 1)))
    crowd.run(2)
