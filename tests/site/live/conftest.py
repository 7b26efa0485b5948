"""The live network's modules in a browser: one by one, and together with ONNX Runtime on a site with two tiny networks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock
from safetensors.torch import save_file

from camfolio.data.slices import Slices
from camfolio.figures.drawing.looks import Looks
from camfolio.method_words import method_looks
from camfolio.network.architecture import build_network
from camfolio.network.trained import Device, member_file
from camfolio.raster import live
from camfolio.results.browser import BrowserResult
from camfolio.site.head import with_policy
from camfolio.site.runtime import BrowserRuntime
from camfolio.stages import browser as browser_stage
from camfolio.study.settings import ExplanationSettings, Network
from file_server import Quiet, serving

MODULES = Path(__file__).resolve().parents[3] / "src" / "camfolio" / "site" / "defaults" / "assets" / "try"
LAYERS = ("layer2.0.conv2", "layer1.0", "layer3.0.conv2")
METHODS = ("grad_cam", "hires_cam", "score_cam")
UNDER = "a/folder"
"""Of the site below the server's root."""
PAGE = '<!doctype html><html lang="en"><head><title>Try it</title><link rel="icon" href="data:,"></head></html>'
OPEN = """async ([manifest, modules]) => {
  const { Engine } = await import(new URL(modules + "engine.js", location.href).href);
  window.progress = [];
  window.engine = await Engine.open(manifest, { runtime: "../assets/runtime/", progress: (...said) => progress.push(said) });
}"""


@pytest.fixture(scope="session")
def tab(browser) -> Iterator[object]:
    """A page beside the modules."""
    with serving(MODULES) as address:
        tab = browser.new_page()
        tab.goto(address)
        yield tab
        tab.close()


@pytest.fixture
def run(tab) -> Callable[..., object]:
    """`run("maps.js", "(maps, given) => ...", given)`: what a function of a module and of plain values returns."""

    def call(module: str, function: str, given: object = None) -> object:
        return tab.evaluate(f"async (given) => ({function})(await import('/{module}'), given)", given)

    return call


@dataclass(frozen=True)
class LiveSite:
    """A site on a server's disk, and what is in it.

    Attributes:
        root: of the server; the site lies in UNDER.
        slices: HU.
        networks: name -> members, as the site's files hold them.
        window_hu: of the networks.
        explanation: section of the study.
    """

    root: Path
    slices: Slices
    networks: Mapping[str, list[torch.nn.Module]]
    window_hu: tuple[float, float]
    explanation: ExplanationSettings

    @property
    def folder(self) -> Path:
        return self.root / UNDER

    def study(self, name: str) -> Path:
        """The folder of a study's files."""
        return self.folder / name / "try"


def random_members(count: int, settings: Network) -> list[torch.nn.Module]:
    """Networks with random weights and norms that are not the identity, as of trained ones."""
    members = []
    for seed in range(count):
        torch.manual_seed(seed)
        members.append(build_network(settings).eval())
        for module in members[-1].modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.uniform_(-0.1, 0.1)
                module.running_var.uniform_(0.5, 1.5)
    return members


