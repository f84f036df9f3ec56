"""A proof of work before a session: when it is needed, and what is accepted as one."""

import asyncio
import time
from collections import Counter
from typing import Any

import altcha
import httpx

from oneai.chatbots import proof_of_work
from oneai.chatbots import visitor as visitors
from tests.chatbots.visitors import Website, bearer
from tests.world import World

# oneai.count_session lets as many begin in ten minutes.
FREE = 60


async def _begin(website: Website, **body: Any) -> httpx.Response:
    return await website.world.http.post(f"{website.path}/sessions", json=body)


def _challenge(answer: httpx.Response) -> altcha.Challenge:
    """The challenge of a refusal."""
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (403, "proof_required"), answer.text
    return altcha.Challenge.from_dict(error["challenge"])


def _solved(challenge: altcha.Challenge) -> altcha.Payload:
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    return altcha.Payload(challenge, solution)


def _always(website: Website, proof_of_work: str = "always") -> None:
    website.world.database.rows(
        "update oneai.chatbots set proof_of_work = %s where id = %s", proof_of_work, website.chatbot
    )


async def test_many_new_sessions_need_a_proof_until_they_are_ten_minutes_old(shared: World) -> None:
    website = Website.of(shared, owner := shared.newcomer())
    known = await website.session()
    assert (await website.ask(bearer(known["token"]))).status == 200
    # Sessions that begin together are all counted, and another chatbot's are not.
    statuses: Counter[int] = Counter()
    for _ in range(FREE // 10 + 1):
        together = await asyncio.gather(*(_begin(website) for _ in range(10)))
        statuses.update(each.status_code for each in together)
    assert statuses == {201: FREE - 1, 403: 11}
    assert (await _begin(Website.of(shared, owner))).status_code == 201
    refused = await _begin(website, handle=visitors.new_handle())
    proof = _solved(_challenge(refused)).to_base64()
    # A visitor who asked before needs none; a handle that a script made up does.
    assert (await _begin(website, handle=known["handle"])).json()["handle"] == known["handle"]
    begun = await _begin(website, proof=proof)
    assert begun.status_code == 201
    assert (await website.ask(bearer(begun.json()["token"]))).status == 200

    path = f"/chatbots/{website.chatbot}"
    for switch, needed in (("never", False), ("auto", True)):
        changed = await shared.http.patch(path, json={"widget": {"proofOfWork": switch}}, headers=shared.headers(owner))
        assert (changed.status_code, changed.json()["proof_of_work"]) == (200, switch)
        assert (await _begin(website)).status_code == (403 if needed else 201)
    shared.database.advance(600)
    assert (await _begin(website)).status_code == 201

    _always(website)
    for body in ({}, {"handle": known["handle"]}, {"identity": "someone:" + "0" * 64}):
        again = await _begin(website, **body)
        assert again.status_code == 403, body
    identified = await _begin(website, identity="someone:" + "0" * 64, proof=_solved(_challenge(again)).to_base64())
    assert identified.json()["error"]["code"] == "identity_invalid"


async def test_one_of_a_hundred_uses_of_a_solution_begins_a_session(shared: World) -> None:
    website = Website.of(shared, shared.newcomer())
    _always(website)
    payload = _solved(_challenge(await _begin(website)))
    # The same solution in other letters is still the same.
    other = altcha.Payload(payload.challenge, altcha.Solution(7, payload.solution.derived_key, time=1.5))
    texts = [payload.to_base64(), other.to_base64()]
    answers = await asyncio.gather(*(_begin(website, proof=texts[n % 2]) for n in range(100)))
    statuses = Counter(each.status_code for each in answers)
    # On a busy machine some of a hundred find no connection to Postgres.
    assert (statuses[201], statuses[403] + statuses[503]) == (1, 99)
    _always(website, "auto")
    assert (await _begin(website, proof=texts[0])).status_code == 403
    counted = shared.database.one(
        "select count(*) from oneai.visitor_requests where chatbot_id = %s and kind = 'session'", website.chatbot
    )
    assert counted == 1


async def test_only_a_solution_of_our_challenge_for_this_chatbot_is_accepted(shared: World) -> None:
    website, elsewhere = Website.of(shared, shared.newcomer()), Website.of(shared, shared.newcomer())
    for each in (website, elsewhere):
        _always(each)
    challenge = _challenge(await _begin(website))
    solved = _solved(challenge)

    def changed(**fields: Any) -> str:
        parameters = challenge.parameters.to_dict() | fields
        forged = altcha.Challenge(altcha.ChallengeParameters.from_dict(parameters), challenge.signature)
        return altcha.Payload(forged, altcha.solve_challenge(forged, timeout=2) or solved.solution).to_base64()

    def made(key: bytes, answering: bytes | None, **fields: Any) -> str:
        terms: dict[str, Any] = {"expires_at": int(time.time()) + 100, "data": {"chatbot": website.public_id}} | fields
        return _solved(
            altcha.create_challenge("PBKDF2/SHA-256", 1, counter=0, hmac_secret=key, hmac_key_secret=answering, **terms)
        ).to_base64()

    ours, answers = visitors.derived_keys("challenge")[0], visitors.derived_keys("answer to a challenge")[0]
    bad = {
        "another chatbot's": _solved(_challenge(await _begin(elsewhere))).to_base64(),
        "expired": made(ours, answers, expires_at=int(time.time()) - 1),
        "of no chatbot": made(ours, answers, data=None),
        "signed with another key": made(b"k" * 32, answers),
        "without a signature": altcha.Payload(altcha.Challenge(challenge.parameters), solved.solution).to_base64(),
        "a cheaper algorithm": changed(algorithm="SHA-256"),
        "fewer rounds": changed(cost=1),
        "a shorter prefix": changed(keyPrefix=""),
        "another salt": changed(salt="00" * 16),
        "signs moved from the nonce to the salt": changed(
            nonce=challenge.parameters.nonce[:-2], salt=challenge.parameters.nonce[-2:] + challenge.parameters.salt
        ),
        "a later end": changed(expiresAt=int(time.time()) + 10_000),
        "another answer": changed(keySignature="00" * 32),
        "a wrong key": altcha.Payload(challenge, altcha.Solution(1, "00" * 32)).to_base64(),
        "no key": altcha.Payload(challenge, altcha.Solution(1, "")).to_base64(),
        "no JSON": "!",
        "a list": "W10=",
        "null": "bnVsbA==",
        "deep": "W1tb" * 400,
    }
    accepted = [name for name, text in bad.items() if proof_of_work.solved(text, website.public_id)]
    assert accepted == []
    # What none of them has changed is good, and it is refused over HTTP as it is in the function.
    assert (await _begin(website, proof=bad["fewer rounds"])).status_code == 403
    assert proof_of_work.solved(made(ours, answers), website.public_id)
    assert (await _begin(website, proof=solved.to_base64())).status_code == 201
    assert challenge.parameters.cost == proof_of_work.COST
    assert 0 < (challenge.parameters.expires_at or 0) - time.time() <= proof_of_work.CHALLENGE_SECONDS
