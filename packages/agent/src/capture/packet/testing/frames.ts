// Capture files made by hand for tests; tshark reads them alike (file-capture.test.ts checks that).
export interface TcpPiece {
  from_client: boolean;
  seq: number;
  ack?: number;
  flags?: string;
  payload?: string;
}

const FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16 };
export const CLIENT = { address: [10, 0, 0, 1], port: 40_000 };
export const SERVER = { address: [10, 0, 0, 2], port: 8080 };

const u16 = (v: number): number[] => [(v >> 8) & 255, v & 255];
const u32 = (v: number): number[] => [...u16(v >>> 16), ...u16(v & 0xffff)];

export const ipv4 = (
  transport: number,
  source: number[],
  target: number[],
  payload: number[],
  fragment = 0,
): number[] => [
  0x45,
  0,
  ...u16(20 + payload.length),
  0,
  1,
  ...u16(fragment),
  64,
  transport,
  0,
  0,
  ...source,
  ...target,
  ...payload,
];
export const ipv6 = (next: number, payload: number[]): number[] => {
  const address = (last: number): number[] => [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
  return [0x60, 0, 0, 0, ...u16(payload.length), next, 64, ...address(1), ...address(2), ...payload];
};
export const udp = (source: number, target: number, payload: string): number[] => {
  const body = [...Buffer.from(payload)];
  return [...u16(source), ...u16(target), ...u16(8 + body.length), 0, 0, ...body];
};
export const tcp_header = (piece: TcpPiece): number[] => {
  const [source, target] = piece.from_client ? [CLIENT.port, SERVER.port] : [SERVER.port, CLIENT.port];
  const flags = [...(piece.flags ?? 'A')].reduce((sum, letter) => sum | (FLAGS[letter] ?? 0), 0);
  const head = [...u16(source), ...u16(target), ...u32(piece.seq), ...u32(piece.ack ?? 0), 0x50, flags];
  return [...head, 0xff, 0xff, 0, 0, 0, 0, ...Buffer.from(piece.payload ?? '')];
};
export const tcp = (piece: TcpPiece): number[] => {
  const [source, target] = piece.from_client ? [CLIENT, SERVER] : [SERVER, CLIENT];
  return ipv4(6, source.address, target.address, tcp_header(piece));
};
export const ethernet = (ip: number[], vlans = 0): number[] => {
  const tags = Array.from({ length: vlans }, () => [0x81, 0, 0, 7]).flat();
  return [...Array(12).fill(2), ...tags, ...((ip[0] ?? 0) >> 4 === 4 ? [8, 0] : [0x86, 0xdd]), ...ip];
};

const put = (view: DataView, little: boolean) => (at: number, value: number) => view.setUint32(at, value, little);

/** A classic capture file; packet i has moment i ms after second 1,000. */
export const pcap = (
  frames: number[][],
  options: { magic?: number; little?: boolean; link?: number; snap?: number } = {},
): Buffer => {
  const { magic = 0xa1b2c3d4, little = true, link = 1, snap = 65_535 } = options;
  const header_bytes = magic === 0xa1b2cd34 ? 24 : 16;
  const parts: Buffer[] = [];
  const head = Buffer.alloc(24);
  const at_head = put(new DataView(head.buffer, head.byteOffset), little);
  at_head(0, magic);
  new DataView(head.buffer, head.byteOffset).setUint16(4, 2, little);
  new DataView(head.buffer, head.byteOffset).setUint16(6, 4, little);
  at_head(16, snap);
  at_head(20, link);
  parts.push(head);
  frames.forEach((frame, i) => {
    const record = Buffer.alloc(header_bytes);
    const set = put(new DataView(record.buffer, record.byteOffset), little);
    set(0, 1000);
    set(4, i * (magic === 0xa1b23c4d ? 1_000_000 : 1000));
    set(8, Math.min(frame.length, snap));
    set(12, frame.length);
    parts.push(record, Buffer.from(frame.slice(0, snap)));
  });
  return Buffer.concat(parts);
};

const block = (type: number, body: Buffer, little: boolean): Buffer => {
  const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
  const out = Buffer.alloc(padded.length + 12);
  const set = put(new DataView(out.buffer, out.byteOffset), little);
  set(0, type);
  set(4, out.length);
  padded.copy(out, 8);
  set(out.length - 4, out.length);
  return out;
};

/** pcapng with nanosecond timestamps, one interface, an unknown block between. */
export const pcapng = (frames: number[][], little = true): Buffer => {
  const words = (values: number[]): Buffer => {
    const out = Buffer.alloc(values.length * 4);
    const set = put(new DataView(out.buffer, out.byteOffset), little);
    values.forEach((value, i) => {
      set(i * 4, value);
    });
    return out;
  };
  const half = (a: number, b: number): number => (little ? a | (b << 16) : (a << 16) | b);
  const section = block(0x0a0d0d0a, words([0x1a2b3c4d, half(1, 0), 0xffffffff, 0xffffffff]), little);
  // if_tsresol (9) of one byte: 9 = nanoseconds; then end of options.
  const tsresol = Buffer.from([9, 0, 0, 0]);
  const interface_block = block(1, Buffer.concat([words([half(1, 0), 0, half(9, 1)]), tsresol, words([0])]), little);
  const packets = frames.map((frame, i) => {
    const ticks = 1000n * 1_000_000_000n + BigInt(i) * 1_000_000n;
    const head = words([0, Number(ticks >> 32n), Number(ticks & 0xffffffffn), frame.length, frame.length]);
    return block(6, Buffer.concat([head, Buffer.from(frame)]), little);
  });
  return Buffer.concat([section, interface_block, block(0x0bad, words([1]), little), ...packets]);
};
