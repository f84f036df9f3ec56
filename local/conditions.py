"""CloudFormation's conditions: which resources of a template exist, and which branch of each `Fn::If` counts."""

from collections.abc import Mapping
from typing import Any

NO_VALUE = {"Ref": "AWS::NoValue"}


class Conditions:
    """The conditions of a template (its long forms) for these values of its parameters, and defaults for the others."""

    def __init__(self, document: Mapping[str, Any], parameters: Mapping[str, str] | None = None) -> None:
        self._conditions: Mapping[str, Any] = document.get("Conditions", {})
        defaults = {name: str(each.get("Default", "")) for name, each in document.get("Parameters", {}).items()}
        self._values = defaults | dict(parameters or {})

    def holds(self, name: str) -> bool:
        """Whether the condition of this name holds. Raises KeyError where the template has none."""
        return self._test(self._conditions[name])

    def exists(self, resource: Mapping[str, Any]) -> bool:
        """Whether a resource or an output is made."""
        return "Condition" not in resource or self.holds(resource["Condition"])

    def resolve(self, value: Any) -> Any:
        """`value` with the branch that counts in place of every `Fn::If`, and without what is AWS::NoValue then."""
        match value:
            case {"Fn::If": [name, then, otherwise]}:
                return self.resolve(then if self.holds(name) else otherwise)
            case dict():
                members = {key: self.resolve(member) for key, member in value.items()}
                return {key: member for key, member in members.items() if member != NO_VALUE}
            case list():
                return [member for member in map(self.resolve, value) if member != NO_VALUE]
            case _:
                return value

    def _test(self, condition: Mapping[str, Any]) -> bool:
        match condition:
            case {"Condition": name}:
                return self.holds(name)
            case {"Fn::Equals": [one, other]}:
                return self._text(one) == self._text(other)
            case {"Fn::Not": [negated]}:
                return not self._test(negated)
            case {"Fn::And": conditions}:
                return all(self._test(each) for each in conditions)
        raise ValueError(f"{condition} is no condition that is known here")

    def _text(self, value: Any) -> str:
        match value:
            case {"Ref": name}:
                return self._values[name]
            case _:
                return str(value)
