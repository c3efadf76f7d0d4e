#!/usr/bin/python3
"""usage: turmoil_test.py PROGRAMS-DIRECTORY [--seed N] [--minutes M]

Three nodes, a Redis with its replica and a sentinel, of which some are killed, stand still, are cut off or promoted
at random, all the time. After each round of half a minute all are whole again, and what subscribers were told is
held against what publishers were promised and what is there.

The seed decides what happens, and how Redis is set up (SETUPS). Rounds are mild and wild in turn: in a mild one
only one thing is broken at a time, so with --cluster-replicas 1 nothing that was acknowledged may be lost.
"""
import argparse
import itertools
import os
import random
import sys
import tempfile
import threading
import time
import traceback

sys.dont_write_bytecode = True

import judge  # noqa: E402
from cable import Cable  # noqa: E402
from crowd import Crowd  # noqa: E402
from engine import NAME, RedisError, missing_programs, wait_until  # noqa: E402
from nodes import sentinel_url  # noqa: E402
from publishers import Publishers  # noqa: E402
from stage import Stage  # noqa: E402

ROUND_SECONDS = 30
NODES = 3
SUBSCRIBERS = 12
SETUPS = (('always', 1), ('everysec', 0), (None, 0))  # appendfsync, --cluster-replicas
LONGEST = 3.0  # seconds that something is broken; sentinel waits for one


class Machine:
    """A Redis, and the cable over which all others reach it."""

    def __init__(self, stage, append, master=None):
        self.cable = Cable()
        more = ['--replica-announce-ip', '127.0.0.1', '--replica-announce-port', self.cable.port]
        self.redis = stage.redis(append=append, master_port=master.port if master else None, more=more)
        self.cable.target = self.redis.port
        self.port = self.cable.port

    def kill(self):
        self.redis.master_port = self.replication().get('master_port')
        self.redis.kill()

    def start(self, master):
        """As a replica of `master`, or as the master. None: as what it was."""
        if master is not None:
            self.redis.master_port = None if master is self else master.port
        self.redis.start()

    def ask(self, *words):
        """None: there was no answer, or it was an error."""
        try:
            return self.redis.ask(*words)
        except (OSError, RedisError):
            return None

    def replication(self):
        """Empty: there was no answer; a Redis whose role changes resets connections."""
        lines = (self.ask('INFO', 'replication') or b'').decode().split('\r\n')
        return dict(line.split(':', 1) for line in lines if ':' in line)

    def end(self):
        self.cable.end()


