"""Pages for other generators: a portfolio item of a Jekyll site, and plain files that a strict build takes."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
import yaml
from PIL import Image

from camfolio import cli
from camfolio.site.export import IMAGES, image_name, jekyll_page
from camfolio.site.templates import Page
from camfolio.site.wording import as_text
from camfolio.study.project import read_yaml
from exported_sites import GENERATORS, built, lacking

SEED = {
    "xai.png training_metrics.png confusion_matrix.png miscalssification.png goodxai.png badxai.png mishires.png",
    "goodhires.png badhires.png miscore.png goodscore.png badscore.png",
}
CHAPTERS = [
    "Model training and performance",
    "Post-hoc interpretability",
    "Grad-CAM",
    "HiRes-CAM",
    "Score-CAM",
    "Conclusion",
]


@pytest.fixture
def export(copy_project, tmp_path, monkeypatch):
    """`export("jekyll", ...)` writes the tiny project's pages; the exit status and the folder."""
    project = copy_project(tmp_path / "project")
    monkeypatch.chdir(project)

    def call(form: str, *options: str):
        target = tmp_path / "there"
        return cli.main(["export", form, "--to", str(target), *options]), target

    return call


@pytest.fixture
def item(export):
    """Front matter and body of the portfolio item, and its folder."""
    status, target = export("jekyll")
    assert status == 0
    _, front, body = (target / "_portfolio" / "tiny.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), body, target


def test_an_item_has_the_front_matter_of_a_portfolio(item, portfolio):
    front, _, _ = item
    width = portfolio.artefacts["figure-teaser"].json("figure.json")["width"]
    assert front == {
        "title": str(as_text('Discs, "nodules": a <b>tiny</b> study')),
        "excerpt": f"Discs on lung.<br/><img src='../images/xai.png' width='{width}'>",
        "collection": "portfolio",
    }


def test_every_image_of_the_page_it_replaces_is_there_under_its_name(item):
    _, body, target = item
    names = {path.name for path in (target / "images").iterdir()}
    assert set(" ".join(SEED).split()) <= names
    assert {image_name(figure) for figure in IMAGES} == set(" ".join(SEED).split())
    assert set(re.findall(r"{{ '/images/([^']+)' \| relative_url }}", body)) == names
    assert "(/" not in body


def test_the_chapters_are_those_of_the_page_in_their_order(item):
    headings = re.findall(r"^## (.*)$", item[1], re.MULTILINE)
    assert [heading for heading in headings if heading in CHAPTERS] == CHAPTERS
    assert not re.findall(r"^# ", item[1], re.MULTILINE)


def test_no_syntax_of_mkdocs_is_left(item):
    body = item[1]
    assert "!!!" not in body
    assert ".md)" not in body
    assert "\ue000" not in body
    assert not re.findall(r"\)\{ ", body)
    assert body.startswith("{% raw %}")
    assert body.endswith("{% endraw %}\n")
    around = re.compile(r"{% endraw %}{{ '/images/[\w-]+\.png' \| relative_url }}{% raw %}")
    assert "{%" not in around.sub("", body)[len("{% raw %}") : -len("{% endraw %}\n")]
    assert "> **What these labels and pictures are**\n>\n> " in body
    assert not re.findall(r"</figure>\n[^\n<]", body)


def test_text_of_a_study_is_no_markup_and_no_liquid_in_a_layout(portfolio):
    words = "<script>alert(1)</script> {{ site.secret }} {% endraw %}"
    study = portfolio.study.model_copy(update={"title": words, "excerpt": words})
    page = Page(
        "tiny/index.md", b"---\ntitle: x\n---\n# x\n\nWords `{% endraw %}` and {%- endraw -%}{{ site.secret }}.\n"
    )
    text = jekyll_page(page, replace(portfolio, study=study), "", "xai.png")
    _, front, body = text.split("---\n", 2)
    assert not set("{}") & set(front)
    assert "<script" not in front
    assert re.findall(r"{%-?\s*endraw", body) == ["{% endraw"] * 3
    liquid = re.sub(r"{% raw %}.*?{% endraw %}", "", body, flags=re.DOTALL)
    assert liquid.strip() == "{{ '{%' }}{{ '{%' }}"


@pytest.mark.parametrize("name", ["_portfolio", "_portfolio/tiny.md", "images", "images/xai.png", "."])
def test_an_export_to_jekyll_writes_through_no_link(export, tmp_path, capsys, name):
    outside, link = tmp_path / "outside", tmp_path / "there" / name
    link.parent.mkdir(parents=True, exist_ok=True)
    outside.mkdir()
    link.symlink_to(outside / link.name if link.suffix else outside)
    status, _ = export("jekyll")
    assert status == 1
    assert "Expected a folder without links to write to, but got the link" in capsys.readouterr().err
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("form", ["markdown", "crate"])
def test_an_export_is_not_written_to_a_link(export, tmp_path, capsys, form):
    (tmp_path / "outside").mkdir()
    (tmp_path / "there").symlink_to(tmp_path / "outside")
    assert export(form)[0] == 1
    assert "but got the link" in capsys.readouterr().err
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize(
    ("link", "to"),
    [("secret.txt", "secret.txt"), ("others", "."), ("round", "project/docs"), ("assets/up", "project/docs")],
)
def test_what_links_lead_to_outside_of_the_project_is_not_copied(export, tmp_path, capsys, link, to):
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (tmp_path / "project" / "docs" / link).symlink_to(tmp_path / to)
    status, target = export("markdown")
    assert status == 1
    assert "Expected links in docs/ to files of the project, but" in capsys.readouterr().err
    assert not target.exists()


def test_an_archive_has_no_licence_from_outside_of_the_project(export, tmp_path):
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (tmp_path / "project" / "LICENSE").symlink_to(tmp_path / "secret.txt")
    status, target = export("crate")
    assert status == 0
    assert not [file for file in target.rglob("*") if file.is_file() and file.read_bytes() == b"secret"]


def test_a_link_in_a_circle_ends_in_a_sentence(export, tmp_path, capsys):
    (tmp_path / "project" / "docs" / "round").symlink_to("round")
    assert export("markdown")[0] == 1
    assert capsys.readouterr().err.startswith("camfolio: Expected ")


def test_a_link_inside_the_project_is_copied(export, tmp_path):
    (tmp_path / "project" / "docs" / "more").symlink_to(tmp_path / "project" / "docs" / "assets")
    status, target = export("markdown")
    assert status == 0
    assert (target / "docs" / "more").is_dir()
    assert not (target / "docs" / "more").is_symlink()


def test_links_lead_to_the_published_portfolio_if_there_is_one(export):
    _, target = export("jekyll", "--site-url", "https://example.org/x/")
    body = (target / "_portfolio" / "tiny.md").read_text(encoding="utf-8")
    assert "[model card](https://example.org/x/tiny/model/)" in body
    assert "[data card](https://example.org/x/tiny/data/)" in body


def test_figures_have_no_paper_and_a_width_of_their_own(item):
    _, body, target = item
    for name in ("confusion_matrix", "training_metrics", "roc", "goodxai"):
        with Image.open(target / "images" / f"{name}.png") as picture:
            assert picture.getpixel((0, 0))[3] == 0
    widths = dict(re.findall(r"/images/([\w-]+)\.png.*?\{: width=\"(\d+)\"", body))
    assert int(widths["confusion_matrix"]) < int(widths["training_metrics"])


def test_a_sentence_that_is_a_link_to_another_page_is_left_out_without_an_address(item, export):
    assert "In the explorer" not in item[1]
    _, target = export("jekyll", "--site-url", "https://example.org/x/")
    assert "[In the explorer](https://example.org/x/tiny/explorer/?slice=" in (
        target / "_portfolio" / "tiny.md"
    ).read_text(encoding="utf-8")


def test_two_studies_are_not_written_over_each_other(export, tmp_path, capsys):
    studies = tmp_path / "project" / "gen" / "studies"
    shutil.copy(studies / "tiny.yaml", studies / "other.yaml")
    status, target = export("jekyll")
    assert status == 2
    assert "Expected one study to export, but got 2. Name one of" in capsys.readouterr().err
    assert not target.exists()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("jekyll") is None, reason="needs jekyll on the PATH (apt-get install jekyll)")
