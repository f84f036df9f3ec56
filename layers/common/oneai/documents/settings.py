"""The limits of single documents."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DocumentSettings:
    """`document_pages`: how long one document may be; `ingest_function` names the Lambda function that reads files."""

    document_pages: int = 5_000
    ingest_function: str = "IngestDocumentFunction"
