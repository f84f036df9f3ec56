"""The local stack: the whole system on a laptop, without Docker, AWS, keys or network. Never deployed."""
