/** Text of an address; IPv6 in the short form of RFC 5952. */
export const address = (bytes: Uint8Array, family: number): string => {
  if (family === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  const runs = groups.map((_, i) => {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    return end - i;
  });
  const longest = Math.max(...runs);
  const text = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  if (longest < 2) return text(groups);
  const at = runs.indexOf(longest);
  return `${text(groups.slice(0, at))}::${text(groups.slice(at + longest))}`;
};
