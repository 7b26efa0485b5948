"""Folders that only their user can enter: the store's and the cache's, whatever the umask."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from camfolio.store.artefacts import Store
from camfolio.store.build import build
from camfolio.store.files import replace_file, settle
from camfolio.store.layout import mark_layout
from camfolio.store.private import private_folder, user_cache
from tiny_chain import chain

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes of another system")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_store_is_its_user_s_alone_whatever_the_umask(tiny, open_umask):
    build(chain(), Store(tiny / "store"))
    found = {path: mode(path) for path in [tiny / "store", *(tiny / "store").rglob("*")]}
    assert len(found) > 5
    assert {path: oct(given) for path, given in found.items() if path.is_dir() and given != 0o700} == {}
    assert {path: oct(given) for path, given in found.items() if path.is_file() and given & 0o022} == {}
    results = [path for path in found if path.is_file() and path.parent.parent.name == "word"]
    assert {found[path] for path in results} == {0o600}


def test_what_is_fetched_is_its_user_s_alone_too(tmp_path, open_umask):
    (tmp_path / "result" / "deep").mkdir(parents=True)
    (tmp_path / "result" / "deep" / "file.npy").touch()
    settle(tmp_path / "result")
    assert mode(tmp_path / "result") == mode(tmp_path / "result" / "deep") == 0o700
    assert mode(tmp_path / "result" / "deep" / "file.npy") == 0o600


def test_an_earlier_store_is_closed_to_others_and_stays_open_to_its_group(tmp_path):
    replace_file(tmp_path / "store.json", '{"layout": 1}')
    tmp_path.chmod(0o777)
    mark_layout(tmp_path)
    assert mode(tmp_path) == 0o770


def test_a_folder_that_exists_stays_as_it_is(tmp_path):
    tmp_path.chmod(0o750)
    private_folder(tmp_path / "a" / "b")
    assert [mode(tmp_path / name) for name in ("", "a", "a/b")] == [0o750, 0o700, 0o700]
    private_folder(tmp_path)
    assert mode(tmp_path) == 0o750


def test_the_cache_is_the_user_s_own(tmp_path, monkeypatch, open_umask):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert user_cache() == tmp_path / "cache" / "camfolio"
    assert mode(tmp_path / "cache" / "camfolio") == 0o700
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_cache() == tmp_path / ".cache" / "camfolio"


@pytest.mark.parametrize("kind", ["open", "link", "file", "relative"])
def test_a_cache_that_somebody_else_could_have_filled_is_not_used(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "cache" if kind == "relative" else str(tmp_path / "cache"))
    folder = tmp_path / "cache" / "camfolio"
    folder.parent.mkdir()
    if kind == "open":
        folder.mkdir()
        folder.chmod(0o777)
    elif kind == "link":
        (tmp_path / "theirs").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "theirs")
    elif kind == "file":
        folder.touch()
    assert user_cache() is None


def test_a_cache_of_another_user_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert user_cache()
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert user_cache() is None
