import { asObject } from '../json.ts';

/**
 * Who serves a client's requests. `unknown`: a proxy, a compatible server, or a client of the caller's own; it is asked as Anthropic
 * itself would be.
 */
export type AnthropicHost = 'anthropic' | 'bedrock' | 'bedrock-mantle' | 'vertex' | 'unknown';

/** Public fields that only one SDK client has (`@anthropic-ai/bedrock-sdk` 1.1.2, `@anthropic-ai/vertex-sdk` 1.1.3). */
const OWN_FIELDS: readonly (readonly [AnthropicHost, readonly string[]])[] = [
  ['bedrock', ['awsRegion', 'awsSecretKey']],
  ['bedrock-mantle', ['awsRegion', 'awsSecretAccessKey']],
  ['vertex', ['region', 'projectId']],
];

const HOST_NAMES: readonly (readonly [AnthropicHost, RegExp])[] = [
  ['anthropic', /^api\.anthropic\.com$/],
  ['bedrock-mantle', /^bedrock-mantle\./],
  ['bedrock', /^bedrock-runtime[.-]/],
  ['vertex', /(^|-)aiplatform\.([a-z]+\.rep\.)?googleapis\.com$/],
];

/**
 * The host behind a client of an Anthropic SDK: its kind decides, else its `baseURL`. A Bedrock client behind a gateway is still
 * Bedrock's, as it speaks Bedrock's wire. Never throws.
 */
export function hostOf(client: unknown): AnthropicHost {
  const fields = asObject(client) ?? {};
  const owner = OWN_FIELDS.find(([, names]) => names.every((name) => name in fields));
  return owner?.[0] ?? hostAt(fields['baseURL']);
}

function hostAt(baseURL: unknown): AnthropicHost {
  if (typeof baseURL !== 'string' || !URL.canParse(baseURL)) return 'unknown';
  const { hostname } = new URL(baseURL);
  return HOST_NAMES.find(([, pattern]) => pattern.test(hostname))?.[0] ?? 'unknown';
}
