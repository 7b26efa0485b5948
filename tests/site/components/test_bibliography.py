"""Citations: formatted entries, numbers in the order of the page; unknown keys and unlisted citations are refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from camfolio.errors import PageError
from camfolio.method_words import METHOD_WORDS
from camfolio.site.components.bibliography import Citations, Reference, read_bibliography
from camfolio.site.templates import DEFAULTS, make_environment, render
from camfolio.study.sources import SOURCES

OURS = DEFAULTS / "references.bib"
ENTRY = """
@article{muller2020,
  ids = {first, second}, author = {M{\\"u}ller, J{\\"o}rg and von Berg, Ada}, title = {On {CT} \\& noise},
  journal = {Medical Physics}, volume = {3}, number = {2}, pages = {10--12}, year = {2020}, doi = {10.1/x}
}
"""


@pytest.fixture
def read(tmp_path):
    """`read(bibtex)` gives its entries by key."""

    def parsed(text: str) -> dict[str, Reference]:
        (tmp_path / "references.bib").write_text(text, encoding="utf-8")
        return read_bibliography(tmp_path / "references.bib", tmp_path / "cache")

    return parsed


def test_an_entry_is_read_with_its_letters_and_found_under_all_its_keys(read):
    found = read(ENTRY)
    assert set(found) == {"muller2020", "first", "second"}
    assert found["first"] == Reference(
        "muller2020",
        "J. Müller and A. von Berg",
        "On CT & noise",
        "Medical Physics 3(2), 10\u201312",
        "2020",
        "https://doi.org/10.1/x",
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Jiang, Peng-Tao and Kaiming He", "P.-T. Jiang and K. He"),
        ("Armato, III, Samuel G. and others", "S. G. Armato III et al."),
        ("{The MONAI Consortium} and Doe, Jane", "The MONAI Consortium and J. Doe"),
        ("Ludwig van Beethoven and de la Cruz, Ana", "L. van Beethoven and A. de la Cruz"),
        ("{\\'E}mile Zola", "É. Zola"),
    ],
)
def test_names_are_cut_to_their_initials(read, written, said):
    assert read(f"@misc{{a, author={{{written}}}, title={{T}}, year={{2021}}}}")["a"].authors == said


def test_a_preprint_is_found_where_it_is(read):
    entry = read("@misc{a, author={Doe, Jane}, title={T}, year={2021}, eprint={2101.00001}}")["a"]
    assert (entry.place, entry.address) == ("arXiv 2101.00001", "https://arxiv.org/abs/2101.00001")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,<script>",
        "//x.org",
        "www.x.org",
        "https:x",
        "https://x y",
    ],
)
def test_a_reference_links_to_pages_of_the_web_only(read, address):
    with pytest.raises(PageError, match=r"Expected an address with http:// or https:// in the entry a, but got"):
        read(f"@misc{{a, author={{Doe, Jane}}, title={{T}}, year={{2021}}, url={{{address}}}}}")


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("http://x.org/a_b?c=d&e#f", "http://x.org/a_b?c=d&e#f"),
        ("http://x.org/~a\\_b\\&c\\%20", "http://x.org/~a_b&c%20"),
        ("HTTPS://x.org", "HTTPS://x.org"),
    ],
)
def test_an_address_of_the_web_stays_as_it_is(read, written, address):
    entry = read(f"@misc{{a, author={{Doe, Jane}}, title={{T}}, year={{2021}}, url={{{written}}}}}")["a"]
    assert entry.address == address


def test_a_second_reading_parses_nothing(read, tmp_path):
    first = read(ENTRY)
    code = (
        "import sys; from pathlib import Path; from camfolio.site.components.bibliography import read_bibliography\n"
        "read_bibliography(Path(sys.argv[1]), Path(sys.argv[2])); print('bibtexparser' in sys.modules)"
    )
    arguments = [sys.executable, "-c", code, str(tmp_path / "references.bib"), str(tmp_path / "cache")]
    assert subprocess.run(arguments, capture_output=True, text=True, check=True).stdout == "False\n"
    assert read(ENTRY) == first
    assert read(ENTRY.replace("2020,", "2021,"))["muller2021"].key == "muller2021"


def test_a_project_without_a_bibliography_cites_nothing(tmp_path):
    assert read_bibliography(tmp_path / "none.bib", tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n@article{a,\n author = {x\n", r"but got a mistake in the entry that begins in line 2\."),
        ("@misc{a, title={T}, year={2021}}", r"Expected author in the entry a of references\.bib, but got none"),
    ],
)
def test_an_error_in_the_file_is_a_sentence(read, text, said):
    with pytest.raises(PageError, match=said):
        read(text)


def test_every_method_and_data_set_has_an_entry(tmp_path):
    found = read_bibliography(OURS, tmp_path)
    methods = {words.citation for words in METHOD_WORDS.values()} | {"finer_cam"}
    sources = {key for source in SOURCES.values() for key in source.words.citations}
    assert methods | sources <= set(found)
    assert all(entry.address.startswith("https://") for entry in found.values())


def test_numbers_follow_the_page_and_the_list_follows_the_numbers(read):
    known = read(ENTRY + "@misc{other, author={Doe, Jane}, title={<b>T</b>}, year={2021}}")
    page = Citations(known)
    numbers = [str(page.cite(*keys)).count(">1<") for keys in (("other",), ("muller2020", "other"), ("second",))]
    assert numbers == [1, 1, 0]
    assert page.cited == {"other": 1, "muller2020": 2}
    listed = str(page.references())
    assert listed.index('id="ref-other"') < listed.index('id="ref-muller2020"')
    assert "&lt;b&gt;T&lt;/b&gt;" in listed
    page.check()


def test_an_unknown_key_is_an_error_with_the_nearest_key(read):
    with pytest.raises(PageError, match=r"but got 'muler2020'\. Did you mean muller2020\?"):
        Citations(read(ENTRY)).cite("muler2020")


@pytest.mark.parametrize("words", ['{{ cite("first") }}', '{{ cite("first") }} {{ references() }} {{ cite("other") }}'])
def test_a_citation_after_the_list_or_without_one_names_the_template(tmp_path, words):
    folder = tmp_path / "gen" / "templates"
    folder.mkdir(parents=True)
    (folder / "page.md.jinja").write_text(words, encoding="utf-8")
    other = "@misc{other, author={Doe, Jane}, title={T}, year={2021}}"
    (folder.parent / "references.bib").write_text(ENTRY + other, encoding="utf-8")
    said = r"Expected references\(\) after the last citation.*gen/templates/page\.md\.jinja"
    with pytest.raises(PageError, match=said):
        render(make_environment(folder, tmp_path / "compiled"), "page.md.jinja", "page.md.jinja", {}, None)
