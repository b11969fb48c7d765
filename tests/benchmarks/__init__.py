"""Speed as ratios within one run, against what users would pick instead: `python -m tests.benchmarks --work FOLDER`.

Oxus is measured from outside, by its commands and over HTTP; only the bare SQL in `handwritten_sql` knows its tables.
"""
