/**
 * The hosts whose exchanges are recorded unless `domains` says otherwise: those of every vendor that an adapter knows. Each stands for
 * its subdomains too. Of a cloud only what serves models: the same cloud's hosts for files and logins are none of a cassette's business.
 */
export const DEFAULT_DOMAINS: readonly string[] = [
  '*-aiplatform.googleapis.com',
  '127.0.0.1:11434',
  '[::1]:11434',
  'ai-gateway.vercel.sh',
  'aiplatform.*.rep.googleapis.com',
  'aiplatform.googleapis.com',
  'api.anthropic.com',
  'api.openai.com',
  'bedrock-*.*.amazonaws.com',
  'bedrock-*.*.api.aws',
  'bedrock-*.*.vpce.amazonaws.com',
  'bigmodel.cn',
  'cerebras.ai',
  'chatgpt.com',
  'cognitiveservices.azure.com',
  'dashscope-*.aliyuncs.com',
  'dashscope.aliyuncs.com',
  'deepseek.com',
  'fireworks.ai',
  'generativelanguage.googleapis.com',
  'groq.com',
  'localhost:11434',
  'maas.aliyuncs.com',
  'mistral.ai',
  'models.ai.azure.com',
  'moonshot.ai',
  'moonshot.cn',
  'ollama.com',
  'openai.azure.com',
  'openrouter.ai',
  'perplexity.ai',
  'services.ai.azure.com',
  'snowflakecomputing.com',
  'together.ai',
  'together.xyz',
  'x.ai',
  'z.ai',
];

const HOST = /^(\[[\da-f:.]+\]|([\w*-]+\.)*[\w-]+)(:\d{1,5})?$/;

/** Throws a `RangeError` for what matches no host ever, such as an address in the place of its host. */
export function checkDomains(domains: readonly string[]): void {
  if (!Array.isArray(domains) || domains.length === 0) {
    const given = JSON.stringify(domains);
    throw new RangeError(`domains is ${given}; expected a list of hosts, or mode 'off' to record nothing.`);
  }
  domains.forEach((domain: unknown, index) => {
    if (typeof domain === 'string' && HOST.test(domain.toLowerCase())) return;
    throw new RangeError(
      `domains[${index}] is ${JSON.stringify(domain)}; expected a host such as 'api.openai.com' or 'localhost:11434', without scheme and path.`,
    );
  });
}

/** Whether an address is on one of the hosts, or on a subdomain of one, at whatever port unless it names one. */
export function isOnDomain(url: URL, domains: readonly string[]): boolean {
  const hostname = url.hostname.replace(/\.$/, '');
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return domains.some((domain) => {
    const [, name = domain, itsPort] = /^(.+?)(?::(\d+))?$/.exec(domain.toLowerCase()) ?? [];
    return (itsPort === undefined || itsPort === port) && isWithin(hostname, name);
  });
}

function isWithin(hostname: string, name: string): boolean {
  if (!name.includes('*')) return hostname === name || hostname.endsWith(`.${name}`);
  const pattern = name.replaceAll('.', '\\.').replaceAll('*', '[^.]+');
  return new RegExp(`(^|\\.)${pattern}$`).test(hostname);
}
