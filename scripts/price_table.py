#!/usr/bin/env python3
"""Makes the built-in table of prices and windows from the one that LiteLLM keeps (MIT, on PyPI).

    python3 scripts/price_table.py --date 2026-11-29 [litellm-….whl]

Without a wheel, pip downloads the newest. Of its models those that answer questions or embed, at
endpoints that speak OpenAI's protocol, and whose price is known, go into
`crates/llm/src/account/prices.tsv`: dollars for a million tokens, the context window and the longest
answer in tokens, and whether it takes a schema. Where a price depends on how long a prompt is, the one
for short prompts is taken: ours are short.
"""
import argparse, datetime, json, subprocess, sys, tempfile, zipfile
from pathlib import Path

OUT = Path(__file__).parent.parent / "crates/llm/src/account/prices.tsv"
TABLE = "litellm/model_prices_and_context_window_backup.json"
PROVIDERS = """openai anthropic azure gemini groq mistral deepseek dashscope openrouter together_ai
fireworks_ai xai cohere cohere_chat cerebras perplexity deepinfra sambanova moonshot zai nebius novita
hyperbolic voyage jina_ai text-completion-codestral volcengine nscale scaleway ovhcloud minimax
lambda_ai wandb ai21 ai21_chat watsonx vercel_ai_gateway""".split()


def wheel(folder):
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "litellm"]
    subprocess.run(command, check=True)
    return next(Path(folder).glob("litellm-*.whl"))


def rows(models):
    for name, model in sorted(models.items()):
        if model.get("mode") not in ("chat", "embedding") or model.get("litellm_provider") not in PROVIDERS:
            continue
        if any(c.isspace() for c in name) or model.get("input_cost_per_token") is None:
            continue
        price = model["input_cost_per_token"]
        answers = model["mode"] == "chat"
        if answers and model.get("output_cost_per_token") is None:
            continue
        batch = model.get("input_cost_per_token_batches")
        million = lambda dollars: "" if dollars is None else f"{dollars * 1e6:.6f}".rstrip("0").rstrip(".")
        tokens = lambda value: str(int(value)) if isinstance(value, (int, float)) and value > 0 else ""
        yield [
            name,
            million(price),
            million(model.get("cache_read_input_token_cost")),
            million(model.get("output_cost_per_token")) if answers else "",
            f"{batch / price:.3g}" if batch and price and 0 <= batch / price <= 1 else "",
            tokens(model.get("max_input_tokens")),
            tokens(model.get("max_output_tokens")) if answers else "",
            "schema" if model.get("supports_response_schema") else "",
        ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", nargs="?", type=Path)
    parser.add_argument("--date", default=datetime.date.today().isoformat())
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.wheel or wheel(folder)
        with zipfile.ZipFile(path) as archive:
            models = json.loads(archive.read(TABLE))
            licence = next(n for n in archive.namelist() if n.endswith("dist-info/licenses/LICENSE"))
            copyright = next(
                line for line in archive.read(licence).decode().splitlines() if line.startswith("Copyright")
            )
    version = path.name.split("-")[1]
    found = list(rows(models))
    head = [
        f"{len(found)} models as LiteLLM {version} has them (PyPI, package litellm), {arguments.date}.",
        f"MIT License. {copyright}",
        "Made by scripts/price_table.py: not edited by hand. Providers change prices and this table does not",
        "know: it is for estimates and for limits, the bill is the provider's.",
        "model\tinput\tcached input\toutput (dollars for a million tokens)\tbatch (share)\twindow\tanswer (tokens)\tschema",
    ]
    text = "".join(f"# {line}\n" for line in head) + "".join("\t".join(row) + "\n" for row in found)
    OUT.write_text(text, encoding="utf-8")
    print(f"{len(found)} models in {OUT.relative_to(OUT.parents[4])}")


if __name__ == "__main__":
    main()
