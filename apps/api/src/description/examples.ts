/** Examples for the description, made from its schemas, so that none can be forgotten or grow stale. Values are looked up by a member's name. */

/** A schema as OpenAPI 3.1 has it: as much of it as examples need. */
export type Described = {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  examples?: unknown[];
  format?: string;
  minimum?: number;
  properties?: Record<string, Described>;
  items?: Described;
  prefixItems?: Described[];
  anyOf?: Described[];
  oneOf?: Described[];
  allOf?: Described[];
};
export type DescribedSchemas = Readonly<Record<string, Described>>;

const AT = "2028-01-03T12:00:00.000Z";
const CURSOR = "WyIyMDI4LTAxLTAzIiw0Ml0";

/** Texts by the name of their member; a name that says a moment is one. */
const TEXTS: Readonly<Record<string, string>> = {
  accountId: "ada",
  afterId: "ada",
  by: "crm",
  campaignId: "spring",
  cause: "weekly_invitations",
  cron: "0 9 * * 1-5",
  day: "2028-01-03",
  delimiter: ";",
  id: "ada",
  idempotencyKey: "order-1042",
  jobId: "k-9f2c41",
  linkedin_url: "https://www.linkedin.com/in/ada-lovelace",
  message: "The message was sent",
  messageId: "o-9f2c41",
  name: "Spring",
  nextCursor: CURSOR,
  cursor: CURSOR,
  openapi: "3.1.0",
  operation: "message.send",
  outcomeId: "o-9f2c41",
  path: "input.message_text",
  provider: "api.linkupapi.com",
  queue: "messages",
  recipientId: "https://www.linkedin.com/in/ada-lovelace",
  redriveOf: "k-9f2c40",
  remedy: "linkup account resume ada",
  scope: "invite",
  timezone: "Europe/Paris",
  url: "https://crm.example/linkup",
};
const IS_MOMENT = /(?:At|Until)$|^(?:at|since|until|from)$/;

/** Numbers by the name of their member; 1 for all others. */
const NUMBERS: Readonly<Record<string, number>> = {
  httpStatus: 200,
  rateLimit: 300,
  rateWindowMs: 60_000,
  bucketMs: 1_000,
  limit: 100,
  days: 30,
};

/** An example of a schema. `name` is the member's; the empty text for a whole. */
export function exampleOf(schema: Described, schemas: DescribedSchemas, name = ""): unknown {
  const [given] = schema.examples ?? [];
  if (given !== undefined) return given;
  if (schema.$ref !== undefined) return exampleOf(schemas[schema.$ref.replace("#/components/schemas/", "")] ?? {}, schemas, name);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const [choice] = schema.oneOf ?? schema.anyOf ?? schema.allOf ?? [];
  if (choice !== undefined) return exampleOf(choice, schemas, name);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case "object": {
      const members = Object.entries(schema.properties ?? {});
      return Object.fromEntries(members.map(([member, of]) => [member, exampleOf(of, schemas, member)]));
    }
    case "array":
      if (schema.prefixItems !== undefined) return schema.prefixItems.map((item) => exampleOf(item, schemas));
      return schema.items === undefined ? [] : [exampleOf(schema.items, schemas, name.replace(/s$/, ""))];
    case "string":
      return textOf(name, schema.format);
    case "integer":
    case "number":
      return NUMBERS[name] ?? Math.max(1, schema.minimum ?? 1);
    case "boolean":
      return schema.default ?? false;
    default:
      return schema.default ?? (type === "null" ? null : {});
  }
}

function textOf(name: string, format: string | undefined): string {
  if (format === "date-time" || IS_MOMENT.test(name)) return AT;
  return Object.hasOwn(TEXTS, name)
    ? (TEXTS[name] ?? "")
    : name === ""
      ? "text"
      : name.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
