"""Benchmarks: each `bench_*.py` measures one promise against something plain, in one run, and prints the ratio."""
