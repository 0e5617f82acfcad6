"""Nodes that start together on a new version do not step on each other's migrations."""

import os
import subprocess
import sys

import psycopg


def test_nodes_that_start_at_the_same_moment_migrate_once(city_database: None) -> None:
    base, name = os.environ["ONCALL_DATABASE_URL"], f"upgrade_{os.getpid()}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    database = base.replace("/" + base.split("?")[0].rsplit("/", 1)[1], "/" + name, 1)
    environment = {**os.environ, "ONCALL_DATABASE_URL": database}
    starting = [
        subprocess.Popen(
            [sys.executable, "-m", "oncall", "upgrade"], env=environment, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    words = [process.communicate(timeout=120)[1] for process in starting]
    assert [process.returncode for process in starting] == [0, 0, 0], words
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
