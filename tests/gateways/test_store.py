"""The shelf: what is put there comes back, and what is taken away is gone."""

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
