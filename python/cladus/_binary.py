"""Where the program ``cladus`` of this package is."""

from __future__ import annotations

import os
import sys
import sysconfig
from typing import NoReturn

_NAME = "cladus" + (sysconfig.get_config_var("EXE") or "")


def _folders() -> list[str]:
    """Where installers put programs, the likeliest first."""
    package = os.path.dirname(os.path.abspath(__file__))
    scripts = "Scripts" if os.name == "nt" else "bin"
    found = [
        sysconfig.get_path("scripts"),
        # `pip install --user`
        sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user")),
        # `pip install --target FOLDER` and `--prefix FOLDER` (lib/pythonX.Y/site-packages)
        os.path.join(os.path.dirname(package), scripts),
        os.path.normpath(os.path.join(package, "..", "..", "..", "..", scripts)),
        os.path.dirname(sys.executable),
    ]
    return [folder for folder in found if folder]


def find() -> str:
    """The path of the program.

    ``CLADUS_BINARY`` comes first, then where this package was installed, then ``PATH``.

    Raises:
        UsageError: It is nowhere.
    """
    said = os.environ.get("CLADUS_BINARY")
    if said:
        return said
    for folder in _folders():
        path = os.path.join(folder, _NAME)
        if os.path.isfile(path):
            return path
    import shutil

    found = shutil.which(_NAME)
    if found:
        return found
    from .errors import UsageError

    raise UsageError(
        f"the program {_NAME} is not there: looked in {', '.join(_folders())} and in PATH",
        hint="install the package cladus anew, or name the program in CLADUS_BINARY",
    )


def finds_query() -> bool:
    """Whether ``cladus query`` would find its program: beside the program, or in ``PATH``."""
    name = "cladus-query" + (sysconfig.get_config_var("EXE") or "")
    beside = os.path.join(os.path.dirname(os.path.realpath(find())), name)
    import shutil

    return os.path.isfile(beside) or shutil.which(name) is not None


def become(name: str) -> NoReturn:
    """Replaces this process by the program, called ``name``: called ``cladus-embed``, it is that stage."""
    from .errors import UsageError

    try:
        path = find()
    except UsageError as error:
        sys.exit(f"error: {error}")
    words = [name, *sys.argv[1:]]
    if os.name != "nt":
        os.execv(path, words)
    import subprocess

    sys.exit(subprocess.call(words, executable=path))
