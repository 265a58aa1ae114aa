"""How are the registry's streams named?"""

MODEL, FAMILY = "registry/model", "registry/family"
POLICY, PROMPT = "registry/policy", "registry/prompt"


def model_stream(model: str) -> str:
    return f"{MODEL}/{model}"


def family_stream(family: str) -> str:
    return f"{FAMILY}/{family}"


def policy_stream(policy: str) -> str:
    return f"{POLICY}/{policy}"


def prompt_stream(prompt: str) -> str:
    return f"{PROMPT}/{prompt}"
