"""Takes people's files apart into pieces of text. `extraction.process` runs it apart from all else."""
