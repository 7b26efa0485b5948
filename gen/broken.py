"""What every address says while our own code cannot be run: nothing of it is used here."""

from __future__ import annotations

from pathlib import Path

import mkdocs_gen_files


def say(error: Exception, project: Path) -> None:
    """Write the error on every page that templates and studies name."""
    said = f"{type(error).__name__}: {error}".replace("\n", " ")
    names = [path.stem for path in project.glob("gen/templates/*.md.jinja")]
    inside = [path.stem for path in project.glob("gen/templates/study/*.md.jinja")]
    names += [f"{study.stem}/{name}" for study in project.glob("gen/studies/*.y*ml") for name in inside]
    for name in names:
        with mkdocs_gen_files.open(name, "w") as file:
            file.write(f"# This site cannot be built yet\n\n    {said}\n\nThe traceback is in the terminal.\n")
