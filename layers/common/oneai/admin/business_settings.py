"""By which days figures are counted, and by which rate margins are stated in dollars."""

from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from oneai import settings, times


@dataclass(frozen=True)
class BusinessSettings:
    """`OPERATOR_TIME_ZONE` and `USD_INR` of the environment."""

    operator_time_zone: str = "Asia/Kolkata"
    usd_inr: Decimal = Decimal(85)
    """Rupees for a dollar."""

    @property
    def zone(self) -> ZoneInfo:
        """The operator's time zone. Raises InvalidValue where no zone has that name."""
        return times.time_zone(self.operator_time_zone)


def business_settings() -> BusinessSettings:
    """The settings of this process."""
    return settings.read(BusinessSettings)
