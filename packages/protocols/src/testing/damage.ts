// What can happen to bytes on their way: changed, cut, left out, doubled, swapped, taken from elsewhere, captured in part.
import type { Direction } from '../protocol.ts';
import type { Random } from './random.ts';

/** What one event carries; `lost`: no event came, and the length is known or not. */
export interface FuzzPiece {
  direction: Direction;
  bytes: Uint8Array;
  true_length?: number;
  lost?: 'known' | 'unknown';
}

function edited(piece: FuzzPiece, bytes: Uint8Array): FuzzPiece {
  return { direction: piece.direction, bytes };
}

function change_bytes(piece: FuzzPiece, random: Random): FuzzPiece {
  const bytes = piece.bytes.slice();
  for (let n = 1 + random.below(3); n > 0; n--) {
    const at = random.below(bytes.length);
    // Values at the edges of length fields are the interesting ones.
    const values = [random.below(256), 0, 0xff, 0x7f, 0x80, 10, 13, 48 + random.below(10), (bytes[at] ?? 0) ^ 1];
    if (at < bytes.length) bytes[at] = random.pick(values);
  }
  return edited(piece, bytes);
}

function cut_out(piece: FuzzPiece, random: Random): FuzzPiece {
  const from = random.below(piece.bytes.length);
  const to = Math.min(piece.bytes.length, from + 1 + random.below(16));
  return edited(piece, Uint8Array.from([...piece.bytes.subarray(0, from), ...piece.bytes.subarray(to)]));
}

function put_in(piece: FuzzPiece, random: Random): FuzzPiece {
  const at = random.below(piece.bytes.length + 1);
  const added = Array.from({ length: 1 + random.below(16) }, () => random.below(256));
  return edited(piece, Uint8Array.from([...piece.bytes.subarray(0, at), ...added, ...piece.bytes.subarray(at)]));
}

function hole(piece: FuzzPiece, random: Random): FuzzPiece {
  const captured = random.below(piece.bytes.length + 1);
  return {
    direction: piece.direction,
    bytes: piece.bytes.subarray(0, captured),
    true_length: piece.bytes.length + (random.chance(10) ? random.below(100_000) : 0),
  };
}

function lose(piece: FuzzPiece, random: Random): FuzzPiece {
  return { direction: piece.direction, bytes: piece.bytes, lost: random.chance(50) ? 'known' : 'unknown' };
}

const PIECE_DAMAGES = [change_bytes, change_bytes, cut_out, put_in, hole, lose];

/** One damage somewhere in `pieces`; `others` is where foreign bytes come from. */
export function damage(pieces: readonly FuzzPiece[], others: readonly FuzzPiece[], random: Random): FuzzPiece[] {
  const out = pieces.slice();
  const at = random.below(out.length);
  const piece = out[at];
  if (piece === undefined) return out;
  const kind = random.below(PIECE_DAMAGES.length + 4);
  if (kind < PIECE_DAMAGES.length) out[at] = PIECE_DAMAGES[kind]!(piece, random);
  else if (kind === PIECE_DAMAGES.length) out.splice(at, 1);
  else if (kind === PIECE_DAMAGES.length + 1) out.splice(at, 0, piece);
  else if (kind === PIECE_DAMAGES.length + 2) out.splice(at, 2, ...out.slice(at, at + 2).reverse());
  else {
    const foreign = random.pick(others).bytes;
    const from = random.below(foreign.length);
    const keep = piece.bytes.subarray(0, random.below(piece.bytes.length));
    out[at] = edited(piece, Uint8Array.from([...keep, ...foreign.subarray(from, from + 1 + random.below(200))]));
  }
  return out;
}

/** Inference asks for a longer prefix three times, not for ever. */
const SPLITS_MAX = 3;

/** The same bytes in other pieces: some split, neighbours of one direction perhaps joined. Holes stay where they are. */
export function resplit(pieces: readonly FuzzPiece[], random: Random): FuzzPiece[] {
  const out: FuzzPiece[] = [];
  for (const piece of pieces) {
    const last = out.at(-1);
    const whole = piece.true_length === undefined && piece.lost === undefined;
    const joinable = last?.true_length === undefined && last?.lost === undefined;
    if (whole && joinable && last?.direction === piece.direction && random.chance(30)) {
      out[out.length - 1] = edited(piece, Uint8Array.from([...last.bytes, ...piece.bytes]));
      continue;
    }
    let from = 0;
    for (let splits = 0; splits < SPLITS_MAX && whole && from < piece.bytes.length && random.chance(60); splits++) {
      const to = from + 1 + random.below(piece.bytes.length - from);
      out.push(edited(piece, piece.bytes.subarray(from, to)));
      from = to;
    }
    if (from < piece.bytes.length || piece.true_length !== undefined) {
      out.push(from === 0 ? piece : edited(piece, piece.bytes.subarray(from)));
    }
  }
  return out;
}
