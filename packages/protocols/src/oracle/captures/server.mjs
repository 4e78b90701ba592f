// Answers by hand to Oracle's thin drivers: what they accept as a database.
import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const cat = (...parts) => Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(part))));
const u16 = (n) => Buffer.from([(n >> 8) & 255, n & 255]);
const u32 = (n) => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(n >>> 0);
  return out;
};
/** A number: its length, then its bytes. */
const num = (n) => {
  const digits = [];
  for (let left = n; left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256);
  return Buffer.from([digits.length, ...digits]);
};
/** Bytes behind their length, long ones in pieces. */
const sized = (value) => {
  const bytes = Buffer.from(value);
  if (bytes.length < 253) return cat([bytes.length], bytes);
  const parts = [[0xfe]];
  for (let at = 0; at < bytes.length; at += 32_767) {
    const part = bytes.subarray(at, at + 32_767);
    parts.push(num(part.length), part);
  }
  return cat(...parts, [0]);
};
const text = (value) => (value === '' ? num(0) : cat(num(Buffer.byteLength(value)), sized(value)));

/** Versions of the protocol's fields: 19c, 23ai. */
const V19 = 12;
const V23 = 24;

/** Native services as a server without them says: of authentication, encryption and checksums none. */
function services(encryption) {
  const part = (type, content) => cat(u16(content.length), u16(type), content);
  const service = (id, ...parts) => cat(u16(id), u16(parts.length + 1), u32(0), part(5, u32(0x13000000)), ...parts);
  const list = cat(u32(0xdeadbeef), u16(3), u32(4), u16(4), u16(1), u16(2), u16(3));
  const all = [
    service(4, part(6, u16(31)), part(1, list)),
    service(1, part(6, u16(0xfbff))),
    service(2, part(2, [encryption])),
    service(3, part(2, [0])),
  ];
  const content = cat(...all);
  return cat(u32(0xdeadbeef), u16(content.length + 13), u32(0x13000000), u16(all.length), [0], content);
}

class Session {
  constructor(socket, how) {
    this.socket = socket;
    this.how = how;
    this.field_version = how.field_version ?? V19;
    this.large = false;
    this.sdu = how.sdu ?? 2048;
    this.sequence = 0;
    this.cursors = new Map();
    this.resends = how.resend ? 1 : 0;
    this.fetches = 0;
  }

  packet(type, content, data_flags) {
    const body = data_flags === undefined ? content : cat(u16(data_flags), content);
    const size = body.length + 8;
    const length = this.large ? u32(size) : cat(u16(size), [0, 0]);
    return cat(length, [type, 0, 0, 0], body);
  }

  /** Messages as data packets of the agreed length. */
  answer(...messages) {
    const marks = this.how.marks && this.field_version >= V23;
    const all = cat(...messages, marks ? [29] : []);
    const most = this.sdu - 10 - 37;
    const packets = [];
    for (let at = 0; at === 0 || at < all.length; at += most) {
      const last = at + most >= all.length;
      packets.push(this.packet(6, all.subarray(at, at + most), last && marks ? 0x2000 : 0));
    }
    this.socket.write(Buffer.concat(packets));
  }

  take(packet) {
    const type = packet[4];
    if (type === 1) this.connect(packet);
    else if (type === 6) {
      if (this.waits_for_text) this.connected(packet.toString('latin1', 10));
      else if ((packet.readUInt16BE(8) & 0x40) === 0) this.call(packet.subarray(10));
    } else if (type === 12) this.marker(packet[10]);
  }

  connect(packet) {
    if (this.resends-- > 0) {
      this.socket.write(this.packet(11, Buffer.alloc(0)));
      return;
    }
    const length = packet.readUInt16BE(24);
    const offset = packet.readUInt16BE(26);
    if (offset >= packet.length && length > 0) this.waits_for_text = true;
    else this.connected(packet.toString('latin1', offset, offset + length));
  }

