"""Dumps the rows of the database, and restores them into a database made by the migrations.

A dump is two files: what `pg_dump` writes, and a manifest with its checksum, the migrations, and the rows and digest of
every table at the same snapshot. The schema is not dumped, because the migrations make it.
"""
