"""The settings of reports: the operator's time zone, by which they count days, and the rate of a dollar."""

from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from oneai import settings, times
from oneai.field_errors import InvalidValue
from oneai.postgres import db
from oneai.settings import SettingsError


@dataclass(frozen=True)
class AnalyticsSettings:
    """`operator_time_zone` is the time zone of the days; `usd_inr` and `usd_idr` are the numbers of rupees and
    of rupiah per dollar, for margins."""

    operator_time_zone: str = "Asia/Kolkata"
    usd_inr: Decimal = Decimal(85)
    usd_idr: Decimal = Decimal(16_500)


def operator_zone() -> ZoneInfo:
    """The operator's time zone. Raises SettingsError if the setting is not a time zone."""
    try:
        return times.time_zone(settings.read(AnalyticsSettings).operator_time_zone)
    except InvalidValue:
        raise SettingsError("The setting OPERATOR_TIME_ZONE is not a time zone, such as Asia/Kolkata.") from None


async def set_time_zone() -> None:
    """Makes Postgres use the setting OPERATOR_TIME_ZONE from now on. Days that are already added up do not change.

    Raises SettingsError if the setting is not a time zone.
    """
    name = operator_zone().key
    await db.as_service(
        "update oneai.operator_time_zone set name = %s where name <> %s returning name", [name, name], _Zone
    )


@dataclass
class _Zone:
    name: str
