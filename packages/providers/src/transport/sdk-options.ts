import { ProviderError } from '../errors.ts';

/** What the factories of providers with a key have in common. */
export interface KeyedOptions {
  readonly apiKey?: string;
  readonly baseURL?: string;
  readonly fetch?: typeof fetch;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** How both SDKs name these. */
interface SdkOptions {
  apiKey: string;
  baseURL?: string;
  fetch?: typeof fetch;
  defaultHeaders?: Readonly<Record<string, string>>;
  maxRetries: number;
  logLevel: 'off';
}

/** Who asks for a key, and where it is looked for. */
interface KeySource {
  readonly vendor: string;
  readonly factory: string;
  readonly variable: string;
}

/** Options of a vendor's SDK client. Throws `provider/missing-credentials` if neither the options nor the environment have a key. */
export function sdkOptions(
  { apiKey, baseURL, fetch, headers }: KeyedOptions,
  { vendor, factory, variable }: KeySource,
): SdkOptions {
  const key = apiKey ?? process.env[variable];
  if (!key) {
    throw new ProviderError(
      'provider/missing-credentials',
      `There is no ${vendor} API key: pass ${factory}({ apiKey }) or set ${variable}.`,
    );
  }
  return {
    apiKey: key,
    ...(baseURL === undefined ? {} : { baseURL }),
    ...(fetch === undefined ? {} : { fetch }),
    ...(headers === undefined ? {} : { defaultHeaders: headers }),
    // Retries are the caller's, so that each attempt is known.
    maxRetries: 0,
    // What goes wrong is told by the turn; a library does not write to its host's console.
    logLevel: 'off',
  };
}
