// Documents as text: JSON with '?' in place of what is hidden, cut where the room ends.
import { Elements, TYPE } from './bson.ts';

const DEPTH_MAX = 16;
/** Bookkeeping that every command of a session carries. */
const LEFT_OUT = new Set(['lsid', '$clusterTime']);
/** Never shown: secrets of logins. */
const SECRET = new Set(['speculativeauthenticate', 'pwd', 'password', 'payload', 'nonce']);
/** Commands of which only names are shown, whatever the settings (the server's own logs leave the same out). */
const SECRET_COMMANDS = new Set([
  'authenticate',
  'saslstart',
  'saslcontinue',
  'copydbgetnonce',
  'copydbsaslstart',
  'getnonce',
  'createuser',
  'updateuser',
  'logapplicationmessage',
]);
/** Names, not values. */
const NAMES = new Set(['$db', 'collection', 'mechanism', 'ns']);

export function is_secret_command(command: string): boolean {
  return SECRET_COMMANDS.has(command.toLowerCase());
}

export class DocumentText {
  text = '';
  #room: number;
  readonly #redact: boolean;

  constructor(chars_max: number, redact: boolean) {
    this.#room = chars_max;
    this.#redact = redact;
  }

  get full(): boolean {
    return this.#room <= 0;
  }

  add(piece: string): void {
    if (this.#room <= 0) return;
    this.text += piece.length <= this.#room ? piece : piece.slice(0, this.#room);
    this.#room -= piece.length;
  }

  /** The elements of a command between braces that the caller writes. `first_is_name`: what it does, and to what. */
  command(elements: Elements, first_is_name: boolean): void {
    let secret = false;
    for (let n = 0; !this.full && elements.next(); n++) {
      const name = elements.name;
      if (n === 0) secret = first_is_name && is_secret_command(name);
      if (LEFT_OUT.has(name)) continue;
      if (n > 0) this.add(',');
      this.add(quoted(name));
      const shown = (n === 0 && first_is_name && !elements.nested) || NAMES.has(name);
      if (shown && !(secret && n === 0 && elements.type === TYPE.binary)) this.#value(elements, false, 0);
      else if (secret || SECRET.has(name.toLowerCase())) this.add('?');
      else this.#value(elements, this.#redact && elements.type !== TYPE.boolean, 0);
    }
  }

  document(bytes: Uint8Array, start: number, stop: number): void {
    this.#nested(new Elements(bytes, start, stop), false, this.#redact, 0);
  }

  #nested(elements: Elements, is_array: boolean, redact: boolean, depth: number): void {
    this.add(is_array ? '[' : '{');
    for (let n = 0; !this.full && elements.next(); n++) {
      if (n > 0) this.add(',');
      const name = is_array ? '' : elements.name;
      if (!is_array) this.add(quoted(name));
      if (SECRET.has(name.toLowerCase())) this.add('?');
      else this.#value(elements, redact, depth + 1);
    }
    this.add(is_array ? ']' : '}');
  }

  #value(elements: Elements, redact: boolean, depth: number): void {
    if (!elements.nested) {
      this.add(redact ? '?' : scalar(elements, this.#room));
    } else if (depth >= DEPTH_MAX) {
      this.add('?');
    } else {
      const { bytes, value, value_end, stop, type } = elements;
      this.#nested(new Elements(bytes, value, Math.min(value_end, stop)), type === TYPE.array, redact, depth);
    }
  }
}

// Names of fields come again and again; quoting them is what costs.
const QUOTED_MAX = 2048;
const QUOTED_CHARACTERS_MAX = 64;
const quoted_names = new Map<string, string>();

function quoted(name: string): string {
  const known = quoted_names.get(name);
  if (known !== undefined) return known;
  const text = `${JSON.stringify(name)}:`;
  if (quoted_names.size < QUOTED_MAX && name.length <= QUOTED_CHARACTERS_MAX) quoted_names.set(name, text);
  return text;
}

function scalar(elements: Elements, chars_max: number): string {
  const { bytes, type, value, value_end } = elements;
  switch (type) {
    case TYPE.boolean:
      return elements.number() === 0 ? 'false' : 'true';
    case TYPE.null:
    case TYPE.undefined:
      return 'null';
    case TYPE.string:
    case TYPE.symbol:
      return JSON.stringify(elements.text(Math.max(1, chars_max)));
    case TYPE.int32:
    case TYPE.int64:
    case TYPE.double:
      return String(elements.number());
    case TYPE.object_id:
      return `ObjectId("${Buffer.from(bytes.subarray(value, value_end)).toString('hex')}")`;
    case TYPE.date:
      return `Date(${new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigInt64(value, true)})`;
    case TYPE.binary:
      return `Binary(${value_end - value - 5})`;
    default:
      return '?';
  }
}
