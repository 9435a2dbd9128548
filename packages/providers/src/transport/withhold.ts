import { inspect } from 'node:util';
import { spellings } from '../cassette/redact/find-secrets.ts';
import { isSecretHeader } from '../cassette/redact/secret-names.ts';
import { ProviderError } from '../errors.ts';
import { asObject } from '../json.ts';

/**
 * What must not stand in an error.
 *
 * Owns: what looks like a credential in words, and which credentials a client holds.
 *
 * H1. What looks like a credential is withheld from a message, whoever it belongs to.
 * H2. The client's own are withheld literally. An error that holds one anywhere loses its cause, which cannot be changed.
 */
const CREDENTIAL = new RegExp(
  [
    '\\b(?:sk|pk|rk|gsk|csk|xai|key|hf|r8|fw|nvapi|pplx|tgp|gh[pousr]|github_pat|glpat|xox[abprs])[-_][\\w-]{8,}',
    '\\bAIza[\\w-]{8,}',
    '\\b(?:AKIA|ASIA)[0-9A-Z]{16}',
    '\\bBearer\\s+\\S+',
    '\\b(?:authorization|(?:[\\w-]+-)?api[-_]?key)["\']?\\s*[:=]\\s*\\S+',
    '(?<=[?&](?:key|token|sig|signature)=)[^&\\s"\']+',
    // User and password of an address.
    '(?<=://)[^\\s/?#]+(?=@)',
  ].join('|'),
  'gi',
);

const MASK = '[withheld]';

/** The text without what looks like a credential. */
export function withheld(text: string): string {
  return text.replace(CREDENTIAL, MASK);
}

/** The error without these secrets: itself if it holds none, else a copy without a cause. */
export function withoutSecrets(error: ProviderError, secrets: readonly string[]): ProviderError {
  if (secrets.length === 0) return error;
  const everything = inspect(error, { depth: 10, maxStringLength: null, maxArrayLength: null, customInspect: false });
  if (!secrets.some((secret) => everything.includes(secret))) return error;
  const { code, message, status, retryAfterMs, requestId, retryable } = error;
  return new ProviderError(
    code,
    secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), message),
    {
      retryable,
      ...(status === undefined ? {} : { status }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(requestId === undefined ? {} : { requestId }),
    },
  );
}

/** What the SDKs' clients, Azure's, Bedrock's and Vertex' among them, call their credentials. */
const SECRET_FIELDS = [
  'apiKey',
  'authToken',
  'adminAPIKey',
  'accessToken',
  'awsAccessKey',
  'awsSecretKey',
  'awsSecretAccessKey',
  'awsSessionToken',
] as const;

/** The credentials that a client sends with its requests, in every spelling: its key, those in its headers, those in its address. */
export function clientSecrets(client: unknown): readonly string[] {
  const fields = asObject(client) ?? {};
  const [options, config] = [asObject(fields['_options']) ?? {}, asObject(fields['config']) ?? {}];
  const url = URL.parse(String(fields['baseURL'] ?? config['host'] ?? ''));
  const values = [
    ...SECRET_FIELDS.map((name) => fields[name]),
    ...headerSecrets(options['defaultHeaders']),
    ...headerSecrets(config['headers']),
    url?.username,
    url?.password,
  ];
  return spellings(values.filter((value) => typeof value === 'string'));
}

function headerSecrets(headers: unknown): readonly unknown[] {
  const entries = headers instanceof Headers ? [...headers] : Object.entries(asObject(headers) ?? {});
  return entries.flatMap(([name, value]) => {
    if (!isSecretHeader(name) || typeof value !== 'string') return [];
    return [value, ...value.split(/[\s;,=]+/)];
  });
}
