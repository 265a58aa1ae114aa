"""Policies to begin with: files that a policy of one's own extends or copies."""

from importlib.resources import files


def template_names() -> list[str]:
    return sorted(one.name.removesuffix(".yaml") for one in files(__name__).iterdir() if one.name.endswith(".yaml"))


def template(name: str) -> str:
    """The YAML text. Raises FileNotFoundError."""
    return (files(__name__) / f"{name}.yaml").read_text()
