"""The metrics that functions of this stack emit: stored, as a page with charts, and as Prometheus's text."""

from local.metrics.store import Metrics

__all__ = ["Metrics"]
