#!/usr/bin/python3
"""usage: document_test.py PROGRAMS-DIRECTORY

Types the commands of docs/access.md into a shell, from top to bottom, each as it is written, and compares
what they answer; `...` in the document is anything. Its files are read by the programs, too. The hub has a
free port in place of 8089, and the commands wait until the hub has seen a change of its token file.
"""
import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import tempfile
import time

from programs import PATIENCE, Programs, free_port, wait_until

HERE = os.path.dirname(os.path.realpath(__file__))
MOST_SECONDS = 300


def document():
    with open(os.path.join(HERE, '..', '..', 'docs', 'access.md'), encoding='utf-8') as file:
        return file.read()


def blocks(language):
    return [text for known, text in re.findall(r'^```(\w*)\n(.*?)^```$', document(), re.M | re.S)
            if known == language]


def steps():
    """Commands, each with the lines that it answers."""
    for block in blocks('console'):
        for text in re.split(r'^\$ ', block, flags=re.M)[1:]:
            command, _, answer = text.partition('\n')
            yield command, answer


class Shell:
    """bash, as one types into it."""

    def __init__(self, programs, environment):
        self.process = subprocess.Popen(
            ['bash', '--noprofile', '--norc'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, cwd=programs.directory, env=programs.environment(environment))

    def type(self, command):
        """What is answered."""
        self.process.stdin.write((command + '\necho; echo "--- $?"\n').encode())
        self.process.stdin.flush()
        answer = []
        for line in iter(self.process.stdout.readline, b''):
            if line.startswith(b'--- '):
                return ''.join(answer)[:-1]
            answer.append(line.decode())
        raise AssertionError('the shell is gone at: ' + command)

    def end(self):
        self.process.stdin.write(b'kill $(jobs -p); wait\n')
        self.process.stdin.close()
        self.process.wait(PATIENCE)


def is_as_written(answer, written):
    pattern = '.*'.join(re.escape(part) for part in written.split('...'))
    return re.fullmatch(pattern, answer.rstrip('\n') + '\n' if answer else '', re.S) is not None


def counts(programs, url, name):
    with open(programs.file(name), encoding='ascii') as file:
        token = file.read().strip()
    code, _, _ = programs.run(['sse-pub', 'whoami'], {'SSE_URL': url, 'SSE_TOKEN': token})
    return code == 0


def check_commands(programs):
    port = free_port()
    url = 'http://127.0.0.1:%d' % port
    shell = Shell(programs, {'SSE_SERVE_PORT': str(port), 'SSE_URL': url})
    begun, count = time.monotonic(), 0
    try:
        for command, written in steps():
            if re.search(r'\bcurl\b', command):
                for name in re.findall(r'\w+\.token', command):
                    wait_until(lambda: counts(programs, url, name), 'the hub to take ' + name)
            typed = command.replace('8089', str(port))
            if typed.endswith('&'):
                typed = typed[:-1] + '2> hub.log &'
            answer = shell.type(typed)
            assert is_as_written(answer, written), '%s\nanswered:\n%s\nand not:\n%s' % (
                command, answer, written)
            count += 1
    finally:
        shell.end()
    assert count >= 10, count
    taken = time.monotonic() - begun
    assert taken < MOST_SECONDS, taken
    print('%d commands, %.1f s' % (count, taken))


def check_token_file(programs):
    text = blocks('toml')[0].replace('3f0c...', 'a' * 64)
    path = programs.file('written.toml')
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), 'w', encoding='ascii') as file:
        file.write(text)
    code, out, err = programs.run(['sse-serve', 'token', 'list', '--tokens', path])
    assert code == 0, err
    assert 'token:ci' in out and 'anonymous' in out and 'public/#' in out, out


def signed(claims, secret):
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b'=')
    text = part(b'{"alg":"HS256"}') + b'.' + part(json.dumps(claims).encode())
    return (text + b'.' + part(hmac.new(secret, text, hashlib.sha256).digest())).decode()


def check_signed_tokens(programs):
    claims = json.loads(blocks('json')[0])
    claims['exp'] = int(time.time()) + 600
    secret = os.urandom(32)
    keys = programs.file('keys.json')
    with open(os.open(keys, os.O_CREAT | os.O_WRONLY, 0o600), 'w', encoding='ascii') as file:
        json.dump({'keys': [{'kty': 'oct', 'alg': 'HS256', 'k': base64.urlsafe_b64encode(
            secret).decode().rstrip('=')}]}, file)
    revoked = programs.file('revoked')
    with open(os.open(revoked, os.O_CREAT | os.O_WRONLY, 0o600), 'w', encoding='ascii') as file:
        file.write(next(block for block in blocks('') if block.startswith('id token:')))
    hub = programs.start_hub('--jwt-keys', keys, '--jwt-issuer', claims['iss'], '--jwt-audience',
                             claims['aud'], '--revoked', revoked)
    status, _, body = hub.ask('/session', signed({**claims, 'iat': int(time.time())}, secret))
    who = json.loads(body)
    assert status == 200 and who['principal'] == 'jwt:https://id.example:ann', body
    assert who['publish'] == claims['sse']['publish'], body
    # The last line of the block.
    assert hub.ask('/session', signed({**claims, 'iat': 1790000000}, secret))[0] == 401
    hub.stop()
    word = re.search(r'`(sse-serve token jwt [^`]+)`', document())[1]
    made = subprocess.run(['bash', '-c', word.replace('FILE', keys)], check=True, capture_output=True,
                          env=programs.environment())
    assert made.stdout.count(b'.') == 2, made


def main():
    with tempfile.TemporaryDirectory() as directory:
        programs = Programs(sys.argv[1], directory)
        check_commands(programs)
        check_token_file(programs)
        check_signed_tokens(programs)


main()
