"""The built site: strict, complete, self-contained, reproducible; and errors."""

from __future__ import annotations

import json
import re
import shutil
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from camfolio.errors import StoreError, StudyError
from camfolio.site import project as project_site
from camfolio.site import templates as rendering
from camfolio.site.pages import Site
from camfolio.site.project import site_for
from camfolio.site.serving import Background

HEAVY = {"torch", "matplotlib", "monai", "pytorch_lightning"}
CHAPTERS = [
    "Model training and performance",
    "Training metrics",
    "Confusion matrix",
    "Post-hoc interpretability",
    *(
        chapter
        for name in ("Grad-CAM", "HiRes-CAM", "Score-CAM")
        for chapter in (
            name,
            f"{name}: a misclassified slice",
            f"{name}: most energy on the nodule for its size",
            f"{name}: median energy on the nodule for its size",
            f"{name}: least energy on the nodule for its size",
        )
    ),
    "Conclusion",
]
BUILD = """
import sys
from mkdocs.__main__ import cli
try:
    cli(sys.argv[1:], standalone_mode=False)
finally:
    print("IMPORTED", *{name.partition(".")[0] for name in sys.modules})
"""


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def results_of(project):
    return {path.parent.relative_to(project).as_posix() for path in project.glob("artifacts/*/*/manifest.json")}


@pytest.fixture(scope="module")
def readings(built, read):
    """Path of every built page -> its elements."""
    return {page: read(page.read_text(encoding="utf-8")) for page in built.pages()}


@pytest.fixture(scope="module")
def again(built, python, tmp_path_factory):
    """A second build of the same site from stored results, which prints the imported modules."""
    target = tmp_path_factory.mktemp("again")
    arguments = ("-c", BUILD, "build", "--strict", "--site-dir", str(target))
    before = results_of(built.project)
    ran = python(*arguments, folder=built.project, SOURCE_DATE_EPOCH="1700000000")
    assert ran.status == 0, ran.err
    return target, ran, before


def test_a_strict_build_logs_no_warning(built):
    assert not [line for line in built.ran.err.splitlines() if line.startswith(("WARNING", "ERROR", "CRITICAL"))]


def test_all_pages_are_there(built):
    pages = {page.relative_to(built.site).as_posix() for page in built.pages()}
    study = {"tiny/index.html", "tiny/model/index.html", "tiny/data/index.html"}
    assert (
        study
        | {
            "index.html",
            "methods/index.html",
            "study-file/index.html",
            "template-values/index.html",
            "architecture/index.html",
        }
        <= pages
    )


def test_every_link_and_picture_has_a_target(built, readings):
    anchors = {
        page: {
            element.attributes[key]
            for element in reading.elements
            for key in ("id", "name")
            if key in element.attributes
        }
        for page, reading in readings.items()
    }
    broken = []
    for page, reading in readings.items():
        for element in reading.all("a", "img", "script", "link", "source"):
            address = element.attributes.get("href") or element.attributes.get("src") or ""
            path, fragment = urldefrag(address.partition("?")[0] if "://" not in address else address)
            if urlsplit(path).scheme in {"http", "https", "mailto", "data"} or (
                "href" not in element.attributes and not path
            ):
                continue
            root = built.site if path.startswith("/") else page.parent
            target = (root / unquote(path).lstrip("/")).resolve() if path else page
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file() or (
                fragment and target.suffix == ".html" and fragment not in {*anchors[target], "__skip"}
            ):
                broken.append((page.relative_to(built.site).as_posix(), address))
    assert broken == []


def test_every_picture_has_words_and_a_size(built, readings):
    wanting = [
        (page.relative_to(built.site).as_posix(), image.attributes.get("src"))
        for page, reading in readings.items()
        for image in reading.all("img")
        if not image.attributes.get("alt")
        or ("logo" not in image.attributes["src"] and not {"width", "height"} <= set(image.attributes))
    ]
    assert wanting == []


def test_nothing_is_fetched_from_elsewhere(built, readings):
    asked = []
    for reading in readings.values():
        for element in reading.all("script", "link", "img", "source", "iframe", "video", "audio", "object", "embed"):
            addresses = [element.attributes.get(key, "") for key in ("src", "href", "data", "srcset")]
            kept = element.attributes.get("rel") not in {"canonical", "prev", "next"}
            asked += [address for address in addresses if kept and re.match(r"(https?:)?//", address)]
    for sheet in built.site.rglob("*.css"):
        asked += re.findall(r"(?:url\(|@import )[\"']?((?:https?:)?//[^\"')]+)", sheet.read_text(encoding="utf-8"))
    assert asked == []


