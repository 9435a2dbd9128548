import { ProviderError } from '../errors.ts';

/** A client that is made with its first use. */
export type ClientSource<Client> = () => Promise<Client>;

/**
 * The client of an SDK that is installed only where its family is used. It is made once; without the SDK each use rejects with
 * `provider/missing-sdk`.
 */
export function clientFrom<Sdk, Client>(
  packageName: string,
  load: () => Promise<Sdk>,
  create: (sdk: Sdk) => Client,
): ClientSource<Client> {
  let client: Promise<Client> | undefined;
  return () => {
    client ??= load().then(create, (cause: unknown) => {
      throw missingSdk(packageName, cause);
    });
    return client;
  };
}

function missingSdk(packageName: string, cause: unknown): ProviderError {
  return new ProviderError(
    'provider/missing-sdk',
    `The package ${packageName} could not be loaded; install it beside @reprise/providers: npm install ${packageName}`,
    { cause },
  );
}
