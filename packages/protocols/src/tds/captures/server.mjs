// Answers by hand to TDS clients: what they accept as a SQL Server. Tokens as in MS-TDS, section 2.2.7.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

const cat = (...parts) => Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(part))));
const u16 = (n) => Buffer.from([n & 255, (n >> 8) & 255]);
const u32 = (n) => {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(n >>> 0);
  return out;
};
const u64 = (n) => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(n));
  return out;
};
const text = (value) => Buffer.from(value, 'utf16le');
const b_text = (value) => cat([value.length], text(value));
const us_text = (value) => cat(u16(value.length), text(value));
const sized = (token, content) => cat([token], u16(content.length), content);

const MORE = 1;
const FAILED = 2;
const COUNT = 16;
const ATTENTION = 32;
/** TDS 7.1 counts in 4 bytes and has types of users in 2. */
let wide = true;
const done = (token, status, command, rows) => cat([token], u16(status), u16(command), wide ? u64(rows) : u32(rows));
const DONE = 0xfd;
const DONE_PROC = 0xfe;
const DONE_IN_PROC = 0xff;

function message(token, number, severity, what) {
  const rest = cat(u32(number), [1, severity], us_text(what), b_text('by hand'), b_text(''), u32(1));
  return sized(token, rest);
}
const error = (number, severity, what) => message(0xaa, number, severity, what);
const info = (number, what) => message(0xab, number, 0, what);
const changed = (type, now, before) => sized(0xe3, cat([type], b_text(now), b_text(before)));

const COLLATION = Buffer.from([9, 4, 208, 0, 52]);
const NOT_NULL = u16(0);
const NULLABLE = u16(9);
const column = (name, flags, type) => cat(flags, type, b_text(name));
const columns = (...list) => cat([0x81], u16(list.length), ...list.map((one) => cat(wide ? u32(0) : u16(0), one)));
const INT4 = column('id', NOT_NULL, [0x38]);
const NVARCHAR = cat([0xe7], u16(200), COLLATION);
const long_text = (value) => cat(u64(value.length * 2), u32(value.length * 2), text(value), u32(0));

/** One row of many types: values are what clients print. */
const MANY = [
  [column('tiny', NOT_NULL, [0x30]), [7]],
  [column('bit', NULLABLE, [0x68, 1]), [1, 1]],
  [column('big', NULLABLE, [0x26, 8]), cat([8], u64(9_000_000_000))],
  [column('null_int', NULLABLE, [0x26, 4]), [0]],
  [column('float', NULLABLE, [0x6d, 8]), cat([8], [0, 0, 0, 0, 0, 0, 248, 63])],
  [column('decimal', NULLABLE, [0x6a, 9, 10, 2]), cat([9, 1], u64(12_345))],
  [column('money', NULLABLE, [0x6e, 8]), cat([8], u32(0), u32(15_000))],
  [column('guid', NULLABLE, [0x24, 16]), cat([16], Buffer.alloc(16, 0xab))],
  [column('at', NULLABLE, [0x6f, 8]), cat([8], u32(46_000), u32(300 * 60))],
  [column('day', NULLABLE, [0x28]), cat([3], [0x26, 0x47, 0x0b])],
  [column('at2', NULLABLE, [0x2a, 3]), cat([7], [1, 0, 0, 0], [0x26, 0x47, 0x0b])],
  [column('char', NULLABLE, cat([0xaf], u16(10), COLLATION)), cat(u16(10), 'secret    ')],
  [column('name', NULLABLE, NVARCHAR), cat(u16(18), text('secret fi'))],
  [column('null_name', NULLABLE, NVARCHAR), [255, 255]],
  [column('long', NULLABLE, cat([0xe7], [255, 255], COLLATION)), long_text('secret '.repeat(40))],
  [column('null_long', NULLABLE, cat([0xa7], [255, 255], COLLATION)), Buffer.alloc(8, 255)],
  [column('bytes', NULLABLE, cat([0xa5], u16(50))), cat(u16(3), [1, 2, 3])],
  [column('xml', NULLABLE, [0xf1, 0]), long_text('<a>secret</a>')],
  [
    column('old', NULLABLE, cat([0x63], u32(0x7ffffffe), COLLATION, [1], us_text('items'))),
    cat([16], Buffer.alloc(16, 1), Buffer.alloc(8, 2), u32(12), text('secret')),
  ],
  [column('variant', NULLABLE, cat([0x62], u32(8009))), cat(u32(6), [0x38, 0], u32(5))],
];

function many(count) {
  const row = cat([0xd1], ...MANY.map(([, value]) => value));
  return cat(columns(...MANY.map(([one]) => one)), ...Array(count).fill(row), done(DONE, COUNT, 193, count));
}

/** Ids and names; in the second of three rows the name is null and says so in the row's map. */
function few(token, status, rows) {
  const full = (i) => cat([0xd1], u32(i), u16(2 * `name ${i}`.length), text(`name ${i}`));
  const nulled = wide ? cat([0xd2, 2], u32(2)) : cat([0xd1], u32(2), [255, 255]);
  const list = Array.from({ length: rows }, (_, i) => (i === 1 ? nulled : full(i + 1)));
  const order = sized(0xa9, u16(1));
  return cat(columns(INT4, column('name', NULLABLE, NVARCHAR)), order, ...list, done(token, status | COUNT, 193, rows));
}

