import { ServiceError } from '../../errors.ts';

/** The package, which only those need who work with several processes. Rejects with `service/missing-package` unless it is installed. */
export async function loadPgBoss(): Promise<typeof import('pg-boss')> {
  try {
    return await import('pg-boss');
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new ServiceError(
      'service/missing-package',
      'Runs in line in Postgres need the package pg-boss, version 12.35 or newer, which is not installed: npm install pg-boss',
      { cause: error },
    );
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
