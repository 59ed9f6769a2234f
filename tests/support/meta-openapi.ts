import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { type MetaFault, metaFault } from './meta-answers.ts';

/*
 * Requests checked against what Meta published as OpenAPI. The copy in tests/fixtures/meta/openapi stays as Meta wrote it; what is
 * wrong in it, or was added to the API since, is repaired here.
 */

/** What can be checked: a message, the mark that one was read, and the fields of an upload. */
export type MetaRequest = 'message' | 'mark' | 'upload';

interface Schema {
  readonly [keyword: string]: unknown;
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly discriminator?: { readonly mapping: Readonly<Record<string, string>> };
}
type Schemas = Record<string, Schema>;

const copy = new URL('../fixtures/meta/openapi/requests.json', import.meta.url);
const prefix = '#/components/schemas/';
let checks: Readonly<Record<MetaRequest, ValidateFunction>> | undefined;

/** What Meta's document has against a request. */
export function checkAgainstDocument(kind: MetaRequest, request: unknown): MetaFault | undefined {
  checks ??= compiled();
  const check = checks[kind];
  if (check(request)) return undefined;
  const details = check.errors?.map(({ instancePath, message, params }) =>
    [`${kind}${instancePath}`, message, params.unevaluatedProperty ?? params.additionalProperty]
      .join(' ')
      .trim(),
  );
  return metaFault(100, { details: `Invalid parameter: ${details?.join('; ')}` });
}

function compiled(): Readonly<Record<MetaRequest, ValidateFunction>> {
  const canParse = (text: string) => URL.canParse(text);
  const ajv = new Ajv2020({
    // Where the schemas are, for their references to each other.
    keywords: ['components'],
    discriminator: true,
    // Parts of a schema leave the type of what they describe to their neighbors.
    strictTypes: false,
    // Contacts and sums of money, which have the others, are not sent.
    formats: { url: canParse, uri: canParse, binary: true, date: true, email: true, int32: true },
  });
  ajv.addSchema({ $id: 'meta', components: { schemas: readSchemas() } });
  const compile = (name: string) => ajv.compile({ $ref: `meta${prefix}${name}` });
  return {
    message: compile('Message'),
    mark: compile('MarkMessageRequestPayload'),
    upload: compile('Upload'),
  };
}

/** The schemas of the document, repaired. */
function readSchemas(): Schemas {
  const document = JSON.parse(readFileSync(copy, 'utf8'), (key, value) =>
    // The references of a footnote where the pattern for "position index of the button (0-9)" should be.
    key === 'pattern' && value === '^[2-6, 11-14]$' ? '^[0-9]$' : value,
  );
  const schemas: Schemas = document.components.schemas;
  repairBase(schemas);
  repairMark(schemas);
  const upload = document.paths['/{Version}/{Phone-Number-ID}/media'].post.requestBody;
  schemas.Upload = repairedUpload(upload.content['multipart/form-data'].schema);
  for (const name of mapped(get(schemas, 'Message'))) schemas[name] = closed(get(schemas, name));
  for (const [name, schema] of Object.entries(schemas)) {
    if (schema.discriminator) repairKinds(schemas, name);
  }
  return schemas;
}

/** What every message has: since business-scoped user ids there is `recipient`, and the reference is documented for calls only. */
function repairBase(schemas: Schemas): void {
  const base = get(schemas, 'BaseMessageProperties');
  schemas.BaseMessageProperties = {
    ...base,
    required: base.required?.filter((name) => name !== 'to'),
    anyOf: [{ required: ['to'] }, { required: ['recipient'] }],
    properties: {
      ...base.properties,
      recipient: { type: 'string' },
      biz_opaque_callback_data: { type: 'string', maxLength: 512 },
    },
  } as Schema;
}

/** The examples show typing with a mark; the schema knows nothing of it, and takes any status and any field. */
function repairMark(schemas: Schemas): void {
  const mark = get(schemas, 'MarkMessageRequestPayload');
  const typing = { type: 'object', required: ['type'], properties: { type: { const: 'text' } } };
  schemas.MarkMessageRequestPayload = {
    ...mark,
    properties: { ...mark.properties, status: { const: 'read' }, typing_indicator: typing },
    additionalProperties: false,
  };
}

/** The schema leaves out `type` and demands nothing; Meta's guide demands all three. */
function repairedUpload(upload: Schema): Schema {
  const properties = { ...upload.properties, type: { type: 'string' } };
  return { ...upload, properties, required: Object.keys(properties), additionalProperties: false };
}

/**
 * Each branch of a message's `allOf` refuses what it does not name itself, so that nothing at all passes, Meta's own examples
 * neither. Meant is: what no branch names. For templates it was forgotten.
 */
function closed(kind: Schema): Schema {
  const allOf = kind.allOf?.map(({ additionalProperties: _, ...part }) => part);
  return { ...kind, allOf, unevaluatedProperties: false } as Schema;
}

/**
 * A discriminator only says which schema is meant; nothing checks by it, and parameters of templates have no `oneOf` beside it. Here
 * the schema becomes the choice; the kinds that extended it get what it said itself.
 */
function repairKinds(schemas: Schemas, name: string): void {
  const { discriminator, oneOf: _, ...shared } = get(schemas, name);
  for (const kind of mapped({ discriminator } as Schema)) {
    const { allOf, ...rest } = get(schemas, kind);
    const parts = allOf?.map((part) => (part.$ref === prefix + name ? shared : part));
    schemas[kind] = { ...rest, ...(parts && { allOf: parts }) };
  }
  schemas[name] = {
    type: 'object',
    required: ['type'],
    discriminator: { propertyName: 'type' },
    oneOf: Object.entries(discriminator?.mapping ?? {}).map(([type, $ref]) => ({
      properties: { type: { const: type } },
      $ref,
    })),
  } as unknown as Schema;
}

function mapped({ discriminator }: Schema): string[] {
  return Object.values(discriminator?.mapping ?? {}).map((ref) => ref.slice(prefix.length));
}

function get(schemas: Schemas, name: string): Schema {
  const schema = schemas[name];
  if (!schema) throw new Error(`The document has no schema ${name}`);
  return schema;
}
