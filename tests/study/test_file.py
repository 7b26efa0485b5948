"""Study files: every mistake is one sentence with its place."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from camfolio.errors import StudyError
from camfolio.study.file import read_study
from camfolio.study.sources import SOURCES
from camfolio.study.sources.lidc_phantom import PhantomData
from camfolio.study.sources.npz import NpzData
from camfolio.study.user_modules import module_file

GOOD = "title: Tiny\nexcerpt: A tiny study\ndata:\n  source: lidc-phantom\n"


def write(folder: Path, text: str, name: str = "tiny.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_is_read(tmp_path):
    study = read_study(write(tmp_path, GOOD + "training:\n  max_epochs: 3\n"))
    assert (study.title, study.training.max_epochs, study.seed) == ("Tiny", 3, 0)
    assert isinstance(study.data, PhantomData)


MISTAKES = {
    "unknown key at the top": (
        "sed: 1\n",
        r"known key, but got sed \(.*tiny.yaml, line 5\)\. Did you mean seed\? Known: ",
    ),
    "unknown key in a section": (
        "training:\n  epochs: 5\n",
        r"known key, but got training\.epochs \(.*line 6\)\. Did you mean max_epochs\?",
    ),
    "unknown key two sections down": (
        "training:\n  augmentation:\n    flip: false\n",
        r"got training\.augmentation\.flip \(.*line 7\)\. Did you mean flips\?",
    ),
    "a source as a key": ("npz: 1\n", r"known key, but got npz \(.*line 5\)"),
    "a key that is a number": ("5: 1\n", r"Expected keys that are text, but got 5 for 5 \(.*tiny\.yaml\)"),
    "wrong type": ("seed: five\n", r"Expected a valid integer, but got 'five' for seed \(.*line 5\)"),
    "text for a number": ("seed: '5'\n", r"Expected a valid integer, but got '5' for seed"),
    "true for a number": ("seed: true\n", r"Expected a valid integer, but got True for seed"),
    "too small": ("seed: -1\n", r"Expected a value greater than or equal to 0, but got -1 for seed \(.*line 5\)"),
    "too large": (
        "training: {learning_rate: 2.0}\n",
        r"a value less than or equal to 1, but got 2\.0 for training\.learn",
    ),
    "not finite": (
        "training: {learning_rate: .inf}\n",
        r"Expected a finite number, but got inf for training\.learning_rate",
    ),
    "a choice that is none": (
        "explanation: {methods: [grad_kam]}\n",
        r"Expected a method, but got 'grad_kam' for explanation\.methods\.0 \(.*line 5\)\. Did you mean grad_cam\? Known: ab",
    ),
    "a method that reads like no module": (
        "explanation: {methods: [a..b]}\n",
        r"Expected a method, but got 'a\.\.b' for",
    ),
    "a method of one's own that is not there": (
        "explanation:\n  methods: [not_there.edge_cam]\n",
        r"Expected not_there\.py in the study's folder or one above it in the project, but there is none \(.*line 6\)\. Check not_there\.edge_cam",
    ),
    "a layer twice": (
        "explanation: {layers: [a, a]}\n",
        r"Expected every layer once, but got \['a', 'a'\] for explanation",
    ),
    "the layer of before": (
        "explanation: {layer: a}\n",
        r"got explanation\.layer \(.*line 5\)\. Did you mean layers\?",
    ),
    "a scaling that is none": (
        "explanation: {scaling: max}\n",
        r"Expected 'per_image', 'shared' or 'signed', but got 'max'",
    ),
    "no text": ("author: 3\n", r"Expected a valid string, but got 3 for author"),
    "a date for a text": ("author: 2020-01-02\n", r"Expected a valid string, but got .* for author"),
    "section that is a value": ("training: 3\n", r"Expected a section with keys, but got 3 for training \(.*line 5\)"),
    "section that is empty": ("training:\n", r"Expected a section with keys, but got None for training"),
    "value that is a section": ("seed: {a: 1}\n", r"Expected a valid integer, but got \{'a': 1\} for seed"),
    "no list": ("classes: benign\n", r"Expected a list, but got 'benign' for classes"),
    "list too short": ("classes: [one]\n", r"Expected a longer list, but got \['one'\] for classes"),
    "list too long": ("classes: [a, b, c]\n", r"Expected a shorter list, but got \['a', 'b', 'c'\] for classes"),
    "empty list": ("explanation: {methods: []}\n", r"Expected a longer list, but got \[\] for explanation\.methods"),
    "empty text": ("classes: ['', b]\n", r"Expected some text, but got '' for classes\.0"),
    "shares": ("split: {test: 0.5}\n", r"Expected shares that add up to 1, but got 1\.35 for split \(.*line 5\)"),
    "window": (
        "network: {window_hu: [1, 0]}\n",
        r"Expected a window_hu in increasing order, but got \[1\.0, 0\.0\] for network",
    ),
    "same classes": ("classes: [a, a]\n", r"Expected two different classes, but got 'a' twice for the study"),
    "key given twice": ("seed: 1\nseed: 2\n", r"Expected every key once, but got seed again in .*tiny\.yaml, line 6"),
    "nested key given twice": ("split:\n  test: 0.1\n  test: 0.2\n", r"got split\.test again in .*line 7"),
    "syntax": ("seed: [1\n", r"Expected YAML, but got a mistake in .*tiny\.yaml, line \d+: expected ',' or ']'"),
    "tab": ("training:\n\tseed: 1\n", r"a mistake in .*line 6: found character '\\t'"),
    "two documents": ("---\na: 1\n", r"a mistake in .*line 5: but found another document"),
    "list as a key": ("? [a, b]\n: 1\n", r"a mistake in .*line 5: found unhashable key"),
    "a date that is none": (
        "title2: 2020-13-45\n",
        r"Expected YAML, but got a mistake in .*: month must be in 1\.\.12",
    ),
    "control characters": ("seed: \x01\n", r"Expected YAML, but got a mistake in .*"),
    "objects": (
        "seed: !!python/object/apply:os.getcwd []\n",
        r"a mistake in .*line 5: could not determine a constructor",
    ),
    "unknown alias": ("seed: *one\n", r"a mistake in .*line 5: found undefined alias"),
    "a section inside itself": (
        "training: &a\n  augmentation: *a\n",
        r"a mistake in .*line 6: found an alias of the section that holds it",
    ),
    "a list inside itself": (
        "network: {init_args: {a: &a [*a]}}\n",
        r"line 5: found an alias of the section that holds it",
    ),
    "a class beside a width": (
        "network: {class_path: a.B, width: 12}\n",
        r"Expected either class_path or width, but got both for network \(.*line 5\)",
    ),
    "arguments without a class": (
        "network: {init_args: {a: 1}}\n",
        r"Expected a class_path with init_args, but got init_args alone for network",
    ),
    "two focus layers": (
        "network: {layer: a}\nexplanation: {layers: [b]}\n",
        r"Expected network\.layer a as first of explanation\.layers, but got b for the study",
    ),
    "a network that is not there": (
        "network:\n  class_path: nowhere_at_all.Net\n",
        r"Expected nowhere_at_all\.py in the study's folder or one above it in the project, but there is none \(.*line 6\)",
    ),
    "an external source that is none": (
        "external: {source: lidcc}\n",
        r"Expected a data source, but got 'lidcc' for external\.source \(.*line 5\)\. Did you mean lidc\?",
    ),
    "a key that the external source does not know": (
        "external: {source: lidc-phantom, path: a}\n",
        r"Expected a known key, but got external\.path \(.*line 5\)\. Did you mean date\? Known: attribution, date",
    ),
    "an external file that is not there": (
        "external: {source: npz, path: no.npz}\n",
        r"Expected a file, but there is none at .*no\.npz for external\.path \(.*line 5\)",
    ),
    "an external file elsewhere": (
        "external: {source: npz, path: /etc/passwd}\n",
        r"Expected a relative path inside the project, but got /etc/passwd for external\.path \(.*line 5\)",
    ),
    "weights elsewhere": (
        "network: {checkpoint: ../../../x.ckpt}\n",
        r"inside the project, but got \.\./\.\./\.\./x\.ckpt for network\.checkpoint .* give it with --set network\.checkpoint=PATH",
    ),
    "an item of no checklist": (
        "reporting:\n  claim_45: x\n",
        r"Expected an item of a checklist, but got reporting\.claim_45 \(.*tiny\.yaml, line 6\)\. Did you mean claim_\d+\? The page",
    ),
    "an item like no other": (
        "reporting: {zzz: x}\n",
        r"but got reporting\.zzz \(.*line 5\)\. The page Reporting checklists lists them\.",
    ),
    "an item that is a number": ("reporting: {17: x}\n", r"Expected a valid string, but got 17 for reporting\.17 \("),
    "an answer that is a number": (
        "reporting:\n  claim_3: 5\n",
        r"a valid string, but got 5 for reporting\.claim_3 \(.*line 6",
    ),
    "an empty answer": ("reporting: {claim_3: ' '}\n", r"Expected some text, but got ' ' for reporting\.claim_3"),
    "answers that are none": ("reporting:\n", r"Expected a section with keys, but got None for reporting \(.*line 5\)"),
    "answers without a page": (
        "shortcut: {}\nreporting: {claim_3: x}\n",
        r"Expected either shortcut, whose page has no checklists, or reporting, but got both for the study",
    ),
    "an external source without a page": (
        "shortcut: {}\nexternal: {source: lidc-phantom}\n",
        r"Expected either shortcut, whose page has no external source, or external, but got both for the study",
    ),
    "missing checkpoint": (
        "network:\n  checkpoint: none.safetensors\n",
        r"Expected a file, but there is none at .*none\.safetensors for network\.checkpoint \(.*line 6\)\. Check the path",
    ),
}


@pytest.mark.parametrize(("more", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence_with_its_place(tmp_path, more, words):
    with pytest.raises(StudyError, match=words) as caught:
        read_study(write(tmp_path, GOOD + more))
    assert str(caught.value).startswith("Expected ")
    assert caught.value.exit_status == 2
    assert caught.value.__cause__ is None


DATA_MISTAKES = {
    "no data": ("", r"Expected the key data, but it is missing \(.*tiny\.yaml\)\. Add it\."),
    "no source": (
        "data:\n  size: 32\n",
        r"Expected a data source, but got None for data\.source \(.*line 3\)\. Did you mean own\? Known: class-folders, lidc, lidc-ph",
    ),
    "unknown source": (
        "data:\n  source: lidc-phantm\n",
        r"a data source, but got 'lidc-phantm' for data\.source \(.*line 4\)\. Did you mean lidc-phantom\?",
    ),
    "source that is a list": ("data:\n  source: [npz]\n", r"a data source, but got \['npz'\] for data\.source"),
    "data that is a value": ("data: npz\n", r"Expected a section with keys, but got 'npz' for data \(.*line 3\)"),
    "data that is empty": ("data:\n", r"Expected a section with keys, but got None for data"),
    "missing path": ("data:\n  source: npz\n", r"the key data\.path, but it is missing \(.*line 3\)"),
    "no path": ("data:\n  source: npz\n  path: 3\n", r"Expected a path, but got 3 for data\.path \(.*line 5\)"),
    "missing file": ("data:\n  source: npz\n  path: no.npz\n", r"none at .*no\.npz for data\.path \(.*line 5\)"),
    "a key of the other source": (
        "data:\n  source: npz\n  path: a\n  size: 3\n",
        r"known key, but got data\.size \(.*line 6\)\. Known: attribution, date, ids, labels_are, masks_are, path, secret, source, spacing_mm",
    ),
    "a secret that is not there": (
        "data:\n  class_path: fractions.Fraction\n  secret: none\n",
        r"Expected a file, but there is none at .*none for data\.secret \(.*line 5\)",
    ),
    "a secret without pseudonyms": (
        "data:\n  class_path: fractions.Fraction\n  secret: x\n  ids: as_stored\n",
        r"Expected either ids: as_stored or secret, but got both for data",
    ),
    "out of range": (
        "data:\n  source: lidc-phantom\n  size: 8\n",
        r"greater than or equal to 16, but got 8 for data\.size",
    ),
}


@pytest.mark.parametrize(("data", "words"), DATA_MISTAKES.values(), ids=DATA_MISTAKES)
def test_a_mistake_in_the_data_section_names_it(tmp_path, data, words):
    with pytest.raises(StudyError, match=words):
        read_study(write(tmp_path, "title: T\nexcerpt: E\n" + data))


def test_a_missing_study_file_is_named(tmp_path):
    with pytest.raises(StudyError, match=r"Expected a study file, but there is none at .*none\.yaml\. Give the path"):
        read_study(tmp_path / "none.yaml")


def test_a_folder_is_no_study_file(tmp_path):
    with pytest.raises(StudyError, match="Expected a readable study file in UTF-8"):
        read_study(tmp_path)


def test_another_encoding_is_refused(tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes("title: Grün\n".encode("latin-1"))
    with pytest.raises(StudyError, match=r"Expected a readable study file in UTF-8, but got .* for .*latin\.yaml"):
        read_study(path)


@pytest.mark.parametrize(("text", "got"), [("- a\n", "list"), ("just words\n", "str"), ("", "NoneType"), ("3", "int")])
def test_a_file_without_keys_is_refused(tmp_path, text, got):
    with pytest.raises(
        StudyError, match=rf'.*tiny\.yaml, but got {got}\. See the page "The study file" of the site\.$'
    ):
        read_study(write(tmp_path, text))


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert read_study(path).title == "Tiny"


@pytest.mark.parametrize("written", ["1e-3", "1E-3", "1.0e-3", "0.001", "1e-03"])
def test_scientific_notation_is_a_number(tmp_path, written):
    study = read_study(write(tmp_path, GOOD + f"training: {{learning_rate: {written}}}\n"))
    assert study.training.learning_rate == 0.001


def test_an_override_sets_a_nested_key_and_makes_its_section(tmp_path):
    study = read_study(write(tmp_path, GOOD), ["training.augmentation.flips=false", "seed=7", "title=Other"])
    assert (study.training.augmentation.flips, study.seed, study.title) == (False, 7, "Other")


def test_the_last_override_wins(tmp_path):
    assert read_study(write(tmp_path, GOOD), ["seed=1", "seed=2"]).seed == 2


@pytest.mark.parametrize("override", ["seed", "=3", "", ".seed=3", "training..seed=3", "training.=3"])
def test_an_override_without_key_or_value_is_refused(tmp_path, override):
    with pytest.raises(StudyError, match=re.escape(f"Expected --set KEY=VALUE, but got --set {override}.")):
        read_study(write(tmp_path, GOOD), [override])


@pytest.mark.parametrize("value", ["[1", "2020-13-45", "'"])
def test_an_override_that_is_no_yaml_is_refused(tmp_path, value):
    with pytest.raises(
        StudyError, match=re.escape(f"Expected a YAML value after the equals sign, but got --set seed={value}.")
    ):
        read_study(write(tmp_path, GOOD), [f"seed={value}"])


def test_an_override_inside_a_value_is_refused(tmp_path):
    with pytest.raises(StudyError, match=r"but title is a value, in --set title\.a=1"):
        read_study(write(tmp_path, GOOD), ["title.a=1"])


def test_a_mistake_in_an_override_names_the_override(tmp_path):
    with pytest.raises(StudyError, match=r"got 'x' for training\.max_epochs \(from --set training\.max_epochs=x\)"):
        read_study(write(tmp_path, GOOD), ["training.max_epochs=x"])
    with pytest.raises(StudyError, match=r"known key, but got training\.epochs \(from --set training\.epochs=3\)"):
        read_study(write(tmp_path, GOOD), ["training.epochs=3"])


def test_another_source_by_override_drops_the_keys_of_the_one_before(tmp_path, tiny_npz):
    path = write(tmp_path, GOOD + "  size: 64\n")
    study = read_study(path, ["data.source=npz", f"data.path={tiny_npz()}"])
    assert isinstance(study.data, NpzData)


def test_the_order_of_overrides_of_the_source_and_its_keys_is_free(tmp_path, tiny_npz):
    study = read_study(write(tmp_path, GOOD), [f"data.path={tiny_npz()}", "data.source=npz"])
    assert isinstance(study.data, NpzData)


def test_the_same_source_by_override_keeps_its_keys(tmp_path):
    study = read_study(write(tmp_path, GOOD + "  size: 64\n"), ["data.source=lidc-phantom"])
    assert isinstance(study.data, PhantomData)
    assert study.data.size == 64


def test_paths_in_the_file_start_at_its_folder(tmp_path, tiny_npz, monkeypatch):
    tiny_npz(name="here.npz")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    study = read_study(write(tmp_path, GOOD.replace("lidc-phantom", "npz\n  path: here.npz")))
    assert study.data.path == tmp_path / "here.npz"


def test_paths_in_overrides_start_at_the_current_folder(tmp_path, tiny_npz, monkeypatch):
    tiny_npz(name="here.npz")
    (tmp_path / "studies").mkdir()
    path = write(tmp_path / "studies", GOOD)
    monkeypatch.chdir(tmp_path)
    study = read_study(path, ["data.source=npz", "data.path=here.npz"])
    assert study.data.path.resolve() == tmp_path / "here.npz"


def test_every_source_is_known_to_the_reader():
    assert {kind.model_fields["source"].annotation.__args__[0] for kind in SOURCES.values()} == set(SOURCES)


@given(st.text(max_size=60))
@example("?")
def test_any_text_is_read_or_refused_in_a_sentence(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(StudyError, match="Expected "):
        read_study(path)


@given(st.text(max_size=30), st.text("abc.=[]{}:'\" 1-&*!", max_size=12))
def test_any_override_is_taken_or_refused_in_a_sentence(tmp_path_factory, key, value):
    path = write(tmp_path_factory.getbasetemp(), GOOD, "override.yaml")
    try:
        read_study(path, [f"{key}={value}"])
    except StudyError as error:
        assert str(error).startswith("Expected ")  # noqa: PT017 - both outcomes are fine, a crash is not


@pytest.mark.parametrize("place", ["ours.py", "ours/__init__.py", "studies/ours.py", "studies/ours/__init__.py"])
def test_a_module_of_one_s_own_is_found_in_the_study_s_folder_or_one_above(tmp_path, place):
    (tmp_path / "mkdocs.yml").touch()
    (tmp_path / "studies").mkdir()
    file = tmp_path / place
    file.parent.mkdir(exist_ok=True)
    file.touch()
    study = write(tmp_path / "studies", GOOD + "explanation: {methods: [grad_cam, ours.edge_cam]}\n")
    assert read_study(study).explanation.user_methods == ("ours.edge_cam",)
    assert module_file("ours", tmp_path / "studies") == file


@pytest.mark.parametrize("wanted", ["/etc/hosts", "../../outside.npz", "sub/../../../outside.npz"])
def test_paths_that_leave_the_project_are_refused(tmp_path, wanted):
    (tmp_path / "mkdocs.yml").touch()
    (tmp_path / "gen").mkdir()
    words = r"Expected a relative path inside the project, but got .* for data\.path \(.*line 5\)\. Put the data there, or a link"
    with pytest.raises(StudyError, match=words):
        read_study(write(tmp_path / "gen", GOOD.replace("lidc-phantom", f"npz\n  path: {wanted}")))


def test_paths_may_climb_inside_the_project_and_links_may_lead_out_of_it(tmp_path, tiny_npz):
    project, outside = tmp_path / "project", tiny_npz()
    (project / "gen" / "studies").mkdir(parents=True)
    (project / "mkdocs.yml").touch()
    (project / "data").symlink_to(outside.parent)
    study = read_study(
        write(project / "gen" / "studies", GOOD.replace("lidc-phantom", "npz\n  path: ../../data/tiny.npz"))
    )
    assert study.data.path.resolve() == outside


def test_a_folder_is_wanted_where_the_source_reads_one(tmp_path):
    (tmp_path / "tree").touch()
    with pytest.raises(StudyError, match=r"Expected a folder, but there is none at .*tree for data\.path \(.*line 5\)"):
        read_study(write(tmp_path, GOOD.replace("lidc-phantom", "lidc\n  path: tree")))


def test_a_class_path_alone_is_a_source_of_ones_own(tmp_path):
    (tmp_path / "ours.py").touch()
    study = read_study(write(tmp_path, GOOD.replace("source: lidc-phantom", "class_path: ours.Discs")))
    assert study.data.source == "own"


def test_the_short_form_of_the_layer_is_the_long_one(tmp_path):
    short = read_study(write(tmp_path, GOOD + "network: {layer: layer3.1.conv2}\n"))
    assert short.explanation.layers == ("layer3.1.conv2",)


def aliases(levels: int, times: int) -> str:
    """A value, and lists of aliases of the line before: times to the power of levels values in a few hundred bytes."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * times)}]" for level in range(1, levels)]
    return "\n".join(lines) + "\n"


