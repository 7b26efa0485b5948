"""The networks of a built site in a browser: their maps compared with Python's, and how long a reader waits.

    python benchmarks/browser.py site gen/studies/lung-nodules.yaml gen/studies/shortcut.yaml [--slices 20] [--layers 3] [--random 16/1/32]

Every network of the studies' pages explains published test slices, and one of them after a brush stroke, in headless Chromium and in
torch, with the weights that the page loads; so do networks with random weights, each given by its width, the number of members and the
slice's side in pixels. Printed are the largest differences, as shares of the range of each map; seconds until the
first map is possible, and medians in milliseconds: the whole call after a stroke, the network in it, and Score-CAM; the memory of the
networks before and after the strokes; and the bytes that are loaded, as they lie on the disk and compressed with gzip, as most servers send them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import statistics
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import torch
from playwright.sync_api import Page, sync_playwright
from random_pages import random_study, write_random_page
from torch import nn

from camfolio.explanation.ensembles import averaged, disagreement
from camfolio.explanation.explain import explain
from camfolio.explanation.maps import Explanation, enlarge
from camfolio.network.architecture import build_network, in_window, through_window
from camfolio.network.ensembles import together
from camfolio.network.weights import load_weights
from camfolio.study.file import read_study
from camfolio.study.settings import Study

RUNTIME = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
STROKE_HU, STROKE_AT, STROKE_RADIUS = 300.0, 8, 4
STROKES = 200
OPEN = """async ([manifest, runtime, modules]) => {
  const { Engine } = await import(modules + "engine.js"), began = performance.now();
  window.engine = await Engine.open(manifest, { runtime });
  return (performance.now() - began) / 1000;
}"""
EXPLAIN = """async ([network, slices, layers, scoreCam]) => {
  const found = [], plain = ({ signed, positive }) => ({ signed: [...signed], positive: [...positive] });
  for (const layer of layers)
    for (const slice of slices) {
      const began = performance.now(), answer = await engine.explain(network, slice, { layer }), took = performance.now() - began;
      const maps = Object.fromEntries(Object.entries(answer.maps).map(([key, map]) => [key, plain(map)]));
      const differing = Object.fromEntries(Object.entries(answer.disagreement).map(([key, map]) => [key, [...map]]));
      let masked = null;
      if (scoreCam) {
        const map = await engine.scoreCam(network, slice, { layer });
        maps.score_cam = plain(map);
        masked = map.ms;
        if (map.disagreement) differing.score_cam = [...map.disagreement];
      }
      found.push({ layer, probability: [...answer.probability], maps, differing, took, forward: answer.ms.forward, masked });
    }
  return found;
}"""
STROKE = """async ([network, slice, hounsfield, strokes]) => {
  const before = await engine.memory(), [height, width] = engine.manifest.size;
  for (let i = 0; i < strokes; i++) {
    slice[Math.floor(Math.random() * height * width)] = hounsfield;
    await engine.explain(network, slice);
  }
  return [before, await engine.memory()];
}"""


@dataclass(frozen=True)
class Reading:
    """What a browser gave for all slices at all layers, and how long it took."""

    found: Sequence[Mapping]
    seconds: float
    memory: tuple[int, int]

    def median(self, key: str) -> float:
        """Milliseconds; the first call at a layer, which prepares the network, counts as the others."""
        return statistics.median(one[key] for one in self.found)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without logging requests."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def published(folder: Path, manifest: Mapping, count: int) -> np.ndarray:
    """Slices from the files of the page, evenly from all, HU."""
    about = manifest["slices"]
    chosen = np.linspace(0, about["count"] - 1, min(count, about["count"])).round().astype(int)
    size = manifest["size"]
    files = {
        number: np.fromfile(folder / about["hounsfield"].format(number), "<f4").reshape(-1, *size)
        for number in set(chosen // about["per_file"])
    }
    return np.stack([files[number // about["per_file"]][number % about["per_file"]] for number in chosen])


def with_stroke(hounsfield: np.ndarray) -> np.ndarray:
    """A slice with a bright disc near its upper left corner."""
    rows, columns = np.indices(hounsfield.shape)
    return np.where(np.hypot(rows - STROKE_AT, columns - STROKE_AT) < STROKE_RADIUS, STROKE_HU, hounsfield).astype(
        np.float32
    )


def members_of(study: Study, folder: Path, network: Mapping) -> list[nn.Module]:
    """The networks with the weights that the page loads."""
    members = []
    for file in network["weights"]:
        members.append(build_network(study.network).eval())
        load_weights(members[-1], folder / file["file"])
    return members


def by_torch(
    study: Study, members: Sequence[nn.Module], hounsfield: np.ndarray, layers: Sequence[str], methods: Sequence[str]
) -> tuple[np.ndarray, list[Explanation]]:
    """Probabilities, and the explanations of all members of the class that the ensemble predicts."""
    images = through_window(torch.from_numpy(hounsfield), study.network.window_hu)
    with torch.inference_mode():
        probability = together(members)(images).double().softmax(1)
    settings = study.explanation
    masked = in_window(settings.masked_hu, study.network.window_hu)
    return probability.numpy(), [
        explain(one, images, layers, methods, probability.argmax(1), explains=settings.explains, masked=masked)
        for one in members
    ]


def differences(
    study: Study, manifest: Mapping, members: Sequence[nn.Module], hounsfield: np.ndarray, reading: Reading
) -> dict[str, float]:
    """Largest differences: of probabilities, and of each kind of map as a share of its range."""
    layers = list(dict.fromkeys(one["layer"] for one in reading.found))
    methods = list(reading.found[0]["maps"])
    probability, explained = by_torch(study, members, hounsfield, layers, methods)
    size, largest = tuple(manifest["size"]), {"probability": 0.0}
    for number, one in enumerate(reading.found):
        at = [each.at(one["layer"]) for each in explained]
        index = number % len(hounsfield)
        largest["probability"] = max(largest["probability"], np.abs(one["probability"] - probability[index]).max())
        mean, differing = averaged(at), disagreement(at)
        for method, maps in one["maps"].items():
            signed, centres = mean.signed[method][index : index + 1], mean.centres[one["layer"]]
            expected = {"signed": enlarge(signed, size, centres), "positive": enlarge(signed.relu(), size, centres)}
            if differing:
                expected["disagreement"] = enlarge(differing[method][index : index + 1], size, centres)
            for kind, values in expected.items():
                found = one["differing"][method] if kind == "disagreement" else maps[kind]
                key = f"{method}, {kind}"
                largest[key] = max(largest.get(key, 0.0), share_of_range(values.numpy().ravel(), np.array(found)))
    return largest


def share_of_range(expected: np.ndarray, found: np.ndarray) -> float:
    """The largest difference as a share of the range; of a uniform map, of its value."""
    span = float(np.ptp(expected)) or float(np.abs(expected).max()) or 1.0
    return float(np.abs(found - expected).max()) / span


def sizes(site: Path, folder: Path, manifest: Mapping, network: Mapping) -> str:
    """Bytes of everything that is loaded for one network."""
    runtime = [site / "assets" / "runtime" / name for name in RUNTIME]
    own = [
        network["forward"],
        network["gradients"],
        *network["weights"],
        *([network["input_check"]] if network["input_check"] else []),
    ]
    slices = [folder / manifest["slices"][kind].format(0) for kind in ("hounsfield", "masks")]
    parts = {
        "runtime": runtime,
        "network": [folder / one["file"] for one in own],
        "first slices": [folder / "manifest.json", *slices],
    }
    return ", ".join(
        f"{name} {total(files) / 1e6:.2f} MB ({total(files, compressed=True) / 1e6:.2f} MB)"
        for name, files in parts.items()
    )


def total(files: Sequence[Path], *, compressed: bool = False) -> int:
    """Bytes of files."""
    return sum(len(gzip.compress(file.read_bytes(), 6)) if compressed else file.stat().st_size for file in files)


def read_in_browser(tab: Page, manifest: str, network: Mapping, hounsfield: np.ndarray, layers: int) -> Reading:
    """Open the network on a page without a cache, explain all slices, and draw."""
    seconds = tab.evaluate(OPEN, [manifest, "assets/runtime/", "/assets/try/"])
    slices = [one.ravel().tolist() for one in hounsfield]
    names = [one["name"] for one in network["layers"][:layers]]
    found = tab.evaluate(EXPLAIN, [network["name"], slices, names, True])
    memory = tab.evaluate(STROKE, [network["name"], slices[0], STROKE_HU, STROKES])
    tab.evaluate("() => engine.close()")
    return Reading(found, seconds, tuple(memory))


def report(tab: Page, site: Path, name: str, study: Study, options: argparse.Namespace) -> Iterator[str]:
    """Lines about every network of one study."""
    folder = site / name / "try"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    hounsfield = published(folder, manifest, options.slices)
    hounsfield = np.concatenate([hounsfield, with_stroke(hounsfield[0])[None]])
    for network in manifest["networks"]:
        reading = read_in_browser(tab, f"{name}/try/manifest.json", network, hounsfield, options.layers)
        yield f"{name}, {network['title']}: {len(reading.found)} answers"
        found = differences(study, manifest, members_of(study, folder, network), hounsfield, reading)
        yield "  largest difference: " + ", ".join(f"{name} {value:.1e}" for name, value in found.items())
        yield f"  loaded in {reading.seconds:.2f} s; after a stroke {reading.median('took'):.1f} ms, of which the network {reading.median('forward'):.1f} ms; Score-CAM {reading.median('masked'):.0f} ms"
        before, after = (size / 2**20 for size in reading.memory)
        yield f"  memory {before:.0f} MB, after {STROKES} strokes {after:.0f} MB; {sizes(site, folder, manifest, network)}"


def pages(root: Path, options: argparse.Namespace) -> Iterator[tuple[str, Study]]:
    """Names of pages below a folder, where they are put, and their studies."""
    (root / "assets").symlink_to(options.site.resolve() / "assets")
    (root / "index.html").write_text("<!doctype html><title>Benchmark</title>", encoding="utf-8")
    for path in options.studies:
        (root / path.stem).symlink_to(options.site.resolve() / path.stem)
        yield path.stem, read_study(path)
    for name in options.random:
        width, members, size = map(int, name.split("/"))
        study, folder = random_study(width), f"width-{width}-{members}-{size}"
        write_random_page(root / folder / "try", study, members, size)
        yield folder, study


def main() -> None:
    """Print the lines of all studies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path, help="a built site")
    parser.add_argument("studies", type=Path, nargs="*", help="study files of its pages")
    parser.add_argument("--random", nargs="*", default=[], help="WIDTH/MEMBERS/SIDE, such as 16/1/32")
    parser.add_argument("--slices", type=int, default=20)
    parser.add_argument("--layers", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as root, sync_playwright() as driver:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=root))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, study in pages(Path(root), options):
            tab = browser.new_page()
            tab.goto(f"http://127.0.0.1:{server.server_port}/")
            for line in report(tab, Path(root), name, study, options):
                print(line, flush=True)
            tab.close()
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
