// POST /v1/profile/ProfileTracing: the functions that ran in a span of time, as a tree.
import { type ProfileQuestion, tracing_body } from '../model/profile/queries.ts';
import { type TracingAnswer, type Tree, tree_of } from '../model/profile/tree.ts';
import { ApiError, send_json } from './client.ts';

export async function load_tree(question: ProfileQuestion, signal?: AbortSignal): Promise<Tree> {
  const body = await send_json('/v1/profile/ProfileTracing', 'POST', tracing_body(question), signal);
  const { OPT_STATUS, DESCRIPTION, result } = body as {
    OPT_STATUS?: string;
    DESCRIPTION?: string;
    result?: TracingAnswer | null;
  };
  if (!result) throw new ApiError('refused', DESCRIPTION || OPT_STATUS || 'The server answered no profile.');
  return tree_of(result, question.service === '' ? 'all' : question.service);
}
