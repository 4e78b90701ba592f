// Call frame instructions (DWARF 5 section 6.4.2, with GNU's additions): the rule at each address of a function.
import type { Cursor } from './cursor.ts';
import { CFA, RBP, rule } from './rule.ts';

/** Numbers of registers in the x86-64 ABI, section 3.6.2. */
const REGISTER = { rax: 0, rbp: 6, rsp: 7, r10: 10, return_address: 16 } as const;
const CFA_OF_REGISTER: Readonly<Record<number, number>> = {
  [REGISTER.rsp]: CFA.rsp,
  [REGISTER.rbp]: CFA.rbp,
  [REGISTER.r10]: CFA.r10,
  [REGISTER.rax]: CFA.rax,
};
const REMEMBERED_MAX = 64;
const EXPRESSION_BYTES_MAX = 32;
// DWARF 5 section 7.7.1
const OP = { deref: 0x06, lit0: 0x30, breg6: 0x76, breg7: 0x77 } as const;
/** Of the saved rsp in the frame of a signal (asm/sigcontext.h, ucontext at rsp). */
const SIGNAL_RSP_OFFSET = 160;

export interface State {
  /** Register of the CFA; -1 = `cfa` is what an expression says. */
  register: number;
  offset: number;
  cfa: number;
  rbp: number;
  rbp_below: number;
  /** The return address is saved at CFA - 8; undefined = the outermost frame. */
  return_address: 'saved' | 'none' | 'elsewhere';
}
export const initial_state = (): State => ({
  register: REGISTER.rsp,
  offset: 8,
  cfa: CFA.unknown,
  rbp: RBP.same,
  rbp_below: 0,
  return_address: 'saved',
});

export function rule_of(state: State): number {
  if (state.return_address === 'none') return CFA.end;
  const cfa = state.register < 0 ? state.cfa : (CFA_OF_REGISTER[state.register] ?? CFA.unknown);
  if (cfa === CFA.signal) return CFA.signal;
  if (cfa === CFA.unknown || state.return_address === 'elsewhere') return CFA.unknown;
  return rule(cfa, state.offset, state.rbp, state.rbp_below);
}

export interface Factors {
  readonly code: number;
  readonly data: number;
  /** Encoding of addresses, and address of the cursor's byte 0: for DW_CFA_set_loc. */
  readonly encoding: number;
  readonly here: number;
}

/**
 * Runs instructions up to the cursor's end. `on_row` is told the rule that holds from `address` on, as soon as the next address is
 * known. `initial` is what DW_CFA_restore goes back to.
 */
export function run_cfa(
  cursor: Cursor,
  factors: Factors,
  state: State,
  initial: State,
  address: number,
  on_row: (address: number, rule: number) => void,
): void {
  const remembered: State[] = [];
  let at = address;
  const advance = (to: number): void => {
    on_row(at, rule_of(state));
    at = to;
  };
  while (!cursor.done) {
    const op = cursor.u8();
    const low = op & 63;
    if (op >> 6 === 1) advance(at + low * factors.code);
    else if (op >> 6 === 2) saved(state, low, cursor.uleb() * factors.data);
    else if (op >> 6 === 3) restore(state, low, initial);
    else if (op === 0x01) advance(cursor.pointer(factors.encoding, factors.here, 0));
    else if (op === 0x02) advance(at + cursor.u8() * factors.code);
    else if (op === 0x03) advance(at + cursor.u16() * factors.code);
    else if (op === 0x04) advance(at + cursor.u32() * factors.code);
    else if (op === 0x0a) {
      if (remembered.length < REMEMBERED_MAX) remembered.push({ ...state });
    } else if (op === 0x0b) Object.assign(state, remembered.pop() ?? initial);
    else instruction(op, cursor, factors, state, initial);
  }
  on_row(at, rule_of(state));
}

