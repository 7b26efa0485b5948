"""No patient out: identifiers planted wherever a DICOM file has room for text are in no result, page or log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from pydicom.datadict import dictionary_VM, dictionary_VR, keyword_dict
from pydicom.dataset import Dataset

from camfolio import cli
from camfolio.pipeline.contents import stages
from camfolio.pipeline.portfolio import with_upstream
from camfolio.site.pages import make_site
from camfolio.store.build import build
from camfolio.study.file import read_study
from dicom_trees import ROOT_UID, annotations, dataset, nodule_scan

PROJECT = Path(__file__).resolve().parents[2]
PATIENTS = [f"ZZ{number:04d}Q" for number in range(12)]
TEXT = {"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"}
NEEDED = {"Modality", "PhotometricInterpretation", "PatientID", "SpecificCharacterSet", "PixelPresentation"}


def planted(number: int) -> str:
    """A word that nothing else can have written; short, since some elements hold 16 letters."""
    return f"QZPLANT{number}ZQ"


def plant(found: Dataset, number: int) -> int:
    """Write the word into every text element, also dates, ages and private elements; returns their number."""
    word, count = planted(number), 0
    for keyword in keyword_dict:
        kind = dictionary_VR(keyword_dict[keyword])
        if (
            kind in TEXT
            and keyword not in NEEDED
            and dictionary_VM(keyword_dict[keyword])[0] == "1"
            and keyword_dict[keyword] >> 16 > 2
        ):
            setattr(found, keyword, word)
            count += 1
    found.PatientBirthDate, found.StudyDate, found.PatientAge = (
        f"1931{number + 1:02d}17",
        f"1987{number + 1:02d}23",
        "077Y",
    )
    found.StudyInstanceUID = f"{ROOT_UID}.31337.{number}"
    block = found.private_block(0x0099, word, create=True)
    block.add_new(0x01, "LO", word)
    block.add_new(0x02, "PN", f"{word}^private")
    block.add_new(0x03, "OB", f"/home/{word}/scan".encode())
    return count


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """Twelve patients with a nodule each, identifiers everywhere; a file that pydicom wonders about and one it cannot read."""
    folder = tmp_path_factory.mktemp("planted")
    for number, patient in enumerate(PATIENTS):
        scan = nodule_scan(patient, number, malignancy=1 + 4 * (number % 2), radius=3 + 2 * (number % 2))
        (folder / f"series{number}").mkdir()
        for place in range(len(scan.stored)):
            found = dataset(scan, place)
            assert plant(found, number) > 500
            found.save_as(folder / f"series{number}" / f"{place}.dcm", enforce_file_format=True)
        text = (
            annotations(scan)
            .replace(">anon<", f">{planted(number)}<")
            .replace("<noduleID>1<", f"<noduleID>{planted(number)}<")
        )
        (folder / f"series{number}" / "notes.xml").write_text(text, encoding="utf-8")
    odd = dataset(nodule_scan(PATIENTS[0], 99), 0)
    plant(odd, 0)
    odd.PixelSpacing = None
    odd.save_as(folder / "odd.dcm", enforce_file_format=True)
    whole = (folder / "series0" / "0.dcm").read_bytes()
    (folder / "broken.dcm").write_bytes(whole[:200] + b"\xff" * 40 + whole[240:])
    return folder


def secrets() -> Iterator[bytes]:
    yield from (b"QZPLANT", b"077Y", ROOT_UID.encode())
    yield from (
        f"{start}{number + 1:02d}{day}".encode() for number in range(12) for start, day in ((1931, 17), (1987, 23))
    )
    yield from (patient.encode() for patient in PATIENTS)


def leaks(content: bytes) -> list[bytes]:
    """Secrets in a content as bytes, and as the two-byte and four-byte letters in which arrays are written."""
    wide = [secret.decode().encode(kind) for secret in secrets() for kind in ("utf-16-le", "utf-32-le")]
    return [secret for secret in (*secrets(), *wide) if secret in content]


@pytest.fixture(scope="module")
def planted_study(tree, write_study) -> Path:
    """A study of that tree."""
    path = write_study("planted")
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["data"] = {"source": "lidc", "path": "tree-of-patients", "on_error": "skip"}
    document["explanation"]["methods"] = ["grad_cam"]
    document["evidence"] |= {"seeds": 0, "permuted_labels": 0}
    (path.parent / "tree-of-patients").symlink_to(tree)
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


@pytest.mark.slow
def test_identifiers_reach_neither_results_nor_pages_nor_the_log(planted_study, compute, store, caplog, capfd):
    path = planted_study
    caplog.set_level("DEBUG")
    assert cli.main(["inspect", str(path), "--store", str(store.root)]) == 0
    portfolio = compute(path)[0]
    site = make_site(PROJECT, store, [path])
    said = capfd.readouterr()
    assert "skipped: Expected " in caplog.text + said.err
    for content in (said.out, said.err, caplog.text):
        assert leaks(content.encode()) == []
    results = [
        file for artefact in portfolio.artefacts.values() for file in artefact.folder.rglob("*") if file.is_file()
    ]
    assert len(results) > 50
    remembered = [*store.root.glob(".inputs/*"), *store.root.glob("*.json")]
    for file in (*results, *remembered):
        assert leaks(file.read_bytes()) == [], file
    for page in site.pages:
        assert leaks(page.content) == [], page.path
    assert len(np.unique(np.load(portfolio.artefacts["slices"] / "slices.npz")["patient"])) == len(PATIENTS)


def test_the_search_finds_what_is_planted(tree):
    assert leaks((tree / "series3" / "1.dcm").read_bytes())
    assert leaks(np.array([PATIENTS[3]]).tobytes())


def test_ids_are_kept_with_the_setting_as_stored(write_study, store, tiny_arrays):
    path = write_study("named", data={"source": "npz", "path": "tiny.npz", "ids": "as_stored"})
    table = stages(read_study(path), path.parent)
    with np.load(build(with_upstream(["slices"], table), store)["slices"] / "slices.npz") as arrays:
        assert set(arrays["patient"]) == set(tiny_arrays["patient"])


def test_a_secret_of_the_project_changes_pseudonyms_and_not_the_slices(write_study, store):
    data = {"source": "npz", "path": "tiny.npz"}
    path = write_study("with-secret", data=data)
    table = stages(read_study(path), path.parent)
    (path.parent / "secret").write_text("s" * 32, encoding="utf-8")
    secret = write_study("with-secret", data=data | {"secret": "secret"})
    keyed = stages(read_study(secret), secret.parent)
    before, after = (build(with_upstream(["slices"], one), store)["slices"] / "slices.npz" for one in (table, keyed))
    with np.load(before) as plain, np.load(after) as salted:
        assert not set(plain["patient"]) & set(salted["patient"])
        assert sorted(one.tobytes() for one in plain["hounsfield"]) == sorted(
            one.tobytes() for one in salted["hounsfield"]
        )
    assert "secret" not in table[0].files
    assert keyed[0].parameters["data"]["secret"] == "secret"
