"""Pages for other generators: a portfolio item of a Jekyll site, and plain files that a strict build takes."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
import yaml

from camfolio import cli
from camfolio.site.export import IMAGES, image_name, jekyll_page
from camfolio.site.templates import Page
from camfolio.site.wording import as_text

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


def test_an_item_has_the_front_matter_of_a_portfolio(item):
    front, _, _ = item
    assert front == {
        "title": str(as_text('Discs, "nodules": a <b>tiny</b> study')),
        "excerpt": "Discs on lung.<br/><img src='/images/xai.png'>",
        "collection": "portfolio",
    }


def test_every_image_of_the_page_it_replaces_is_there_under_its_name(item):
    _, body, target = item
    names = {path.name for path in (target / "images").iterdir()}
    assert set(" ".join(SEED).split()) <= names
    assert {image_name(figure) for figure in IMAGES} == set(" ".join(SEED).split())
    assert set(re.findall(r"\(/images/([^)]+)\)", body)) == names


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
    assert "{%" not in body[len("{% raw %}") : -len("{% endraw %}\n")]
    assert "> **What these labels and pictures are**\n>\n> " in body
    assert not re.findall(r"</figure>\n[^\n<]", body)


def test_text_of_a_study_is_no_markup_and_no_liquid_in_a_layout(portfolio):
    words = "<script>alert(1)</script> {{ site.secret }} {% endraw %}"
    study = portfolio.study.model_copy(update={"title": words, "excerpt": words})
    page = Page(
        "tiny/index.md", b"---\ntitle: x\n---\n# x\n\nWords `{% endraw %}` and {%- endraw -%}{{ site.secret }}.\n"
    )
    text = jekyll_page(page, replace(portfolio, study=study), "")
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


def test_two_studies_are_not_written_over_each_other(export, tmp_path, capsys):
    studies = tmp_path / "project" / "gen" / "studies"
    shutil.copy(studies / "tiny.yaml", studies / "other.yaml")
    status, target = export("jekyll")
    assert status == 2
    assert "Expected one study to export, but got 2. Name one of" in capsys.readouterr().err
    assert not target.exists()


@pytest.mark.skipif(shutil.which("jekyll") is None, reason="needs jekyll on the PATH (gem install jekyll)")
def test_jekyll_builds_the_item(item):
    target = item[2]
    (target / "_config.yml").write_text("collections: {portfolio: {output: true}}\n", encoding="utf-8")
    subprocess.run(["jekyll", "build"], cwd=target, check=True, capture_output=True)
    page = (target / "_site" / "portfolio" / "tiny.html").read_text(encoding="utf-8")
    assert '<img src="/images/confusion_matrix.png"' in page
    assert "<table>" in page


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


def test_a_folder_with_files_in_it_is_not_written_over(export, tmp_path, capsys):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").write_text("", encoding="utf-8")
    status, target = export("markdown")
    assert status == 1
    assert "Expected an empty folder, but" in capsys.readouterr().err
    assert [path.name for path in target.iterdir()] == ["mine.txt"]
