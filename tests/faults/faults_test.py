#!/usr/bin/python3
"""usage: faults_test.py PROGRAMS-DIRECTORY [--all] [WORD...]

Runs sse-serve, sse-pub and sse-sub under strace, which makes one system call of theirs fail: each
that they make themselves (what the loader did before main() is left out), the first time and the
last time, with ENOSYS, EPERM, EMFILE, EIO or EINTR. What must come of it: the usual result, or an
exit code with a word on stderr; never a hang, never a signal. Each call is tried with one error
for each program, another one in each; --all tries all five (a minute). WORD: only runs whose
name has it, as "sub write". Exit 77 where nothing may be traced.
"""
import collections
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

PATIENCE = 30
ERRORS = ('ENOSYS', 'EPERM', 'EMFILE', 'EIO', 'EINTR')

# Not tried, because no program could do anything:
#   - the C library ends the process itself when they fail, or does not look;
#   - strace does what no kernel does: close() that leaves the descriptor open, brk() that returns
#     an error number.
NOT_TRIED = {'exit', 'exit_group', 'rt_sigreturn', 'restart_syscall', 'arch_prctl', 'futex',
             'set_tid_address', 'set_robust_list', 'rseq', 'sched_yield', 'madvise', 'brk', 'close'}


class Hub:
    def __init__(self, programs, directory):
        port_file = os.path.join(directory, 'port')
        os.mkfifo(port_file)
        self.process = subprocess.Popen([os.path.join(programs, 'sse-serve'), '--no-config', '-q',
                                         '--port', '0', '--ttl', '0', '--port-file', port_file])
        with open(port_file, encoding='ascii') as file:
            self.url = 'http://127.0.0.1:' + file.read().strip()


class Case:
    """A program, and what it writes when nothing fails."""

    def __init__(self, name, words, out=b'', stdin=b''):
        self.name, self.words, self.out, self.stdin = name, words, out, stdin


def cases(programs, url):
    serve, pub, sub = (os.path.join(programs, name) for name in ('sse-serve', 'sse-pub', 'sse-sub'))
    replay = ['--since', 'earliest', '--no-follow', '-e', 'seed', '--retry-min', '1ms',
              '--retry-max', '2ms', '--exec-retries', '0']
    return [
        Case('serve', [serve, '--no-config', '-q', '--threads', '2', '--port', '0', '--port-file',
                       'port', '--', 'echo', 'x'], b'x\n'),
        Case('pub event', [pub, '--url', url, '-W', '1h', 'event', '-d', 'x']),
        Case('pub run', [pub, '--url', url, '-W', '1h', 'run', '--tail', '2', '--', 'echo', 'x'],
             b'x\n'),
        Case('pub load', [pub, '--url', url, '-W', '1h', 'load', '-', '--checkpoint', 'checkpoint',
                          '--rejects', 'rejects', '--summary', 'text'], None,
             b'{"data":1}\nbad\n'),
        Case('sub', [sub, url, *[word for word in replay if not word.startswith('--exec')
                                 and word != '0'], '--cursor-file', 'cursor'], b'seed\n'),
        Case('sub exec', [sub, url, *replay, '--cursor-file', 'cursor', '-x', 'cat'], b'seed\n'),
    ]


def run(words, stdin, directory):
    environment = {'PATH': os.environ['PATH'], 'HOME': directory, 'LC_ALL': 'C.UTF-8'}
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, cwd=directory, env=environment,
                               start_new_session=True)
    try:
        out, err = process.communicate(stdin, timeout=PATIENCE)
        return process.returncode, out, err
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # strace, the program, and what it started
        process.communicate()
        return None, b'', b''


def strace(options, words):
    # Where there is seccomp, only the calls in question stop the program.
    return ['strace', '-f', '--seccomp-bpf', '-qq', *options, *words]


def calls_of(words, stdin):
    """For each call: how often each process and thread makes it; the first is the program's own."""
    with tempfile.TemporaryDirectory() as directory:
        trace = os.path.join(directory, 'trace')
        run(strace(['-o', trace], words), stdin, directory)
        counts = collections.defaultdict(lambda: collections.defaultdict(int))
        with open(trace, encoding='utf-8', errors='replace') as file:
            for line in file:
                match = re.match(r'(\d+) +(\w+)\(', line)
                if match:
                    counts[match[2]][match[1]] += 1
        return {call: list(by_thread.values()) for call, by_thread in counts.items()}


def plan(case, everything):
    """(call, which time, error) of each run."""
    loading = calls_of([case.words[0], '--version'], b'')
    runs = []
    for call, counts in sorted(calls_of(case.words, case.stdin).items()):
        first = max(loading.get(call, [0])) + 1
        times = sorted({first, max(first, max(counts))})
        if call in NOT_TRIED or max(counts) < first:
            continue
        for time in times:
            turn = sum((case.name + call).encode()) + time
            errors = ERRORS if everything else [ERRORS[turn % len(ERRORS)]]
            runs += [(case, call, time, error) for error in errors]
    return runs


def try_one(case, call, time, error):
    """Whether the call has failed, and what is wrong then; nothing if nothing is."""
    with tempfile.TemporaryDirectory() as directory:
        trace = os.path.join(directory, 'trace')
        injection = f'inject={call}:error={error}:when={time}'
        words = strace(['-o', trace, '-e', f'trace={call}', '-e', injection], case.words)
        status, out, err = run(words, case.stdin, directory)
        with open(trace, encoding='utf-8', errors='replace') as file:
            return '(INJECTED)' in file.read(), judge(case, status, out, err)


def judge(case, status, out, err):
    if status is None:
        return 'it hung'
    if status < 0 or status >= 128:
        return f'it died: status {status}, {err.decode(errors="replace")!r}'
    if status == 0 and case.out is not None and out != case.out:
        return f'it said nothing, and wrote {out!r}'
    if status != 0 and not err:
        return f'it ended with {status} without a word'
    return ''


def may_trace():
    return shutil.which('strace') and subprocess.run(
        ['strace', '-f', '-qq', '-o', '/dev/null', 'true'], check=False,
        stderr=subprocess.DEVNULL).returncode == 0


def main():
    programs, *words = sys.argv[1:]
    if not may_trace():
        print('SKIPPED: strace is not there, or may not trace here')
        return 77
    everything = '--all' in words
    wanted = [word for word in words if word != '--all']
    with tempfile.TemporaryDirectory() as directory:
        hub = Hub(os.path.abspath(programs), directory)
        try:
            subprocess.run([os.path.join(programs, 'sse-pub'), '--url', hub.url, 'event', '-e',
                            'seed', '-d', 'seed'], check=True)
            runs = [one for case in cases(os.path.abspath(programs), hub.url)
                    for one in plan(case, everything)]
            runs = [one for one in runs
                    if all(word in f'{one[0].name} {one[1]} {one[3]}' for word in wanted)]
            failures = injected = 0
            with concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
                tried = pool.map(lambda one: try_one(*one), runs)
                for (case, call, time, error), (is_injected, wrong) in zip(runs, tried):
                    injected += is_injected
                    if wrong:
                        failures += 1
                        print(f'{case.name}: {call}() number {time} fails with {error}: {wrong}')
            print(f'{len(runs)} runs, {injected} of them with a call that failed; '
                  f'{failures} failures')
            # Threads share work as it comes, so a call may be made less often than before.
            return 1 if failures or not runs or injected < len(runs) * 0.9 else 0
        finally:
            hub.process.kill()
            hub.process.wait()


if __name__ == '__main__':
    sys.exit(main())
