"""`make chaos`: faults of every part while users ask, read and pay, round after round, and then the books."""
