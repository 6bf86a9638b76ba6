"""What a run would do, and what it would cost."""

from __future__ import annotations

from typing import Any


class Forecast:
    """What is to be done, stage by stage, before anything is done or paid.

    `data` is the whole of it, as ``cladus run --dry-run --json`` and ``cladus status --json`` print it.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    @property
    def fresh(self) -> bool:
        """Is there nothing to do?"""
        return all(step["state"] in ("fresh", "edited") for step in self.stages)

    @property
    def levels(self) -> list[int]:
        """Sizes of the levels, base clusters first, as planned."""
        return list(self.data["levels"])

    @property
    def stages(self) -> list[dict[str, Any]]:
        """The steps in order: `iteration`, `stage`, `state`, `reasons`, `spent`, `exact`…"""
        return list(self.data["stages"])

    @property
    def calls(self) -> int:
        """Calls to a model."""
        return int(self.data["total"]["calls"])

    @property
    def tokens(self) -> int:
        """Tokens of all prompts and answers."""
        total = self.data["total"]
        return int(total["prompt_tokens"]) + int(total["completion_tokens"])

    @property
    def dollars(self) -> float | None:
        """What the calls cost; None where a price is not known."""
        nanodollars = self.data["total"]["nanodollars"]
        return None if nanodollars is None else nanodollars / 1e9

    @property
    def seconds(self) -> float:
        """How long the calls take, in seconds. What runs on this machine is not in it."""
        return float(self.data["seconds"])

    @property
    def exact(self) -> bool:
        """Is nothing of it an estimate?"""
        return all(step["exact"] for step in self.stages)

    def __str__(self) -> str:
        steps = [f"{s['iteration'] or ''} {s['stage']}".strip() for s in self.stages]
        wide = max(map(len, steps), default=0)
        lines = ["level plan: " + " -> ".join(map(str, self.levels))]
        for name, step in zip(steps, self.stages, strict=True):
            calls = step["spent"]["calls"]
            about = "" if step["exact"] else "~"
            lines.append(f"{name:<{wide}}  {step['state']:<8}{f'  {about}{calls} calls' if calls else ''}")
        dollars = self.dollars
        price = "price unknown" if dollars is None else f"${dollars:.4f}"
        about = "" if self.exact else "about "
        lines.append(f"{about}{self.calls} calls, {self.tokens:,} tokens, {price}, {self.seconds:.0f} s")
        return "\n".join(line.rstrip() for line in lines)

    __repr__ = __str__
