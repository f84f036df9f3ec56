"""An invoice or credit note, as it was issued."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.billing.facts import Currency


class Seller(BaseModel):
    """A seller, as printed on an invoice."""

    name: str = Field(description="The seller's legal name.")
    address: str = Field(default="", description="The seller's address.")
    state: str = Field(default="", description="The seller's state, such as `KA`.")
    gstin: str | None = Field(default=None, description="The seller's GSTIN.")
    lut: str | None = Field(default=None, description="The letter of undertaking under which exports are not taxed.")
    country: str = Field(default="IN", description="The seller's country, ISO 3166 alpha-2.")
    tax_id: str | None = Field(
        default=None, description="Outside India, the seller's number for tax, such as its NPWP."
    )


class Buyer(BaseModel):
    """A payer, as printed on an invoice."""

    legal_name: str = Field(description="The payer's name.")
    address: str = Field(default="", description="The payer's address.")
    state: str = Field(default="", description="The payer's state, such as `KA`.")
    country: str = Field(default="", description="ISO 3166 alpha-2, such as `IN`.")
    gstin: str | None = Field(default=None, description="The payer's GSTIN.")


class TaxLine(BaseModel):
    """A tax of an invoice other than GST."""

    name: str = Field(description="The tax, such as `PPN` or `VAT`.")
    rate: int = Field(description="Its rate in hundredths of a percent.")
    amount: int = Field(description="Its amount, in the currency's smallest unit.")


class Corrected(BaseModel):
    """The invoice that a credit note corrects."""

    id: UUID = Field(description="The invoice's id.")
    number: str = Field(description="The invoice's number.")
    issued_at: datetime = Field(description="When the invoice was issued.")


class Invoice(BaseModel):
    """An invoice or credit note as it was issued. All amounts are positive."""

    id: UUID = Field(description="The document's id.")
    kind: Literal["invoice", "credit_note"] = Field(description="A `credit_note` documents a refund.")
    form: Literal["gst", "ppn", "plain"] = Field(
        default="gst", description="The tax that it is about: `gst` of India, `ppn` of Indonesia, or `plain`."
    )
    number: str = Field(description="Its number in the seller's series, such as `INV/26-27/000042`.")
    issued_at: datetime = Field(description="When it was issued.")
    currency: Currency = Field(description="The currency of all its amounts.")
    total: int = Field(description="taxable + cgst + sgst + igst + other_tax, in the currency's smallest unit.")
    taxable: int = Field(description="The amount before tax, in the smallest unit.")
    cgst: int = Field(description="Central GST, in the smallest unit.")
    sgst: int = Field(description="State GST, in the smallest unit.")
    igst: int = Field(description="Integrated GST, in the smallest unit.")
    other_tax: int = Field(default=0, description="The sum of `tax_lines`, in the smallest unit.")
    tax_lines: list[TaxLine] = Field(default=[], description="The taxes of a form other than GST's.")
    tax_rate: int = Field(description="The rate of all tax in hundredths of a percent: 1800 is 18%.")
    sac: str = Field(description="The services accounting code of what was sold.")
    place_of_supply: str = Field(description="A state of India such as `KA`, or the country's code outside India.")
    description: str = Field(description="The item that was sold.")
    period_start: datetime | None = Field(description="The start of the period that was paid for.")
    period_end: datetime | None = Field(description="The end of the period that was paid for.")
    payment_reference: str | None = Field(description="The payment provider's id of the payment.")
    corrects: Corrected | None = Field(description="For a credit note, the invoice that it corrects; else null.")
    withdrawn_at: datetime | None = Field(
        default=None, description="When a credit note lost its effect, because its refund came back from the bank."
    )
    seller: Seller = Field(description="The seller at the time of issue.")
    buyer: Buyer = Field(description="The payer at the time of issue.")
