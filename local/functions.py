"""Loads `functions/<name>/main.py` as Lambda would, except that all request functions share one process."""

import importlib.util
import os
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from local import docs_index
from local.template import Function


def load(function: Function) -> ModuleType:
    """The function's module, imported by its path under its own name: all of them are called `main`.

    The modules beside it are found as on Lambda, where the function's folder is on the path.
    """
    if function.name == "docs":
        docs_index.write(function.folder)  # as `deploy.build` does before it is deployed
    module_name = function.handler.rpartition(".")[0]
    path = function.folder.joinpath(*module_name.split("/")).with_suffix(".py")
    spec = importlib.util.spec_from_file_location(f"functions_{function.name}_{module_name.replace('/', '_')}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python module")
    if str(function.folder) not in sys.path:
        sys.path.append(str(function.folder))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def named_handler(function: Function) -> Any:
    """The object that the template's `Handler` names."""
    return getattr(load(function), function.handler.rpartition(".")[2])


def adopt_environment(functions: Iterable[Function]) -> None:
    """Sets the template's literal variables in this process's environment, unless the stack has set them.

    A variable that two functions set differently is not set: they share one environment here.
    """
    stated: dict[str, set[str]] = {}
    for function in functions:
        for name, value in variables(function).items():
            stated.setdefault(name, set()).add(value)
    for name, values in stated.items():
        if len(values) == 1:
            os.environ.setdefault(name, values.pop())


def variables(function: Function) -> dict[str, str]:
    """The template's variables for the function, as far as they are known; without Lambda's own."""
    known = {name: value for name, value in function.environment.items() if value is not None}
    return {name: value for name, value in known.items() if not name.startswith("AWS_")}
