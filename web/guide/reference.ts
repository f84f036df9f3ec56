import type {
  Answer,
  ApiField,
  ApiObject,
  Content,
  Inline,
  Operation,
  ReferenceGroup,
  ReferencePage,
  TypePart,
} from "../src/lib/docs/page.ts";
import { anchorOf, parseLine } from "./markdown.ts";

/** The parts of OpenAPI 3.1 that `docs/openapi.json` uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
}
interface Media {
  schema: Schema;
  examples?: Record<string, { value: unknown }>;
}
interface Response {
  $ref?: string;
  description?: string;
  content?: Record<string, Media>;
  "x-codes"?: string[];
}
interface Route {
  tags: string[];
  summary: string;
  description?: string;
  operationId: string;
  security?: Record<string, unknown>[];
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema: Schema }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Response>;
}
export interface OpenApi {
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Route>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Response> };
}

/** All operations by tag, without their details. */
export function referenceGroups(api: OpenApi): ReferenceGroup[] {
  return api.tags.map(({ name, description }) => ({
    slug: anchorOf(name),
    title: name,
    description,
    operations: routesOf(api, name).map(({ path, method, route }) => ({
      anchor: operationAnchor(route),
      method,
      path,
      summary: route.summary,
    })),
  }));
}

/** The page of each tag. */
export function referencePages(api: OpenApi): ReferencePage[] {
  return api.tags.map(({ name, description }) => {
    const operations = routesOf(api, name).map(({ path, method, route }) => operation(api, path, method, route));
    return {
      slug: anchorOf(name),
      title: name,
      description: parseLine(description),
      operations,
      objects: objectsOf(api, operations),
    };
  });
}

function routesOf(api: OpenApi, tag: string): { path: string; method: string; route: Route }[] {
  return Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, route]) => route.tags.includes(tag))
      .map(([method, route]) => ({ path, method: method.toUpperCase(), route })),
  );
}

function operationAnchor(route: Route): string {
  return route.operationId.replaceAll("_", "-");
}

function operation(api: OpenApi, path: string, method: string, route: Route): Operation {
  const responses = Object.entries(route.responses).map(([status, response]) => ({
    status,
    response: response.$ref ? api.components.responses[nameOf(response.$ref)]! : response,
  }));
  const security = route.security ?? [];
  const optional = security.some((each) => Object.keys(each).length === 0);
  const body = route.requestBody && contentOf(route.requestBody.content);
  return {
    anchor: operationAnchor(route),
    method,
    path,
    summary: route.summary,
    description: parseLine(route.description ?? ""),
    signIn: security.length === 0 ? "none" : optional ? "optional" : "needed",
    parameters: (route.parameters ?? []).map((each) => ({
      name: each.name,
      place: each.in,
      required: each.required ?? false,
      type: typeOf(each.schema),
      description: parseLine(each.description ?? ""),
    })),
    ...(body && { body }),
    answers: responses
      .filter(({ response }) => !response["x-codes"])
      .map(({ status, response }) => answer(status, response)),
    refusals: responses.flatMap(({ status, response }) =>
      response["x-codes"] ? [{ status, codes: response["x-codes"] }] : [],
    ),
  };
}

function answer(status: string, response: Response): Answer {
  const content = response.content && contentOf(response.content);
  return { status, description: parseLine(response.description ?? ""), ...(content && { content }) };
}

function contentOf(byType: Record<string, Media>): Content | undefined {
  const [first] = Object.entries(byType);
  if (!first) return undefined;
  const [mediaType, media] = first;
  const [example] = Object.values(media.examples ?? {});
  return {
    mediaType,
    type: typeOf(media.schema),
    ...(example && { example: JSON.stringify(example.value, null, 2) }),
  };
}

/** The objects that operations name, and those that these objects name, each once. */
function objectsOf(api: OpenApi, operations: readonly Operation[]): ApiObject[] {
  const used = operations.flatMap(({ parameters, body, answers }) => [
    ...parameters,
    body,
    ...answers.map(({ content }) => content),
  ]);
  const waiting = used.flatMap((each) => namesIn(each?.type ?? []));
  const found = new Map<string, ApiObject>();
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const schema = api.components.schemas[name];
    if (!schema || found.has(name)) continue;
    const object = { name, description: descriptionOf(schema), fields: fieldsOf(schema) };
    found.set(name, object);
    waiting.push(...object.fields.flatMap(({ type }) => namesIn(type)));
    if (!schema.properties) waiting.push(...namesIn(typeOf(schema)));
  }
  return [...found.values()];
}

function namesIn(type: readonly TypePart[]): string[] {
  return type.flatMap(({ text, object }) => (object ? [text] : []));
}

function descriptionOf(schema: Schema): Inline[] {
  const description = parseLine(schema.description ?? "");
  if (schema.properties) return description;
  const type = typeOf(schema).map(({ text }) => text);
  return [
    ...description,
    { kind: "text", text: description.length > 0 ? " " : "" },
    { kind: "code", text: type.join("") },
  ];
}

function fieldsOf(schema: Schema): ApiField[] {
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    required: schema.required?.includes(name) ?? false,
    type: typeOf(field),
    description: parseLine(field.description ?? ""),
  }));
}

/** A type in words: `text or null`, `list of Message`, `"asc" or "desc"`. */
export function typeOf(schema: Schema): TypePart[] {
  if (schema.$ref) return [{ text: nameOf(schema.$ref), object: true }];
  const choices = schema.anyOf ?? schema.oneOf ?? (schema.allOf?.length === 1 ? schema.allOf : undefined);
  if (choices && !schema.properties) return joined(choices.map(typeOf));
  const values = schema.enum ?? ("const" in schema ? [schema.const] : undefined);
  if (values) return [{ text: values.map((value) => JSON.stringify(value)).join(" or ") }];
  if (Array.isArray(schema.type)) return joined(schema.type.map((type) => typeOf({ ...schema, type })));
  if (schema.type === "array") return [{ text: "list of " }, ...typeOf(schema.items ?? {})];
  return [{ text: WORDS[schema.format ?? ""] ?? WORDS[schema.type ?? ""] ?? schema.type ?? "anything" }];
}

const WORDS: Record<string, string> = {
  string: "text",
  integer: "whole number",
  boolean: "true or false",
  "date-time": "time",
  date: "day",
  uuid: "UUID",
};

function joined(types: readonly TypePart[][]): TypePart[] {
  return types.flatMap((type, at) => (at === 0 ? type : [{ text: " or " }, ...type]));
}

function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}
