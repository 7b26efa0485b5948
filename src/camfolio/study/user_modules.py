"""Where the user code of a study may be: in files of its project, or in packages that the project allows by name."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from camfolio.errors import StudyError, shortened
from camfolio.study.project import (
    CONFIGURATIONS,
    NO_USER_CODE,
    allowed_packages,
    configuration_of,
    folders_of,
    not_ours,
    project_of,
    user_code_refused,
)


def module_file(module: str, folder: Path) -> Path | None:
    """The file of a user module: the first found in a folder or its parents up to the project's root; None if there is none."""
    parts = module.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    stems = [parent.joinpath(*parts) for parent in folders_of(folder)]
    candidates = [file for stem in stems for file in (stem.with_suffix(".py"), stem / "__init__.py")]
    try:
        return next((file for file in candidates if file.is_file()), None)
    except OSError:  # a name that the file system refuses
        return None


def check_user_code(name: str, folder: Path, where: str) -> None:
    """Check that a study may run a class, function or method of user code.

    Args:
        name: MODULE.NAME.
        folder: of the study file.
        where: place of the name in the study, for messages.

    Raises:
        StudyError: if user code is refused, or if the module is neither in a file of the project nor in a package that it allows.
    """
    shown = shortened(name)
    if user_code_refused():
        msg = (
            f"Expected a study without user code, but got {shown} ({where}). It is a program: read it first, "
            f"then leave out --no-user-code, {NO_USER_CODE} or user_code: false, whichever you gave."
        )
        raise StudyError(msg)
    module, root = name.rpartition(".")[0], project_of(folder)
    if file := module_file(module, folder):
        if reason := not_ours(file, root):
            msg = f"Expected user code in a place that is the project's alone, but {reason}. It is {shown} ({where})."
            raise StudyError(msg)
    elif not is_allowed(module, root):
        package, configuration = module.partition(".")[0], (configuration_of(root) or Path(CONFIGURATIONS[0])).name
        allowed = f", or in a package that {configuration} allows" if is_installed(package) else ""
        remedy = f"If it should run, put {package} into `packages` of the plugin camfolio in {configuration}."
        file_name = shortened(f"{module.replace('.', '/')}.py")
        msg = (
            f"Expected {file_name} in the study's folder or one above it in the project{allowed}, "
            f"but there is none ({where}). {remedy if allowed else f'Check {shown}.'}"
        )
        raise StudyError(msg)


def is_allowed(module: str, project: Path) -> bool:
    """Whether a module is installed, and in one of the packages that the project allows."""
    named = any(module == package or module.startswith(f"{package}.") for package in allowed_packages(project))
    return named and is_installed(module.partition(".")[0])


def is_installed(package: str) -> bool:
    """Whether a package is installed; it is not imported."""
    try:
        return package.isidentifier() and find_spec(package) is not None
    except (ValueError, OSError):  # it is running as a program, or the file system refuses the name
        return False
