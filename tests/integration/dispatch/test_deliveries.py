"""A subscriber gets what was accepted: signed, in order per stream, from where it wants."""

from tests.integration.dispatch.post import Post
from tests.integration.dispatch.receiver import Receiver


async def test_a_subscriber_from_the_beginning_gets_what_happened_before_and_after(
    post: Post, receiver: Receiver
) -> None:
    before = await post.happen("a", "b")
    secret = await post.subscribe("ci", receiver.url)
    after = await post.happen("c")
    await receiver.until(lambda: len(receiver.ids) == 3)
    assert set(receiver.ids) == {*before, *after}
    assert all(one.verified_by(secret) for one in receiver.taken)
