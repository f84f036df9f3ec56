"""Each `bench_*.py` measures one promise against a plain baseline in the same run, and prints the ratio."""
