"""Searches: filters over names, logs that hold nothing for them, patterns of many streams."""
import time

from crowd import get
from scene import addresses, attack

MANY = addresses(5)
LOOPS = ('--threads', '2')


def hostile_types(scene, count):
    """Names of 200 bytes that a glob must look at from end to end."""
    count = scene.many(count)
    scene.hub.publish_all({'type': f'{k:05}'.ljust(200, 'a'), 'data': 1} for k in range(count))


def hostile_globs(path):
    """Patterns that match none of them, as many as are taken."""
    def make(count):
        patterns = ['*' + 'a' * 90 + f'*{"a" * (90 - k % 60)}*b' for k in range(count)]
        return path + '&'.join('type=' + pattern for pattern in patterns)
    return make


def accepted_globs(scene, path):
    make = hostile_globs(path)
    count = scene.accepted(make, 64)
    scene.figures['patterns'] = count
    return make(count)


@attack('filters')
def globs_in_a_poll(scene):
    """One small GET tries each of its patterns on each name of the log."""
    hostile_types(scene, 5000)
    target = accepted_globs(scene, '/events?')
    crowd = scene.crowd(8, MANY)
    crowd.send(get(target + '&since=earliest'))
    crowd.run_until_answered()


@attack('filters')
def globs_in_a_stream(scene):
    hostile_types(scene, 5000)
    target = accepted_globs(scene, '/events/watch?')
    crowd = scene.streams(8, target + '&since=earliest', addresses=MANY)
    scene.hub.publish({'type': 'b' * 190, 'data': 1})
    crowd.run(2)


@attack('filters')
def globs_while_events_come(scene):
    """500 streams look at each event."""
    target = accepted_globs(scene, '/events/watch?')
    crowd = scene.streams(scene.many(500), target, addresses=MANY)
    for k in range(10):
        scene.hub.publish({'type': f'{k:05}'.ljust(200, 'a'), 'data': 1})
        crowd.turn()
    crowd.run(1.5)


@attack('filters')
def globs_of_waiting_polls(scene):
    target = accepted_globs(scene, '/events?')
    crowd = scene.crowd(scene.many(1000), MANY)
    crowd.send(get(target + '&wait=60s'))
    crowd.run(0.7)
    for k in range(5):
        scene.hub.publish({'type': f'{k:05}'.ljust(200, 'a'), 'data': 1})
        crowd.turn()
    crowd.run(1)


def log_without_matches(scene):
    """A log of both words, and never of both together."""
    lines = (b'{"type":"a","data":1}\n' + b'{"topic":"y","data":1}\n') * 20_000
    scene.hub.publish_lines(lines, scene.many(20))


@attack('filters')
def searches_in_vain(scene):
    """Nothing hostile about it: streams that resume, and a filter that the log has no event for."""
    log_without_matches(scene)
    crowd = scene.streams(scene.many(200), '/events/watch?since=earliest&type=a&topic=y',
                          addresses=MANY)
    crowd.run(1)


@attack('filters')
def pipelined_searches(scene):
    """64 polls in a few kilobytes, as often as one likes."""
    log_without_matches(scene)
    crowd = scene.crowd(4, MANY)
    crowd.send(get('/events?since=earliest&type=a&topic=y') * scene.many(64))
    crowd.run_until_answered(scene.many(64))


@attack('filters', '--ttl', '0')
def topics_without_number(scene):
    """A pattern that matches none of 60,000 topics, tried on each by polls and streams."""
    scene.hub.publish_all({'topic': f'a/{k}/b', 'data': 1} for k in range(scene.many(60_000)))
    crowd = scene.crowd(64, MANY)
    crowd.send(get('/events?since=earliest&topic=%2B/%2B/c&topic=%2B/x/%23') * 4)
    scene.streams(64, '/events/watch?since=earliest&topic=%2B/%2B/c&type=b*', addresses=MANY)
    crowd.run_until_answered(4)