  connected(descriptor) {
    this.waits_for_text = false;
    if (descriptor.includes('SERVICE_NAME=nowhere')) {
      const why = '(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=12514)(ERROR_STACK=(ERROR=(CODE=12514)(EMFI=4))))';
      this.socket.end(this.packet(4, cat([34, 0], u16(why.length), why)));
      return;
    }
    if (descriptor.includes('SERVICE_NAME=elsewhere') && !this.how.redirected) {
      this.how.redirected = true;
      const where = `(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT=${this.how.port()}))(CONNECT_DATA=(SERVICE_NAME=shop)))`;
      this.socket.end(this.packet(5, cat(u16(where.length), where)));
      return;
    }
    const flags = this.how.marks ? 0x12000000 : 0;
    const small = cat(u16(319), u16(0x0801), u16(this.sdu), u16(0x7fff), u16(1), u16(0), u16(45), [4, 4]);
    this.socket.write(this.packet(2, cat(small, Buffer.alloc(8), u32(this.sdu), u32(0x10000), [0], u32(flags))));
    this.large = true;
  }

  /** A break of the client ends the call that goes on; its reset comes before the answer. */
  marker(says) {
    const marker = (what) => this.packet(12, Buffer.from([1, 0, what]));
    if (says === 1 || says === 3) {
      this.socket.write(marker(2));
      this.canceled = true;
    } else if (this.canceled) {
      this.canceled = false;
      this.answer(this.error({ number: 1013, what: 'user requested cancel of current operation', cursor: 1 }));
    }
  }

  call(message) {
    if (message.length > 4 && message.readUInt32BE(0) === 0xdeadbeef) {
      this.socket.write(this.packet(6, services(this.how.encrypts ? 17 : 0), 0));
      return;
    }
    let at = 0;
    const token_bytes = this.field_version >= 18 && this.ready ? 1 : 0;
    while (message[at] === 17) at = this.piggyback(message, at, token_bytes);
    const kind = message[at];
    if (kind === 1) this.answer(this.protocol());
    else if (kind === 2) {
      this.ready = true;
      this.answer(cat([2], u16(1), u16(1), u16(1), u16(0), u16(0)));
    } else if (kind === 34) this.fast();
    else if (kind === 3) this.function(message, at + 3 + token_bytes, message[at + 1]);
  }

  /** What rides in front: only its end is looked for, by the number that follows its own. */
  piggyback(message, at) {
    const next = (message[at + 2] % 255) + 1;
    for (let i = at + 3; i < message.length - 2; i++) {
      if ((message[i] === 3 || message[i] === 17) && message[i + 2] === next) return i;
    }
    return message.length;
  }

  protocol() {
    const compile = Buffer.alloc(53);
    compile[7] = this.field_version;
    const runtime = Buffer.alloc(11);
    runtime[6] = 4;
    const list = Buffer.from([0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 7, 208]);
    return cat(
      [1, 6, 0],
      'x86_64/Linux 2.4.xx\0',
      [0x69, 3],
      [1],
      [0, 0],
      u16(list.length),
      list,
      sized(compile),
      sized(runtime),
    );
  }

  fast() {
    this.ready = true;
    this.phase_one([this.protocol(), cat([2], u16(0))]);
  }

  function(message, at, code) {
    this.sequence = message[at - 1];
    switch (code) {
      case 118:
        this.phase_one([]);
        return;
      case 115:
        this.phase_two(message);
        return;
      case 94:
        this.execute(message, at);
        return;
      case 4:
      case 78: {
        const id = message[at + 1];
        this.run(this.cursors.get(id), id, false);
        return;
      }
      case 5:
        this.fetch(message[at + 1]);
        return;
      case 9:
      case 14:
      case 15:
      case 147:
        this.answer(cat([9], num(code === 14 ? 1 : 2), num(code)));
        return;
      default:
        this.answer(this.error({}));
    }
  }