def test_the_write_up_has_its_chapters_in_their_order(built, readings):
    reading = readings[built.site / "tiny" / "index.html"]
    headings = [" ".join(one.text.split()).removesuffix("#").strip() for one in reading.all("h1", "h2", "h3")]
    assert headings[0] == 'Discs, "nodules": a <b>tiny</b> study'
    assert [heading for heading in headings if heading in CHAPTERS] == CHAPTERS
    assert reading.elements.index(reading.all("h1")[0]) < reading.elements.index(reading.all("figure")[0])
    assert reading.all("figure")[0].attributes["id"] == "teaser"
    assert "Discs on lung." in reading.words("p")


def test_the_focus_layer_is_named_under_the_methods(built, readings):
    text = readings[built.site / "tiny" / "index.html"].words("article")[0]
    assert "layer2.0.conv2" in text.partition("Post-hoc interpretability")[2].partition("Conclusion")[0]


def test_the_home_page_has_a_card_per_study(built, readings):
    reading = readings[built.site / "index.html"]
    cards = [element for element in reading.all("div") if element.attributes.get("class") == "study"]
    assert len(cards) == 1
    assert "Tiny & quick" in cards[0].text
    links = [a for a in reading.all("a") if cards[0] in a.inside and a.attributes["href"] == "tiny/"]
    assert len(links) == 2  # the pictures, for light and dark pages, and the name


def test_a_label_with_an_ampersand_reads_as_text_in_the_navigation(built, readings):
    navigation = [one for one in readings[built.site / "index.html"].all("nav") if "md-nav" in one.attributes["class"]]
    assert "Tiny & quick" in " ".join(navigation[0].text.split())


def test_a_title_with_quotes_and_tags_reads_as_text_in_the_head(built, readings):
    title = readings[built.site / "tiny" / "index.html"].words("title")[0]
    assert title.startswith('Discs, "nodules": a <b>tiny</b> study')


def test_a_second_build_gives_the_same_bytes(built, again):
    first, second = files_of(built.site), files_of(again[0])
    assert set(first) == set(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_a_second_build_computes_nothing_and_imports_nothing_heavy(built, again):
    _, ran, before = again
    imported = set(ran.out.partition("IMPORTED")[2].split())
    assert "mkdocs" in imported
    assert imported & HEAVY == set()
    assert results_of(built.project) == before


@pytest.mark.slow
def test_another_study_file_is_another_section_and_an_edited_template_recomputes_nothing(
    copy_project, copied_template, python, read, tmp_path
):
    project = copy_project(tmp_path / "project")
    studies = project / "gen" / "studies"
    second = (studies / "tiny.yaml").read_text(encoding="utf-8").replace("Discs on lung.", "The same discs again.")
    (studies / "second_one.yaml").write_text(second, encoding="utf-8")
    template = copied_template(project, "study/index.md.jinja")
    template.write_text(template.read_text(encoding="utf-8") + "\nThe end of this page.\n", encoding="utf-8")
    before = results_of(project)
    ran = python("-m", "mkdocs", "build", "--strict", folder=project)
    assert ran.status == 0, ran.err
    assert results_of(project) == before
    home = read((project / "site" / "index.html").read_text(encoding="utf-8"))
    assert len([one for one in home.all("div") if one.attributes.get("class") == "study"]) == 2
    assert {"tiny/", "second_one/"} <= {link.attributes["href"] for link in home.all("a")}
    for name in ("tiny", "second_one"):
        assert "The end of this page." in read(
            (project / "site" / name / "index.html").read_text(encoding="utf-8")
        ).words("p")
        tabs = read((project / "site" / name / "model" / "index.html").read_text(encoding="utf-8"))
        assert {"../", "../data/"} <= {link.attributes["href"] for link in tabs.all("a")}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("titel: x\n", "Expected the key title, but it is missing"),
        ("title: [\n", "Expected YAML, but got a mistake in"),
        ("", "Expected keys and values in"),
    ],
)
def test_a_broken_study_file_ends_the_build_with_one_sentence(copy_project, python, tmp_path, given, sentence):
    project = copy_project(tmp_path / "project")
    (project / "gen" / "studies" / "broken.yaml").write_text(given, encoding="utf-8")
    ran = python("-m", "mkdocs", "build", "--strict", folder=project)
    assert ran.status == 2
    said = [line for line in ran.err.splitlines() if "Expected" in line]
    assert len(said) == 1
    assert sentence in said[0]
    assert "broken.yaml" in said[0]
    assert "Traceback" not in ran.out + ran.err
    assert list(project.glob("site/**/*.html")) == []


def test_a_project_without_studies_is_an_error_with_their_folder(copy_project, tmp_path):
    project = copy_project(tmp_path / "project")
    shutil.rmtree(project / "gen" / "studies")
    with pytest.raises(StudyError, match="Expected a study file, but there is none in gen/studies"):
        site_for(project)


