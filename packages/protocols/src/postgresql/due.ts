// What the server will answer, in order.

/** `row`: its answer ends a row's. */
export interface Due {
  kind: 'parse' | 'bind' | 'describe' | 'execute' | 'close' | 'sync' | 'query' | 'function';
  row: boolean;
  /** The row's answer was told already, or came before it was known to be a row's; `held`: with success. */
  told: boolean;
  held: boolean;
}

/** Messages sent ahead of their answers; further ones are not waited for. */
const DUE_MAX = 16_384;

/** Answered by ReadyForQuery, as the end of a group. */
export function ends_group(kind: Due['kind']): boolean {
  return kind === 'sync' || kind === 'query' || kind === 'function';
}

export class Dues {
  readonly list: Due[] = [];

  push(kind: Due['kind']): Due {
    const due: Due = { kind, row: false, told: false, held: false };
    if (this.list.length < DUE_MAX) this.list.push(due);
    return due;
  }

  shift(): Due | undefined {
    return this.list.shift();
  }

  /** Takes out the first `count`. */
  take(count: number): Due[] {
    return this.list.splice(0, count);
  }
}
