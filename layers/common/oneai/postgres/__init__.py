"""Postgres: the pool, and statements that run as a user, as the service or as a job."""