@pytest.mark.parametrize("base", ["", "/me"], ids=["at the root", "under a baseurl"])
def test_jekyll_builds_the_item(item, base, read, monkeypatch):
    target, sizes = item[2], {}
    settings = f"baseurl: '{base}'\ncollections: {{portfolio: {{output: true}}}}\n"
    (target / "_config.yml").write_text(settings, encoding="utf-8")
    monkeypatch.setenv("JEKYLL_NO_BUNDLER_REQUIRE", "true")  # Debian's needs no Gemfile
    subprocess.run(["jekyll", "build"], cwd=target, check=True, capture_output=True)
    page = read((target / "_site" / "portfolio" / "tiny.html").read_text(encoding="utf-8"))
    for image in page.all("img"):
        address, style = image.attributes["src"], image.attributes["style"]
        assert address.startswith(f"{base}/images/")
        file = target / "_site" / address.removeprefix(f"{base}/")
        sizes[file.stem] = int(image.attributes["width"])
        with Image.open(file) as picture:
            assert picture.mode == "RGBA"
            assert picture.width == 2 * sizes[file.stem]
        assert style == f"width: {sizes[file.stem]}px; max-width: 100%; height: auto"
    assert sizes.keys() == {file.stem for file in (target / "images").iterdir()}
    assert sizes["confusion_matrix"] < sizes["xai"]
    assert page.all("table")
    assert not [element for element in page.elements if "{" in element.text or "**" in element.text]


