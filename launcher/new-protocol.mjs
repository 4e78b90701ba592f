// `npm run new:protocol NAME ID`: the folder of a protocol and its two registry lines, ready to be filled in.
// docs/how-to/add-a-protocol.md says what to write where.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), '../packages/protocols/src');

const refuse = (sentence) => {
  process.stderr.write(`new:protocol: ${sentence}\n`);
  process.exit(2);
};

const [name, id_text] = process.argv.slice(2);
if (name === undefined || id_text === undefined) refuse('give a NAME (folder) and an ID (l7_protocol, 1 to 126)');
if (!/^[a-z][a-z0-9_]*$/.test(name)) refuse(`"${name}" is no folder name: small letters, digits and _ only`);
const id = Number(id_text);
if (!Number.isInteger(id) || id < 1 || id > 126)
  refuse(`"${id_text}" is no id: 1 to 126, DeepFlow's number where it has one`);
const folder = join(SOURCES, name);
if (existsSync(folder)) refuse(`${folder} is there already`);

const FILES = {
  'card.ts': `import type { Card } from '../protocol.ts';

export const card: Card = {
  id: ${id},
  name: '${name}',
  display_name: '${name}',
  transport: 'tcp',
  unit: 'TODO: what one row is.',
  status_meaning: 'TODO: when a response blames the client, when the server.',
  pairing: 'order',
  port_hints: [],
  capture_bytes: 4096,
  timeout_s: 120,
  icon: 'rpc',
};
`,
  'infer.ts': `import { type Direction, type Guess, NO_GUESS } from '../protocol.ts';

/** Bytes of a connection that nobody claims yet. Score 3 only for what nothing else can begin with. */
export function infer(_bytes: Uint8Array, _start: number, _end: number, _direction: Direction): Guess {
  return NO_GUESS;
}
`,
  'messages.ts': `/** Message types of the specification, and what each becomes: 'request', 'response', 'one_way' or 'ignored'. */
export const MESSAGES = {} as const satisfies Record<string, 'request' | 'response' | 'one_way' | 'ignored'>;
`,
  'parse.ts': `import type { Direction, Emit, ParseOptions, Parser, ParseState, Protocol } from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { infer } from './infer.ts';
import { MESSAGES } from './messages.ts';

class Connection implements Parser {
  readonly options: ParseOptions;

  constructor(options: ParseOptions) {
    this.options = options;
  }

  parse(_stream: Stream, _direction: Direction, _emit: Emit): ParseState {
    return Object.keys(MESSAGES).length === 0 ? 'not_mine' : 'more';
  }
}

export const protocol: Protocol = { card, infer, open: (options) => new Connection(options) };
`,
  'parse.test.ts': `import { it } from 'vitest';

it.todo('gives the messages of bytes that an independent program made');
`,
  'fuzz.test.ts': `import { it } from 'vitest';

it.todo('holds the promises of every protocol (testing/mutate.ts)');
`,
};

/** Adds an import after the last one of its kind and an entry at the end of the table. */
const register = (file, role, table) => {
  const path = join(SOURCES, file);
  const text = readFileSync(path, 'utf8');
  const imports = [...text.matchAll(new RegExp(`^import \\{ ${role} as \\w+ \\} from .*;$`, 'gm'))];
  const last = imports.at(-1);
  const begin = text.indexOf(`export const ${table} = {`);
  const end = text.indexOf('\n}', begin);
  if (last === undefined || begin < 0 || end < 0) refuse(`${path} does not look like a registry`);
  const after = last.index + last[0].length;
  const line = `\nimport { ${role} as ${name} } from './${name}/${role === 'card' ? 'card' : 'parse'}.ts';`;
  writeFileSync(path, text.slice(0, after) + line + text.slice(after, end) + `\n  ${name},` + text.slice(end));
};

const taken = readFileSync(join(SOURCES, 'cards.ts'), 'utf8').matchAll(/from '\.\/(\w+)\/card\.ts'/g);
for (const [, other] of taken) {
  if (new RegExp(`^  id: ${id},$`, 'm').test(readFileSync(join(SOURCES, other, 'card.ts'), 'utf8'))) {
    refuse(`id ${id} is that of ${other}`);
  }
}
mkdirSync(folder);
for (const [file, text] of Object.entries(FILES)) writeFileSync(join(folder, file), text);
register('cards.ts', 'card', 'CARDS');
register('index.ts', 'protocol', 'PROTOCOLS');
process.stdout.write(`${folder}: fill in ${Object.keys(FILES).join(', ')}; see docs/how-to/add-a-protocol.md\n`);
