// Ids of stacks -> their functions. Ids go to the engine as one text of bytes and come back in blocks: a hundred thousand stacks of
// thirty functions are three million ids.
import type { FrameType } from '@sonde/records';
import { type BlockView, type ColumnView, decode_block, view_block } from '@sonde/records/codec';
import type { QueryEngine } from '../engine.ts';
import type { NamedFrame } from './flame.ts';
import { Ids } from './ids.ts';

/** Ids in one question: the statement that sets a parameter has 256 KiB at most. */
const IDS_A_QUESTION = 20_000;
const IDS = `arrayMap(i -> reinterpretAsUInt64(substring(base64Decode({ids:String}), i * 8 + 1, 8)), range({count:UInt32}))`;

export interface Explained {
  /** Of each id indexes of `frames`, outermost first; undefined where nothing is known of it. */
  readonly stacks: readonly (readonly number[] | undefined)[];
  readonly frames: readonly (NamedFrame | undefined)[];
}

/** `ids`: decimal, each once. */
export async function explain(engine: QueryEngine, ids: readonly string[], options: object): Promise<Explained> {
  const asked = new Ids();
  for (const id of ids) {
    const value = BigInt(id);
    asked.number(Number(value & 0xffff_ffffn), Number(value >> 32n));
  }
  const stacks: (readonly number[] | undefined)[] = new Array(asked.size).fill(undefined);
  const used = new Ids();
  const of_stack = `SELECT stack_id, any(frame_ids) AS frame_ids FROM profile.stack
    WHERE stack_id IN (SELECT arrayJoin(${IDS})) GROUP BY stack_id`;
  for (const bytes of await ask(engine, of_stack, asked, options))
    for (const block of blocks_of(bytes)) read_stacks(block, asked, used, stacks);
  const frames: (NamedFrame | undefined)[] = new Array(used.size).fill(undefined);
  const of_frame = `SELECT frame_id, toString(any(frame_type)) AS type, any(name) AS name, toString(any(module)) AS module
    FROM profile.frame WHERE frame_id IN (SELECT arrayJoin(${IDS})) GROUP BY frame_id`;
  for (const bytes of await ask(engine, of_frame, used, options))
    for (const { bytes: of, body } of blocks_of(bytes)) read_frames(of, body, used, frames);
  return { stacks, frames };
}

async function ask(engine: QueryEngine, sql: string, ids: Ids, options: object): Promise<Uint8Array[]> {
  const answers: Uint8Array[] = [];
  const { size } = ids;
  for (let at = 0; at < size; at += IDS_A_QUESTION) {
    const end = Math.min(size, at + IDS_A_QUESTION);
    const params = { ids: ids.bytes(at, end).toString('base64'), count: end - at };
    answers.push((await engine.query(sql, params, { ...options, format: 'Native' })).bytes);
  }
  return answers;
}

interface Block extends BlockView {
  readonly body: number;
}
function* blocks_of(bytes: Uint8Array): Generator<Block> {
  for (let at = 0; at < bytes.length; ) {
    const result = view_block(bytes, at);
    if (!result.ok) throw new Error(`The engine's answer is not understood: ${result.reason}.`);
    // Where the block begins is what decode_block wants.
    yield { ...result.block, body: at };
    at = result.block.end;
  }
}

function read_stacks(
  { bytes, rows, columns }: BlockView,
  asked: Ids,
  used: Ids,
  stacks: (readonly number[] | undefined)[],
): void {
  const [id, of] = columns as readonly [ColumnView, ColumnView];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = of.start;
  let before = 0;
  for (let row = 0; row < rows; row++) {
    const end = view.getUint32(of.head + row * 8, true);
    const frames: number[] = new Array(end - before);
    for (let i = 0; i < frames.length; i++, at += 8)
      frames[i] = used.number(view.getUint32(at, true), view.getUint32(at + 4, true));
    before = end;
    const place = id.start + row * 8;
    stacks[asked.number(view.getUint32(place, true), view.getUint32(place + 4, true))] = frames;
  }
}

function read_frames(bytes: Uint8Array, at: number, used: Ids, frames: (NamedFrame | undefined)[]): void {
  const decoded = decode_block(bytes, at);
  if ('reason' in decoded) throw new Error(`The engine's answer is not understood: ${decoded.reason}.`);
  const [ids, types, names, modules] = decoded.columns.map(({ values }) => values);
  for (let row = 0; row < decoded.rows; row++) {
    const id = BigInt(ids![row] as number | bigint);
    frames[used.number(Number(id & 0xffff_ffffn), Number(id >> 32n))] = {
      type: types![row] as FrameType,
      name: names![row] as string,
      module: modules![row] as string,
    };
  }
}
