"""What subscribers were told, held against what publishers were promised and what the log has now."""


def check_log(log, acknowledged):
    """All that was acknowledged is there with its id, each event once, and each publisher's in its order."""
    where = {}
    for event, data in log:
        assert data not in where, '%s is there twice: %s and %s' % (data, where[data], event)
        where[data] = event
    lost = [data for data in acknowledged if data not in where]
    assert not lost, '%d of %d acknowledged events are lost: %s' % (len(lost), len(acknowledged), lost[:5])
    for data, event in acknowledged.items():
        assert where[data] == event, '%s was acknowledged as %s, and is %s' % (data, event, where[data])
    check_order(log)


def check_order(log):
    newest = {}
    for _, data in log:
        name, _, number = data.rpartition('-')
        assert int(number) > newest.get(name, -1), '%s comes after %s-%d' % (data, name, newest[name])
        newest[name] = int(number)


def check_losses(log, acknowledged):
    """Where the engine may have lost events: what was acknowledged and is not there is the end of its epoch, so that
    each subscriber that has seen it is told. Nothing is there twice. Returns what was lost. Data that is there with
    another id was published on two masters at once, and acknowledged by the one that is gone."""
    where = {}
    newest = {}  # the last sequence of each epoch
    for event, data in log:
        assert data not in where, '%s is there twice: %s and %s' % (data, where[data], event)
        where[data] = event
        epoch, sequence = epoch_and_sequence(event)
        newest[epoch] = max(sequence, newest.get(epoch, 0))
    lost = {data: event for data, event in acknowledged.items() if where.get(data) != event}
    for data, event in lost.items():
        epoch, sequence = epoch_and_sequence(event)
        assert sequence > newest.get(epoch, 0), '%s (%s) is lost, and what came after it is not' % (data, event)
    return list(lost)


def epoch_and_sequence(event):
    """Of an id: a UUIDv7, whose last 48 bits are the sequence, and the two groups before them the epoch."""
    _, _, high, low, sequence = event.split('-')
    return high + low, int(sequence, 16)


def check_exact(subscribers, log):
    """Each was told the whole log, in its order, once, and of no gap."""
    for subscriber in subscribers:
        assert not subscriber.gaps(), '%s was told of gaps: %s' % (subscriber.name, subscriber.gaps()[:3])
        check_equal(subscriber.name, subscriber.events(), log)


def check_equal(name, events, log):
    for i, (seen, there) in enumerate(zip(events, log)):
        assert seen == there, '%s: event %d is %s, expected %s' % (name, i, seen, there)
    assert len(events) == len(log), '%s has %d events, expected %d; next %s' % (
        name, len(events), len(log), (events + log)[min(len(events), len(log)):][:2])


def check_told(subscribers, log):
    """As check_exact(), where the engine may have lost events: between two gaps no event is missed in silence, none
    comes twice, and behind the last gap is all that is there. An event that is lost is followed by a gap, or by
    nothing. Returns how many were told of a gap."""
    place = {event: i for i, event in enumerate(log)}
    told_of_gap = 0
    for subscriber in subscribers:
        runs = [[]]
        for told in subscriber.told:
            if told[0] == 'event':
                runs[-1].append(told[1:])
            elif told[0] == 'gap':
                runs.append([])
        told_of_gap += len(runs) > 1
        check_once(subscriber)
        for i, run in enumerate(runs):
            check_run(subscriber.name, run, place, log, is_last=i == len(runs) - 1)
        if subscriber.events() and log:
            assert subscriber.events()[-1] == log[-1], '%s stopped at %s' % (subscriber.name, subscriber.events()[-1])
    return told_of_gap


def check_once(subscriber):
    """No id twice, but for what follows a gap whose id the hub does not know: it sends all that is there."""
    seen = set()
    for told in subscriber.told:
        if told[0] == 'gap':
            seen = set()
        elif told[0] == 'event':
            assert told[1] not in seen, '%s was told %s twice' % (subscriber.name, told[1])
            seen.add(told[1])


def check_run(name, run, place, log, is_last):
    """Events between two gaps: first what is still there, without a hole; then what was lost."""
    lost = [event for event in run if event not in place]
    kept = run[:len(run) - len(lost)]
    assert all(event in place for event in kept), '%s: an event that is lost stands before one that is not' % name
    assert not kept or place[kept[0]] == 0, '%s begins at %s, and the log at %s' % (name, kept[0], log[0])
    for one, other in zip(kept, kept[1:]):
        assert place[other] == place[one] + 1, '%s: after %s comes %s, without a gap' % (name, one, other)
    if is_last:
        assert not lost, '%s was told of no gap after %s, which is lost' % (name, lost[-1])
