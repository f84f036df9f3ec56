"""Billing details, the buyer of invoices: required before the first payment."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from oneai.billing.invoices.printable import printable
from oneai.billing.tax import gstin as gstins
from oneai.billing.tax.regions import ALSO, COUNTRIES, INDIA, STATES
from oneai.errors import Unauthenticated
from oneai.field_errors import InvalidValue
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.text import clean_code, clean_line

ADDRESS_LINES = 8
_OVERRIDES = re.compile("[\u202d\u202e]")


def _one_line(text: str) -> str:
    clean = clean_line(text)
    if not clean:
        raise InvalidValue("empty", "Invoices require this field.")
    # An override changes the order of letters, so the printed name could differ from the one the user saw.
    if not printable(clean) or _OVERRIDES.search(text):
        raise InvalidValue(
            "unsupported_letters",
            "Invoices support only Latin, Greek, Cyrillic and Indian letters.",
        )
    return clean


def _lines(text: str) -> str:
    lines = [_one_line(line) for line in text.splitlines() if clean_line(line)] or [_one_line("")]
    if len(lines) > ADDRESS_LINES:
        raise InvalidValue("too_long", f"An address may have at most {ADDRESS_LINES} lines.")
    return "\n".join(lines)


def _code(value: Any) -> Any:
    """Normalises a code before its length is checked, because pasted text may contain invisible characters."""
    return clean_code(value).upper() if isinstance(value, str) else value


def _optional_code(value: Any) -> Any:
    return _code(value) if _code(value) != "" else None


Code = Annotated[str, BeforeValidator(_code)]


class BillingDetails(BaseModel):
    """The buyer of invoices; all fields are null until they are set."""

    legal_name: str | None = Field(default=None, description="The payer's name on invoices.")
    address: str | None = Field(default=None, description="The payer's address, in lines.")
    state: str | None = Field(
        default=None,
        description="In India, the two letters of a state or union territory, such as `KA`; elsewhere any code.",
    )
    country: str | None = Field(default=None, description="ISO 3166 alpha-2, such as `IN`.")
    gstin: str | None = Field(default=None, description="The GSTIN of an Indian business that is registered for GST.")
    network_country: str | None = Field(
        default=None,
        description="Where this request comes from, if a firewall in front of the API says it: `ID`, or `-IN-ID` for a "
        "country that is neither. A payment from another country than `country` is refunded.",
    )


class NewBillingDetails(BaseModel):
    """The body of `PUT /api/subscription/billing-details`, which replaces all previous details."""

    model_config = ConfigDict(extra="forbid", strict=True)

    legal_name: Annotated[str, AfterValidator(_one_line)] = Field(
        min_length=1,
        max_length=200,
        description="The payer's name on invoices: Latin, Greek, Cyrillic and Indian letters.",
    )
    address: Annotated[str, AfterValidator(_lines)] = Field(
        min_length=1,
        max_length=500,
        description=f"Up to {ADDRESS_LINES} lines, with the pin or post code.",
    )
    country: Code = Field(min_length=2, max_length=2, description="ISO 3166 alpha-2, such as `IN`.")
    state: Code = Field(
        max_length=6,
        description="In India, the two letters of a state or union territory, such as `KA`; elsewhere any code or "
        "none.",
    )
    gstin: Annotated[Code | None, BeforeValidator(_optional_code)] = Field(
        default=None,
        max_length=20,
        description="The GSTIN of an Indian business that is registered for GST in `state`.",
    )

    # Pydantic validates a field after the fields above it; invalid ones are absent from `info.data`.
    @field_validator("country")
    @classmethod
    def _is_a_country(cls, code: str) -> str:
        if code not in COUNTRIES:
            raise InvalidValue(
                "unknown_country", "This is not the two-letter code of a country (ISO 3166), such as IN."
            )
        return code

    @field_validator("state")
    @classmethod
    def _is_in_the_country(cls, code: str, info: ValidationInfo) -> str:
        if info.data.get("country") != INDIA:
            if not printable(code):
                raise InvalidValue("unknown_state", "This is not the code of a state.")
            return code
        code = ALSO.get(code, code)
        if code not in STATES:
            raise InvalidValue(
                "unknown_state", "This is not the code of a state or union territory of India, such as KA."
            )
        return code

    @field_validator("gstin")
    @classmethod
    def _is_a_gstin_of_the_state(cls, gstin: str | None, info: ValidationInfo) -> str | None:
        if gstin is None or "country" not in info.data:
            return gstin
        if info.data["country"] != INDIA:
            raise InvalidValue("india_only", "Only businesses in India have a GSTIN.")
        if not gstins.well_formed(gstin):
            raise InvalidValue("wrong_format", "A GSTIN has fifteen characters, such as 29ABCDE1234F1ZW.")
        if not gstins.has_valid_check_character(gstin):
            raise InvalidValue(
                "wrong_check_digit", "This GSTIN is mistyped: its last character does not match the others."
            )
        if "state" in info.data and STATES[info.data["state"]].number != gstin[:2]:
            raise InvalidValue("wrong_state", "The first two digits of this GSTIN belong to another state.")
        return gstin


async def read_billing_details(principal: Principal) -> BillingDetails:
    """Returns the user's billing details; fields are null until they are set."""
    rows = await db.read_as(
        principal,
        "select legal_name, address, state, country, gstin from oneai.billing_details where workspace_id = %s",
        [principal.workspace_id],
        BillingDetails,
    )
    return rows[0] if rows else BillingDetails()


async def save_billing_details(principal: Principal, new: NewBillingDetails) -> BillingDetails:
    """Sets the user's billing details for all later invoices. Raises Unauthenticated for a deleted user."""
    (saved,) = await db.call(
        "select oneai.put_billing_details(%s, %s, %s, %s, %s, %s, %s)",
        [principal.user_id, principal.workspace_id, new.legal_name, new.address, new.state, new.country, new.gstin],
        idempotent=True,
    )
    if not saved:
        raise Unauthenticated
    return BillingDetails(**new.model_dump())
