// POST /v1/profile/ProfileTracing: the functions of an application, and what they cost, in a range of time.
import { z } from 'zod';
import type { QueryEngine } from '../engine.ts';
import { run_query } from '../run.ts';
import { explain } from './explain.ts';
import { type CostedStack, flame_tree, type FlameTree } from './flame.ts';

/** The most expensive ones; DeepFlow reads as many rows. */
const STACKS_MAX = 100_000;

const word = z.string().max(1024);
export const TRACING = z.object({
  app_service: word.default(''),
  profile_language_type: word.default(''),
  profile_event_type: word.min(1, 'profile_event_type is empty'),
  tag_filter: z.string().max(65_536).default(''),
  time_start: z.coerce.number().int().min(0).max(0xffff_ffff),
  time_end: z.coerce.number().int().min(0).max(0xffff_ffff),
  max_kernel_stack_depth: z.coerce.number().int().min(-1).max(1024).default(-1),
  debug: z.unknown().optional(),
});
export type Tracing = z.infer<typeof TRACING>;

/** A string of the dialect: backslash and quote are escaped by a backslash. */
const text = (value: string): string => `'${value.replace(/[\\']/g, (c) => `\\${c}`)}'`;

export async function profile_tracing(
  engine: QueryEngine,
  asked: Tracing,
  options: { readonly signal?: AbortSignal } = {},
): Promise<FlameTree> {
  const conditions = [
    `time >= ${asked.time_start}`,
    `time <= ${asked.time_end}`,
    `profile_event_type = ${text(asked.profile_event_type)}`,
    ...(asked.app_service === '' ? [] : [`app_service = ${text(asked.app_service)}`]),
    ...(asked.profile_language_type === '' ? [] : [`profile_language_type = ${text(asked.profile_language_type)}`]),
    ...(asked.tag_filter.trim() === '' ? [] : [`(${asked.tag_filter})`]),
  ];
  const sql = `SELECT stack_id, Sum(profile_value) AS cost FROM in_process WHERE ${conditions.join(' AND ')}
    GROUP BY stack_id ORDER BY cost DESC LIMIT ${STACKS_MAX}`;
  const { result } = await run_query(engine, { db: 'profile', sql }, options);
  const rows = result?.values ?? [];
  const { stacks, frames } = await explain(
    engine,
    rows.map(([id]) => String(id)),
    options,
  );
  const costed = rows.map(([, cost], i): CostedStack => ({ frames: stacks[i] ?? [], value: Number(cost) }));
  return flame_tree(asked.app_service, costed, frames, asked.max_kernel_stack_depth);
}
