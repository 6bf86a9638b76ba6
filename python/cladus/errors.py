"""What can go wrong, an exception for each exit code of the program.

Every `CladusError` carries `message`, `hint` (what to do next; None where nothing is known to help), `causes`
and `code` (the exit code; None where the program was not started).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ._run import Run


class CladusWarning(UserWarning):
    """Something that one should know and that is no error."""


class CladusError(Exception):
    """Anything that went wrong."""

    code: int | None = None

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        causes: Sequence[str] = (),
        code: int | None = None,
    ) -> None:
        self.message = message
        self.hint = hint
        self.causes = list(causes)
        if code is not None:
            self.code = code
        super().__init__(message)

    def __str__(self) -> str:
        lines = [self.message, *(f"because: {cause}" for cause in self.causes)]
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)


class BugError(CladusError):
    """A bug of cladus (exit code 1). What is in the folder is intact."""

    code = 1


class UsageError(CladusError, ValueError):
    """A setting is wrong, or a place cannot be written (exit code 2)."""

    code = 2


class InputError(CladusError, ValueError):
    """An input is missing, damaged or of the wrong shape (exit code 3)."""

    code = 3


class PartialError(CladusError):
    """Finished, but rows failed or fell back that must not (exit code 5). `run` is what came of it."""

    code = 5
    run: Run | None = None


class BudgetError(CladusError):
    """A budget is reached (exit code 6). Every answer is kept: raise it, and the same call goes on."""

    code = 6


class LockedError(CladusError):
    """Another run holds the folder (exit code 7)."""

    code = 7


class ProviderError(CladusError):
    """The model's provider refuses the key or the quota (exit code 8)."""

    code = 8


class TemporaryError(CladusError):
    """A passing fault, or the program was asked to stop (exit code 75). The same call goes on from there."""

    code = 75


class KilledError(CladusError):
    """The program was ended at once: by a second Ctrl-C, or from outside. The same call goes on from there."""

    code = 130


class _Kinds:
    of: ClassVar[dict[int, type[CladusError]]] = {
        1: BugError,
        2: UsageError,
        3: InputError,
        5: PartialError,
        6: BudgetError,
        7: LockedError,
        8: ProviderError,
        75: TemporaryError,
        130: KilledError,
    }


def of_code(code: int, message: str, *, hint: str | None = None, causes: Sequence[str] = ()) -> CladusError:
    """The exception for an exit code; below 0 for the number of a signal."""
    kind = KilledError if code < 0 else _Kinds.of.get(code, CladusError)
    return kind(message, hint=hint, causes=causes, code=code)
