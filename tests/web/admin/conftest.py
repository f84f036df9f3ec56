"""Fixtures of the tests of `/admin`: an admin and a member of support, each with a page."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page

from tests.local.running import Stack
from tests.web import staff
from tests.web.conftest import OpenContext
from tests.web.people import User

type Newcomer = Callable[[], Awaitable[User]]


@pytest.fixture
async def admin(stack: Stack, newcomer: Newcomer) -> User:
    """An admin."""
    return staff.give_role(stack, await newcomer(), "admin")


@pytest.fixture
async def support(stack: Stack, newcomer: Newcomer) -> User:
    """A member of support, who reads and changes nothing."""
    return staff.give_role(stack, await newcomer(), "support")


@pytest.fixture
async def desk(open_context: OpenContext, admin: User) -> Page:
    """A page of the admin."""
    return await (await open_context(admin.storage())).new_page()


@pytest.fixture
async def support_desk(open_context: OpenContext, support: User) -> Page:
    """A page of a member of support."""
    return await (await open_context(support.storage())).new_page()
