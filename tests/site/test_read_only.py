"""Caches of pages in a store that cannot be written: not kept, and never in the way."""

from __future__ import annotations

import pytest

from camfolio.site.serving import Background
from camfolio.site.template_values import template_values
from camfolio.site.templates import make_environment
from camfolio.store.artefacts import Store
from disks import read_only


@pytest.mark.parametrize("existing", [True, False])
def test_templates_are_rendered_though_nothing_can_be_kept(tmp_path, existing):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "hello.md.jinja").write_text("Hello {{ name }}", encoding="utf-8")
    store = tmp_path / "artifacts"
    (store / ".templates" if existing else store).mkdir(parents=True)
    before = sorted(store.rglob("*"))
    with read_only(store):
        environment = make_environment(tmp_path / "templates", store / ".templates")
        assert environment.get_template("hello.md.jinja").render(name="you") == "Hello you"
        assert "selvaraju2017" in environment.globals["bibliography"]
        assert template_values(store / ".templates").groups
    assert sorted(store.rglob("*")) == before


def test_a_server_whose_store_cannot_be_written_goes_on(tmp_path):
    background = Background()
    with read_only(tmp_path):
        background.render_again(Store(tmp_path))
    assert background.requests == 1
    assert list(tmp_path.iterdir()) == []
