import { existsSync } from 'node:fs';
import { type CheckpointStore, openPostgresStore, openSqliteStore } from '@reprise/checkpoint';
import { type DoctorOptions, doctor, renderDoctor } from '@reprise/service';
import { openPgBossQueue } from '@reprise/service/pg-boss';
import { Command } from 'commander';
import { DEFAULT_DATABASE } from './serve/serve-plan.ts';

interface DoctorCommandOptions {
  readonly store?: string;
  readonly model?: string;
  readonly reach?: boolean;
}

/** Where vendors are asked, by what their models' names begin with. */
const VENDORS: Readonly<Record<string, string>> = {
  anthropic: 'https://api.anthropic.com',
  openai: 'https://api.openai.com',
  'openai-responses': 'https://api.openai.com',
  ollama: 'http://127.0.0.1:11434',
};

/** Looks at what the service would stand on, and prints it; resolves to whether all is well. */
export async function runDoctor(argv: readonly string[], print: (text: string) => void): Promise<boolean> {
  const { store, model, reach } = parseDoctorOptions(argv);
  const report = await doctor({
    ...placeOptions(store),
    models: model === undefined ? [] : [model],
    reach: reach && model !== undefined ? vendorOf(model) : [],
  });
  print(renderDoctor(report).trimEnd());
  return report.isWell;
}

function parseDoctorOptions(argv: readonly string[]): DoctorCommandOptions {
  const command = new Command('reprise-demo doctor')
    .usage('[options]')
    .description('Looks at what the service stands on: versions, clocks, the store and its line, and keys of models.')
    .option('--store <place>', `an SQLite file, or postgres://… (default: ${DEFAULT_DATABASE})`)
    .option('--model <name>', 'a model whose key should be there, such as anthropic/…')
    .option('--reach', "see whether the model's vendor can be reached; nothing is asked that costs")
    .addHelpText('after', '\nExit codes: 0 all is well, 1 something was found.')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${text.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`) });
  return command.parse(argv.slice(3), { from: 'user' }).opts<DoctorCommandOptions>();
}

/** A file that is not there is not made: the service does that when it is first served. */
function placeOptions(place: string | undefined): DoctorOptions {
  if (place !== undefined && /^postgres(ql)?:/.test(place)) return postgresOptions(place);
  const file = place ?? DEFAULT_DATABASE;
  if (place === undefined && !existsSync(file)) return {};
  return { store: () => openFile(file) };
}

function openFile(file: string): CheckpointStore {
  if (existsSync(file)) return openSqliteStore(file);
  throw new Error(`There is no file ${file}.`);
}

function postgresOptions(connectionString: string): DoctorOptions {
  return {
    store: () => openPostgresStore({ connectionString }),
    queue: (store) => openPgBossQueue({ connectionString, store }),
  };
}

function vendorOf(model: string): readonly string[] {
  const url = VENDORS[model.split('/')[0] ?? ''];
  return url === undefined ? [] : [url];
}
