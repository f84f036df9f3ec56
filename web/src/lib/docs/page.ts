/** A page of the documentation as the build makes it from its file: plain data for components. No HTML. */
export interface GuidePage {
  slug: string;
  title: string;
  blocks: Block[];
}

export type Block =
  | { kind: "heading"; level: 2 | 3; anchor: string; text: Inline[] }
  | { kind: "paragraph"; text: Inline[] }
  /** One example, in one or several languages. */
  | { kind: "code"; samples: { language: string; text: string }[] }
  | { kind: "list"; ordered: boolean; items: Inline[][] }
  | { kind: "table"; head: Inline[][]; rows: Inline[][][] };

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "strong" | "em"; inner: Inline[] }
  | { kind: "link"; href: string; inner: Inline[] };

/** A page in a list. */
export interface PageLink {
  slug: string;
  title: string;
  description: string;
}

/** A group of pages in order. */
export interface PageGroup {
  name: string;
  pages: PageLink[];
}

/** A page of the API's reference: the operations on one kind of object. */
export interface ReferencePage {
  slug: string;
  title: string;
  description: Inline[];
  operations: Operation[];
  objects: ApiObject[];
}

export interface Operation {
  anchor: string;
  method: string;
  path: string;
  summary: string;
  description: Inline[];
  /** Whether it requires a token or a key. */
  signIn: "needed" | "optional" | "none";
  parameters: ApiField[];
  body?: Content;
  answers: Answer[];
  /** The error codes by status. */
  refusals: { status: string; codes: string[] }[];
}

export interface Answer {
  status: string;
  description: Inline[];
  content?: Content;
}

export interface Content {
  mediaType: string;
  type: TypePart[];
  /** Pretty-printed. */
  example?: string;
}

export interface ApiField {
  name: string;
  /** The place of a parameter: `path`, `query`, `header`. */
  place?: string;
  required: boolean;
  type: TypePart[];
  description: Inline[];
}

/** A piece of a type's name. `object`: a link to one of the page's objects. */
export interface TypePart {
  text: string;
  object?: boolean;
}

/** A named schema. */
export interface ApiObject {
  name: string;
  description: Inline[];
  fields: ApiField[];
}

/** An operation in the list of all operations. */
export type OperationLink = Pick<Operation, "anchor" | "method" | "path" | "summary">;

export interface ReferenceGroup {
  slug: string;
  title: string;
  description: string;
  operations: OperationLink[];
}

/** Inlines as plain text. */
export function plain(inlines: readonly Inline[]): string {
  return inlines.map((each) => ("inner" in each ? plain(each.inner) : each.text)).join("");
}
