"""tenure prompts: revisions that never change."""

from pathlib import Path
from typing import Annotated

import typer

from tenure.cli.asking import AsJson, asking, end, give, registry, say, tell

app = typer.Typer(no_args_is_help=True, help="Prompts, by revision.")
Prompt = Annotated[str, typer.Argument(help="The prompt's name.")]


@app.command()
def publish(
    prompt: Prompt,
    file: Annotated[Path, typer.Argument(help="Its text, in UTF-8.")],
    variable: Annotated[list[str] | None, typer.Option(help="What is put in when it is used; repeatable.")] = None,
    description: str = "",
    as_json: AsJson = False,
) -> None:
    """Publish the next revision; the same text again is the same revision."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        end(f"{file} can't be read as UTF-8 text: {failure}.")
    body = {"prompt": prompt, "text": text, "variables": variable or [], "description": description}
    with asking() as client:
        tell(client.post(registry("prompts"), body), as_json, f"Prompt {prompt} has a new revision.")


@app.command("show")
def show_prompt(
    prompt: Prompt,
    revision: Annotated[int | None, typer.Option(min=1, help="By default the newest.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print a revision's text, and nothing else."""
    chosen = [] if revision is None else ["revisions", str(revision)]
    with asking() as client:
        found = client.get(registry("prompts", prompt, *chosen))
    if as_json:
        give(found)
    else:
        say(found["text"])
