// A lane: one session of the engine, which runs one statement after another, and the queue before it.
import type { Session } from 'chdb';
import { type Param, StoreError } from '../store.ts';
import { store_error } from './errors.ts';
import { check_params, set_params } from './params.ts';

export interface Answer {
  readonly bytes: Uint8Array;
  readonly rows_read: number;
  readonly bytes_read: number;
}
export type Params = Readonly<Record<string, Param>>;

/** Sessions that take jobs from one bounded queue. */
export class Lanes {
  private readonly idle: Session[];
  private readonly all: readonly Session[];
  private readonly waiting: { run: (session: Session) => void; cancel: (error: StoreError) => void }[] = [];
  private readonly waiting_max: number;
  private busy = 0;
  private drained: (() => void) | undefined;
  private closed = false;

  constructor(sessions: readonly Session[], waiting_max: number) {
    this.all = sessions;
    this.idle = [...sessions];
    this.waiting_max = waiting_max;
  }

  /** Runs `job` on a free session. 'busy' when too many wait, 'cancelled' when the signal fires before its turn. */
  async with_session<T>(job: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const session = await this.acquire(signal);
    try {
      return await job(session);
    } catch (error) {
      throw store_error(error);
    } finally {
      this.release(session);
    }
  }

  /** Refuses what waits, waits for what runs, closes the sessions. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (const { cancel } of this.waiting.splice(0)) cancel(closed_error());
    if (this.busy > 0) await new Promise<void>((resolve) => (this.drained = resolve));
    for (const session of this.all) session.close();
  }

  private acquire(signal?: AbortSignal): Promise<Session> {
    if (this.closed) return Promise.reject(closed_error());
    if (signal?.aborted === true) return Promise.reject(cancelled_error());
    const session = this.idle.pop();
    if (session !== undefined) {
      this.busy++;
      return Promise.resolve(session);
    }
    if (this.waiting.length >= this.waiting_max) {
      return Promise.reject(new StoreError('busy', `${this.waiting_max} statements wait already. Try again shortly.`));
    }
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        const at = this.waiting.indexOf(entry);
        if (at >= 0) this.waiting.splice(at, 1);
        reject(cancelled_error());
      };
      const entry = {
        run: (free: Session): void => {
          signal?.removeEventListener('abort', abort);
          this.busy++;
          resolve(free);
        },
        cancel: reject,
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.waiting.push(entry);
    });
  }

  private release(session: Session): void {
    this.busy--;
    const next = this.waiting.shift();
    if (next !== undefined) next.run(session);
    else this.idle.push(session);
    if (this.busy === 0) this.drained?.();
  }
}

export const cancelled_error = (): StoreError => new StoreError('cancelled', 'The statement was cancelled.');
export const closed_error = (): StoreError => new StoreError('closed', 'The store is closed.');

/** One statement on one session. */
export async function run(session: Session, sql: string, params: Params, format: string): Promise<Answer> {
  check_params(sql, params);
  const set = set_params(params);
  if (set !== undefined) await session.queryAsync(set, { format: 'Null' });
  try {
    const result = await session.queryAsync(sql, { format });
    return { bytes: result.bytes(), rows_read: result.rowsRead, bytes_read: result.bytesRead };
  } catch (error) {
    // A statement that failed has ended, but its session holds it, and what it had allocated, until the next one begins.
    await session.queryAsync('SELECT 1', { format: 'Null' }).catch(() => {});
    throw error;
  }
}
