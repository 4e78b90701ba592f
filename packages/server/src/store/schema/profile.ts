// Dictionaries over profile.stack and profile.frame. Stacks are many and wide and asked for a block of rows at a time: nothing of them is
// kept in memory. Frames are few and small and are kept as they are asked for (docs/decisions/0080, measured).
import { PROFILE_FRAME, PROFILE_STACK, type RecordDefinition } from '@sonde/records';

export const STACK_DICTIONARY = 'profile.stack_dict';
export const FRAME_DICTIONARY = 'profile.frame_dict';
/** Some 110 bytes each. */
const FRAMES_CACHED_MAX = 262_144;

const source = ({ database, table }: RecordDefinition): string =>
  `SOURCE(CLICKHOUSE(DB '${database}' TABLE '${table}'))`;

export const PROFILE_DDL: readonly string[] = [
  'CREATE DATABASE IF NOT EXISTS profile',
  `CREATE OR REPLACE DICTIONARY ${STACK_DICTIONARY} (stack_id UInt64, frame_ids Array(UInt64))
   PRIMARY KEY stack_id ${source(PROFILE_STACK)} LAYOUT(DIRECT())`,
  `CREATE OR REPLACE DICTIONARY ${FRAME_DICTIONARY}
   (frame_id UInt64, frame_type String DEFAULT '', name String DEFAULT '', module String DEFAULT '')
   PRIMARY KEY frame_id ${source(PROFILE_FRAME)}
   LAYOUT(CACHE(SIZE_IN_CELLS ${FRAMES_CACHED_MAX})) LIFETIME(MIN 60 MAX 120)`,
];
