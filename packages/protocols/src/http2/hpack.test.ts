// Vectors printed in RFC 7541 appendix C, and every octet through Node's own encoder (real.test.ts).
import { describe, expect, it } from 'vitest';
import { HpackDecoder, SLOT_UNKNOWN } from './hpack.ts';
import { kraft_sum } from './huffman.ts';
import { STATIC_TABLE } from './static-table.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'));

/** Wants everything: slots are handed out as names come. */
class All {
  names: string[] = [];
  got: string[] = [];
  static_slots = STATIC_TABLE.map(([name]) => this.slot_of(name));
  slot_of(name: string): number {
    const known = this.names.indexOf(name);
    return known >= 0 ? known : this.names.push(name) - 1;
  }
  put(slot: number, value: string | undefined): void {
    this.got.push(slot === SLOT_UNKNOWN ? '?' : `${this.names[slot]}: ${value}`);
  }
}

function decoder() {
  const sink = new All();
  const hpack = new HpackDecoder(sink, sink.static_slots);
  return {
    hpack,
    read(text: string): string[] {
      const bytes = hex(text);
      sink.got = [];
      expect(hpack.decode(bytes, 0, bytes.length)).toBe('ok');
      return sink.got;
    },
    result(text: string) {
      const bytes = hex(text);
      return hpack.decode(bytes, 0, bytes.length);
    },
  };
}

const PLAIN = [
  '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
  '8286 84be 5808 6e6f 2d63 6163 6865',
  '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
];
const HUFFMAN = [
  '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
  '8286 84be 5886 a8eb 1064 9cbf',
  '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
];
const REQUESTS = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [
    ...[':method: GET', ':scheme: https', ':path: /index.html', ':authority: www.example.com'],
    'custom-key: custom-value',
  ],
];
// C.6, preceded by the update that sets the table's size to 256.
const RESPONSES = [
  `3fe101 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718
   63c7 8f0b 97c8 e9ae 82ae 43d3`,
  '4883 640e ffc1 c0bf',
  `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf
   cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
];
const DATES = ['date: Mon, 21 Oct 2013 20:13:21 GMT', 'date: Mon, 21 Oct 2013 20:13:22 GMT'];
const LOCATION = 'location: https://www.example.com';

describe('RFC 7541 appendix C', () => {
  it('C.3 and C.4: requests, plain and Huffman', () => {
    for (const blocks of [PLAIN, HUFFMAN]) {
      const { read } = decoder();
      expect(blocks.map(read)).toEqual(REQUESTS);
    }
  });

  it('C.6: responses with evictions', () => {
    const { read } = decoder();
    expect(RESPONSES.map(read)).toEqual([
      [':status: 302', 'cache-control: private', DATES[0], LOCATION],
      [':status: 307', 'cache-control: private', DATES[0], LOCATION],
      [
        ...[':status: 200', 'cache-control: private', DATES[1], LOCATION, 'content-encoding: gzip'],
        'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
      ],
    ]);
  });

  it('has a complete Huffman code', () => {
    expect(kraft_sum).toBe(1);
  });
});

describe('an observer that came late', () => {
  it('knows entries inserted since, and nothing of older ones', () => {
    const { hpack, read } = decoder();
    hpack.forget();
    // 63 would be an entry behind the one that is inserted here.
    expect(read(`${HUFFMAN[0]}`)).toEqual(REQUESTS[0]);
    expect(read('82be bf c0')).toEqual([':method: GET', ':authority: www.example.com', '?', '?']);
  });

  it('keeps an entry whose name is unknown', () => {
    const { hpack, read } = decoder();
    hpack.forget();
    expect(read('7f01 0161')).toEqual(['?']);
    expect(read('be')).toEqual(['?']);
  });
});

describe('what is no header block', () => {
  it.each([
    ['80', 'bad'],
    ['be', 'bad'],
    ['7f', 'cut'],
    ['410f7777', 'cut'],
    ['4185ffffffffff', 'bad'],
    ['7fffffffffff', 'bad'],
    ['418100', 'bad'],
  ])('%s is %s', (text, result) => {
    expect(decoder().result(text)).toBe(result);
  });
});
