"""A token that was verified is remembered, and refused as soon as it would be refused for the first time."""

import time

import pytest

from oneai.clients import jwks, supabase_auth
from oneai.errors import Forbidden, Unauthenticated
from tests.clients.supabase_auth.conftest import Configure
from tests.clients.supabase_auth.project import Project, SigningKey


async def test_a_cached_token_is_not_parsed_again(
    project: Project, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = project.token(key)
    first = await supabase_auth.verify(token)
    monkeypatch.setattr("jwt.decode", None)

    assert await supabase_auth.verify(token) == first


async def test_a_cached_token_is_refused_when_it_expires(
    project: Project, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supabase_auth, "LEEWAY", 60)
    token = project.token(key, exp=int(time.time()) - 20)
    await supabase_auth.verify(token)
    monkeypatch.setattr(supabase_auth, "LEEWAY", 10)

    with pytest.raises(Unauthenticated) as refused:
        await supabase_auth.verify(token)

    assert refused.value.extra["reason"] == "token_expired"


async def test_a_cached_token_is_refused_when_its_key_is_withdrawn(
    project: Project, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = project.token(key)
    await supabase_auth.verify(token)
    project.lists(SigningKey.elliptic("another-key"))
    monkeypatch.setattr(jwks, "FRESH_FOR", 0)

    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(token)


async def test_a_cached_token_is_refused_when_its_key_id_belongs_to_another_key(
    project: Project, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = project.token(key)
    await supabase_auth.verify(token)
    project.lists(SigningKey.elliptic(key.kid))
    monkeypatch.setattr(jwks, "FRESH_FOR", 0)

    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(token)


async def test_a_cached_anonymous_user_is_refused_when_the_settings_forbid_them(
    project: Project, key: SigningKey, configure: Configure
) -> None:
    configure(ALLOW_ANONYMOUS="1")
    token = project.token(key, is_anonymous=True)
    await supabase_auth.verify(token)
    configure(ALLOW_ANONYMOUS="0")

    with pytest.raises(Forbidden):
        await supabase_auth.verify(token)


async def test_a_cached_token_does_not_cover_another_signature(project: Project, key: SigningKey) -> None:
    token = project.token(key)
    await supabase_auth.verify(token)
    signature = project.token(key, sub="0a5ea5a0-0000-4000-8000-000000000002").rpartition(".")[2]

    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(f"{token.rpartition('.')[0]}.{signature}")


async def test_the_token_cache_is_bounded_and_other_tokens_are_verified(
    project: Project, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supabase_auth, "MAX_TOKENS", 2)
    tokens = [project.token(key, session_id=f"5e551011-0000-4000-8000-00000000000{n}") for n in range(4)]

    sessions = [(await supabase_auth.verify(token)).session_id for token in tokens * 2]

    assert len({*sessions}) == 4
    assert len(supabase_auth._token_cache) == 2