BOMBS = {
    "aliases of aliases": (
        aliases(9, 9) + "seed: *a8\n",
        r"line \d+: found more than 20000 values, those of an alias counted wherever",
    ),
    "merged sections": (
        "a0: &a0 {b: 1}\n" + "".join(f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(1, 9)),
        "found more than 20000 values",
    ),
    "brackets": ("seed: " + "[" * 20_000 + "\n", r"line 5: found more than 32 levels of sections and lists"),
    "closed brackets": ("seed: " + "[" * 20_000 + "]" * 20_000 + "\n", "found more than 32 levels"),
    "braces": ("seed: " + "{a: " * 20_000 + "\n", "found more than 32 levels"),
    "dashes": ("seed:\n" + "- " * 20_000 + "\n", "found more than 32 levels"),
    "levels by aliases": (
        "a0: &a0 " + "[" * 20 + "]" * 20 + "\na1: &a1 " + "[" * 20 + "*a0" + "]" * 20 + "\n",
        "line 6: found more than 32 levels",
    ),
    "aliases of a long text": (
        f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 40)}]\n",
        "found more than 20000 values",
    ),
    "many values": ("seed: [" + "1," * 30_000 + "]\n", "found more than 20000 values"),
    "a long number": (f"seed: {'9' * 100_000}\n", "line 5: found a number of more than 100 characters"),
    "a number in base 60": (f"seed: 1{':1' * 100_000}\n", "line 5: found a number of more than 100 characters"),
    "a long key": (f"? {'k' * 1000}\n: 1\n", "line 5: found a key of more than 200 characters"),
    "a large file": (
        "# " + "x" * (1 << 20) + "\n",
        r"a study file of at most 1048576 characters, but .*tiny\.yaml has more",
    ),
    "a long text as a number": (
        f"seed: {'x' * 100_000}\n",
        r"Expected a valid integer, but got 'xxx.*\.\.\..*xxx' for seed",
    ),
    "a long list as a number": ("seed: [" + "x, " * 9_000 + "]\n", r"but got \['x', .*\.\.\..*\] for seed"),
    "a long method": (f"explanation: {{methods: [{'x' * 100_000}]}}\n", "Expected a method, but got 'xxx"),
    "a long list of methods": (
        "explanation: {methods: [" + "grad_cam, " * 9_000 + "]}\n",
        r"Expected every method once, but got \['grad_cam', ",
    ),
    "a long path": (f"external: {{source: npz, path: {'x' * 5_000}}}\n", r"there is none at .*xxx for external\.path"),
    "a long path elsewhere": (f"external: {{source: npz, path: /{'x' * 5_000}}}\n", "inside the project, but got /xxx"),
    "a long module": (
        f"network: {{class_path: {'x' * 5_000}.Net}}\n",
        r"xxx\.py in the study's folder or one above it",
    ),
    "a long source": (f"external: {{source: {'x' * 5_000}}}\n", "Expected a data source, but got 'xxx"),
    "a long tag": (f"seed: !{'x' * 5_000} 1\n", "could not determine a constructor for the tag '!xxx"),
}