/** TDS 7.4, or 7.1: the version is told big endian. */
const logged_in = () =>
  cat(
    changed(1, 'shop', 'master'),
    info(5701, "Changed database context to 'shop'."),
    sized(0xe3, cat([7, 5], COLLATION, [0])),
    changed(2, 'us_english', ''),
    sized(
      0xad,
      cat(wide ? [1, 0x74, 0, 0, 4] : [1, 0x71, 0, 0, 1], b_text('Microsoft SQL Server'), [16, 0, 0x10, 0x2f]),
    ),
    changed(4, '4096', '4096'),
  );
const FEATURES = Buffer.from([0xae, 0xff]);

function batch(sql) {
  if (/WAITFOR/.test(sql)) return undefined;
  if (/many/.test(sql)) return many(/FROM many_more/.test(sql) ? 40 : 1);
  if (/nowhere/.test(sql)) return cat(error(208, 16, "Invalid object name 'nowhere'."), done(DONE, FAILED, 193, 0));
  if (/crash/.test(sql)) return cat(error(701, 17, 'There is insufficient system memory.'), done(DONE, FAILED, 193, 0));
  if (/^INSERT BULK/i.test(sql)) return done(DONE, 0, 0, 0);
  if (/duplicate/.test(sql)) {
    const what =
      "Violation of UNIQUE KEY constraint 'uq'. Cannot insert duplicate key in object 'dbo.items'. The duplicate key value is (secret).";
    return cat(error(2627, 14, what), info(3621, 'The statement has been terminated.'), done(DONE, FAILED, 195, 0));
  }
  if (/^\s*(UPDATE|DELETE|INSERT)/i.test(sql)) return done(DONE, COUNT, 197, 4);
  if (/PRINT/.test(sql)) return cat(info(0, 'secret print'), done(DONE, 0, 0, 0));
  if (/;\s*SELECT/.test(sql)) return cat(few(DONE, MORE, 2), few(DONE, 0, 3));
  if (/SELECT/i.test(sql)) return few(DONE, 0, 3);
  return done(DONE, 0, 0, 0);
}

/** A call: by what can be seen of it. */
function call(bytes) {
  const start = bytes.readUInt32LE(0) < 256 ? bytes.readUInt32LE(0) : 0;
  const special = bytes.readUInt16LE(start) === 0xffff ? bytes.readUInt16LE(start + 2) : 0;
  const all = bytes.toString('utf16le', start % 2);
  const odd = bytes.toString('utf16le', 1 - (start % 2));
  const sql = /nowhere/.test(all) || /nowhere/.test(odd) ? 'nowhere' : 'SELECT';
  const status = cat([0x79], u32(0));
  const end = done(DONE_PROC, 0, 224, 0);
  if (sql === 'nowhere') {
    return cat(
      error(208, 16, "Invalid object name 'nowhere'."),
      cat([0x79], u32(208)),
      done(DONE_PROC, FAILED, 224, 0),
    );
  }
  const handle = cat([0xac], u16(0), b_text('@handle'), [1], u32(0), u16(0), [0x26, 4], [4], u32(7));
  if (special === 11) return cat(status, handle, end);
  if (special === 13) return cat(few(DONE_IN_PROC, MORE, 3), status, handle, end);
  if (special === 15) return cat(status, end);
  return cat(few(DONE_IN_PROC, MORE, 3), status, end);
}

function prelogin(encryption, mars) {
  const options = [
    [0, Buffer.from([16, 0, 0x10, 0x2f, 0, 0])],
    [1, Buffer.from([encryption])],
    [2, Buffer.from([0])],
    [3, Buffer.alloc(0)],
    [4, Buffer.from([mars])],
  ];
  let at = options.length * 5 + 1;
  const head = [];
  for (const [token, value] of options) {
    head.push(token, at >> 8, at & 255, 0, value.length);
    at += value.length;
  }
  return cat(head, [255], ...options.map(([, value]) => value));
}

const PACKET_BYTES = 4096;

function packets(type, payload) {
  const out = [];
  for (let at = 0, id = 1; at === 0 || at < payload.length; at += PACKET_BYTES - 8, id++) {
    const part = payload.subarray(at, at + PACKET_BYTES - 8);
    const last = at + PACKET_BYTES - 8 >= payload.length ? 1 : 0;
    const length = part.length + 8;
    out.push(cat([type, last, length >> 8, length & 255, 0, 51, id & 255, 0], part));
  }
  return out;
}

/** One conversation: a connection, or a session of one. */
class Talk {
  #gathered = [];
  /** A batch has not been answered. */
  #waits = false;
  constructor(server, send) {
    this.server = server;
    this.send = send;
  }

