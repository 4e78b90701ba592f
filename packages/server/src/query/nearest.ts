// "Did you mean ...?": the known name with the smallest edit distance.

/** Optimal string alignment distance (insert, delete, replace, swap of neighbours), given up above `max`. */
export function edit_distance(a: string, b: string, max: number): number {
  if (Math.abs(a.length - b.length) > max) return max + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let d = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, before[j - 2]! + 1);
      row.push(d);
      if (d < least) least = d;
    }
    if (least > max) return max + 1;
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/** The nearest of `known` within a third of the name's length, at least two edits; undefined if none is near. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase().slice(0, 128);
  let max = Math.max(2, Math.floor(wanted.length / 3));
  let best: string | undefined;
  for (const candidate of known) {
    const d = edit_distance(wanted, candidate.toLowerCase(), max);
    if (d > max || (d === max && best !== undefined)) continue;
    best = candidate;
    max = d;
    if (d === 0) break;
  }
  return best;
}

/** ' Did you mean `x`?' or ''. */
export function hint(name: string, known: Iterable<string>): string {
  const near = nearest(name, known);
  return near === undefined ? '' : ` Did you mean \`${near}\`?`;
}
