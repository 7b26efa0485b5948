"""The engine of the live network: order of calls, memory, requests, and one sentence for whatever fails."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from conftest import CHROMIUM, OPTIONS
from file_server import Quiet

DRAW = """async ([slice, count]) => {
  const begun = await engine.memory();
  for (let i = 0; i < count; i++) { slice[i] = 300; await engine.explain("network", slice); }
  return [begun, await engine.memory()];
}"""
BURST = """async (slice) => {
  const order = [];
  const call = async (name, hounsfield) => {
    slice[0] = hounsfield;
    try { const { probability } = await engine.explain("network", slice); order.push([name, probability[0]]); } catch (error) { order.push([name, error.name]); }
  };
  await Promise.all([call("first", -900), call("second", 100), call("third", 200), call("last", 300)]);
  slice[0] = 300;
  return { order, alone: (await engine.explain("network", slice)).probability[0] };
}"""
SCORE_CAM = """async (slice) => {
  const shares = [], map = await engine.scoreCam("network", slice, { layer: 2, progress: (share) => shares.push(share) });
  return { shares, explained: map.explained };
}"""


@pytest.fixture
def slice_hu(live_site) -> list[float]:
    return live_site.slices.hounsfield[7].ravel().tolist()


@pytest.fixture
def damaged(live_site, tmp_path):
    """`damaged("try/network/forward.onnx", b"")`: a copy of the site in which a file of the study `single` has these bytes, or None for no file."""
    root = tmp_path / "site"
    shutil.copytree(live_site.root, root)

    def damage(name: str, content: bytes | None) -> Path:
        file = root / live_site.folder.relative_to(live_site.root) / "single" / name
        if content is None:
            file.unlink()
        else:
            file.write_bytes(content)
        return root

    return damage


def test_a_page_with_a_strict_policy_below_a_folder_loads_from_its_own_site_only(browser, live_site, visit, slice_hu):
    with visit(browser, live_site.root, "ensemble") as page:
        assert page.error_of_opening() is None
        page(SCORE_CAM, slice_hu)
        address = page.tab.url.removesuffix("ensemble/")
        assert all(request.startswith((address, "data:")) for request in page.requests)
        names = {request.removeprefix(address) for request in page.requests}
        assert {"assets/runtime/ort-wasm-simd-threaded.wasm", "ensemble/try/network/gradients.onnx"} <= names
        study = [request for request in page.requests if "/ensemble/try/" in request]
        assert len(set(study)) == len(study)  # every file once, also the weights that both graphs read
        assert page("() => violations") == []
        assert page.complaints == []
        said = page("() => progress")
        assert said[0][0].startswith("Loading ONNX Runtime: ")
        assert said[-1][1] == 1


def test_a_slice_that_is_edited_after_a_call_does_not_change_its_answer(opened, slice_hu):
    answers = opened("single")(
        """async (slice) => {
          const edited = Float32Array.from(slice), call = engine.explain("network", edited);
          edited.fill(300);
          return [(await call).probability[0], (await engine.explain("network", slice)).probability[0]];
        }""",
        slice_hu,
    )
    assert answers[0] == answers[1]


def test_of_calls_that_wait_only_the_latest_is_answered(opened, slice_hu):
    found = opened("single")(BURST, slice_hu)
    answers = dict(found["order"])
    assert answers["second"] == answers["third"] == "Superseded"
    assert isinstance(answers["first"], float)
    assert answers["last"] == found["alone"]
    assert found["order"][-1][0] == "last"


def test_memory_stays_the_same_over_200_strokes(opened, slice_hu):
    page = opened("ensemble")
    page(DRAW, [slice_hu, 5])
    begun, ended = page(DRAW, [slice_hu, 200])
    assert 0 < begun == ended < 128 * 2**20


def test_score_cam_reports_its_progress_until_it_is_done(opened, slice_hu):
    found = opened("ensemble")(SCORE_CAM, slice_hu)
    assert found["shares"] == sorted(found["shares"])
    assert found["shares"][0] < 1
    assert found["shares"][-1] == 1


def test_score_cam_ends_when_it_is_called_again_or_aborted_and_lets_other_calls_through(opened, slice_hu):
    found = opened("ensemble")(
        """async (slice) => {
          const done = [], note = (name) => (value) => done.push([name, value?.name ?? "an answer"]);
          const controller = new AbortController(), calls = [];
          calls.push(engine.scoreCam("network", slice, { layer: 2 }).then(note("first"), note("first")));
          calls.push(engine.scoreCam("network", slice, { layer: 2, signal: controller.signal, progress: () => controller.abort() }).then(note("second"), note("second")));
          calls.push(engine.explain("network", slice).then(note("explained"), note("explained")));
          await Promise.all(calls);
          await engine.scoreCam("network", slice, { layer: 2, signal: controller.signal }).then(note("third"), note("third"));
          await engine.scoreCam("network", slice, { layer: 2 }).then(note("last"), note("last"));
          return Object.fromEntries(done);
        }""",
        slice_hu,
    )
    assert found == {
        "first": "Superseded",
        "second": "AbortError",
        "explained": "an answer",
        "third": "AbortError",
        "last": "an answer",
    }


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("engine.explain('net', slice)", "Expected one of the networks network, but got net."),
        (
            "engine.explain('network', slice, { layer: 'fc' })",
            "Expected one of the layers layer2.0.conv2, layer1.0, layer3.0.conv2, but got fc.",
        ),
        ("engine.explain('network', slice, { explained: 2 })", "Expected a class from 0 to 1, but got 2."),
        (
            "engine.explain('network', slice.slice(1))",
            "Expected a slice of 16 \N{MULTIPLICATION SIGN} 16 pixels, but got 255 values. Crop it to the network's field.",
        ),
        (
            "engine.scoreCam('network', slice.map(() => NaN))",
            "Expected finite values, but pixel 0 is NaN. Choose another slice or undo.",
        ),
    ],
)
def test_a_call_that_does_not_fit_is_refused_in_one_sentence(opened, slice_hu, call, said):
    assert opened("single").error(f"async (slice) => {{ await {call}; }}", slice_hu) == f"EngineError: {said}"


def test_a_closed_engine_says_so_and_ends_what_was_asked_of_it(browser, live_site, visit, slice_hu):
    with visit(browser, live_site.root, "single") as page:
        page.error_of_opening()
        assert len(page.tab.workers) == 1
        said = "EngineError: Expected an open engine, but it was closed. Start the network again."
        asked = "async (slice) => { const call = engine.explain('network', slice); engine.close(); await call; }"
        assert page.error(asked, slice_hu) == said
        assert page.error("async (slice) => { await engine.scoreCam('network', slice); }", slice_hu) == said
        page.tab.wait_for_timeout(200)
        assert page.tab.workers == []


REMEDY = "Reload the page; if that does not help, the site was copied or published incompletely."


@pytest.mark.parametrize("name", ["gradients.onnx", "network.safetensors"])
def test_a_truncated_or_empty_file_is_refused_in_one_sentence(browser, live_site, visit, damaged, name):
    whole = (live_site.study("single") / "network" / name).read_bytes()
    for content in (b"", whole[:-1]):
        with visit(browser, damaged(f"try/network/{name}", content), "single") as page:
            said = f"EngineError: Expected {name} with {len(whole)} bytes, but got {len(content)}. {REMEDY}"
            assert page.error_of_opening() == said


def test_a_changed_or_missing_file_is_refused_in_one_sentence(browser, live_site, visit, damaged):
    whole = bytearray((live_site.study("single") / "network" / "gradients.onnx").read_bytes())
    whole[-1] ^= 1
    with visit(browser, damaged("try/network/gradients.onnx", bytes(whole)), "single") as page:
        assert page.error_of_opening().startswith("EngineError: Expected gradients.onnx with the checksum ")
    with visit(browser, damaged("try/network/gradients.onnx", None), "single") as page:
        said = f"EngineError: Expected gradients.onnx from the site's server, but got the answer 404. {REMEDY}"
        assert page.error_of_opening() == said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "Expected manifest.json from the site's server, but got the answer 404."),
        (b"", "Expected manifest.json with something in it, but got an empty file."),
        (b"<html>", "Expected the description of the networks in manifest.json, but got text that is no JSON"),
        (b'{"version": 2}', "Expected manifest.json of version 1, but got 2."),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused_in_one_sentence(browser, visit, damaged, content, said):
    with visit(browser, damaged("try/manifest.json", content), "single") as page:
        assert page.error_of_opening().startswith(f"EngineError: {said}")


def test_a_network_that_could_not_be_exported_says_why(browser, live_site, visit, damaged):
    manifest = json.loads((live_site.study("single") / "manifest.json").read_text(encoding="utf-8"))
    manifest["networks"][0]["why_not"] = "It has an operator that browsers lack."
    with visit(browser, damaged("try/manifest.json", json.dumps(manifest).encode()), "single") as page:
        said = "EngineError: Expected a network that runs in a browser, but got none. It has an operator that browsers lack."
        assert page.error_of_opening() == said


@pytest.mark.parametrize(
    "case",
    [
        (
            "ort.wasm.min.mjs",
            None,
            "Expected ONNX Runtime at /a/folder/assets/runtime/ort.wasm.min.mjs, but it could not be loaded",
        ),
        (
            "ort-wasm-simd-threaded.wasm",
            None,
            "Expected ort-wasm-simd-threaded.wasm from the site's server, but got the answer 404.",
        ),
        (
            "ort-wasm-simd-threaded.wasm",
            b"",
            "Expected ort-wasm-simd-threaded.wasm with something in it, but got an empty file.",
        ),
        (
            "ort-wasm-simd-threaded.wasm",
            b"\0asm\1\0\0\0\1",
            "Expected ONNX Runtime to start, but got",
        ),
    ],
)
def test_a_runtime_that_is_missing_or_damaged_is_refused_in_one_sentence(browser, visit, damaged, case):
    name, content, said = case
    with visit(browser, damaged(f"../assets/runtime/{name}", content), "single") as page:
        assert page.error_of_opening().startswith(f"EngineError: {said}")


def test_a_file_that_the_browser_kept_from_an_older_site_is_loaded_again(browser, live_site, visit):
    given = []

    class Older(Quiet):
        """Gives an older file once, and asks to keep it."""

        def do_GET(self):  # noqa: N802 - http.server calls it so
            if self.path.endswith("gradients.onnx") and not given:
                given.append(self.path)
                self.send_response(200)
                self.send_header("Cache-Control", "max-age=600")
                self.send_header("Content-Length", "5")
                self.end_headers()
                self.wfile.write(b"older")
            else:
                super().do_GET()

    with visit(browser, live_site.root, "single", Older) as page:
        assert page.error_of_opening() is None
        assert given


def test_a_server_whose_policy_forbids_webassembly_is_named(browser, live_site, visit):
    class Strict(Quiet):
        def end_headers(self):
            self.send_header("Content-Security-Policy", "script-src 'self'")
            super().end_headers()

    with visit(browser, live_site.root, "single", Strict) as page:
        said = "EngineError: Expected a server that allows WebAssembly, but the Content-Security-Policy it sends forbids it."
        assert page.error_of_opening().startswith(said)


@pytest.fixture
def other_browser(browser):
    """`other_browser("--flag")`: Chromium with further options."""
    launched = []

    def launch(*options: str):
        launched.append(browser.browser_type.launch(executable_path=CHROMIUM, args=[*OPTIONS, *options]))
        return launched[-1]

    yield launch
    for one in launched:
        one.close()


def test_a_browser_without_webassembly_is_told(other_browser, live_site, visit):
    with visit(other_browser("--js-flags=--jitless"), live_site.root, "single") as page:
        said = (
            "EngineError: Expected a browser with WebAssembly, but it is switched off here, as in some protected modes."
        )
        assert page.error_of_opening().startswith(said)


GRANTS = """
const Granted = WebAssembly.Memory;
WebAssembly.Memory = function (wanted) {
  if (wanted.maximum > %d * 16) throw new RangeError("WebAssembly.Memory(): could not allocate memory");
  return new Granted(wanted);
};
"""
"""What a phone does with memory that may grow beyond some megabytes."""


@pytest.mark.parametrize("megabytes", [300, 100])
def test_a_browser_that_grants_little_memory_gets_by_or_is_told_what_was_tried(browser, live_site, visit, megabytes):
    class Short(Quiet):
        def do_GET(self):  # noqa: N802 - http.server calls it so
            if not self.path.endswith("/worker.js"):
                super().do_GET()
                return
            content = (GRANTS % megabytes).encode() + Path(self.translate_path(self.path)).read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with visit(browser, live_site.root, "single", Short) as page:
        error = page.error_of_opening()
        if megabytes > 256:
            assert error is None
        else:
            tried = "(refused: 1024, 512, 256, 128 MB)"
            assert error.startswith(
                f"EngineError: Expected memory for the network, but this browser grants none {tried}."
            )


def test_a_page_without_https_runs_but_says_that_checksums_were_not_compared(other_browser, live_site, visit, slice_hu):
    mapped = other_browser("--host-resolver-rules=MAP plain.test 127.0.0.1")
    with visit(mapped, live_site.root, "single", host="plain.test") as page:
        assert page.error_of_opening() is None
        assert page("() => engine.unverified").startswith("The checksums of the network's files were not compared")
        assert page("async (slice) => (await engine.explain('network', slice)).probability.length", slice_hu) == 2


def test_a_page_over_https_or_from_this_computer_compares_checksums(opened):
    assert opened("single")("() => engine.unverified") == ""
