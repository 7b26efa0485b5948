"""The name of this machine's processor, for what is recorded with a result."""

from __future__ import annotations

import os
import platform
from pathlib import Path

CPU = Path("/proc/cpuinfo")


def processor() -> str:
    """This machine's processor in words, such as `AMD EPYC 7B13, 2 threads, without AVX-512`."""
    facts = cpu_facts(CPU.read_text(encoding="utf-8", errors="replace")) if CPU.is_file() else {}
    name = facts.get("model name") or platform.processor() or platform.machine() or "unknown processor"
    words = [name, f"{os.cpu_count() or 1} threads"]
    if "flags" in facts:
        words.append("with AVX-512" if "avx512f" in facts["flags"].split() else "without AVX-512")
    return ", ".join(words)


def cpu_facts(text: str) -> dict[str, str]:
    r"""Facts about the first processor in the text of /proc/cpuinfo.

    >>> cpu_facts("model name\t: Some CPU\nflags\t\t: sse avx512f\n\nmodel name\t: Other\n")
    {'model name': 'Some CPU', 'flags': 'sse avx512f'}
    """
    first = text.partition("\n\n")[0]
    lines = (line.partition(":") for line in first.splitlines())
    return {name.strip(): " ".join(value.split()) for name, _, value in lines}
