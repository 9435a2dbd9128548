import type { Handler } from '@reprise/service';

/** A route, as the service describes it. */
export interface Operation {
  readonly operationId: string;
  readonly method: string;
  /** Such as `/v1/sessions/{session}`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: JsonSchema | undefined;
  /** Schemas of answers, by status and type. */
  readonly responses: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  /** Whether anybody may ask. */
  readonly isPublic: boolean;
}

interface Parameter {
  readonly name: string;
  readonly in: 'header' | 'path' | 'query';
  readonly required: boolean;
  readonly schema: JsonSchema;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

interface Document {
  readonly openapi: string;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
}

interface DocumentedOperation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly security?: readonly unknown[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

export interface Description {
  readonly operations: readonly Operation[];
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

/** Every route that the service describes, to whoever asks. */
export async function describedOperations(handler: Handler): Promise<Description> {
  const response = await handler(new Request('http://localhost/openapi.json'));
  const json = (await response.json()) as Document;
  const operations = Object.entries(json.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Operation => {
      const { operationId, parameters = [], requestBody, responses, security } = operation;
      return {
        operationId,
        method: method.toUpperCase(),
        path,
        parameters,
        body: requestBody?.content['application/json']?.schema,
        responses: Object.fromEntries(
          Object.entries(responses).map(([status, { content = {} }]) => [status, schemasOf(content)]),
        ),
        isPublic: security?.length === 0,
      };
    }),
  );
  return { operations, schemas: json.components.schemas };
}

function schemasOf(content: Content): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(Object.entries(content).map(([type, { schema }]) => [type, schema]));
}

/** The path with its parameters filled in. */
export function filledPath({ path }: Pick<Operation, 'path'>, values: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{([^}]+)\}/g, (_all, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`Nothing is known for {${name}} of ${path}.`);
    return value;
  });
}
