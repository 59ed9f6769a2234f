/** The parts of JSON Schema that zod writes. */
interface Schema {
  readonly $ref?: string;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

interface Media {
  schema?: Schema;
  example?: unknown;
}
interface Operation {
  readonly requestBody?: { readonly content?: Readonly<Record<string, Media>> };
  readonly responses?: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}

/** As much of an OpenAPI document as is worked on here. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Record<string, Schema> };
}

const errorExamples: Readonly<Record<string, readonly [code: string, message: string]>> = {
  400: ['invalid_request', 'limit: Too big: expected number to be <=100'],
  401: ['unauthorized', 'Needs a valid token: POST /api/v1/auth/token'],
  403: ['forbidden', 'The signature does not match.'],
  404: ['not_found', 'No user has this id.'],
  409: ['already_known', 'This number is already known.'],
  413: ['too_large', 'Request body is too large'],
  415: ['unsupported_media_type', 'Unsupported Media Type'],
  429: ['too_many_requests', 'Too many wrong passwords. Try again in 42 s.'],
  500: ['internal', 'Something went wrong on our side; the log tells what.'],
  503: ['unavailable', 'The message could not be stored; send it again.'],
};

/** Gives every body of the document one whole example, put together from the examples of its fields. */
export function addExamples(document: ApiDocument): void {
  const { schemas } = document.components;
  for (const operation of Object.values(document.paths).flatMap((path) => Object.values(path))) {
    for (const media of Object.values(operation.requestBody?.content ?? {})) fill(media);
    for (const [status, response] of Object.entries(operation.responses ?? {})) {
      for (const media of Object.values(response.content ?? {})) {
        if (media.schema?.$ref === refTo('Error')) media.example = errorExample(status);
        else fill(media);
      }
    }
  }

  function fill(media: Media): void {
    if (media.schema && media.example === undefined) media.example = exampleOf(media.schema);
  }

  function exampleOf(schema: Schema): unknown {
    if (schema.$ref) return exampleOf(schemas[schema.$ref.slice(refTo('').length)] ?? {});
    const given = schema.examples?.[0] ?? schema.const ?? schema.enum?.[0];
    if (given !== undefined) return given;
    if (schema.properties) {
      return Object.fromEntries(
        Object.entries(schema.properties).map(([name, field]) => [name, exampleOf(field)]),
      );
    }
    if (schema.items) return [exampleOf(schema.items)];
    const choice = schema.anyOf?.find((option) => option.type !== 'null');
    if (choice) return exampleOf(choice);
    return schema.default ?? (schema.type === 'string' ? '' : null);
  }
}

/** How the document refers to one of its schemas. */
export function refTo(name: string): string {
  return `#/components/schemas/${name}`;
}

function errorExample(status: string): unknown {
  const [code, message] = errorExamples[status] ?? ['internal', ''];
  return { error: { code, message, requestId: 'req-7' } };
}
