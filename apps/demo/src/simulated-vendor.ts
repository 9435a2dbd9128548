import { type Simulator, startSimulator } from '@reprise/simulator';
import { scriptedLibrarian } from './librarian/scripted-librarian.ts';

/** The vendor on this machine: `delayMs` between two words, so that people can read along. */
export function startSimulatedVendor(delayMs: number): Promise<Simulator> {
  return startSimulator({
    script: (request) => {
      const reply = scriptedLibrarian(request);
      return typeof reply === 'string' ? { text: reply, delayMs } : { ...reply, delayMs };
    },
  });
}
