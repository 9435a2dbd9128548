import { FolderError } from './folder.ts';

/** Something a user can put right; the message says how, in one line. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}

/** Whether an error is one of those that are part of the job, and tells a user what to do; anything else is a mistake of ours. */
export function isExpected(error: unknown): error is Error {
  if (error instanceof DemoError || error instanceof FolderError) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(provider|checkpoint|agent|audit|service)\//.test(code);
}
