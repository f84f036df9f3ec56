"""From facts to where somebody stands: pure functions, without a clock, a database or a setting of their own."""
