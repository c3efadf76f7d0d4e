#!/usr/bin/python3
"""usage: bench_test.py PROGRAMS-DIRECTORY

The rows of bench/run that measure two nodes: small, but each finds its figures and no fault.
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
    assert len(measured['goals']) == 2, measured['goals']
    for goal in measured['goals']:
        assert goal['met'] is not None, goal
    figures = measured['results']['cluster_post']['cluster-1']['figures']
    for wanted in ('engine_cpu_us_per_event', 'publishing_node_cpu_us_per_event', 'events_per_second'):
        assert figures[wanted]['median'] > 0, figures
    print('good: 2 rows')


main()
