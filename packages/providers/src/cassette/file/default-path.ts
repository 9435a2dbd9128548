import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** `cassette.jsonl` beside the nearest `package.json`, from the folder upwards; in the folder itself if there is none. */
export function defaultPath(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return join(at, 'cassette.jsonl');
    if (at === dirname(at)) return join(folder, 'cassette.jsonl');
  }
}
