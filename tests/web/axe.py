"""axe-core, which finds what keeps people with assistive technology from using a page."""

from functools import cache
from typing import Any

from playwright.async_api import Frame, Page

from local import node

_GRAVE = ("serious", "critical")
# A colour on its way from one to another is none that anyone reads: what ends of itself is waited for.
_RUN = """async () => {
  const ending = document.getAnimations().filter((each) => Number.isFinite(each.effect?.getComputedTiming().endTime));
  await Promise.allSettled(ending.map((each) => each.finished));
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.map(({ id, impact, help, nodes }) => ({
    id, impact, help, nodes: nodes.map(({ target, failureSummary }) => [target.join(" "), failureSummary]),
  }));
}"""


@cache
def _source() -> str:
    return node.package_script("axe-core/axe.min.js").read_text()


async def check(page: Page | Frame, *also: str) -> None:
    """Fails with every serious or critical finding on the page, or in the frame, as it is now, and with every finding
    of the rules `also`."""
    await page.evaluate(_source())
    findings: list[dict[str, Any]] = await page.evaluate(_RUN)
    grave = [each for each in findings if each["impact"] in _GRAVE or each["id"] in also]
    assert not grave, "\n".join([page.url, *(_in_words(each) for each in grave)])


def _in_words(finding: dict[str, Any]) -> str:
    nodes = "\n".join(f"    {target}: {' '.join(why.split())}" for target, why in finding["nodes"][:5])
    return f"  {finding['impact']} {finding['id']}: {finding['help']}\n{nodes}"
