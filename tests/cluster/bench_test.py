#!/usr/bin/python3
"""usage: bench_test.py PROGRAMS-DIRECTORY

The rows of bench/run that measure two nodes, and more: small, but each finds its figures and no fault.
"""
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from engine import missing_programs  # noqa: E402, pylint: disable=wrong-import-position

BENCH = os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', '..', 'bench', 'run')


def main():
    missing = missing_programs()
    if missing:
        print('SKIPPED: 1 test: %s: not installed' % ', '.join(missing))
        sys.exit(77)
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run([BENCH, '--quick', '--pinning=free', '--programs', os.path.abspath(sys.argv[1]),
                               '--out', out, 'cluster'], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        name, = [name for name in os.listdir(out) if name.endswith('.json')]
        with open(os.path.join(out, name), encoding='utf-8') as file:
            measured = json.load(file)['passes']['free']
        with open(os.path.join(out, name.replace('.json', '.html')), encoding='utf-8') as file:
            assert 'CPU of Redis for an event' in file.read(), 'there is no chart of many nodes'
    assert len(measured['goals']) == 3, measured['goals']
    for goal in measured['goals']:
        assert goal['met'] is not None, goal
    figures = measured['results']['cluster_post']['cluster-1']['figures']
    for wanted in ('engine_cpu_us_per_event', 'publishing_node_cpu_us_per_event', 'events_per_second'):
        assert figures[wanted]['median'] > 0, figures
    many = measured['results']['cluster_nodes']
    assert list(many) == ['nodes-1', 'nodes-2', 'nodes-3'], many
    for count, one in enumerate(many.values(), 1):
        assert not one['faults'] and one['figures']['engine_cpu_us_per_event']['median'] > 0, one
        figures = {name: value['median'] for name, value in one['figures'].items()}
        assert figures['deliveries'] == figures['events'] * figures['streams'], figures
        assert figures['streams'] == 10 * count and figures['events'] > 0, figures
    print('good: 3 rows')


main()
