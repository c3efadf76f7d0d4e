#!/usr/bin/python3
"""usage: attack.py NAME... --sse-serve PATH [--sanitized] [--json]

Attacks a hub, each attack a hub of its own, while another peer uses it, and prints the longest turn
of a loop (processor time), what the other peer waited for GET /-/healthz, which it asks for every
10 ms (p50, p99, worst), and the most memory. NAME: an attack, a group of them, or all; --list has
them.

Wrong is: a turn of more than 5 ms, in three runs (a virtual machine counts what it lent to others,
and has slow minutes; what the hub does happens each time); more memory than the hub says at its
start; for the other peer a refused request, a cut connection, a lost event, a closed stream; a hub
that does not answer, or does not end, afterwards. Exit 1 if something was wrong. Waiting times are
judged by bench/run alone.

  --sanitized    a tenth of the peers; turns and memory are not judged
  --json         a line of JSON for each attack
"""
import argparse
import json
import os
import re
import sys
import tempfile
import time
import traceback

import attacks_bodies  # noqa: F401  each enters its attacks
import attacks_durable  # noqa: F401
import attacks_filters  # noqa: F401
import attacks_memory  # noqa: F401
import attacks_shares  # noqa: F401
import attacks_streams  # noqa: F401
from hub import Bystander, Hub
from scene import ATTACKS, Scene

RUNS = 3  # of an attack that has a long turn in each
HUB_OPTIONS = ('--log-level', 'info', '--drain', '1s')


def ceiling_of(messages):
    """The memory that the hub said it takes at most, in bytes; None if it did not."""
    said = re.search(r'memory: at most ([\d.]+) MiB in all', messages)
    return round(float(said[1]) * 2**20) if said else None


def try_one(attack, serve, is_sanitized):
    """What came of it, `wrong` what should not have."""
    wrong = []
    with tempfile.TemporaryDirectory() as directory:
        options = [option.format(directory=directory) for option in attack.options]
        hub = Hub(os.path.abspath(serve), directory, *HUB_OPTIONS, *options)
        bystander = None
        scene = Scene(hub, is_sanitized)
        begin = time.monotonic()
        try:
            bystander = Bystander(hub.port)
            try:
                attack.run(scene)
            except (AssertionError, OSError) as error:
                wrong.append(f'{error or type(error).__name__}')
                if not isinstance(error, AssertionError):
                    traceback.print_exc()
            figures = {'attack': attack.name, 'seconds': round(time.monotonic() - begin, 1)}
            figures['other'] = bystander.report()
            scene.end()
            look_at(hub, figures)
            if not hub.end():
                wrong.append(f'it did not end well: {hub.process.returncode}')
        except (AssertionError, OSError) as error:
            wrong.append(f'it does not answer: {error or type(error).__name__}')
            figures = {'attack': attack.name, 'other': None}
        finally:
            scene.end()
            if bystander:
                bystander.kill()
            hub.kill()
    figures.update(scene.figures)
    figures['wrong'] = wrong + judge(attack, figures, is_sanitized)
    return figures


def look_at(hub, figures):
    metrics = hub.metrics()
    longest = metrics.get('sse_turn_longest_cpu_seconds')
    if longest is not None:
        figures['longest_turn_ms'] = round(1000 * longest, 2)
    figures['peak_bytes'] = hub.peak_memory()
    figures['ceiling_bytes'] = ceiling_of(hub.messages())
    hub.publish({'data': 'afterwards'})


def judge(attack, figures, is_sanitized):
    wrong = []
    other = figures['other']
    if other:
        if other['refused'] or other['unhealthy'] or other['unanswered']:
            wrong.append(f'of another peer, {other["refused"]} were refused, {other["unhealthy"]} '
                         f'and {other["unanswered"]} got no good answer')
        if other['cuts']:
            wrong.append(f'{other["cuts"]} connections of another peer were cut')
        if not other['stream_open']:
            wrong.append('the stream of another peer was closed')
        elif other['wrong'] or other['read'] != other['published']:
            wrong.append(f'another peer read {other["read"]} of {other["published"]} events; '
                         f'{other["wrong"]}')
    if is_sanitized:
        return wrong
    if not figures.get('longest_turn_ms'):
        wrong.append('the hub counts no turns')
    elif figures['longest_turn_ms'] > 1000 * attack.longest_turn:
        figures['is_long_turn'] = True
        wrong.append(f'a turn took {figures["longest_turn_ms"]} ms')
    if not figures.get('ceiling_bytes'):
        wrong.append('the hub does not say how much memory it takes')
    elif figures['peak_bytes'] > figures['ceiling_bytes']:
        wrong.append(f'{figures["peak_bytes"]} bytes were resident, '
                     f'{figures["ceiling_bytes"]} were said to be the most')
    return wrong


def text_of(figures):
    other = figures['other'] or {}
    known = {'attack', 'other', 'wrong', 'seconds', 'longest_turn_ms', 'peak_bytes',
             'ceiling_bytes', 'is_long_turn'}
    more = {name: value for name, value in figures.items() if name not in known}
    peak, ceiling = (figures.get(name) for name in ('peak_bytes', 'ceiling_bytes'))
    return (f'{figures["attack"]:32} turn {figures.get("longest_turn_ms", "-"):>8} ms   other '
            f'{other.get("p50", "-"):>7} {other.get("p99", "-"):>8} {other.get("worst", "-"):>8} ms'
            f'   peak {peak / 2**20 if peak else 0:6.0f} MiB'
            f'{f" of {ceiling / 2**20:.0f}" if ceiling else ""}   {figures.get("seconds", "-")} s'
            f'{f"   {more}" if more else ""}')


def wanted(names):
    if 'all' in names:
        return list(ATTACKS.values())
    chosen = [one for one in ATTACKS.values() if one.name in names or one.group in names]
    unknown = set(names) - {one.name for one in chosen} - {one.group for one in chosen}
    if unknown:
        sys.exit(f'no such attack: {", ".join(sorted(unknown))}; --list has them')
    return chosen


def main():
    parser = argparse.ArgumentParser(usage=__doc__[7:])
    parser.add_argument('names', nargs='*')
    parser.add_argument('--sse-serve')
    parser.add_argument('--sanitized', action='store_true')
    parser.add_argument('--json', action='store_true')
    parser.add_argument('--list', action='store_true')
    options = parser.parse_args()
    if options.list:
        for one in ATTACKS.values():
            print(f'{one.group:10} {one.name:32} {one.about}')
        return 0
    chosen = wanted(options.names)
    if not chosen or not options.sse_serve:
        parser.error('a NAME and --sse-serve are needed')
    failures = 0
    for one in chosen:
        figures = try_one(one, options.sse_serve, options.sanitized)
        for _ in range(RUNS - 1):
            if options.json or len(figures['wrong']) != 1 or not figures.get('is_long_turn'):
                break
            print(f'{text_of(figures)}\n    once more: {figures["wrong"][0]}', flush=True)
            figures = try_one(one, options.sse_serve, options.sanitized)
        print(json.dumps(figures) if options.json else text_of(figures), flush=True)
        for wrong in figures['wrong']:
            failures += 1
            if not options.json:
                print(f'    wrong: {wrong}', flush=True)
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
