"""From facts to the billing state: pure functions, without a clock, a database or settings of their own."""