def write_study(site: LiveSite, name: str, settings: Network) -> None:
    """The files of a study's page, by the stages of a study."""
    made, folder = site.root.with_name(f"{site.root.name}-{name}"), site.study(name)
    inputs = {stage: made / stage for stage in ("slices", "split", "training", "browser", "predictions")}
    for place in (folder, *inputs.values()):
        place.mkdir(parents=True)
    part = np.array(["train", "validation", "test"])[np.arange(len(site.slices)) // 2 % 3]
    site.slices.save(inputs["slices"] / "slices.npz")
    np.save(inputs["split"] / "part.npy", part)
    np.save(inputs["predictions"] / "logits.npy", np.zeros((len(part), 2), np.float32))
    for number, member in enumerate(site.networks[name]):
        save_file(member.state_dict(), inputs["training"] / member_file(number))
    data = {stage: inputs[stage] for stage in ("slices", "split")}
    browser_stage.run(
        out=inputs["browser"],
        training=inputs["training"],
        network=settings,
        explanation=site.explanation,
        device=Device(1, "cpu"),
        seed=0,
        **data,
    )
    assert BrowserResult.read(inputs["browser"]).why_not == ""
    live.run(
        out=folder,
        browser=inputs["browser"],
        predictions=inputs["predictions"],
        looks=Looks(method_looks(METHODS), ("benign", "malignant"), settings.window_hu),
        live=live.LiveSettings("Discs", "margin", site.explanation.masked_hu, slice_values=True),
        **data,
    )
    (folder / live.FILE).rename(folder / "manifest.json")
    for stage in ("browser", "training"):
        shutil.copytree(inputs[stage], folder / "network", dirs_exist_ok=True)


@pytest.fixture(scope="session")
def live_site(shared, tiny_slices) -> LiveSite:
    """A site with two studies, `ensemble` of two networks and `single` of one of them; the first process that needs it makes it."""
    runtime = BrowserRuntime(shared / "npm")
    with FileLock(shared / "live.lock"):
        if runtime.why_not:
            pytest.skip(f"needs ONNX Runtime for browsers, but {runtime.why_not}")
        settings = Network(width=4, blocks=(1, 1, 1, 1))
        explanation = ExplanationSettings(layers=LAYERS, methods=METHODS)
        slices, members = tiny_slices(36, 16), random_members(2, settings)
        networks = {"ensemble": members, "single": members[:1]}
        site = LiveSite(shared / "live", slices, networks, settings.window_hu, explanation)
        if not (site.folder / "assets").exists():
            for name in networks:
                write_study(site, name, settings)
                (site.study(name).parent / "index.html").write_text(with_policy(PAGE), encoding="utf-8")
            for place, file in runtime.files.items():
                (site.folder / place).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, site.folder / place)
            shutil.copytree(MODULES, site.folder / "assets" / "try")
    return site


@dataclass(frozen=True)
class Opened:
    """A page with an open engine, and what the browser did.

    Attributes:
        tab: the page.
        requests: addresses that the page and its worker asked for.
        complaints: errors in the console, and what a policy blocked.
    """

    tab: object
    requests: list[str]
    complaints: list[str]

    def __call__(self, code: str, given: object = None) -> object:
        """What a function of plain values returns; `engine` is the engine."""
        return self.tab.evaluate(code, given)

    def error(self, code: str, given: object = None) -> str:
        """The error of an asynchronous function, as the page has it."""
        return self.tab.evaluate(
            f"async (given) => {{ try {{ await ({code})(given); }} catch (error) {{ return `${{error}}`; }} }}", given
        )

    def error_of_opening(self, manifest: str = "try/manifest.json") -> str:
        """Why the engine cannot be opened."""
        return self.error(OPEN, [manifest, "../assets/try/"])


@pytest.fixture(scope="session")
def visit() -> Callable[..., object]:
    """`with visit(browser, folder, "ensemble") as page`: a page of a study of the site in that folder; nothing is open yet."""

    @contextmanager
    def visiting(
        browser, root: Path, study: str, handler: type[Quiet] = Quiet, host: str = "127.0.0.1"
    ) -> Iterator[Opened]:
        with serving(root, handler) as address:
            context = browser.new_context()
            tab = context.new_page()
            page = Opened(tab, [], [])
            context.on("request", lambda request: page.requests.append(request.url))
            tab.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
            tab.on("pageerror", lambda error: page.complaints.append(str(error)))
            tab.add_init_script(
                "window.violations = []; addEventListener('securitypolicyviolation', (event) => violations.push(event.blockedURI));"
            )
            tab.goto(f"{address.replace('127.0.0.1', host)}{UNDER}/{study}/")
            yield page
            context.close()

    return visiting


@pytest.fixture(scope="module")
def opened(browser, live_site, visit) -> Iterator[Callable[[str], Opened]]:
    """`opened("ensemble")`: a page of that study with an open engine, one for all tests of a file."""
    places, pages = [], {}

    def page(study: str) -> Opened:
        if study not in pages:
            places.append(visit(browser, live_site.root, study))
            pages[study] = places[-1].__enter__()
            pages[study](OPEN, ["try/manifest.json", "../assets/try/"])
        return pages[study]

    yield page
    for place in places:
        place.__exit__(None, None, None)