def test_items_of_one_jekyll_site_share_no_image(export, item, tmp_path):
    _, _, target = item
    (target / "_portfolio" / "mine.html").write_text("<img src='/images/roc.png'>", encoding="utf-8")
    before = {path.name: path.read_bytes() for path in (target / "images").iterdir()}
    for path in (target / "images").iterdir():
        path.write_bytes(b"of the first item")
    studies = tmp_path / "project" / "gen" / "studies"
    (studies / "tiny.yaml").rename(studies / "other.yaml")
    assert export("jekyll")[0] == 0
    kept = {path.name for path in (target / "images").iterdir() if path.read_bytes() == b"of the first item"}
    assert kept == set(before)
    body = (target / "_portfolio" / "other.md").read_text(encoding="utf-8")
    assert {f"other-{name}" for name in before} == set(re.findall(r"/images/([\w.-]+)", body))
    (studies / "other.yaml").rename(studies / "tiny.yaml")
    assert export("jekyll")[0] == 0
    renamed = {"roc.png": "tiny-roc.png"}  # the author's page has this one
    for name, content in before.items():
        assert (target / "images" / renamed.get(name, name)).read_bytes() == content


def test_plain_files_build_strictly_without_us(export, python):
    status, target = export("markdown")
    assert status == 0
    settings = yaml.safe_load((target / "mkdocs.yml").read_text(encoding="utf-8"))
    assert settings["plugins"] == ["search"]
    ran = python("-m", "properdocs", "build", "--strict", "-f", "mkdocs.yml", folder=target)
    assert ran.status == 0, ran.err
    assert cli.main(["finish", str(target / "site"), "--site-url", "https://example.org/x/"]) == 0
    page = (target / "site" / "tiny" / "index.html").read_text(encoding="utf-8")
    assert "figures/roc-light.svg" in page
    assert "https://example.org/x/tiny/card/card.png" in page
    assert all("Content-Security-Policy" in one.read_text(encoding="utf-8") for one in target.rglob("*.html"))
    assert (target / "site" / "assets" / "camfolio.css").is_file()
    assert (target / "site" / "tiny" / "figures" / "roc-light.svg").is_file()


@pytest.mark.slow
def test_every_generator_makes_the_same_pages_of_an_export(export):
    status, target = export("markdown")
    assert status == 0
    sites = {generator: built(target, generator) for generator in GENERATORS}
    assert lacking(sites, target / "docs") == []


