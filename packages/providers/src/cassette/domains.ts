/** The hosts whose exchanges are recorded unless `domains` says otherwise. Each stands for its subdomains too. */
export const DEFAULT_DOMAINS: readonly string[] = [
  'api.anthropic.com',
  'api.cerebras.ai',
  'api.deepseek.com',
  'api.fireworks.ai',
  'api.groq.com',
  'api.mistral.ai',
  'api.moonshot.ai',
  'api.openai.com',
  'api.together.xyz',
  'api.x.ai',
  'chatgpt.com',
  'generativelanguage.googleapis.com',
  'ollama.com',
  'openai.azure.com',
  'openrouter.ai',
];

/** Whether an address is on one of the hosts, given as `host`, `host:port` or the end of one. */
export function isOnDomain({ host, hostname }: URL, domains: readonly string[]): boolean {
  return domains.some((domain) => hostname === domain || host === domain || hostname.endsWith(`.${domain}`));
}
