"""The limits of single documents."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DocumentSettings:
    """`document_pages`: how long one document may be; `ingest_function` names the Lambda function that reads files;
    `require_confirmed_email` refuses to read pages for who has not confirmed their address."""

    document_pages: int = 5_000
    ingest_function: str = "IngestDocumentFunction"
    require_confirmed_email: bool = False