TAGS = """
site_url: !ENV [NO_SUCH_VARIABLE, "https://example.org/"]
markdown_extensions:
  - attr_list
  - toc: {slugify: !!python/object/apply:pymdownx.slugs.slugify {kwds: {case: lower}}}
  - pymdownx.emoji: {emoji_index: !!python/name:material.extensions.emoji.twemoji ''}
"""


@pytest.mark.slow
def test_settings_of_every_kind_and_place_are_exported_and_build_the_same_pages(export, python, tmp_path):
    project = tmp_path / "project"
    settings = read_yaml(project / "mkdocs.yml")
    for key in ("nav", "markdown_extensions", "extra_css", "extra_javascript"):
        del settings[key]
    settings |= {"docs_dir": "../pages", "watch": [], "hooks": ["mark.py"]}
    settings["theme"]["custom_dir"] = "overrides"
    settings["plugins"][1]["gen-files"]["scripts"] = ["../gen/pages.py"]
    (project / "docs").rename(project / "pages")
    (project / "mkdocs.yml").unlink()
    file = project / "conf" / "site.yml"
    (file.parent / "overrides").mkdir(parents=True)
    (file.parent / "overrides" / "main.html").write_text("{% extends 'base.html' %}", encoding="utf-8")
    (file.parent / "mark.py").write_text("def on_page_content(html, **_):\n    return html + '<i>hook</i>'\n")
    file.write_text(yaml.safe_dump(settings) + TAGS, encoding="utf-8")
    ran = python("-m", "camfolio.cli", "site", "-f", str(file), "--strict", folder=project)
    assert ran.status == 0, ran.err
    status, target = export("markdown", "--config-file", str(file))
    assert status == 0
    assert sorted(path.name for path in target.iterdir()) == ["docs", "hooks", "mkdocs.yml", "theme"]
    ran = python("-m", "properdocs", "build", "--strict", "-f", "mkdocs.yml", folder=target)
    assert ran.status == 0, ran.err
    cli.main(["finish", str(target / "site"), "--site-url", "https://example.org"])
    pages = {path.relative_to(project / "site"): path for path in (project / "site").rglob("*.html")}
    for name, page in pages.items():
        assert words(target / "site" / name) == words(page), name
    assert "<i>hook</i>" in pages[next(iter(pages))].with_name("index.html").read_text(encoding="utf-8")


def words(page) -> str:
    """The head and the article of a page."""
    text = page.read_text(encoding="utf-8")
    return re.sub(r"<meta name=.generator.[^>]*>|<script.*?</script>|<meta http-equiv[^>]*>", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("text", ["a: [", "INHERIT: none.yml", "plugins: !!python/object/apply:os.abort []\nnav: ["])
def test_a_configuration_that_cannot_be_read_leaves_no_half_written_folder(export, tmp_path, capsys, no_worker, text):
    (tmp_path / "project" / "mkdocs.yml").write_text(text, encoding="utf-8")
    status, target = export("markdown")
    assert status == 1
    assert "Expected a configuration of MkDocs in mkdocs.yml, but got" in capsys.readouterr().err
    assert not target.exists()


def test_an_export_that_fails_leaves_the_folder_empty(export, tmp_path, capsys):
    with (tmp_path / "project" / "mkdocs.yml").open("a", encoding="utf-8") as file:
        file.write("hooks: [none.py]\n")
    status, target = export("markdown")
    assert status == 1
    assert capsys.readouterr().err.startswith("camfolio: Expected ")
    assert list(target.iterdir()) == []


def test_a_project_without_a_configuration_is_a_sentence(export, tmp_path, capsys):
    (tmp_path / "project" / "mkdocs.yml").unlink()
    assert export("markdown")[0] == 1
    assert "Expected mkdocs.yml in" in capsys.readouterr().err


def test_a_folder_with_files_in_it_is_not_written_over(export, tmp_path, capsys):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").write_text("", encoding="utf-8")
    status, target = export("markdown")
    assert status == 1
    assert "Expected an empty folder, but" in capsys.readouterr().err
    assert [path.name for path in target.iterdir()] == ["mine.txt"]
