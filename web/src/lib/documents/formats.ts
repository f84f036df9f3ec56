const OFFICE = "application/vnd.openxmlformats-officedocument.";
/** Media types by the ending of a name, which systems without an office program do not tell. */
const TYPES: Record<string, string> = {
  pdf: "application/pdf",
  docx: `${OFFICE}wordprocessingml.document`,
  xlsx: `${OFFICE}spreadsheetml.sheet`,
  pptx: `${OFFICE}presentationml.presentation`,
  epub: "application/epub+zip",
};

/** The media type of a file whose text is extracted before it can be asked about; null for a text or a picture. */
export function documentType({ name, type }: Pick<File, "name" | "type">): string | null {
  if (Object.values(TYPES).includes(type)) return type;
  return TYPES[/\.([^.]*)$/.exec(name)?.[1]?.toLowerCase() ?? ""] ?? null;
}