@pytest.mark.parametrize(("more", "words"), BOMBS.values(), ids=BOMBS)
def test_a_hostile_file_costs_little_and_is_one_short_sentence(tmp_path, more, words):
    path, started = write(tmp_path, GOOD + more), time.process_time()
    with pytest.raises(StudyError, match=words) as caught:
        read_study(path)
    assert len(str(caught.value)) < 1500
    assert time.process_time() - started < 20


def test_aliases_of_a_usual_study_are_read(tmp_path):
    text = GOOD + "training: &t {augmentation: {zoom: 0.1}}\nnetwork: &n {dropout: 0.1}\nsplit: {<<: {test: 0.15}}\n"
    assert read_study(write(tmp_path, text)).split.test == 0.15
    shared = GOOD.replace("Tiny\n", "&name Tiny\n") + "label: *name\nauthor: *name\n"
    assert read_study(write(tmp_path, shared)).author == "Tiny"


def test_arguments_of_user_code_are_in_no_message(tmp_path):
    with pytest.raises(StudyError, match=r"Expected a section with keys, but got str for network\.init_args") as caught:
        read_study(write(tmp_path, GOOD + "network: {class_path: fractions.Fraction, init_args: token-1234}\n"))
    assert "1234" not in str(caught.value)
    for override in ("network.init_args.token='1234", "network.init_args.token.=1234", "title.init_args.token=1234"):
        with pytest.raises(StudyError, match=r"--set .*init_args.*=\.\.\.") as caught:
            read_study(write(tmp_path, GOOD), [override])
        assert "1234" not in str(caught.value)
