"""Dumps of the database's rows, and their way back into a database that the migrations made.

A dump is two files: what `pg_dump` writes, and a manifest with its checksum, the migrations, and the rows and digest of
every table at the same snapshot. The schema is not dumped, because the migrations are it.
"""
