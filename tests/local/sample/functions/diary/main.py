"""Runs on a schedule, and writes down that it ran."""

import json
import os
import time
from pathlib import Path
from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    wrote = event.get("wrote", "now")
    if wrote == "nothing":
        raise ValueError("There is nothing to write.")
    with Path(os.environ["SAMPLE_DIARY"]).open("a") as diary:
        diary.write(f"{wrote}\n")
    if wrote == "for ever":
        time.sleep(60)
    metric = {"Namespace": "Sample", "Dimensions": [["kind"]], "Metrics": [{"Name": "Pages", "Unit": "Count"}]}
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metric]}
    print(json.dumps({"_aws": about, "kind": wrote, "Pages": 1}))
    knows = sorted(name for name in os.environ if name.startswith("SAMPLE") or "SECRET" in name)
    return {"knows": knows, "wrote": wrote}
