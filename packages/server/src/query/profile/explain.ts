// Ids of stacks -> their functions.
import type { FrameType } from '@sonde/records';
import { decode_rows, type QueryEngine } from '../engine.ts';
import type { NamedFrame } from './flame.ts';

/** Ids in one question. */
const IDS_A_QUESTION = 20_000;

export interface Explained {
  /** Stack id -> indexes of `frames`, outermost first. */
  readonly stacks: ReadonlyMap<string, readonly number[]>;
  readonly frames: (NamedFrame | undefined)[];
}

export async function explain(engine: QueryEngine, ids: readonly string[], options: object): Promise<Explained> {
  const stacks = new Map<string, readonly number[]>();
  const indexes = new Map<string, number>();
  const index = (frame: string): number => {
    const known = indexes.get(frame);
    if (known !== undefined) return known;
    indexes.set(frame, indexes.size);
    return indexes.size - 1;
  };
  const of_stack = `SELECT toString(stack_id), arrayMap(f -> toString(f), any(frame_ids)) FROM profile.stack
    WHERE stack_id IN (SELECT arrayJoin(arrayMap(id -> toUInt64(id), {ids:Array(String)}))) GROUP BY stack_id`;
  for (const [id, of] of await ask(engine, of_stack, ids, options)) stacks.set(String(id), (of as string[]).map(index));
  const frames: (NamedFrame | undefined)[] = new Array(indexes.size).fill(undefined);
  const of_frame = `SELECT toString(frame_id), any(frame_type), any(name), any(module) FROM profile.frame
    WHERE frame_id IN (SELECT arrayJoin(arrayMap(id -> toUInt64(id), {ids:Array(String)}))) GROUP BY frame_id`;
  for (const [id, type, name, module] of await ask(engine, of_frame, [...indexes.keys()], options))
    frames[indexes.get(String(id))!] = { type: String(type) as FrameType, name: String(name), module: String(module) };
  return { stacks, frames };
}

async function ask(engine: QueryEngine, sql: string, ids: readonly string[], options: object): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for (let at = 0; at < ids.length; at += IDS_A_QUESTION) {
    const answer = await engine.query(sql, { ids: ids.slice(at, at + IDS_A_QUESTION) }, options);
    rows.push(...decode_rows(answer.text()).values);
  }
  return rows;
}
