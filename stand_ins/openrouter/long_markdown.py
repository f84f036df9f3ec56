"""A long answer as models write them: prose, lists, code, tables and formulas, at a steady rate."""

import asyncio
import re
from collections.abc import Iterator
from itertools import count

from stand_ins.openrouter.reply import Reply

_SECTION = """## Part {n}: how the search goes on

The range is **halved** at each step, so {n} million entries take about twenty looks; that costs $5 or so, as
[the documentation](https://docs.example/part-{n}) says. It is *not* magic: `low` and `high` walk towards each other.

1. Look at the middle entry
2. Keep the half that can hold what is wanted
   - the lower one, where the middle is too large
   - the upper one otherwise
3. Stop when nothing is left

```python
def search_{n}(items: list[int], wanted: int) -> int | None:
    low, high = 0, len(items)
    while low < high:
        middle = (low + high) // 2
        if items[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < len(items) and items[low] == wanted else None
```

| Entries | Looks | Time |
| ---: | ---: | --- |
| 1,000 | 10 | 1 µs |
| 1,000,000 | 20 | {n} µs |

$$
T(n) = T\\left(\\frac{{n}}{{2}}\\right) + O(1)
$$

> Measured on the machine of part {n}, यानी एक साधारण कंप्यूटर पर।

"""


async def long_markdown(reply: Reply) -> None:
    """Streams the number of tokens in the question's first number (default 1,000), at the rate of its second (default
    200 a second)."""
    many, rate = ([int(number) for number in re.findall(r"\d+", reply.question)] + [1_000, 200])[:2]
    many = min(many, reply.room)
    await reply.comment()
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for at, token in zip(range(many), tokens(), strict=False):
        await asyncio.sleep(max(begin + at / max(rate, 1) - loop.time(), 0))
        await reply.say(token)
    await reply.end()


def tokens() -> Iterator[str]:
    """The answer without its end, in pieces of about four characters."""
    for number in count(1):
        yield from re.findall(r"\s*[^\s]{1,5}|\s+", _SECTION.format(n=number))