  /** Names and values of the client. */
  named(message, name) {
    const at = message.indexOf(name) + name.length;
    const skip = message[at] + 1;
    return message.toString('latin1', at + skip + 1, at + skip + 1 + message[at + skip]);
  }

  phase_one(in_front) {
    this.salt = randomBytes(16);
    this.mix = randomBytes(16);
    const speedy = pbkdf2Sync('hidden-word', cat(this.salt, 'AUTH_PBKDF2_SPEEDY_KEY'), 1000, 64, 'sha512');
    this.password_key = createHash('sha512').update(speedy).update(this.salt).digest().subarray(0, 32);
    this.server_key = randomBytes(32);
    const cipher = createCipheriv('aes-256-cbc', this.password_key, Buffer.alloc(16)).setAutoPadding(false);
    const key = cat(cipher.update(this.server_key), cipher.final());
    const pair = (name, value, flag = 0) => cat(text(name), text(value), num(flag));
    const hex = (value) => value.toString('hex').toUpperCase();
    const pairs = [
      pair('AUTH_SESSKEY', hex(key)),
      pair('AUTH_VFR_DATA', hex(this.salt), 0x4815),
      pair('AUTH_PBKDF2_CSK_SALT', hex(this.mix)),
      pair('AUTH_PBKDF2_VGEN_COUNT', '1000'),
      pair('AUTH_PBKDF2_SDER_COUNT', '3'),
    ];
    this.answer(...in_front, cat([8], num(pairs.length), ...pairs), this.error({}));
  }

  phase_two(message) {
    const sent = Buffer.from(this.named(message, 'AUTH_SESSKEY'), 'hex');
    const decipher = createDecipheriv('aes-256-cbc', this.password_key, Buffer.alloc(16)).setAutoPadding(false);
    const client_key = cat(decipher.update(sent), decipher.final()).subarray(0, 32);
    const both = cat(client_key, this.server_key).toString('hex').toUpperCase();
    const combined = pbkdf2Sync(both, this.mix, 3, 32, 'sha512');
    if (message.includes('stranger') || message.includes('STRANGER')) {
      this.fail({ number: 1017, text: 'invalid username/password; logon denied' });
      return;
    }
    const cipher = createCipheriv('aes-256-cbc', combined, Buffer.alloc(16)).setAutoPadding(false);
    const proof = cat(cipher.update(cat(randomBytes(16), 'SERVER_TO_CLIENT', Buffer.alloc(16))), cipher.final());
    const pair = (name, value) => cat(text(name), text(value), num(0));
    const pairs = [
      pair('AUTH_VERSION_STRING', ' Production'),
      pair('AUTH_VERSION_SQL', '25'),
      pair('AUTH_VERSION_NO', '318767104'),
      pair('AUTH_SESSION_ID', '31'),
      pair('AUTH_SERIAL_NUM', '4711'),
      pair('AUTH_INSTANCENAME', 'shop1'),
      pair('AUTH_SC_DBUNIQUE_NAME', 'shop'),
      pair('AUTH_SC_SERVICE_NAME', 'shop'),
      pair('AUTH_SVR_RESPONSE', proof.toString('hex').toUpperCase()),
    ];
    this.answer(cat([8], num(pairs.length), ...pairs), this.error({}));
  }

  /** The error message, by which success ends too. */
  error({ number = 0, what = '', rows = 0, cursor = 0, status = 1, batch = [] }) {
    const since20 = this.field_version >= 14 ? [num(0), num(0)] : [];
    const codes =
      batch.length === 0
        ? [num(0), num(0), num(0)]
        : [
            cat(num(batch.length), [batch.length * 3], ...batch.map(([code]) => num(code))),
            cat(num(batch.length), [batch.length * 2], ...batch.map(([, row]) => num(row))),
            cat(num(batch.length), [1], ...batch.map(([, , why]) => cat(num(why.length), sized(why), [0, 0]))),
          ];
    return cat(
      [4],
      num(status),
      num(this.sequence),
      num(rows),
      num(number & 0xffff),
      num(0),
      num(0),
      num(cursor),
      num(number > 0 ? 14 : 0),
      [3, 0, 0, 0, 0, 0],
      num(0),
      num(0),
      [0],
      num(0),
      num(0),
      num(0),
      [0, 0],
      num(0),
      num(0),
      num(0),
      ...codes,
      num(number),
      num(rows),
      ...since20,
      number > 0 ? sized(`ORA-${String(number).padStart(5, '0')}: ${what}\n`) : [],
    );
  }

