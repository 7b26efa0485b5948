"""A user id without a name, as in containers that are run with `--user`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

UNNAMED = 12345


@pytest.fixture
def unnamed(tmp_path):
    """`unnamed(code)`: the output of Python code, run by a user whose id has no name; of the files it is still root's."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root can run a process of another user")

    def run(code):
        program = f"import os; os.setresuid({UNNAMED}, 0, 0)\n{code}"
        environment = {
            name: value for name, value in os.environ.items() if name not in {"LOGNAME", "USER", "LNAME", "USERNAME"}
        }
        environment |= {"HOME": "/", "MPLCONFIGDIR": str(tmp_path)}
        return subprocess.run(
            [sys.executable, "-c", program],
            check=False,
            env=environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=120,
        )

    return run


def test_a_user_without_a_name_is_named_by_the_number(unnamed):
    found = unnamed(
        "from camfolio.processes import name_user; import getpass\n"
        "name_user(); name_user(); print(os.getuid(), getpass.getuser())"
    )
    assert found.stdout.split() == [str(UNNAMED), str(UNNAMED)], found.stderr


def test_a_name_is_kept(unnamed):
    found = unnamed(
        "os.environ['LOGNAME'] = 'ann'\n"
        "from camfolio.processes import name_user; import getpass\n"
        "name_user(); print(getpass.getuser(), 'USER' in os.environ)"
    )
    assert found.stdout.split() == ["ann", "False"], found.stderr


def test_a_worker_names_its_user_before_it_imports_libraries(unnamed):
    found = unnamed(
        "import getpass, sys; from camfolio.store import worker\n"
        "sys.argv = ['worker', str(os.getppid())]; worker.main(); print('name', getpass.getuser())"
    )
    assert f"name {UNNAMED}" in found.stderr  # standard output is the worker's for answers


@pytest.mark.slow
def test_the_network_s_libraries_can_be_imported(unnamed):
    found = unnamed("import camfolio; print(camfolio.explain.__name__)")
    assert found.stdout == "explain\n", found.stderr
