"""A hub that keeps its history: what is long must be cut before the journal has it, too."""
import json

from crowd import post
from scene import addresses, attack

NDJSON = 'Content-Type: application/x-ndjson'
MOST_ITEMS = 65536
DURABLE = ('--data-dir', '{directory}/kept')


def flood(scene, *texts, rounds=6):
    """Few peers at once: what waits for the disk stays below --max-pending."""
    crowd = scene.crowd(len(texts), addresses(len(texts)))
    for done in range(rounds):
        crowd.send(*texts)
        crowd.run_until_answered(done + 1)
    scene.figures['statuses'] = crowd.statuses()
    assert set(crowd.statuses()) == {'200'}, crowd.statuses()


@attack('durable', *DURABLE)
def kept_batches_of_events(scene):
    """65,536 in each, and each is one transaction."""
    flood(scene, *[post('/events', b'{"data":1}\n' * MOST_ITEMS, NDJSON)] * 3)


@attack('durable', *DURABLE)
def kept_batches_of_arrays(scene):
    """The same, with errors between them, and a key: the answer is made twice."""
    items = b'[' + b'{"data":1},{},' * (MOST_ITEMS // 2 - 1) + b'{"data":1},{}]'
    flood(scene, *[post('/events', items, f'Idempotency-Key: k{k}') for k in range(3)], rounds=2)


@attack('durable', *DURABLE)
def kept_batches_of_readings(scene):
    metric = scene.hub.create_metric('m')
    line = json.dumps({'metric_id': metric, 'value': 1}).encode() + b'\n'
    flood(scene, *[post('/metrics/readings', line * (1_000_000 // len(line)), NDJSON)] * 3)


@attack('durable', *DURABLE, '--max-pending', '20MiB')
def batches_past_pending(scene):
    """While one waits for the disk there is no room for another: all its items are refused."""
    crowd = scene.crowd(scene.many(20), addresses(20))
    crowd.send(post('/events', b'{"data":1}\n' * MOST_ITEMS, NDJSON))
    crowd.run_until_answered()
    scene.figures['statuses'] = crowd.statuses()
    assert set(crowd.statuses()) <= {'200', '503'}, crowd.statuses()
