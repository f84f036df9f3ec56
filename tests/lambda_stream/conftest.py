"""The runtime is made for Lambda's Linux: signals, descriptors and AWS's own emulator are as there."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what starts processes as Lambda does; pure functions are tested everywhere."""
    if sys.platform == "linux":
        return
    for item in items:
        if item.path.parent == HERE and item.path.name != "test_events.py":
            item.add_marker(pytest.mark.skip(reason="Lambda runs on Linux, and so do these tests of its runtime"))
