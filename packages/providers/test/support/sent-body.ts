import { asObject } from '../../src/json.ts';
import type { Model } from '../../src/model.ts';
import type { ModelRequest } from '../../src/request.ts';

/** What an adapter sends for a request, and the codes and texts of its warnings. The call is answered with an error. */
export async function sentBody(makeModel: (send: typeof fetch) => Model, request: ModelRequest) {
  let bodyText = '';
  const model = makeModel(async (_address, init) => {
    bodyText = String(init?.body);
    return Response.json({ error: { message: 'no' } }, { status: 400 });
  });
  const events = await Array.fromAsync(model.stream(request));
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [`${event.code}: ${event.message}`] : []));
  return { body: asObject(JSON.parse(bodyText)) ?? {}, bodyText, warnings };
}