/** Instructions that only change registers. */
function instruction(op: number, cursor: Cursor, factors: Factors, state: State, initial: State): void {
  switch (op) {
    case 0x00: // nop
      return;
    case 0x05: // offset_extended
      saved(state, cursor.uleb(), cursor.uleb() * factors.data);
      return;
    case 0x06: // restore_extended
      restore(state, cursor.uleb(), initial);
      return;
    case 0x07: // undefined
      elsewhere(state, cursor.uleb(), 'none');
      return;
    case 0x08: // same_value
      restore(state, cursor.uleb(), initial_state());
      return;
    case 0x09: // register
      elsewhere(state, cursor.uleb(), 'elsewhere');
      cursor.uleb();
      return;
    case 0x0c: // def_cfa
      state.register = cursor.uleb();
      state.offset = cursor.uleb();
      return;
    case 0x0d: // def_cfa_register
      state.register = cursor.uleb();
      return;
    case 0x0e: // def_cfa_offset
      state.offset = cursor.uleb();
      return;
    case 0x0f:
      cfa_expression(state, expression(cursor));
      return;
    case 0x10:
      saved_expression(state, cursor.uleb(), expression(cursor));
      return;
    case 0x11: // offset_extended_sf
      saved(state, cursor.uleb(), cursor.sleb() * factors.data);
      return;
    case 0x12: // def_cfa_sf
      state.register = cursor.uleb();
      state.offset = cursor.sleb() * factors.data;
      return;
    case 0x13: // def_cfa_offset_sf
      state.offset = cursor.sleb() * factors.data;
      return;
    case 0x14: // val_offset
      elsewhere(state, cursor.uleb(), 'elsewhere');
      cursor.uleb();
      return;
    case 0x15: // val_offset_sf
      elsewhere(state, cursor.uleb(), 'elsewhere');
      cursor.sleb();
      return;
    case 0x16: // val_expression
      elsewhere(state, cursor.uleb(), 'elsewhere');
      expression(cursor);
      return;
    case 0x2e: // GNU_args_size
      cursor.uleb();
      return;
    case 0x2f: // GNU_negative_offset_extended
      saved(state, cursor.uleb(), -cursor.uleb() * factors.data);
      return;
    default:
      cursor.failed = true;
  }
}

function saved(state: State, register: number, at: number): void {
  if (register === REGISTER.rbp) {
    state.rbp = RBP.saved;
    state.rbp_below = -at;
  } else if (register === REGISTER.return_address) {
    state.return_address = at === -8 ? 'saved' : 'elsewhere';
  }
}

function restore(state: State, register: number, from: State): void {
  if (register === REGISTER.rbp) {
    state.rbp = from.rbp;
    state.rbp_below = from.rbp_below;
  } else if (register === REGISTER.return_address) {
    state.return_address = from.return_address;
  }
}

/** A return address that is undefined ends the stack. rbp keeps its value: only callers by frame pointer would mind. */
function elsewhere(state: State, register: number, how: 'none' | 'elsewhere'): void {
  if (register === REGISTER.return_address) state.return_address = how;
}

/** An expression's bytes as numbers, at most EXPRESSION_BYTES_MAX of them. */
function expression(cursor: Cursor): number[] {
  const length = cursor.uleb();
  if (length > EXPRESSION_BYTES_MAX) {
    cursor.skip(length);
    return [];
  }
  return Array.from({ length }, () => cursor.u8());
}

/** `op` with a signed number of one or two bytes behind it; undefined when it is something else. */
function based(bytes: readonly number[], op: number): { offset: number; rest: readonly number[] } | undefined {
  const [first, low = 0, high = 0] = bytes;
  if (first !== op) return undefined;
  if (low < 128) return { offset: (low << 25) >> 25, rest: bytes.slice(2) };
  return high < 128 ? { offset: (((low & 127) | (high << 7)) << 18) >> 18, rest: bytes.slice(3) } : undefined;
}

/** The forms that compilers, linkers and the C library write. */
function cfa_expression(state: State, bytes: readonly number[]): void {
  state.register = -1;
  state.cfa = CFA.unknown;
  const of_rbp = based(bytes, OP.breg6);
  const of_rsp = based(bytes, OP.breg7);
  if (of_rbp?.rest.length === 1 && of_rbp.rest[0] === OP.deref) {
    state.cfa = CFA.at_rbp;
    state.offset = -of_rbp.offset;
  } else if (of_rsp?.offset === SIGNAL_RSP_OFFSET && of_rsp.rest.length === 1 && of_rsp.rest[0] === OP.deref) {
    state.cfa = CFA.signal;
  } else if (of_rsp?.offset === 8) {
    const step = plt_step(of_rsp.rest);
    if (step < 0) return;
    state.cfa = CFA.plt;
    state.offset = step * 8;
  }
}

/** breg16 0, lit15, and, lit N, ge, lit3, shl, plus: N is where in its 16 bytes an entry has pushed something. */
function plt_step(rest: readonly number[]): number {
  const step = (rest[4] ?? 0) - OP.lit0;
  const form = [0x80, 0, 0x3f, 0x1a, OP.lit0 + step, 0x2a, 0x33, 0x24, 0x22];
  return step >= 0 && step < 16 && rest.length === form.length && form.every((byte, i) => rest[i] === byte) ? step : -1;
}

/** Frames that are aligned by force keep rbp relative to the new rbp. */
function saved_expression(state: State, register: number, bytes: readonly number[]): void {
  const of_rbp = based(bytes, OP.breg6);
  if (register === REGISTER.rbp && of_rbp?.rest.length === 0) {
    state.rbp = RBP.at_rbp;
    state.rbp_below = -of_rbp.offset;
  } else {
    elsewhere(state, register, 'elsewhere');
  }
}
