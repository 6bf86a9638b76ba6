"""cladus turns a flat list of clusters into a hierarchy that people can read, trust and rerun.

    import cladus

    run = cladus.run("clusters.csv", out="my-run", max_clusters=10)
    print(run.tree(2))

A call runs the program ``cladus`` of this package on a run folder; the folder is all the state there is, so
the command line, another process or another month goes on where a notebook stopped. `run` takes files, frames
(polars, pandas, pyarrow and whatever speaks Arrow), lists and dicts. What a run is made of comes back as
polars frames (``pip install 'cladus[polars]'``).

`cladus.kura`, `cladus.bertopic`, `cladus.topics` and `cladus.polars` fit it into what is there already.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    __version__: str

    from ._call import Event as Event
    from ._forecast import Forecast as Forecast
    from ._page import Page as Page
    from ._run import Run as Run
    from ._start import plan as plan
    from ._start import run as run
    from ._tree import Tree as Tree
    from .errors import BudgetError as BudgetError
    from .errors import BugError as BugError
    from .errors import CladusError as CladusError
    from .errors import CladusWarning as CladusWarning
    from .errors import InputError as InputError
    from .errors import KilledError as KilledError
    from .errors import LockedError as LockedError
    from .errors import PartialError as PartialError
    from .errors import ProviderError as ProviderError
    from .errors import TemporaryError as TemporaryError
    from .errors import UsageError as UsageError

# Where everything is. Nothing is imported before it is asked for: `import cladus` takes next to no time.
_PLACES = {
    "Event": "_call",
    "Forecast": "_forecast",
    "Page": "_page",
    "Run": "_run",
    "Tree": "_tree",
    "plan": "_start",
    "run": "_start",
    "BugError": "errors",
    "BudgetError": "errors",
    "CladusError": "errors",
    "CladusWarning": "errors",
    "InputError": "errors",
    "KilledError": "errors",
    "LockedError": "errors",
    "PartialError": "errors",
    "ProviderError": "errors",
    "TemporaryError": "errors",
    "UsageError": "errors",
}
_MODULES = ("bertopic", "errors", "kura", "polars", "topics")

__all__ = [
    "BudgetError",
    "BugError",
    "CladusError",
    "CladusWarning",
    "Event",
    "Forecast",
    "InputError",
    "KilledError",
    "LockedError",
    "Page",
    "PartialError",
    "ProviderError",
    "Run",
    "TemporaryError",
    "Tree",
    "UsageError",
    "__version__",
    "plan",
    "run",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name == "__version__":
        from importlib.metadata import version

        return version("cladus")
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f".{place}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*__all__, *_MODULES])
