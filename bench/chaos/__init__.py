"""`make chaos`: rounds of faults in every part while users ask, read and pay, and then a check of the invariants."""
