// Timers by the second: add is an array push, a turn costs what is due. An entry fires once, up to a second late.

const SLOTS = 512;

export class Wheel<T> {
  private readonly slots: T[][] = Array.from({ length: SLOTS }, () => []);
  /** Second up to which everything was fired. */
  private at: number | undefined;

  /** Fires at `second`, or after SLOTS - 2 seconds when that is further away: who is called then adds itself again. */
  add(item: T, second: number, now_second: number): void {
    this.at ??= now_second;
    const due = Math.min(Math.max(second, this.at + 1), this.at + SLOTS - 2);
    this.slots[due % SLOTS]!.push(item);
  }

  turn(now_second: number, fire: (item: T) => void): void {
    this.at ??= now_second;
    // After a long pause one round visits every slot.
    if (now_second - this.at > SLOTS) this.at = now_second - SLOTS;
    while (this.at < now_second) {
      this.at++;
      const slot = this.slots[this.at % SLOTS]!;
      if (slot.length === 0) continue;
      this.slots[this.at % SLOTS] = [];
      for (const item of slot) fire(item);
    }
  }
}
