"""The page on which a network runs in the reader's browser: what its template may use, and the files that it fetches."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from camfolio.pipeline.live import PAGE, LiveNetwork, live_networks
from camfolio.pipeline.portfolio import Portfolio
from camfolio.results.browser import BrowserResult
from camfolio.results.evaluation import EvaluationResult
from camfolio.site.numbers import counted
from camfolio.vocabulary import as_number

MADE, MANIFEST = "live.json", "manifest.json"
"""The manifest in the store, where another file has its name, and in the site."""
MEGABYTE, KILOBYTE = 10**6, 10**3
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class RunningNetwork:
    """A network of the page.

    Attributes:
        name: in the manifest: `network`, or of a study about a shortcut `clean` or the cue.
        result: sizes, operators and checks of its graphs; why there are none, if there are none.
        download: size of graphs, weights and the check of inputs, in words.
        operators: operators of the graph with gradients, by how often they occur.
        difference: the largest difference from torch, as a share of the range of the values.
    """

    name: str
    result: BrowserResult
    download: str
    operators: str
    difference: str


@dataclass(frozen=True)
class LivePage:
    """What the page on which a network runs may say.

    Attributes:
        networks: those that the page offers, the first of which it begins with.
        why_not: why no network of the study can run in a browser; empty if one can.
        download: size of what the page fetches at first, without the runtime, in words.
        calibration: how far probabilities of the test part are from observed shares, as a sentence; empty if the study does not measure it.
        manifest: address of the manifest, relative to the study's folder.
        exact: whether the test slices are published in HU as they are, and not with the grey values of pictures.
    """

    networks: tuple[RunningNetwork, ...]
    why_not: str
    download: str
    calibration: str
    manifest: str
    exact: bool


def live_page(portfolio: Portfolio) -> LivePage | None:
    """The values of the page; None if the study has no such page."""
    study, read = portfolio.study, portfolio.artefacts
    named = live_networks(study)
    if not named:
        return None
    networks = tuple(running(one.name, BrowserResult.read(read[one.browser].folder)) for one in named)
    reasons = [one.result.why_not for one in networks]
    return LivePage(
        networks=networks,
        why_not=reasons[0] if all(reasons) else "",
        download=networks[0].download,
        calibration="" if study.shortcut else calibration_words(EvaluationResult.read(read["evaluation"].folder)),
        manifest=f"{PAGE}/{MANIFEST}",
        exact=study.selection.slice_values,
    )


def running(name: str, result: BrowserResult) -> RunningNetwork:
    """A network with its numbers in words."""
    files = [result.forward, result.gradients, result.input_check, *result.weights]
    size = sum(file.bytes for file in files if file)
    operators = result.gradients.operators if result.gradients else {}
    ordered = sorted(operators, key=lambda operator: (-operators[operator], operator))
    agreement = result.agreement
    largest = max(agreement.logits, agreement.activations, agreement.gradients) if agreement else 0.0
    return RunningNetwork(
        name=name,
        result=result,
        download=size_words(size),
        operators=", ".join(f"{operator} {operators[operator]}" for operator in ordered),
        difference=power_words(largest),
    )


def size_words(size: int) -> str:
    """A number of bytes in words.

    >>> size_words(3_981_968), size_words(5_760)
    ('4.0 MB', '6 kB')
    """
    return f"{size / MEGABYTE:.1f} MB" if size >= MEGABYTE else f"{max(round(size / KILOBYTE), 1)} kB"


def power_words(value: float) -> str:
    """A small number as a power of ten.

    >>> power_words(3.42e-7), power_words(0.0)
    ('3.4 · 10⁻⁷', '0')
    """
    digits, _, exponent = f"{value:.1e}".partition("e")
    return f"{digits} · 10{str(int(exponent)).translate(RAISED)}" if value else "0"


def calibration_words(evaluation: EvaluationResult) -> str:
    """How far the probabilities of the test part are from the observed shares, beside what perfect calibration would show."""
    error, perfect = evaluation.metrics["calibration_error"].value, evaluation.perfectly_calibrated
    return (
        f"On the {counted(evaluation.cases, f'test {evaluation.unit}')} the probabilities were {as_number(error)} away from the observed shares on average; "
        f"perfectly calibrated ones would show {as_number(perfect.low)} to {as_number(perfect.high)}."
    )


def live_files(portfolio: Portfolio) -> dict[str, Path]:
    """Path in the site -> file of the manifest, slices, graphs and weights, as far as they are finished."""
    finished, folder, networks = portfolio.finished, f"{portfolio.name}/{PAGE}", live_networks(portfolio.study)
    shown = finished[PAGE].manifest.outputs if networks and PAGE in finished else ()
    files = {f"{folder}/{MANIFEST if file == MADE else file}": finished[PAGE] / file for file in shown}
    for one in networks:
        if one.browser in finished and one.training in finished:
            result = BrowserResult.read(finished[one.browser].folder)
            files |= {f"{folder}/{one.name}/{file}": finished[stage] / file for stage, file in files_of(one, result)}
    return {path: file.resolve() for path, file in files.items()}


def files_of(network: LiveNetwork, result: BrowserResult) -> list[tuple[str, str]]:
    """Stage and name of the files that a network runs from."""
    made = [file.file for file in (result.forward, result.gradients, result.input_check) if file]
    return [*((network.browser, file) for file in made), *((network.training, file.file) for file in result.weights)]
