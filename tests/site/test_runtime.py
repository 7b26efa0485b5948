"""The runtime of networks in browsers: fetched once, checked by its digests; without npm, offline or with other bytes, a reason."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import sys
import tarfile

import pytest

from camfolio.site import runtime
from camfolio.site.runtime import ASSETS, FOLDER, BrowserRuntime

FILES = {"one.mjs": b"export {};", "one.wasm": b"\0asm"}


def archive(path, files):
    """A package as npm packs it."""
    with tarfile.open(path, "w:gz") as opened:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/dist/{name}")
            entry.size = len(content)
            opened.addfile(entry, io.BytesIO(content))


@pytest.fixture
def pinned(tmp_path, monkeypatch):
    """A package `one` with two files, and nothing known of earlier attempts."""
    files = {
        name: {"from": f"package/dist/{name}", "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in FILES.items()
    }
    (tmp_path / "pins.json").write_text(json.dumps({"one": {"version": "1.0.0", "files": files}}))
    monkeypatch.setattr(runtime, "PINS", tmp_path / "pins.json")
    monkeypatch.setattr(runtime, "FAILED", {})
    monkeypatch.delenv(runtime.VARIABLE, raising=False)
    runtime.pins.cache_clear()
    yield tmp_path
    runtime.pins.cache_clear()


@pytest.fixture
def npm(pinned, monkeypatch):
    """`npm(code)` puts a program of that name on the path; it counts its calls in `calls`, and only it is there."""
    folder = pinned / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install(code):
        program = folder / "npm"
        counting = f"open({str(pinned / 'calls')!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')"
        program.write_text(f"#!{sys.executable}\nimport shutil, sys, time\n{counting}\n{code}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    return install


def calls(folder):
    file = folder / "calls"
    return file.read_text().splitlines() if file.exists() else []


def giving(pinned, files=FILES):
    """The code of an npm that gives an archive of these files."""
    archive(pinned / "given.tgz", files)
    return f"shutil.copy({str(pinned / 'given.tgz')!r}, 'one-1.0.0.tgz')"


def test_npm_fetches_the_files_once_and_later_builds_take_them_from_the_store(pinned, npm):
    npm(giving(pinned))
    for _ in range(2):
        fetched = BrowserRuntime(pinned / "store")
        assert fetched.why_not == ""
        assert {name: file.read_bytes() for name, file in fetched.files.items()} == {
            f"{ASSETS}/{name}": content for name, content in FILES.items()
        }
    (call,) = calls(pinned)
    assert call.split()[0] == "pack"
    assert call.split()[-1] == "one@1.0.0"
    assert "--ignore-scripts" in call
    assert [path.name for path in (pinned / "store" / FOLDER).iterdir()] == ["one-1.0.0"]


def test_several_projects_share_a_folder(pinned, npm, monkeypatch):
    npm(giving(pinned))
    monkeypatch.setenv(runtime.VARIABLE, str(pinned / "shared"))
    for store in (pinned / "one", pinned / "two", None):
        fetched = BrowserRuntime(store)
        assert fetched.why_not == ""
        assert fetched.files[f"{ASSETS}/one.wasm"] == pinned / "shared" / "one-1.0.0" / "one.wasm"
    assert len(calls(pinned)) == 1


def test_nothing_is_fetched_unless_a_page_asks(pinned, npm):
    npm(giving(pinned))
    assert BrowserRuntime(pinned / "store").files == {}
    assert calls(pinned) == []


def test_a_damaged_file_in_the_store_is_fetched_again(pinned, npm):
    npm(giving(pinned))
    assert BrowserRuntime(pinned / "store").why_not == ""
    (pinned / "store" / FOLDER / "one-1.0.0" / "one.wasm").write_bytes(b"\0wrong")
    fetched = BrowserRuntime(pinned / "store")
    assert fetched.why_not == ""
    assert fetched.files[f"{ASSETS}/one.wasm"].read_bytes() == FILES["one.wasm"]


def test_files_of_the_project_are_taken_as_they_are(pinned, npm):
    npm("sys.exit(1)")
    documents = pinned / "docs"
    (documents / ASSETS).mkdir(parents=True)
    for name in FILES:
        (documents / ASSETS / name).write_bytes(b"own")
    fetched = BrowserRuntime(pinned / "store", documents)
    assert (fetched.why_not, fetched.files, calls(pinned)) == ("", {}, [])


def test_without_npm_there_is_a_reason(pinned, npm):
    fetched = BrowserRuntime(pinned / "store")
    assert fetched.why_not == "npm, which fetches one@1.0.0, is not installed where this site was built"
    assert fetched.files == {}


OFFLINE = (
    "print('npm error code ENOTFOUND\\nnpm error request to https://example.org failed', file=sys.stderr); sys.exit(1)"
)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (OFFLINE, "npm could not fetch one@1.0.0 when this site was built (ENOTFOUND)"),
        ("sys.exit(3)", "npm could not fetch one@1.0.0 when this site was built (exit status 3)"),
        ("", "npm could not fetch one@1.0.0 when this site was built (exit status 0)"),
        (
            "open('one-1.0.0.tgz', 'wb').write(b'no archive')",
            "npm gave an archive of one@1.0.0 that cannot be read or lacks a file",
        ),
    ],
)
def test_an_npm_that_fails_is_tried_once_and_named_without_an_address(code, reason, pinned, npm):
    npm(code)
    for _ in range(2):
        fetched = BrowserRuntime(pinned / "store")
        assert fetched.why_not == reason
        assert fetched.files == {}
    assert len(calls(pinned)) == 1


def test_other_bytes_than_the_pinned_ones_are_refused(pinned, npm):
    npm(giving(pinned, {**FILES, "one.wasm": b"\0evil"}))
    fetched = BrowserRuntime(pinned / "store")
    assert fetched.why_not == "npm gave another one@1.0.0 than the pinned one: one.wasm has other bytes"
    assert fetched.files == {}
    assert list((pinned / "store" / FOLDER).iterdir()) == []


def test_a_link_in_the_archive_leads_nowhere(pinned, npm):
    secret = pinned / "secret"
    secret.write_bytes(FILES["one.wasm"])
    with tarfile.open(pinned / "given.tgz", "w:gz") as opened:
        for name in FILES:
            entry = tarfile.TarInfo(f"package/dist/{name}")
            entry.type, entry.linkname = tarfile.SYMTYPE, str(secret)
            opened.addfile(entry)
    npm(f"shutil.copy({str(pinned / 'given.tgz')!r}, 'one-1.0.0.tgz')")
    assert "cannot be read" in BrowserRuntime(pinned / "store").why_not


def test_an_npm_that_never_ends_is_stopped(pinned, npm, monkeypatch):
    monkeypatch.setattr(runtime, "PATIENCE", 0.5)
    npm("time.sleep(60)")
    expected = "npm did not fetch one@1.0.0 when this site was built (TimeoutExpired)"
    assert BrowserRuntime(pinned / "store").why_not == expected


def test_a_store_that_is_no_folder_is_a_reason(pinned, npm):
    npm(giving(pinned))
    (pinned / "store").write_text("a file")
    assert "one@1.0.0 cannot be kept in the folder of results" in BrowserRuntime(pinned / "store").why_not


def test_the_pinned_files_are_the_runtime_without_graphics_processors_and_the_dicom_reader():
    assert {(pin.package, pin.version) for pin in runtime.pins().values()} == {
        ("onnxruntime-web", "1.30.0"),
        ("dicom-parser", "1.8.21"),
    }
    assert set(runtime.pins()) == {
        "ort.wasm.min.mjs",
        "ort-wasm-simd-threaded.mjs",
        "ort-wasm-simd-threaded.wasm",
        "dicomParser.min.js",
    }
    assert "//" not in runtime.PINS.read_text(encoding="utf-8")
