// Who held an address when. A tenant's possible time reaches from the earliest moment at which it can have got the address to the
// latest at which it can have given it back, widened by what clocks may differ; where the possible times of two tenants meet,
// neither is certain.
import type { Moment } from '../inventory.ts';

/** What clocks of hosts, API server and this server may differ, and the grain of Kubernetes' times. */
export const SLACK_US = 1_000_000;

/** What the API server says of a moment it has said by so long after it: a pod is at work before kubelet tells of its address. */
export const LAG_US = 2_000_000;

interface Stay {
  readonly uid: string;
  readonly begin: Moment;
  end: Moment | undefined;
}

export interface Tenant {
  readonly uid: string;
  /** Somebody else may have held it. */
  readonly doubtful: boolean;
  /** It held the address from here on for certain, and until there at the latest. */
  readonly certain_us: number;
  readonly ended_us: number;
}

export class Tenancy {
  /** In order of arrival; the last ones are the present tenants. */
  private stays: Stay[] = [];

  begin(uid: string, at: Moment): void {
    if (!this.stays.some((stay) => stay.uid === uid && stay.end === undefined))
      this.stays.push({ uid, begin: at, end: undefined });
  }

  end(uid: string, at: Moment): void {
    const stay = this.stays.findLast((s) => s.uid === uid && s.end === undefined);
    if (stay !== undefined) stay.end = at;
  }

  /** Whose it was during a call from `from_us` to `to_us`. */
  find(from_us: number, to_us: number): Tenant | undefined {
    let best: Stay | undefined;
    let doubtful = false;
    for (const stay of this.stays) {
      const ended_us = stay.end === undefined ? Number.POSITIVE_INFINITY : stay.end.to_us + SLACK_US;
      if (stay.begin.from_us - SLACK_US > to_us || ended_us < from_us) continue;
      if (best !== undefined && best.uid !== stay.uid) doubtful = true;
      // The newest that had begun; before any had, the oldest.
      if (best === undefined || stay.begin.to_us <= from_us) best = stay;
    }
    const ended_us = best?.end?.to_us ?? Number.POSITIVE_INFINITY;
    return best && { uid: best.uid, doubtful, certain_us: best.begin.to_us, ended_us };
  }

  /** Forgets stays that ended before; true when none is left. */
  forget(before_us: number): boolean {
    this.stays = this.stays.filter((stay) => stay.end === undefined || stay.end.to_us >= before_us);
    return this.stays.length === 0;
  }
}
