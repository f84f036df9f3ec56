"""The limits of single documents."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DocumentSettings:
    """`document_bytes` and `document_pages`: how large one document may be; `ingest_function` names the Lambda function
    that reads files."""

    document_bytes: int = 50_000_000
    document_pages: int = 5_000
    ingest_function: str = "IngestDocumentFunction"
