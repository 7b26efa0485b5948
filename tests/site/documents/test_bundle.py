"""Modules of JavaScript as one."""

from __future__ import annotations

import pytest

from camfolio.errors import PageError
from camfolio.site.documents.bundle import bundled


def bundle(**files: str) -> str:
    return bundled("main.js", lambda path: files[path.removesuffix(".js").replace("/", "_")])


def test_bundled_modules_do_what_they_did_apart(browser):
    code = bundle(
        main='import { name as who, Greeting } from "./deep/words.js";\nimport { sign } from "./sign.js";\n'
        "document.title = new Greeting(who).say() + sign();",
        deep_words='import { sign } from "../sign.js";\n// import nothing else\nconst own = sign;\n'
        'export const name = "Ada";\nexport class Greeting {\n  constructor(to) { this.to = to; }\n'
        "  say() { return `Hello ${this.to}${own()}`; }\n}",
        sign='let count = 0;\nexport function sign() { count += 1; return "!".repeat(count); }',
    )
    tab = browser.new_page()
    tab.set_content(f'<title></title><script type="module">{code}</script>')
    assert tab.title() == "Hello Ada!!!"
    tab.close()


@pytest.mark.parametrize(
    "code",
    [
        'import words from "./words.js";',
        'import * as words from "./words.js";',
        'import { a } from "https://example.org/a.js";',
        'const words = await import("./words.js");',
        "const here = import.meta.url;",
        "export default 1;",
        "export let changing = 1;",
        "export { a };",
    ],
)
def test_what_is_not_understood_is_an_error_and_no_broken_bundle(code):
    with pytest.raises(PageError, match=r"^Expected only `import .* but got '.*' in main\.js\. Write it so\.$"):
        bundle(main=f"const a = 1;\n{code}")


def test_modules_in_a_circle_are_a_sentence():
    with pytest.raises(PageError, match=r"but got a circle through main\.js"):
        bundle(main='import { b } from "./b.js";', b='import { c } from "./main.js";\nexport const b = 1;')
