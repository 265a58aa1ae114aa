"""How are the registry's streams named?"""

MODEL, FAMILY = "registry/model", "registry/family"
POLICY, PROMPT = "registry/policy", "registry/prompt"
OBLIGATION = "registry/obligation"


def model_stream(model: str) -> str:
    return f"{MODEL}/{model}"


def family_stream(family: str) -> str:
    return f"{FAMILY}/{family}"


def policy_stream(policy: str) -> str:
    return f"{POLICY}/{policy}"


def prompt_stream(prompt: str) -> str:
    return f"{PROMPT}/{prompt}"


def obligation_stream(model: str) -> str:
    """One for all that the model owes."""
    return f"{OBLIGATION}/{model}"