def test_an_error_is_a_page_while_serving(copy_project, tmp_path, caplog):
    project = copy_project(tmp_path / "project")
    with (project / "gen" / "studies" / "tiny.yaml").open("a", encoding="utf-8") as study:
        study.write("titel: <b>x</b>\n")
    site = site_for(project, Background())
    templates = rendering.TEMPLATES.glob("study/*.md.jinja")
    assert {"index.md", "methods.md", *(f"tiny/{path.stem}" for path in templates)} <= {
        page.path for page in site.texts
    }
    assert len({page.content for page in site.texts}) == 1
    assert "assets/camfolio.css" in {asset.path for asset in site.pictures}
    page = site.pages[0].content.decode()
    assert page.startswith("# This site cannot be built yet")
    assert "Expected a known key, but got titel" in page
    assert "Expected a known key, but got titel" in caplog.text
    assert "tiny/index.md" in site.nav(["index.md", "studies"])[1]["tiny"]


def test_an_error_of_our_own_code_is_a_page_while_serving_and_raised_in_a_build(
    copy_project, tmp_path, monkeypatch, caplog
):
    def fail(*_):
        msg = "out of <b>paper</b>"
        raise RuntimeError(msg)

    for name in ("make_site", "render_site"):
        monkeypatch.setattr(project_site, name, fail)
    project = copy_project(tmp_path / "project")
    page = site_for(project, Background()).texts[0].content.decode()
    assert "RuntimeError: out of &#60;b&#62;paper&#60;/b&#62;. The traceback is in the terminal." in page
    assert "Traceback" in caplog.text
    with pytest.raises(RuntimeError, match="paper"):
        site_for(project)


def test_options_of_the_command_line_reach_the_site(store, tiny_study, monkeypatch, copy_project, tmp_path):
    project = copy_project(tmp_path / "project")
    order = {"studies": [str(tiny_study)], "overrides": ["label=Other"], "store": str(store.root)}
    monkeypatch.setenv("CAMFOLIO_SITE", json.dumps(order))
    site = site_for(project)
    assert isinstance(site, Site)
    assert [label for label, _ in site.sections] == ["Other"]


@pytest.mark.parametrize("name", ["our nodules", "a&b", "methods", "licence", "assets"])
def test_a_file_name_that_is_no_address_is_refused(copy_project, tmp_path, name):
    project = copy_project(tmp_path / "project")
    studies = project / "gen" / "studies"
    (studies / "tiny.yaml").rename(studies / f"{name}.yaml")
    with pytest.raises(StudyError, match=rf"but got '{name}\.yaml'\. Rename it\."):
        site_for(project)


def test_two_studies_with_one_label_are_two_sections(copy_project, tmp_path, no_worker):
    project = copy_project(tmp_path / "project")
    shutil.copy(project / "gen" / "studies" / "tiny.yaml", project / "gen" / "studies" / "tiny2.yaml")
    site = site_for(project)
    assert [paths[0] for _, paths in site.sections] == ["tiny/index.md", "tiny2/index.md"]


def test_a_study_file_may_end_in_yml(copy_project, tmp_path, no_worker):
    project = copy_project(tmp_path / "project")
    study = project / "gen" / "studies" / "tiny.yaml"
    study.rename(study.with_suffix(".yml"))
    assert [paths[0] for _, paths in site_for(project).sections] == ["tiny/index.md"]


def test_a_store_that_is_a_file_is_a_sentence_and_a_page_while_serving(copy_project, tmp_path):
    project = copy_project(tmp_path / "project")
    shutil.rmtree(project / "artifacts")
    (project / "artifacts").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match=r"^Expected a folder of results, but .* is a file\. Give a folder"):
        site_for(project)
    assert b"Expected a folder of results" in site_for(project, Background()).pages[0].content


def test_another_version_of_the_formula_library_recompiles_templates(tmp_path, monkeypatch):
    names = []
    for number in ("3.78.0", "3.79.0"):
        monkeypatch.setattr(rendering, "version", lambda _, number=number: number)
        names.append(rendering.make_environment(tmp_path, tmp_path / "compiled").bytecode_cache.pattern)
    assert names[0] != names[1]


@pytest.mark.parametrize("folder", ["/project/gen/templates/", "C:\\project\\gen\\templates\\"])
def test_the_line_of_a_template_is_found_on_every_system(folder):
    name = "study/index.md.jinja"
    path = folder + (name.replace("/", "\\") if "\\" in folder else name)
    with pytest.raises(ZeroDivisionError) as caught:
        exec(compile("\n\n1 / 0", path, "exec"), {})
    assert rendering.line_of(caught.value, name) == ", line 3"
