/** What each process of the test is started with, as its only argument in JSON. */
export interface ProcessTerms {
  readonly connectionString: string;
  /** Of the line of runs; the store has one of the same name with `_store` behind it. */
  readonly schema: string;
  readonly vendorUrl: string;
  /** The file to which tools write what they do. */
  readonly effectsFile: string;
  readonly concurrency: number;
}

export function readTerms(): ProcessTerms {
  return JSON.parse(process.argv[2] ?? '');
}

/** Says that the process is ready. */
export function sayReady(url = ''): void {
  process.stdout.write(`${JSON.stringify({ url })}\n`);
}

/** Resolves when the test has closed the process's input, or is gone. */
export async function untilInputEnds(): Promise<void> {
  for await (const _ of process.stdin);
}

export function storeSchema({ schema }: Pick<ProcessTerms, 'schema'>): string {
  return `${schema}_store`;
}
