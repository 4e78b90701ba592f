// Ids of 64 bits, numbered as they are met: open addressing over two words each, so that a hundred thousand of them cost no objects.
const SLOTS_MIN = 1024;

export class Ids {
  private slots = new Int32Array(SLOTS_MIN).fill(-1);
  private words = new Uint32Array(SLOTS_MIN);
  size = 0;

  /** Number of the id, given by its words, low first. */
  number(low: number, high: number): number {
    let at = this.slot(low, high);
    const known = this.slots[at]!;
    if (known >= 0) return known;
    if (this.size * 2 >= this.slots.length) {
      this.grow();
      at = this.slot(low, high);
    }
    const number = this.size++;
    if (number * 2 + 1 >= this.words.length) {
      const words = new Uint32Array(this.words.length * 2);
      words.set(this.words);
      this.words = words;
    }
    this.slots[at] = number;
    this.words[number * 2] = low;
    this.words[number * 2 + 1] = high;
    return number;
  }

  /** Eight bytes each, little-endian, of the ids from..to. */
  bytes(from: number, to: number): Buffer {
    return Buffer.from(this.words.buffer, from * 8, (to - from) * 8);
  }

  /** Where the id is, or would be. Ids are hashes themselves. */
  private slot(low: number, high: number): number {
    const mask = this.slots.length - 1;
    let at = (low ^ high) & mask;
    for (let found = this.slots[at]!; found >= 0; found = this.slots[at]!) {
      if (this.words[found * 2] === low && this.words[found * 2 + 1] === high) return at;
      at = (at + 1) & mask;
    }
    return at;
  }

  private grow(): void {
    this.slots = new Int32Array(this.slots.length * 2).fill(-1);
    for (let i = 0; i < this.size; i++) this.slots[this.slot(this.words[i * 2]!, this.words[i * 2 + 1]!)] = i;
  }
}
