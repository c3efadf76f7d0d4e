#!/usr/bin/python3
"""usage: plain_english_test.py scripts/plain-english

What the check of the words finds in a tree with a planted line, and what it leaves alone.
"""
import pathlib
import subprocess
import sys
import tempfile

CHECK = sys.argv[1]

# File, text, and the lines of it that are found.
CASES = [
    ('lib/a.h', '/// Whoever waits is told.\n', [1]),
    ('lib/a.h', '// fine\n// It serves nobody yet.\n', [2]),
    ('lib/a.h', '// no one waits; no-one\n', [1, 1]),
    ('lib/a.h', '/// What somebody said to\n/// someone else.\n', [1, 2]),
    ('lib/a.cc', 'fail("it begins anew");\n', [1]),
    ('lib/a.cc', 'help("streams besides that");\n', [1]),
    ('lib/a.cc', "// It says else, of one's own,\n// for want of it.\n", [1, 1, 2]),
    ('lib/a.cc', '// Thereby it ends. Hence the wait.\n', [1, 1]),
    ('tests/a_test.cc', 'TEST_CASE("Those who read") {}\n', [1]),
    ('lib/a.h', '/// of those\n/// who read\n', [1]),
    ('lib/a.h', '/// the one\n  /// who has it\n', [1]),
    ('lib/a.h', '/// It is no\n/// token.\n', [1]),
    ('lib/a.h', '/// It is\n/// no token, and they were no tokens.\n', [1, 2]),
    ('docs/a.md', 'An id is\nno secret.\n', [1]),
    ('apps/a.ts', '/** It is\n * no chart. */\n', [1]),
    ('scripts/a.py', '# It is\n# no script.\n', [1]),
    ('README.md', 'It is no toy.\n', [1]),
    # Good English.
    ('lib/a.h', '/// There is no token; there are no more.\n', []),
    ('lib/a.h', '/// There may be no token, and there\n/// is no other.\n', []),
    ('lib/a.h', '/// It is no longer there, and is no larger than before.\n', []),
    ('lib/a.h', '/// A stream beside others. find_anew(kNobody, has_nobody_else);\n', []),
    ('apps/node_modules/a.js', '// nobody\n', []),
    # An exception is for one file and one piece of a line.
    ('docs/testing.md', 'stumble (`whoever`, `is no token`) in\nwhoever\n', [2]),
    ('docs/wire.md', 'stumble (`whoever`, `is no token`) in\n', [1, 1]),
    # Width of prose.
    ('docs/a.md', 'word ' * 20 + '\n' + 'word ' * 21 + 'end\n', [2]),
    ('docs/a.md', '| ' + 'word ' * 30 + '|\n# ' + 'word ' * 30 + '\n', []),
    ('docs/a.md', '```\n' + 'word ' * 30 + '\n```\n' + 'word ' * 30 + '\n', [4]),
    ('docs/a.md', 'See [the page](' + 'x' * 120 + ').\n', []),
    ('lib/a.txt', 'word ' * 30 + '\n', []),
]

wrong = []
for name, text, lines in CASES:
    with tempfile.TemporaryDirectory() as root:
        file = pathlib.Path(root, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding='utf-8')
        ran = subprocess.run([CHECK, root], capture_output=True, text=True, check=False)
    found = [line.split(': ')[0] for line in ran.stdout.splitlines() if ran.returncode]
    if found != [f'{name}:{line}' for line in lines] or ran.returncode != (1 if lines else 0):
        wrong.append(f'{name}: {text!r}\n  expected lines {lines}, got {ran.returncode}:\n{ran.stdout}')
print('\n'.join(wrong) if wrong else f'{len(CASES)} trees, each judged rightly')
sys.exit(1 if wrong else 0)
