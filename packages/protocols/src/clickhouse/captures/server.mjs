// Answers by hand to a client of revision 54488: hello, state of tables, and blocks in Native format. That client asks for
// compression: the engine itself makes the frames, as the file of a column of bytes.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const REVISION = 54488;

function varuint(n) {
  const out = [];
  for (let left = n; ; left = Math.floor(left / 128)) {
    if (left < 128) {
      out.push(left);
      return Buffer.from(out);
    }
    out.push((left % 128) | 128);
  }
}
const string = (text) => Buffer.concat([varuint(Buffer.byteLength(text)), Buffer.from(text)]);
const u64 = (...values) => {
  const out = Buffer.alloc(8 * values.length);
  for (const [i, value] of values.entries()) out.writeBigUInt64LE(BigInt(value), 8 * i);
  return out;
};

/** The whole columns of the table, two rows. */
const COLUMNS = [
  ['id', 'UInt64', u64(1, 2)],
  ['s', 'String', Buffer.concat([string('secret one'), string('two')])],
  ['n', 'Nullable(UInt8)', Buffer.from([1, 0, 0, 7])],
  ['a', 'Array(String)', Buffer.concat([u64(2, 2), string('x'), string('y')])],
  ['m', 'Map(String, UInt64)', Buffer.concat([u64(0, 1), string('k'), u64(9)])],
  ['t', 'Tuple(UInt8, String)', Buffer.concat([Buffer.from([1, 2]), string('p'), string('q')])],
  [
    'l',
    'LowCardinality(String)',
    Buffer.concat([u64(1, 0x600, 3), string(''), string('a'), string('b'), u64(2), Buffer.from([1, 2])]),
  ],
  [
    'ln',
    'LowCardinality(Nullable(String))',
    Buffer.concat([u64(1, 0x600, 3), string(''), string(''), string('a'), u64(2), Buffer.from([0, 2])]),
  ],
];

function plain(columns, rows) {
  const info = Buffer.from([1, 0, 2, 255, 255, 255, 255, 3, 0, 0]);
  const parts = columns.map(([name, type, data]) =>
    Buffer.concat([string(name), string(type), Buffer.from([0]), rows === 0 ? Buffer.alloc(0) : data]),
  );
  return Buffer.concat([info, varuint(columns.length), varuint(rows), ...parts]);
}

const frames = new Map();

/** Has the engine pack what will be sent: it cannot while it waits for an answer. */
export function prepare(session) {
  const pick = (...names) => COLUMNS.filter(([name]) => names.includes(name));
  const blocks = [
    ...[pick('s'), COUNT, COLUMNS].flatMap((columns) => [plain(columns, 0), plain(columns, 2), plain(columns, 1)]),
    plain(DESCRIPTION, 0),
    plain(DESCRIPTION, COLUMNS.length),
    plain([], 0),
    DEFAULTS,
  ];
  session.query('CREATE DATABASE frames');
  for (const content of blocks) {
    const table = `f${frames.size}`;
    session.query(`CREATE TABLE frames.${table} (b UInt8) ENGINE = TinyLog`);
    session.query(`INSERT INTO frames.${table} SELECT arrayJoin([${[...content].join(',')}])`);
    frames.set(content.toString('base64'), readFileSync(join(session.path, 'data', 'frames', table, 'b.bin')));
  }
}

function packed(content) {
  const found = frames.get(content.toString('base64'));
  if (found === undefined) throw new Error('not prepared');
  return found;
}

const block = (columns, rows) => Buffer.concat([Buffer.from([1, 0]), packed(plain(columns, rows))]);
const COUNT = [['count()', 'UInt64', u64(2)]];
const DEFAULTS = Buffer.concat([string(''), string('columns format version: 1\n0 columns:\n')]);
const DESCRIPTION = describe();

function describe() {
  const names = Buffer.concat(COLUMNS.map(([name]) => string(name)));
  const types = Buffer.concat(COLUMNS.map(([, type]) => string(type)));
  const none = Buffer.alloc(COLUMNS.length);
  const rest = ['default_type', 'default_expression', 'comment', 'codec_expression', 'ttl_expression'];
  return [['name', 'String', names], ['type', 'String', types], ...rest.map((name) => [name, 'String', none])];
}

const progress = (rows, bytes) => Buffer.concat([3, rows, bytes, rows, bytes, 0, 0, 1_234_567].map(varuint));
const profile = (rows) =>
  Buffer.concat([
    varuint(6),
    varuint(rows),
    varuint(1),
    varuint(64),
    Buffer.from([0]),
    varuint(0),
    Buffer.from([1, 0]),
    varuint(0),
  ]);
const END = Buffer.from([5]);

