"""The head of a page: a policy with hashes of its inline scripts and without eval, and the link preview."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import material
import pytest
import zensical

from camfolio.errors import PageError
from camfolio.site.head import BASE, THEME, finish_site, inline_scripts, with_card, with_policy

THEMES = [Path(one.__file__).parent / "templates" / "partials" / "javascripts" for one in (material, zensical)]
SCOPE = re.compile(r"{{ config\.extra\.scope \| d\(base_url(, true)?\) }}")


def content(page: str) -> dict[str, list[str]]:
    text = page.partition('content="')[2].partition('"')[0]
    return {name: allowed for name, *allowed in (rule.split() for rule in text.split(";"))}


def test_a_script_in_the_page_is_allowed_by_its_digest_and_no_other():
    code = 'var a = "ä";\n'
    page = with_policy(f"<html><head></head><body><script>{code}</script><script src='x.js'></script></body>")
    wanted = "'sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() + "'"
    assert content(page)["script-src"] == ["'self'", wanted]


@pytest.mark.parametrize("attributes", [' src="a.js"', ' type="application/json"', ' id=x type="application/ld+json"'])
def test_what_runs_nothing_needs_no_digest(attributes):
    page = with_policy(f"<head></head><script{attributes}>{{}}</script>")
    assert content(page)["script-src"] == ["'self'"]


def test_nothing_is_allowed_from_elsewhere_and_no_eval():
    rules = content(with_policy("<head></head>"))
    assert rules["default-src"] == ["'self'"]
    assert rules["object-src"] == ["'none'"]
    assert "unsafe-eval" not in str(rules)
    assert "unsafe-inline" not in str(rules["script-src"])


def test_a_page_where_a_network_runs_keeps_the_strict_policy():
    rules = content(with_policy('<head></head><script type="module" src="../../assets/try/start.js"></script>'))
    assert rules["script-src"] == ["'self'"]
    assert "worker-src" not in rules


def test_the_policy_stands_before_everything_it_governs():
    page = with_policy("<html><head><script>1</script></head>")
    assert page.index("Content-Security-Policy") < page.index("<script>")
    assert page.count("Content-Security-Policy") == 1


def test_a_preview_has_the_known_values_and_markup_in_them_is_text():
    known = {"description": "A & B", "address": "https://x/y/", "card": "https://x/card.png"}
    page = with_card("<head></head>", title="T &quot;q&quot; <b>", **known)
    assert '<meta property="og:title" content="T &quot;q&quot; &lt;b&gt;">' in page
    assert '<meta property="og:image" content="https://x/card.png">' in page
    assert "summary_large_image" in page


def test_a_site_without_an_address_names_no_picture():
    page = with_card("<head></head>", title="T", description="D", address="", card="")
    assert "og:image" not in page
    assert "og:url" not in page


@pytest.fixture
def site(tmp_path):
    """A finished site: two pages of a study with a picture, a page elsewhere, and the one for wrong addresses."""
    page = '<html><head lang="en"><title>{}</title><meta name="description" content="A &amp; B"></head><body></body></html>'
    for name in ("index.html", "404.html", "nodules/index.html", "nodules/model/index.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(page.format(name), encoding="utf-8")
    (tmp_path / "nodules" / "card").mkdir()
    (tmp_path / "nodules" / "card" / "card.png").write_bytes(b"")
    return tmp_path


def test_every_page_of_a_finished_site_has_policy_and_preview_after_any_generator(site):
    assert finish_site(site, "https://x/y") == 4
    pages = {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    assert all(page.count("Content-Security-Policy") == 1 for page in pages.values())
    assert "og:" not in pages["404.html"]
    assert "og:image" not in pages["index.html"]
    for name in ("nodules/", "nodules/model/"):
        page = pages[f"{name}index.html"]
        assert f'<meta property="og:url" content="https://x/y/{name}">' in page
        assert '<meta property="og:image" content="https://x/y/nodules/card/card.png">' in page
        assert f'<meta property="og:title" content="{name}index.html">' in page
        assert '<meta property="og:description" content="A &amp; B">' in page


def test_a_second_pass_and_a_policy_of_the_authors_change_nothing(site):
    own = '<head><meta http-equiv="Content-Security-Policy" content="default-src *"></head>'
    (site / "index.html").write_text(own, encoding="utf-8")
    assert finish_site(site) == 3
    before = {path: path.read_bytes() for path in site.rglob("*.html")}
    assert finish_site(site) == 0
    assert {path: path.read_bytes() for path in site.rglob("*.html")} == before
    assert (site / "index.html").read_text(encoding="utf-8") == own


def test_words_about_a_policy_are_none(site):
    page = (
        '<head><meta name="description" content="Content-Security-Policy"></head><p>http-equiv=Content-Security-Policy'
    )
    (site / "index.html").write_text(page, encoding="utf-8")
    assert finish_site(site) == 4
    assert '<meta http-equiv="Content-Security-Policy"' in (site / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "before"),
    [("<p>x</p>", ""), ("<!DOCTYPE html>\n<p>x</p>", "<!DOCTYPE html>"), ("<HTML><HEAD>", "<HTML><HEAD>")],
)
def test_a_page_without_a_head_has_a_policy_before_its_content(page, before):
    written = with_policy(page)
    assert written.startswith(f'{before}<meta http-equiv="Content-Security-Policy"')
    assert written.endswith(page.removeprefix(before))


@pytest.mark.parametrize(
    "script",
    [
        "<script>alert(1)</script>",
        "<SCRIPT >alert(1)</SCRIPT >",
        "<script data-src=x.js>alert(1)</script>",
        '<script id="x" data-type="application/json">alert(1)</script>',
        '<script>var target=document.getElementById("x")</script>',
    ],
)
def test_an_inline_script_that_is_not_the_theme_s_fails_the_build(site, script):
    (site / "nodules" / "index.html").write_text(f"<head></head>{script}", encoding="utf-8")
    with pytest.raises(
        PageError, match=r"Expected only inline scripts of the theme, but got .* in nodules/index\.html\. "
    ):
        finish_site(site)


@pytest.mark.parametrize(
    "element",
    [
        '<script async src="https://cdn.example/mathjax.js"></script>',
        "<img alt=x src=//badges.example/x.svg>",
        '<link rel="stylesheet" href="https://fonts.example/css?family=Roboto">',
        '<link href="https://y.example/icon.png" rel="shortcut icon">',
        "<IFRAME SRC='http://video.example/1'></IFRAME>",
        '<video><source src="https://x.example.evil/1.webm"></video>',
    ],
)
def test_a_file_of_another_host_which_the_policy_would_block_fails_the_build(site, element):
    (site / "nodules" / "index.html").write_text(f"<head></head>{element}", encoding="utf-8")
    before = {path: path.read_bytes() for path in site.rglob("*.html")}
    words = (
        r"the policy of its pages blocks other hosts, but got (https?:)?//[^ ]*example[^ ]* in nodules/index\.html\. "
    )
    with pytest.raises(PageError, match=words):
        finish_site(site, "https://x.example/me/")
    assert {path: path.read_bytes() for path in site.rglob("*.html")} == before


@pytest.mark.parametrize(
    "element",
    [
        '<a href="https://x.example/"><img src="a.png" data-src="https://x.example/a.png"></a>',
        '<link rel="canonical" href="https://elsewhere.example/"><link rel="preconnect" href="https://f.example">',
        '<!-- <script src="https://cdn.example/x.js"></script> -->',
        '<img src="https://own.example/other/x.png"><img src="data:image/png;base64,AA==">',
        "<code>&lt;img src=&quot;https://x.example/a.png&quot;&gt;</code>",
    ],
)
def test_links_and_files_of_the_site_itself_are_no_other_host(site, element):
    (site / "nodules" / "index.html").write_text(f"<head></head>{element}", encoding="utf-8")
    assert finish_site(site, "https://own.example/me/") == 4


def test_the_list_has_every_inline_script_of_the_theme_and_no_other():
    texts = [file.read_text(encoding="utf-8") for folder in THEMES for file in folder.glob("*.html")]
    placed = [SCOPE.sub("../..", text).replace("{{ base_url }}", "/a/") for text in texts]
    scripts = [BASE.sub("", code) for text in placed for code in inline_scripts(text)]
    assert {hashlib.sha256(code.encode()).hexdigest() for code in scripts} == THEME


def test_only_a_path_may_differ_in_a_script_of_the_theme():
    assert BASE.sub("", 'new URL("../..",location)') == 'new URL("",location)'
    assert BASE.sub("", 'new URL("/~me/x%20y/",location)') == 'new URL("",location)'
    for other in ('new URL("https://x",location)', 'new URL(""+alert(1)+"",location)'):
        assert BASE.sub("", other) == other


def test_a_folder_without_pages_is_no_site(tmp_path):
    with pytest.raises(PageError, match=r"Expected a built site, but there is no HTML file in .*\. Build it first\."):
        finish_site(tmp_path)
