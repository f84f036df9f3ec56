"""Equations of Office as a line of text, such as `(a+b)/2` (ECMA-376 part 1, section 22.1)."""

from extraction.office.package import Element


def linear(element: Element) -> str:
    """An equation, or a part of one, with the signs that a user would type for its structure."""
    kind = element.tag.rpartition("}")[2]
    if kind == "t":
        return element.text or ""
    if kind.endswith("Pr") or kind in ("del", "moveFrom"):
        return ""
    parts = {each.tag.rpartition("}")[2]: linear(each) for each in element} if kind in _SHAPES else {}
    match kind:
        case "f":
            return f"{_grouped(parts.get('num', ''))}/{_grouped(parts.get('den', ''))}"
        case "sSup" | "sSub" | "sSubSup" | "nary":
            sign = "" if kind != "nary" else _property(element, "chr", "∫")
            base = parts.get("e", "") if kind != "nary" else ""
            after = f" {parts.get('e', '')}" if kind == "nary" else ""
            return f"{sign}{base}{_marked('_', parts.get('sub', ''))}{_marked('^', parts.get('sup', ''))}{after}"
        case "sPre":
            return f"{_marked('_', parts.get('sub', ''))}{_marked('^', parts.get('sup', ''))}{parts.get('e', '')}"
        case "limLow" | "limUpp":
            return f"{parts.get('e', '')}{_marked('_' if kind == 'limLow' else '^', parts.get('lim', ''))}"
        case "rad":
            return f"{parts.get('deg', '')}√({parts.get('e', '')})"
        case "func":
            return f"{parts.get('fName', '')} {parts.get('e', '')}"
        case "d":
            inner = _property(element, "sepChr", "|").join(_each(element, "e"))
            return f"{_property(element, 'begChr', '(')}{inner}{_property(element, 'endChr', ')')}"
        case "eqArr" | "m":
            return "; ".join(_each(element, "e" if kind == "eqArr" else "mr"))
        case "mr":
            return ", ".join(_each(element, "e"))
    return "".join(map(linear, element))


_SHAPES = {"f", "sSup", "sSub", "sSubSup", "nary", "sPre", "limLow", "limUpp", "rad", "func"}


def _each(element: Element, kind: str) -> list[str]:
    return [linear(each) for each in element.iterchildren(f"{{*}}{kind}")]


def _property(element: Element, kind: str, default: str) -> str:
    found = element.find(f"./*/{{*}}{kind}")
    if found is None:
        return default
    return next((value for key, value in found.attrib.items() if key.rpartition("}")[2] == "val"), "")


def _grouped(text: str) -> str:
    return text if len(text) < 2 or text.isalnum() else f"({text})"


def _marked(sign: str, text: str) -> str:
    return f"{sign}{_grouped(text)}" if text else ""
