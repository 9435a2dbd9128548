import { anthropic, billingFromUsage, priceTurn, renderDelta, userMessage } from '@reprise/providers';

const model = anthropic().model('claude-opus-5'); // the key is in ANTHROPIC_API_KEY
const messages = [userMessage('What is a prompt cache?')];
const stream = model.stream({ system: 'Be brief.', messages, think: 'low' });
for await (const event of stream) process.stdout.write(renderDelta(event) ?? '');

const { family, model: name, tokens, rawUsage, stopReason, timing } = await stream.turn;
console.log(`\n${stopReason}:`, tokens); // fresh, cacheRead, cacheWrite by lifetime, output: disjoint, or 'not-reported'

const billing = billingFromUsage(family, rawUsage);
const price = priceTurn(tokens, { family, model: name, at: timing.startedAt, billing });
console.log(price.status, price.picoUsd, price.doubts); // 'exact', 'estimated' with its doubts, or 'unknown', which is not 0
