// As much of Protocol Buffers' encoding as one question to a runtime takes (protobuf.dev, "Encoding"). What is malformed ends the message.

/** Length-delimited field of a message; undefined = it is not there. The last one counts. */
export function field_of(bytes: Uint8Array, wanted: number): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    const tag = varint();
    const type = tag % 8;
    if (type === 0) varint();
    else if (type === 1) at += 8;
    else if (type === 5) at += 4;
    else if (type === 2) {
      const length = varint();
      if (!(at + length <= bytes.length)) return found;
      if (Math.floor(tag / 8) === wanted) found = bytes.subarray(at, at + length);
      at += length;
    } else return found;
  }
  return found;
}

/** A message with one text in it; the field's number is below 16. */
export function text_message(field: number, text: string): Buffer {
  const value = Buffer.from(text);
  const length: number[] = [];
  for (let rest = value.length; ; rest >>>= 7) {
    length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) break;
  }
  return Buffer.concat([Buffer.from([field * 8 + 2, ...length]), value]);
}
