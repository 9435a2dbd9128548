import { completeStructured, mediaBlock, msg, openaiResponses } from '@reprise/providers';

const invoice = await mediaBlock({ path: 'invoice.pdf' }); // its bytes, read once; the type is what the bytes are
const schema = {
  type: 'object',
  properties: { total: { type: 'number' } },
  required: ['total'],
  additionalProperties: false,
};

const model = openaiResponses().model('gpt-6'); // the key is in OPENAI_API_KEY
const messages = [msg(['What is the total?', invoice])];
const { value, turn } = await completeStructured(model, { messages }, { schema });
console.log(value, turn.stopReason);
