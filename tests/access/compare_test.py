#!/usr/bin/python3
"""usage: compare_test.py PROGRAMS-DIRECTORY

Counts, under callgrind, the instructions that compare the hash of a token with that of its row: they are
as many whether the hashes are equal or differ in their first, middle or last digit. Exit 77 without valgrind.
"""
import os
import re
import shutil
import sys
import tempfile

from programs import Programs, read


def other_digit(text, at):
    return text[:at] + ('1' if text[at] == '0' else '0') + text[at + 1:]


def instructions(programs, token):
    counts = programs.file('counts')
    code, _, err = programs.run(
        ['valgrind', '--tool=callgrind', '--callgrind-out-file=' + counts, '--toggle-collect=CRYPTO_memcmp',
         os.path.join(programs.programs, 'sse-serve'), 'token', 'check', '--tokens', programs.tokens],
        text=token)
    assert code in (0, 77), err
    return code, int(re.search(rb'^totals: (\d+)', read(counts), re.M)[1])


def main():
    if not shutil.which('valgrind'):
        print('skipped, not installed: valgrind')
        sys.exit(77)
    with tempfile.TemporaryDirectory() as directory:
        programs = Programs(sys.argv[1], directory)
        token = programs.add_token('ci')
        text = read(programs.tokens).decode()
        known = re.search('[0-9a-f]{64}', text)[0]
        code, right = instructions(programs, token)
        assert code == 0 and right > 0, (code, right)
        for at in (0, 32, 63):
            with open(programs.tokens, 'w', encoding='ascii') as file:
                file.write(text.replace(known, other_digit(known, at)))
            assert instructions(programs, token) == (77, right), at
        print('%d instructions each' % right)


main()
