/**
 * What stands in the place of the global `fetch`.
 *
 * Owns: the order of those that do, and what is left when one goes.
 * Leaves to `cassette.ts`: what each of them answers.
 *
 * G1. The last to come is asked first. What it sends goes to the one before it, and in the end to the original.
 * G2. Whoever goes, in whatever order, takes only itself away: nothing that has gone ever answers again, not even to a client that
 *     kept it, and the original is back when the last has gone.
 */

/** Marks our replacements on the functions themselves, so that those of another copy of this package are known too. */
const LAYER: unique symbol = Symbol.for('@reprise/providers/global-fetch');

interface Layer {
  readonly below: typeof fetch;
  isOn: boolean;
}

type LayeredFetch = typeof fetch & { readonly [LAYER]?: Layer };

/** Puts a `fetch` in the place of the global one, made from what stood there before. Returns what takes it away again. */
export function replaceGlobalFetch(create: (below: typeof fetch) => typeof fetch): () => void {
  const layer: Layer = { below: globalThis.fetch, isOn: true };
  const above = create(layer.below);
  const replacement: typeof fetch = (input, init) => (layer.isOn ? above : layer.below)(input, init);
  globalThis.fetch = Object.assign(replacement, { [LAYER]: layer });
  return () => {
    layer.isOn = false;
    uncover();
  };
}

/** Takes away those on top that have gone. One that lies under another goes when that does, and passes everything on until then. */
function uncover(): void {
  for (;;) {
    const top: LayeredFetch = globalThis.fetch;
    const layer = top[LAYER];
    if (layer === undefined || layer.isOn) return;
    globalThis.fetch = layer.below;
  }
}
