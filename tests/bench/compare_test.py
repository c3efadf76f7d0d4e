#!/usr/bin/python3
"""usage: compare_test.py bench/cost/compare

What the guard of instruction counts says of costs that rose, fell, came and went.
"""
import importlib.machinery
import importlib.util
import sys

loader = importlib.machinery.SourceFileLoader("compare", sys.argv[1])
guard = importlib.util.module_from_spec(importlib.util.spec_from_loader("compare", loader))
sys.dont_write_bytecode = True
loader.exec_module(guard)

CASES = [
    ("the same", {"publish": 1000}, {"publish": 1000}, True),
    ("within ten per cent", {"publish": 1099, "deliver": 901}, {"publish": 1000, "deliver": 1000}, True),
    ("one rose", {"publish": 1101, "deliver": 1000}, {"publish": 1000, "deliver": 1000}, False),
    ("one fell", {"publish": 899}, {"publish": 1000}, False),
    ("one is new", {"publish": 1000, "deliver": 10}, {"publish": 1000}, False),
    ("one is gone", {}, {"publish": 1000}, False),
]
wrong = [what for what, costs, baseline, fine in CASES if guard.compare(costs, baseline) != fine]
if wrong:
    sys.exit(f"judged wrongly: {', '.join(wrong)}")