  /** A whole packet. */
  packet(packet) {
    const type = packet[0];
    if (type === 6) {
      // What was asked for ends, then the attention is acknowledged.
      if (this.#waits) this.say(done(DONE, 0, 193, 0));
      return this.say(done(DONE, ATTENTION, 0, 0));
    }
    this.#gathered.push(packet.subarray(8));
    if ((packet[1] & 1) === 0) return undefined;
    const payload = Buffer.concat(this.#gathered);
    this.#gathered = [];
    return this.message(type, payload);
  }

  say(payload) {
    for (const packet of packets(4, payload)) this.send(packet);
  }

  message(type, payload) {
    const { options } = this.server;
    if (type === 0x12 && payload[0] < 20) return this.say(prelogin(options.encryption ?? 2, options.mars ?? 0));
    if (type === 0x10) {
      const wrong = payload.toString('utf16le').includes('stranger');
      return this.say(
        wrong
          ? cat(error(18_456, 14, "Login failed for user 'stranger'."), done(DONE, FAILED, 0, 0))
          : cat(logged_in(), payload[27] & 16 ? FEATURES : [], done(DONE, 0, 0, 0)),
      );
    }
    const header = type === 7 ? 0 : payload.readUInt32LE(0) < 256 ? payload.readUInt32LE(0) : 0;
    if (type === 1) {
      const answer = batch(payload.toString('utf16le', header));
      this.#waits = answer === undefined;
      return answer === undefined ? undefined : this.say(answer);
    }
    if (type === 3) return this.say(call(payload));
    if (type === 7) return this.say(done(DONE, COUNT, 240, 3));
    if (type === 14) {
      const kind = payload.readUInt16LE(header);
      const change =
        kind === 5 ? cat([8, 8], u64(99), [0]) : kind === 7 ? cat([9, 0, 8], u64(99)) : cat([10, 0, 8], u64(99));
      return this.say(cat(sized(0xe3, change), done(DONE, 0, 0, 0)));
    }
    return undefined;
  }
}

/** Carries a TLS handshake inside of packets, then raw records. */
class Tunnel extends Duplex {
  constructor(write) {
    super();
    this.framed = true;
    this.out = write;
  }
  _read() {}
  _write(chunk, _encoding, next) {
    if (this.framed) for (const packet of packets(0x12, chunk)) this.out(packet);
    else this.out(chunk);
    next();
  }
}

function handle_sessions(send, options) {
  const sessions = new Map();
  return (packet) => {
    const id = packet.readUInt16LE(2);
    const flags = packet[1];
    if (flags & 1) {
      let number = 0;
      const wrap = (part) => {
        const head = cat([0x53, 8], u16(id), u32(part.length + 16), u32(++number), u32(100));
        send(cat(head, part));
      };
      sessions.set(id, new Talk({ options }, wrap));
    } else if (flags & 4) send(cat([0x53, 4], u16(id), u32(16), u32(0), u32(4)));
    else if (flags & 8) sessions.get(id)?.packet(packet.subarray(16));
  };
}

/** Runs `use(port)`; returns what passed, a list a connection. */
export async function serve(use, options = {}) {
  wide = options.old !== true;
  const connections = [];
  const server = createServer((socket) => {
    const pieces = [];
    connections.push(pieces);
    const raw = (data) => {
      pieces.push([1, data.toString('base64')]);
      socket.write(data);
    };
    const talk = new Talk({ options }, raw);
    const smp = handle_sessions(raw, options);
    let waiting = Buffer.alloc(0);
    let tunnel;
    let secured;
    const take = (data, onward) => {
      waiting = Buffer.concat([waiting, data]);
      for (;;) {
        const smp_packet = waiting[0] === 0x53;
        if (waiting.length < (smp_packet ? 16 : 8)) return;
        const tls_record = waiting[0] >= 0x14 && waiting[0] <= 0x17 && waiting[1] === 3;
        const length = tls_record
          ? waiting.readUInt16BE(3) + 5
          : smp_packet
            ? waiting.readUInt32LE(4)
            : waiting.readUInt16BE(2);
        if (waiting.length < length) return;
        const packet = waiting.subarray(0, length);
        waiting = waiting.subarray(length);
        onward(packet, tls_record, smp_packet);
      }
    };
    socket.on('error', () => undefined);
    socket.on('data', (piece) => {
      pieces.push([0, piece.toString('base64')]);
      take(piece, (packet, tls_record, smp_packet) => {
        if (smp_packet) return smp(packet);
        if (packet[0] === 0x12 && packet[8] >= 20) {
          if (options.context === undefined) return socket.destroy();
          if (tunnel === undefined) {
            tunnel = new Tunnel(raw);
            secured = new TLSSocket(tunnel, { isServer: true, secureContext: options.context });
            secured.on('error', () => undefined);
            // With encryption off only the login is encrypted: what follows comes as it is.
            const inner = options.encryption === 0 ? talk : new Talk({ options }, (packet) => secured.write(packet));
            secured.on('data', (plain) => inner.packet(plain));
          }
          return tunnel.push(packet.subarray(8));
        }
        if (tls_record) {
          tunnel.framed = false;
          return tunnel.push(packet);
        }
        return talk.packet(packet);
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await use(server.address().port);
  server.close();
  return connections;
}