  /** As newer servers do: a break and a reset of the line in front of an error. */
  fail(error) {
    if (!this.how.breaks) {
      this.answer(this.error({ number: error.number, what: error.text, cursor: error.cursor }));
      return;
    }
    const marker = (says) => this.packet(12, Buffer.from([1, 0, says]));
    this.socket.write(cat(marker(1), marker(2)));
    const end = { number: error.number, what: error.text, cursor: error.cursor };
    setTimeout(() => this.answer(this.error(end)), 50);
  }

  execute(message, at) {
    const known = [...STATEMENTS.keys()].filter((sql) => message.includes(sql));
    const sql = known.sort((a, b) => b.length - a.length)[0];
    const options = message[at] + 1;
    const id = message[at + options] === 0 ? 0 : message[at + options + 1];
    if (sql === undefined) {
      this.run(this.cursors.get(id), id, true);
      return;
    }
    const cursor = this.cursors.size + 1;
    this.cursors.set(cursor, STATEMENTS.get(sql));
    this.run(STATEMENTS.get(sql), cursor, true);
  }

  run(statement, cursor, describe) {
    if (statement === undefined) {
      this.fail({ number: 1001, text: 'invalid cursor' });
      return;
    }
    const { error, rows, changed, batch, never, out } = statement;
    const parameters = cat([8], num(0), num(0), num(0), num(0));
    if (never) return;
    if (error !== undefined) this.fail({ number: error[0], text: error[1], cursor });
    else if (rows !== undefined) {
      const first = rows.slice(0, statement.batch ?? rows.length);
      this.fetches = first.length;
      const end =
        first.length < rows.length
          ? { cursor, rows: first.length }
          : { number: 1403, what: 'no data found', cursor, rows: rows.length };
      this.answer(describe ? this.describe(statement.single) : [], this.rows(first), parameters, this.error(end));
    } else if (batch !== undefined) {
      this.answer(parameters, this.error({ number: 24_381, what: 'error(s) in array DML', rows: 1, cursor, batch }));
    } else if (out !== undefined) {
      const vector = cat([11, 1], num(1), num(0), num(1), num(0), num(0), num(0), [16]);
      this.answer(vector, cat([7], sized(out), num(0)), parameters, this.error({ cursor }));
    } else this.answer(parameters, this.error({ rows: changed ?? 0, cursor }));
  }

  fetch(cursor) {
    const { rows, batch } = this.cursors.get(cursor);
    const next = rows.slice(this.fetches, this.fetches + batch);
    this.fetches += next.length;
    const done = this.fetches >= rows.length;
    const end = done
      ? { number: 1403, what: 'no data found', cursor, rows: this.fetches }
      : { cursor, rows: this.fetches };
    this.answer(this.rows(next), this.error(end));
  }

  describe(single) {
    const since = (version, ...parts) => (this.field_version >= version ? parts : []);
    const column = (type, form, size, name, position) =>
      cat(
        [type, 1, 0, 0],
        num(size),
        num(0),
        num(0),
        num(0),
        num(0),
        num(form === 0 ? 0 : 873),
        [form],
        num(size),
        ...since(8, num(0)),
        [1, name.length],
        text(name),
        num(0),
        num(0),
        num(position),
        num(0),
        ...since(17, num(0), num(0)),
        ...since(20, num(0)),
        ...since(24, num(0), [0, 0]),
      );
    const number = column(2, 0, 22, 'ID', 1);
    const columns = single ? [column(1, 1, 6, 'DBTIMEZONE', 1)] : [number, column(1, 1, 4000, 'NAME', 2)];
    return cat(
      [16],
      sized('by hand: the cursor'),
      num(4022),
      num(columns.length),
      [1],
      ...columns,
      cat(num(7), sized([120, 126, 1, 2, 3, 4, 5])),
      num(0),
      num(0),
      num(0),
      num(0),
      num(0),
    );
  }

