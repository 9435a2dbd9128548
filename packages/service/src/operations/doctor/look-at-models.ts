import { resolveModel } from '@reprise/providers';
import type { Look } from './check.ts';

/** Whether the model is known and its key is there. The key is neither shown nor sent. */
export function lookAtModel(name: string): Look {
  return {
    name: `model ${name}`,
    advice: `Set the key of the vendor, such as ${name.split('/')[0]?.split('-')[0]?.toUpperCase() ?? ''}_API_KEY, or name another model.`,
    look: () => `${resolveModel(name).id} can be asked`,
  };
}

/** Whether anything answers there: any answer does, and nothing is asked that costs. */
export function lookAtVendor(url: string): Look {
  const { origin } = new URL(url);
  return {
    name: `network to ${origin}`,
    advice: 'See that the network, its proxy and its firewall let this process reach the vendor.',
    async look(signal) {
      const response = await fetch(origin, { method: 'HEAD', redirect: 'manual', signal });
      return `it answers (status ${response.status})`;
    },
  };
}
