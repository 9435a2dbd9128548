import { type Script, type Simulator, startSimulator } from '@reprise/simulator';
import { scriptedLibrarian } from './librarian/scripted-librarian.ts';

/** The vendor on this machine: `delayMs` between two words, so that people can read along. Default script: the librarian's. */
export function startSimulatedVendor(delayMs: number, script: Script = scriptedLibrarian): Promise<Simulator> {
  return startSimulator({
    script: async (request) => {
      const reply = await script(request);
      return typeof reply === 'string' ? { text: reply, delayMs } : { ...reply, delayMs };
    },
  });
}