@attack('filters')
def levels_of_plus(scene):
    """16 levels of wildcards, 64 times, against topics of 16 levels."""
    deep = '/'.join(['a'] * 15)

    def make(count):
        return '/events/watch?' + '&'.join(
            'topic=' + '/'.join(['%2B' if (k >> (n % 6)) & 1 or n > 5 else 'a' for n in range(15)] +
                                ['b']) for k in range(count))
    count = scene.accepted(make, 64)
    scene.figures['patterns'] = count
    scene.hub.publish_all({'topic': f'{deep}/{k}', 'data': 1} for k in range(scene.many(10_000)))
    crowd = scene.streams(scene.many(1000), make(count) + '&since=earliest', make(count),
                          addresses=MANY, fit=False)
    scene.hub.publish_all({'topic': f'{deep}/{k}', 'data': 1} for k in range(scene.many(200)))
    crowd.run(1.5)


@attack('filters')
def prefixes_of_types(scene):
    """Globs that share all of their beginning, one after the other a little longer."""
    types = ['x' * n + '*' for n in range(1, 190)]
    crowd = scene.streams(scene.many(3000), *['/events/watch?type=' + name for name in types],
                          addresses=MANY)
    for _ in range(20):
        scene.hub.publish({'type': 'x' * 190, 'data': 1})
        crowd.turn()
    crowd.run(1.5)


@attack('filters')
def polls_of_everything(scene):
    """1,000 peers pipeline polls from the oldest event on; what they get is escaped."""
    scene.hub.publish_all({'data': '\x01' * 300} for _ in range(scene.many(5000)))
    crowd = scene.crowd(scene.many(1000), addresses(20))
    crowd.send(get('/events?since=earliest&limit=1000') * 5)
    crowd.run(2.5)


@attack('filters')
def pipelined_polls(scene):
    """3,000 peers, one event each time."""
    scene.hub.publish({'data': 1})
    crowd = scene.crowd(scene.many(3000), addresses(20))
    crowd.send(get('/events?since=earliest') * 100)
    crowd.run(2.5)


@attack('filters')
def polls_end_together(scene):
    """4,000 long polls, and one second in which the time of all is over."""
    crowd = scene.crowd(scene.many(4000), addresses(20))
    begin = time.monotonic()
    crowd.send(get('/events?wait=2s&topic=quiet'))
    crowd.run(max(0, 1.9 - (time.monotonic() - begin)))
    crowd.run_until_answered()


@attack('filters')
def polls_answered_together(scene):
    """4,000 long polls wait for the same event."""
    crowd = scene.crowd(scene.many(4000), addresses(20))
    for k in range(3):
        crowd.send(get('/events?wait=30s&topic=all'))
        crowd.run(0.5)
        for _ in range(10):
            scene.hub.publish({'topic': 'all', 'data': 'x' * 20_000})
        crowd.run_until_answered(k + 1)


def processor_time_of_events(scene, target_of):
    """Of one event that one stream of 10,000 gets."""
    count = scene.many(10_000)
    crowd = scene.streams(count, *[target_of(k) for k in range(count)], addresses=addresses(20))
    before = scene.hub.processor_time()
    for k in range(200):
        scene.hub.publish({'type': f't{k}x', 'topic': f'a{k}/x', 'data': 1})
    crowd.run(0.3)
    spent = scene.hub.processor_time() - before
    crowd.drop()
    scene.crowds.remove(crowd)
    return 1000 * spent / 200


@attack('patterns', *LOOPS)
def streams_with_patterns(scene):
    """10,000 of them: an event costs what it does when they name its topic."""
    exact = processor_time_of_events(scene, lambda k: f'/events/watch?topic=a{k}/x')
    topic = processor_time_of_events(scene, lambda k: f'/events/watch?topic=a{k}/%23')
    glob = processor_time_of_events(scene, lambda k: f'/events/watch?type=t{k}*')
    scene.figures.update(exact_ms=round(exact, 3), topic_ms=round(topic, 3),
                         type_ms=round(glob, 3), pattern_ratio=round(max(topic, glob) / exact, 2))


@attack('patterns', *LOOPS)
def events_that_all_patterns_match(scene):
    """A batch whose every event goes to 10,000 streams with patterns."""
    crowd = scene.streams(scene.many(10_000), '/events/watch?topic=a/%23',
                          '/events/watch?topic=%2B/b', '/events/watch?type=t*',
                          addresses=addresses(20))
    lines = b'{"type":"tx","topic":"a/b","data":1}\n' * 200
    status, body = scene.hub.ask('/events', lines, {'Content-Type': 'application/x-ndjson'})
    assert status == 200, body[:200]
    least = 200 * 20
    crowd.run_until(lambda peer: peer.received > least, 'the events of a batch')
