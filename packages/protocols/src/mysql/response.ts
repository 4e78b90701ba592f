// Answers of the server, packet by packet. A result set is walked to its end; of its rows only the first byte is looked at.
import { u8, u16le, u32le } from '../bytes.ts';
import { MESSAGE_TYPE, new_message, STATUS } from '../protocol.ts';
import type { Answer } from './commands.ts';
import { read_error } from './error.ts';
import { Cursor, type PacketReader } from './packet.ts';

const OK = 0x00;
const MORE_DATA = 0x01;
const LOCAL_INFILE = 0xfb;
const END = 0xfe;
const ERROR = 0xff;
/** Code of an error packet that is a progress report (MariaDB, only between commands). */
const PROGRESS = 0xff_ff;
const MORE_RESULTS = 0x0008;
const CURSOR_EXISTS = 0x0040;
/** End marker before CLIENT_DEPRECATE_EOF: 0xfe, warnings, status; afterwards it is an OK packet, at least 7 bytes. */
const EOF_BYTES = 5;
/** Bytes of a payload that are waited for: an OK packet's numbers, an error's message; of rows the end marker. */
const WANTED = { head: 1024, rows: 32, rest: 32 } as const;

type Step = 'head' | 'columns' | 'rows' | 'parameters' | 'prepared' | 'infile';

export interface Prepared {
  id: number;
  parameters: number;
}

export class AnswerReader {
  #kind: Answer | undefined;
  #step: Step = 'head';
  #left = 0;
  #columns = 0;
  #old_ends = false;
  /** What is known of the answer so far. */
  message = new_message(MESSAGE_TYPE.response);
  prepared: Prepared | undefined;

  get wanted(): number {
    return this.#step === 'head' ? WANTED.head : this.#step === 'rows' ? WANTED.rows : WANTED.rest;
  }

  get begun(): boolean {
    return this.#kind !== undefined;
  }

  /** The server waits for the content of a file from the client. */
  get takes_file(): boolean {
    return this.#step === 'infile';
  }

  begin(kind: Answer): void {
    this.#kind = kind;
    this.#step = kind === 'fields' ? 'columns' : kind === 'rows' ? 'rows' : 'head';
    this.#left = Number.POSITIVE_INFINITY;
    this.prepared = undefined;
    this.message = new_message(MESSAGE_TYPE.response, STATUS.unknown);
    this.message.length = 0;
  }

  forget(): void {
    this.#kind = undefined;
    this.#step = 'head';
  }

  /** True when this packet was the answer's last. */
  packet(packet: PacketReader, bytes: Uint8Array, redact: boolean): boolean {
    const { start, stop, length } = packet;
    this.message.length! += length + 4;
    const first = stop > start ? u8(bytes, start) : 0;
    if (first === ERROR && length >= 3 && this.#kind !== 'text') {
      if (u16le(bytes, start + 1) === PROGRESS) return false;
      read_error(bytes, start + 1, stop, redact, this.message);
      return true;
    }
    if (this.message.response_status === STATUS.unknown) this.#hold();
    switch (this.#step) {
      case 'head':
        return this.#head(packet, bytes, first);
      case 'columns':
        return this.#column(packet, bytes, first);
      case 'rows':
        return this.#row(packet, bytes, first);
      case 'parameters':
      case 'prepared':
        return this.#definition(first, length);
      case 'infile':
        return this.#head(packet, bytes, first);
    }
  }

  /** Any packet that is no error, but those that only ask for more of a login, says that the command was accepted. */
  #hold(): void {
    if (this.#kind !== 'login') this.message.response_status = STATUS.ok;
  }

  #head(packet: PacketReader, bytes: Uint8Array, first: number): boolean {
    const { length } = packet;
    switch (this.#kind) {
      case 'text':
      case 'stream':
        return true;
      case 'login':
        // 0xfe asks for another method, 0x01 carries more of this one.
        if (first === OK) this.message.response_status = STATUS.ok;
        return first !== END && first !== MORE_DATA;
      case 'prepare':
        return first !== OK || length < 9 || this.#prepare(packet, bytes);
      default:
        if (first === OK && length >= 7) return this.#ok(packet, bytes);
        if (first === END && length === EOF_BYTES) return true;
        if (first === END) return this.#ok(packet, bytes);
        if (first === LOCAL_INFILE) {
          this.#step = 'infile';
          return false;
        }
        return this.#result_set(packet, bytes);
    }
  }

  /** OK packet: 0x00 or 0xfe, affected rows, last insert id, status. */
  #ok(packet: PacketReader, bytes: Uint8Array, counts = true): boolean {
    const cursor = new Cursor(bytes, packet.start + 1, packet.stop);
    const affected = cursor.lenenc();
    cursor.lenenc();
    const status = cursor.u16();
    if (counts && !cursor.cut) this.message.sql_affected_rows = (this.message.sql_affected_rows ?? 0) + affected;
    return this.#over(status);
  }

  #over(status: number): boolean {
    if ((status & MORE_RESULTS) === 0) return true;
    this.#step = 'head';
    return false;
  }

  #result_set(packet: PacketReader, bytes: Uint8Array): boolean {
    const cursor = new Cursor(bytes, packet.start, packet.stop);
    this.#left = cursor.lenenc();
    // MariaDB may add a byte: whether definitions follow or were sent before (MARIADB_CLIENT_CACHE_METADATA).
    const cached = packet.length === cursor.at - packet.start + 1 && cursor.u8() === 0;
    this.#step = cached || this.#left === 0 ? 'rows' : 'columns';
    this.#old_ends = false;
    return false;
  }

  #column(packet: PacketReader, bytes: Uint8Array, first: number): boolean {
    // A definition begins with the length of "def".
    if (first === END) return this.#kind === 'fields' || this.#row(packet, bytes, first);
    if (--this.#left <= 0) this.#step = 'rows';
    return false;
  }

  #row(packet: PacketReader, bytes: Uint8Array, first: number): boolean {
    // A row that begins with 0xfe has a first column of 16 MB or more, so its packet is a full one.
    if (first !== END || packet.length >= 0xff_ff_ff) return false;
    if (packet.length !== EOF_BYTES) return this.#ok(packet, bytes, false);
    const status = u16le(bytes, packet.start + 3);
    // The marker between definitions and rows; with a cursor the rows are fetched by later commands.
    if (this.#kind !== 'rows' && !this.#old_ends) {
      this.#old_ends = true;
      if ((status & CURSOR_EXISTS) === 0) return false;
    }
    return this.#over(status);
  }

  #prepare(packet: PacketReader, bytes: Uint8Array): boolean {
    const { start } = packet;
    this.#columns = u16le(bytes, start + 5);
    const parameters = u16le(bytes, start + 7);
    this.prepared = { id: u32le(bytes, start + 1), parameters };
    this.message.request_id = this.prepared.id;
    this.#left = parameters;
    this.#step = parameters > 0 ? 'parameters' : 'prepared';
    if (parameters === 0) this.#left = this.#columns;
    return this.#left === 0;
  }

  /** The end marker behind the last definitions, where there is one, is passed over as a stray packet. */
  #definition(first: number, length: number): boolean {
    if (first === END && length === EOF_BYTES) return false;
    if (--this.#left > 0) return false;
    if (this.#step === 'prepared' || this.#columns === 0) return true;
    this.#step = 'prepared';
    this.#left = this.#columns;
    return false;
  }
}
