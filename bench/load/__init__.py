"""`make load`: users as `bench/traffic.toml` has them ask, list, search, edit and pay at a stated rate."""