class Turmoil:
    """The cluster, and what is done to it. `happened`: all of it, in order."""

    def __init__(self, stage, seed):
        self.stage, self.random = stage, random.Random(seed)
        self.append, self.replicas = SETUPS[seed % len(SETUPS)]
        first = Machine(stage, self.append)
        self.machines = [first, Machine(stage, self.append, first)]
        self.last_master = first
        self.sentinel = stage.sentinel(first)
        first.redis.wait_for_replica(self.machines[1].redis)
        self.sentinel.wait_to_know(self.machines[1])
        self.heals = []  # (when, what to call)
        self.broken = set()
        self.starts = []
        self.failures = []
        self.happened = []
        self.begin = time.monotonic()
        self.node_count = 0
        for _ in range(NODES):
            self.start_node()
        self.wait_for_starts()

    # ---- what there is

    def known_master(self):
        """What sentinel takes for it. None: it does not answer."""
        if 'sentinel' in self.broken:
            return None
        try:
            port = self.sentinel.master_port()
        except (OSError, RedisError, TypeError):
            return None
        return next(one for one in self.machines if one.port == port)

    def master(self):
        """What sentinel takes for it, or took when it last answered."""
        self.last_master = self.known_master() or self.last_master
        return self.last_master

    def replica(self):
        master = self.master()
        return next(one for one in self.machines if one is not master)

    def start_node(self):
        """In a thread of its own: a node waits for its Redis."""
        def start():
            try:
                self.stage.nodes.start(sentinel_url(self.sentinel), '--cluster-timeout', '1s', '--cluster-replicas', str(self.replicas))
            except Exception as error:  # pylint: disable=broad-except
                self.failures.append(error)
        self.starts.append(threading.Thread(target=start, daemon=True))
        self.starts[-1].start()

    def wait_for_starts(self):
        for thread in self.starts:
            thread.join(60)
            assert not thread.is_alive(), 'a node does not start'
        self.starts = []
        assert not self.failures, self.failures

    def note(self, what, *more):
        self.happened.append('%8.3f %s' % (time.monotonic() - self.begin, ' '.join([what, *map(str, more)])))

    # ---- what is done

    def break_for(self, what, break_it, heal_it, longest=LONGEST):
        """Nothing is broken twice at a time."""
        if what in self.broken:
            return
        seconds = self.random.uniform(0.05, longest)
        self.note('break', what, '%s for %.2f s' % (break_it.__qualname__, seconds))
        self.broken.add(what)

        def heal():
            self.note('heal', what)
            heal_it()
            self.broken.discard(what)

        break_it()
        self.heals.append((time.monotonic() + seconds, heal))

    def kill_node(self):
        nodes = self.stage.alive()
        if len(nodes) > 1:
            node = self.random.choice(nodes)
            self.break_for(node.url, node.kill, self.start_node)

    def stop_node(self):
        node = self.random.choice(self.stage.alive())
        self.break_for(node.url, node.pause, lambda: node.is_alive and node.go_on(), 5)

    def kill_machine(self, machine):
        self.break_for(self.name_of(machine), machine.kill, lambda: machine.start(self.known_master()))

    def stop_machine(self, machine):
        self.break_for(self.name_of(machine), machine.redis.stop, machine.redis.go_on)

    def cut_machine(self, machine):
        self.break_for(self.name_of(machine), machine.cable.cut, machine.cable.heal)

    def silence_machine(self, machine):
        self.break_for(self.name_of(machine), machine.cable.silence, machine.cable.heal)

    def break_machine(self, machine):
        how = self.random.choice([self.kill_machine, self.stop_machine, self.cut_machine, self.silence_machine])
        how(machine)

    def break_sentinel(self):
        if self.random.random() < 0.5:
            self.break_for('sentinel', self.sentinel.kill, self.sentinel.start)
        else:
            self.break_for('sentinel', self.sentinel.stop, self.sentinel.go_on)

    def ask(self, *words):
        """Something that passes by itself, asked of the master."""
        master = self.master()
        if not self.broken & {self.name_of(master), 'sentinel'}:
            self.note('ask', self.name_of(master), *words)
            master.ask(*words)

    def promote(self):
        if 'sentinel' not in self.broken:
            self.note('promote')
            try:
                self.sentinel.ask('SENTINEL', 'failover', NAME)
            except (OSError, RedisError):
                pass

    def name_of(self, machine):
        return 'machine %d' % self.machines.index(machine)

    def act(self, is_mild):
        actions = [(3, self.kill_node), (3, self.stop_node), (3, lambda: self.break_machine(self.master())),
                   (2, lambda: self.break_machine(self.replica())), (1, self.break_sentinel), (1, self.promote),
                   (1, lambda: self.ask('CLIENT', 'KILL', 'TYPE', 'normal')),
                   (1, lambda: self.ask('SCRIPT', 'FLUSH'))]
        if not is_mild:
            actions.append((0.5, lambda: self.ask('FLUSHALL')))
        weights, doings = zip(*actions)
        self.random.choices(doings, weights)[0]()

    def heal(self, all_of_it=False):
        now = time.monotonic()
        due = [one for one in self.heals if all_of_it or one[0] <= now]
        self.heals = [one for one in self.heals if one not in due]
        for _, heal in due:
            heal()

    def calm(self):
        """Waits until nothing is broken, and the replica follows."""
        while self.heals:
            time.sleep(0.01)
            self.heal()
        self.wait_for_starts()
        wait_until(self.is_whole, 'a master with its replica')

    def is_whole(self):
        master, replica = self.master(), self.replica()
        fields, is_master = replica.replication(), master.replication().get('role') == 'master'
        if fields.get('role') == 'master' and is_master:
            # Sentinel would do so in some ten seconds.
            replica.ask('REPLICAOF', '127.0.0.1', master.port)
        return (is_master and fields.get('role') == 'slave' and fields['master_link_status'] == 'up' and
                int(fields['master_port']) == master.port)

    def state(self):
        """What each Redis takes itself for, for a test that failed."""
        lines = ['sentinel: the master is machine %d' % self.machines.index(self.master())]
        for machine in self.machines:
            said = machine.ask('INFO', 'replication') or b'no answer'
            lines.append('%s, port %d: %s' % (self.name_of(machine), machine.port, ' '.join(said.decode().split())))
        return '\n'.join(lines)

    def rage(self, seconds, is_mild):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.heal()
            self.act(is_mild)
            if is_mild:
                self.calm()
            pause = time.monotonic() + self.random.uniform(0.05, 1)
            while time.monotonic() < pause:
                time.sleep(0.01)
                self.heal()
        self.calm()


