"""What is a prompt's next revision?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.prompt.decider import MOST_REVISIONS, TooManyRevisions, prompt_decider

from tests.unit.registry.story_policy import SECOND, prompt_published, publish_prompt

publish_other = replace(publish_prompt, text="Hello {name}", digest=SECOND)
second = replace(prompt_published, revision=2, text="Hello {name}", digest=SECOND)


def test_the_first_text_is_the_first_revision() -> None:
    given(prompt_decider).when(publish_prompt).then(prompt_published)


def test_the_same_text_again_is_the_same_revision() -> None:
    given(prompt_decider, prompt_published).when(publish_prompt).then_nothing()


def test_another_description_of_the_same_text_is_the_same_revision() -> None:
    given(prompt_decider, prompt_published).when(replace(publish_prompt, description="")).then_nothing()


def test_another_text_is_the_next_revision() -> None:
    given(prompt_decider, prompt_published).when(publish_other).then(second)


def test_other_variables_make_another_revision() -> None:
    given(prompt_decider, prompt_published).when(replace(publish_prompt, variables=())).then(
        replace(prompt_published, revision=2, variables=())
    )


def test_going_back_to_an_old_text_is_a_revision_of_its_own() -> None:
    given(prompt_decider, prompt_published, second).when(publish_prompt).then(replace(prompt_published, revision=3))


def test_every_revision_stays() -> None:
    prompt = prompt_decider.fold(prompt_published, second)
    assert dict(prompt.revisions) == {1: prompt_published, 2: second}


def test_there_is_a_last_revision_of_which_the_same_text_is_still_the_same() -> None:
    all_there_may_be = [replace(prompt_published, revision=number + 1) for number in range(MOST_REVISIONS)]
    given(prompt_decider, *all_there_may_be).when(publish_prompt).then_nothing()
    given(prompt_decider, *all_there_may_be).when(publish_other).then_rejected(
        TooManyRevisions, prompt=publish_prompt.prompt, most=MOST_REVISIONS
    )
