"""The shelf: what is put there comes back, and what is taken away is gone."""

from pathlib import Path
from uuid import uuid4

import pytest

from oncall.gateways import store
from oncall.gateways.store import NotKept
from oncall.settings import settings


def test_what_is_kept_comes_back_until_it_is_removed() -> None:
    key = f"{uuid4()}/{uuid4()}"
    store.keep(key, b"sealed")
    store.keep(key, b"sealed again")
    assert store.fetch(key) == b"sealed again"
    store.remove(key)
    with pytest.raises(NotKept):
        store.fetch(key)
    store.remove(key)


def test_the_shelf_is_a_folder_of_the_data_unless_a_bucket_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    key = f"{uuid4()}/one"
    store.keep(key, b"x")
    assert (settings().data.resolve() / "recordings" / key).read_bytes() == b"x"
    monkeypatch.setenv("ONCALL_RECORDINGS_URL", "memory:///")
    settings.cache_clear()
    try:
        store.keep("elsewhere", b"y")
        assert store.fetch("elsewhere") == b"y"
        with pytest.raises(NotKept):
            store.fetch(key)
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_a_folder_named_as_a_url_is_made_like_the_one_of_the_data(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nodes share it, and whichever keeps something first makes it."""
    monkeypatch.setenv("ONCALL_RECORDINGS_URL", f"file://{tmp_path}/not there/yet".replace(" ", "%20"))
    settings.cache_clear()
    try:
        store.keep("a/b", b"x")
        assert (tmp_path / "not there" / "yet" / "a" / "b").read_bytes() == b"x"
    finally:
        monkeypatch.undo()
        settings.cache_clear()