function exception(code, text) {
  const number = Buffer.alloc(4);
  number.writeInt32LE(code);
  return Buffer.concat([
    Buffer.from([2]),
    number,
    string('DB::Exception'),
    string(text),
    string('1. a stack'),
    Buffer.from([0]),
  ]);
}

const HELLO = Buffer.concat([
  Buffer.from([0]),
  string('ClickHouse'),
  varuint(26),
  varuint(7),
  varuint(REVISION),
  varuint(8),
  string('UTC'),
  string('by hand'),
  varuint(2),
  string('notchunked_optional'),
  string('notchunked_optional'),
  varuint(1),
  string('.{8}'),
  string('too short'),
  Buffer.alloc(8, 5),
  string('max_threads'),
  varuint(0),
  string('1'),
  string(''),
  varuint(21),
  varuint(8),
]);

/** Table and structure of what the client asks for; its packets come whole on loopback. */
function answer(packet) {
  const text = packet.toString('latin1');
  if (packet[0] === 4) return [Buffer.from([4])];
  const status = packet.length < 64 && text.match(/shop.(types|broken)$/);
  if (status) return [Buffer.concat([Buffer.from([9, 1]), string('shop'), string(status[1]), Buffer.from([0])])];
  if (text.includes('chDB')) return [HELLO];
  if (/DESC(?:RIBE)? TABLE/i.test(text)) {
    const rows = COLUMNS.length;
    return [block(DESCRIPTION, 0), block(DESCRIPTION, rows), profile(rows), END];
  }
  if (text.includes('broken'))
    return [exception(60, "DB::Exception: Table shop.broken does not exist near 'secret'. (UNKNOWN_TABLE)")];
  if (/INSERT INTO/.test(text)) return [Buffer.concat([Buffer.from([11]), packed(DEFAULTS)]), block(COLUMNS, 0)];
  return undefined;
}

/** Columns that a SELECT names, in the server's order. */
function selected(text) {
  if (/count\(\)/.test(text)) return [COUNT, 1];
  const list = /SELECT (.*?) FROM/.exec(text.replace(/\s+/g, ' '))?.[1] ?? '';
  const names = [...list.matchAll(/AS `?(\w+)`?|`(\w+)`(?!\.)(?! AS)/g)].map((m) => m[1] ?? m[2]);
  return [COLUMNS.filter(([name]) => names.includes(name)).map(([name, type, data]) => [name, type, data]), 2];
}

const OLDER = 54_453;

/** Answers to a client of revision 54453, which asks for no compression: every SELECT is answered with one number. */
function answer_older(packet) {
  if (packet[0] === 0) {
    const name = [
      string('ClickHouse'),
      varuint(21),
      varuint(9),
      varuint(OLDER),
      string('UTC'),
      string('by hand'),
      varuint(1),
    ];
    return [Buffer.concat([Buffer.from([0]), ...name])];
  }
  if (packet[0] === 4) return [Buffer.from([4])];
  if (packet[0] !== 1) return [];
  const info = Buffer.from([1, 0, 1, 0, 2, 255, 255, 255, 255, 0, 1]);
  const column = Buffer.concat([string('n'), string('UInt8')]);
  const header = Buffer.concat([info, varuint(0), column]);
  const rows = Buffer.concat([info, varuint(1), column, Buffer.from([7])]);
  const done = Buffer.concat([3, 1, 1, 1, 0, 0].map(varuint));
  return [header, Buffer.concat([done, rows]), END];
}

/** Runs `use(port)`; returns what passed, a list a connection. */
export async function serve(use, older = false) {
  const connections = [];
  const server = createServer((socket) => {
    const pieces = [];
    connections.push(pieces);
    const say = (parts) => {
      for (const part of parts) {
        pieces.push([1, part.toString('base64')]);
        socket.write(part);
      }
    };
    let inserting = false;
    socket.on('error', () => undefined);
    socket.on('data', (piece) => {
      pieces.push([0, piece.toString('base64')]);
      console.log(
        piece.length,
        piece
          .toString('latin1')
          .replace(/[^ -~]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
          .slice(0, 1200),
      );
      const text = piece.toString('latin1');
      if (older) {
        say(answer_older(piece));
        return;
      }
      if (inserting) {
        // The empty block that ends the rows is compressed and always the same.
        if (piece.length < 60 || piece.subarray(-30).includes(Buffer.from([2, 0]))) {
          inserting = false;
          say([Buffer.concat([progress(0, 0)]), END]);
        }
        return;
      }
      const answers = answer(piece);
      if (/INSERT INTO/.test(text)) inserting = true;
      if (answers !== undefined) say(answers);
      else if (piece[0] === 1) {
        const [columns, rows] = selected(text);
        say([
          block(columns, 0),
          progress(rows, 100),
          block(columns, rows),
          profile(rows),
          block([], 0),
          progress(0, 0),
          END,
        ]);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await use(server.address().port);
  server.close();
  return connections;
}
