import type { ModelRequest, SearchLevel } from '../../request.ts';
import type { WarningEvent } from '../../stream-event.ts';
import type { AnthropicHost } from '../host.ts';
import { type AnthropicModelRules, BASIC_SEARCH_TOOL } from '../models.ts';
import { ignored } from '../request-warnings.ts';
import type { WireServerTool } from '../wire.ts';

/** What the vendor calls its tool; no tool of the caller's may have that name beside it. */
export const SEARCH_TOOL_NAME = 'web_search';

/** How many searches one response may make: the wire has no field for how much of what was found is read (2026-11). */
const MAX_USES: Readonly<Record<SearchLevel, number>> = { low: 2, medium: 5, high: 10 };

/** The vendor's search as a tool of the request, in the newest version that model and host take; none, with a warning, on Bedrock. */
export function planSearch(
  { search }: ModelRequest,
  host: AnthropicHost,
  rules: AnthropicModelRules,
): { readonly tools: readonly WireServerTool[]; readonly warnings: readonly WarningEvent[] } {
  if (!search) return { tools: [], warnings: [] };
  if (host === 'bedrock' || host === 'bedrock-mantle') {
    const message = `search is '${search}', but Claude searches no web on Amazon Bedrock; it was not asked to.`;
    return { tools: [], warnings: [ignored('search', message)] };
  }
  const type = host === 'vertex' ? BASIC_SEARCH_TOOL : rules.searchTool;
  return { tools: [{ type, name: SEARCH_TOOL_NAME, max_uses: MAX_USES[search] }], warnings: [] };
}
