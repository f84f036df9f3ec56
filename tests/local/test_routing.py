"""What API Gateway refuses of an API's paths, which no linter of templates sees."""

from dataclasses import dataclass

import pytest

from local import template
from local.data_folder import REPOSITORY
from local.functions import load
from local.path_patterns import Routes, TwoVariables
from local.route_table import served
from local.template import TemplateError


@dataclass
class Method:
    """A method of a path."""

    path: str
    method: str = "GET"


@pytest.mark.parametrize(
    "paths",
    [
        ("/notes/{id}", "/notes/{note}"),
        ("/notes/{id}", "/notes/{proxy+}"),
        ("/notes/{id}/pages", "/notes/{proxy+}"),
        ("/notes/{id}/pages/{page}", "/notes/{id}/pages/{number}/lines"),
    ],
)
def test_two_variables_at_one_position_are_refused(paths: tuple[str, str]) -> None:
    with pytest.raises(TwoVariables, match="and not both"):
        Routes(map(Method, paths))


def test_literals_beside_a_variable_and_a_repeated_variable_are_accepted() -> None:
    routes = Routes(map(Method, ("/notes", "/notes/{id}", "/notes/{id}/pages/{page}", "/notes/search", "/{proxy+}")))

    found = {path: routes.find(path) for path in ("/notes/search", "/notes/7", "/notes/7/pages/1", "/notes/7/lines")}
    assert {path: next(iter(of[0].values())).path for path, of in found.items() if of} == {
        "/notes/search": "/notes/search",
        "/notes/7": "/notes/{id}",
        "/notes/7/pages/1": "/notes/{id}/pages/{page}",
        "/notes/7/lines": "/{proxy+}",
    }


def test_the_template_has_one_variable_at_each_position() -> None:
    assert Routes(template.read(REPOSITORY / "template.yaml").routes)


def test_a_route_that_the_template_gives_to_another_function_is_refused() -> None:
    found = template.read(REPOSITORY / "template.yaml")
    conversations = found.function("conversations")
    assert conversations is not None
    app = load(conversations).app

    with pytest.raises(TemplateError, match="of documents is out of reach"):
        list(served(found, lambda _: app))
