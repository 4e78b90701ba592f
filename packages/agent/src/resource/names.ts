// Names of addresses as DNS answers taught them.

const NAMES_MAX = 16_384;
/** A connection outlives its answer: names are kept at least this long. */
const KEPT_NS_MIN = 600e9;

export class Names {
  private readonly by_address = new Map<string, { name: string; until_ns: number }>();

  learn(address: string, name: string, ttl_s: number, now_ns: number): void {
    this.by_address.delete(address);
    if (this.by_address.size >= NAMES_MAX) {
      for (const oldest of this.by_address.keys()) {
        this.by_address.delete(oldest);
        break;
      }
    }
    this.by_address.set(address, { name, until_ns: now_ns + Math.max(KEPT_NS_MIN, ttl_s * 1e9) });
  }

  /** The name last given for the address; '' when none or too old. */
  name(address: string, now_ns: number): string {
    const found = this.by_address.get(address);
    return found === undefined || found.until_ns < now_ns ? '' : found.name;
  }
}