  rows(list) {
    if (list.length === 0) return Buffer.alloc(0);
    const header = cat([6, 0], num(2), num(0), num(1), num(0), num(0), num(0));
    return cat(header, ...list.map((row) => cat([7], ...row.map(value))));
  }
}

const value = (what) => (what === null ? [0] : typeof what === 'number' ? sized([193, what + 1]) : sized(what));
const ITEMS = [
  [1, 'secret one'],
  [2, 'ORA-00942: table or view does not exist\n'],
  [3, null],
];
const MANY = Array.from({ length: 7 }, (_, i) => [i + 1, `secret ${'long '.repeat(120)}`]);
export const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** What is known, by text. */
const STATEMENTS = new Map([
  ['SELECT DBTIMEZONE FROM DUAL', { rows: [['+00:00']], single: true }],
  ['SELECT id, name FROM items', { rows: ITEMS }],
  ['SELECT id, name FROM many_items', { rows: MANY, batch: 3 }],
  ['SELECT id, name FROM long_items', { rows: MANY }],
  ["SELECT id, name FROM items WHERE name = 'secret'", { rows: [] }],
  ['SELECT id, name FROM items WHERE id = :1', { rows: ITEMS.slice(0, 1) }],
  ['SELECT id FROM nowhere', { error: [942, 'table or view does not exist'] }],
  ['SELECT id FROM full_items', { error: [1652, 'unable to extend temp segment by 128 in tablespace TEMP'] }],
  ['UPDATE items SET name = :1 WHERE id < :2', { changed: 4 }],
  ["INSERT INTO items (name) VALUES ('secret')", { error: [1, 'unique constraint (SHOP.ITEMS_NAME) violated'] }],
  ['INSERT INTO items (id, name) VALUES (:1, :2)', { changed: 3 }],
  ['INSERT INTO strict_items (id) VALUES (:1)', { batch: [[1400, 1, 'ORA-01400: cannot insert NULL']] }],
  ["BEGIN raise_application_error(-20001, 'secret'); END;", { error: [20_001, "secret 'word'\nORA-06512: at line 1"] }],
  ['BEGIN :n := pay(:amount); END;', { out: 'done' }],
  ['DELETE FROM items', { changed: 300 }],
  ['CREATE TABLE more_items (id NUMBER)', {}],
  ['SELECT id FROM slow_items', { never: true }],
]);

/** Runs `client(port)` against the server; what went both ways, by connection. */
export async function serve(client, how = {}) {
  const connections = [];
  how.port = () => server.address().port;
  const server = createServer((socket) => {
    const pieces = [];
    connections.push(pieces);
    const session = new Session(socket, how);
    const write = socket.write.bind(socket);
    socket.write = (bytes, ...rest) => {
      pieces.push([1, Buffer.from(bytes).toString('base64')]);
      return write(bytes, ...rest);
    };
    const end = socket.end.bind(socket);
    socket.end = (bytes) => {
      if (bytes !== undefined) pieces.push([1, Buffer.from(bytes).toString('base64')]);
      end(bytes);
    };
    let unread = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      pieces.push([0, bytes.toString('base64')]);
      unread = cat(unread, bytes);
      while (unread.length >= 8) {
        const size = session.large ? unread.readUInt32BE(0) : unread.readUInt16BE(0);
        if (unread.length < size) break;
        const packet = unread.subarray(0, size);
        unread = unread.subarray(size);
        session.take(packet);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await client(String(server.address().port));
  server.close();
  return connections.filter((pieces) => pieces.length > 1);
}