def check_round(turmoil, number, seconds, promised):
    """`promised`: all that was acknowledged in the rounds before, and what was lost of it is taken out."""
    stage, is_mild = turmoil.stage, number % 2 == 0
    with Crowd(stage.alive, SUBSCRIBERS, seed=number, hops=4) as crowd:
        publishers = Publishers(stage.alive, 4, name='round%dpublisher' % number, seed=number, pace=0.02)
        turmoil.rage(seconds, is_mild)
        publishers.check()
        acknowledged = publishers.end()
        log = stage.final_log()
        stage.wait_for_crowd(crowd, log)
    promised.update(acknowledged)
    judge.check_order(log)
    told = judge.check_told(crowd.subscribers, log)
    lost = judge.check_losses(log, promised)
    assert not lost or not (is_mild and turmoil.replicas), 'acknowledged, and lost: %s' % lost[:5]
    for data in lost:
        del promised[data]
    assert acknowledged, 'no event was acknowledged in %d s' % seconds
    return '%s round %d: %d events published, %d in the log, %d lost, %d of %d told of a gap; answers %s' % (
        'mild' if is_mild else 'wild', number, len(acknowledged), len(log), len(lost), told, SUBSCRIBERS,
        publishers.answers())


def run(binaries, seed, minutes):
    with tempfile.TemporaryDirectory(prefix='sse-turmoil-') as directory:
        stage, turmoil, promised = Stage(binaries, directory), None, {}
        try:
            turmoil = Turmoil(stage, seed)
            until = time.monotonic() + minutes * 60
            for number in itertools.count():
                print(check_round(turmoil, number, min(ROUND_SECONDS, minutes * 30), promised), flush=True)
                if number > 0 and time.monotonic() >= until:
                    break
        except Exception:  # pylint: disable=broad-except
            known = [turmoil.state(), *turmoil.happened[-60:]] if turmoil else []
            print('FAILED: seed %d\n%s\n%s\n%s' % (
                seed, traceback.format_exc(), stage.said(), '\n'.join(known)), flush=True)
            return 1
        finally:
            for machine in turmoil.machines if turmoil else []:
                machine.end()
            stage.end()
    print('good: seed %d, %g minutes, %s' % (seed, minutes, SETUPS[seed % len(SETUPS)]))
    return 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__.partition('\n')[0][len('usage: '):])
    parser.add_argument('binaries')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--minutes', type=float, default=1)
    options = parser.parse_args()
    missing = missing_programs()
    if missing:
        print('SKIPPED: 1 test: %s: not installed' % ', '.join(missing))
        sys.exit(77)
    sys.exit(run(os.path.abspath(options.binaries), options.seed, options.minutes))


if __name__ == '__main__':
    main()
