import { describe, expect, it } from 'vitest';
import { card as http_card } from './http1/card.ts';
import { PROTOCOLS, protocol_list } from './index.ts';
import { MESSAGE_TYPE, NO_GUESS, type Protocol, type Stream, TO_CLIENT, TO_SERVER } from './index.ts';
import { piece, play } from './testing/play.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: h\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

/** A protocol of one-byte messages: 'q' asks, 'r' answers; everything else is refused. */
function letters(score: 0 | 1 | 2, name: string, port_hints: number[] = []): Protocol {
  return {
    card: { ...http_card, name, port_hints },
    infer: (bytes, start) => (bytes[start] === 113 || bytes[start] === 114 ? { score, says: 'either' } : NO_GUESS),
    open: () => ({
      parse(stream: Stream, direction, emit) {
        while (stream.pos < stream.end) {
          const byte = stream.bytes[stream.pos];
          if (byte !== 113 && byte !== 114) return 'not_mine';
          stream.mark();
          stream.advance(1);
          emit({ type: direction === TO_SERVER ? MESSAGE_TYPE.request : MESSAGE_TYPE.response });
        }
        return stream.hole > 0 ? 'lost' : 'more';
      },
    }),
  };
}

describe('claiming', () => {
  it('needs a second reason for a mere possibility: the other direction, or the port', () => {
    const vague = [letters(1, 'vague', [7777])];
    expect(play(vague, [piece(TO_SERVER, 'q')]).conversation.state).toBe('unclaimed');
    expect(play(vague, [piece(TO_SERVER, 'q')], {}, { server_port: 7777 }).messages).toHaveLength(1);
    const { messages } = play(vague, [piece(TO_SERVER, 'q'), piece(TO_CLIENT, 'r')]);
    expect(messages.map((m) => [m.type, m.begin_ns])).toEqual([
      [0, 1000],
      [1, 2000],
    ]);
  });

  it('takes the better guess, and the port only between equals', () => {
    const claims = (protocols: Protocol[], server_port = 0) =>
      play(protocols, [piece(TO_SERVER, 'q'), piece(TO_CLIENT, 'r')], {}, { server_port }).conversation.protocol?.card
        .name;
    expect(claims([letters(1, 'a', [7777]), letters(2, 'b')], 7777)).toBe('b');
    expect(claims([letters(2, 'a'), letters(2, 'b', [7777])], 7777)).toBe('b');
    expect(claims([letters(2, 'a'), letters(2, 'b', [7777])])).toBe('a');
  });

  it('remembers what a message in pieces was given, although its last piece alone means nothing', () => {
    // A first byte and the rest: a possibility only as a whole, so the other direction must decide.
    const halves: Protocol = {
      ...letters(0, 'halves'),
      infer: (bytes, start, end) =>
        end - start === 2 && bytes[start] === 113 ? { score: 1, says: 'either' } : { ...NO_GUESS, more: true },
    };
    const pieces = [piece(TO_SERVER, 'q'), piece(TO_SERVER, 'r'), piece(TO_CLIENT, 'qr')];
    expect(play([halves], pieces).conversation.state).toBe('claimed');
  });

  it('obeys a prescription, and gives it up like any other claim', () => {
    const [blind] = [letters(0, 'blind')];
    const pieces = [piece(TO_SERVER, 'q'), piece(TO_SERVER, 'x'), piece(TO_SERVER, 'x'), piece(TO_SERVER, 'x')];
    const { messages, conversation } = play([blind!], pieces, {}, { hint: 'blind' });
    expect(messages).toHaveLength(1);
    expect(conversation.state).toBe('unclaimed');
    expect(conversation.counters.not_mine).toBe(3);
  });

  it('ends a wrong claim within three messages and finds the right one', () => {
    const pieces = [piece(TO_SERVER, 'q'), ...Array.from({ length: 5 }, () => piece(TO_SERVER, GET))];
    const { messages, conversation } = play([letters(2, 'wrong'), PROTOCOLS.http1], pieces);
    expect(conversation.protocol?.card.name).toBe('http1');
    expect(messages.filter((m) => m.request_type === 'GET')).toHaveLength(3);
  });

  it('bounds the claims that one event can begin and end', () => {
    const upgrades = 'HTTP/1.1 101 Switching Protocols\r\n\r\n'.repeat(20_000);
    const { messages } = play(protocol_list, [piece(TO_SERVER, GET), piece(TO_CLIENT, upgrades)]);
    expect(messages.length).toBeLessThan(10);
  });

  it('gives up what nobody claims, and looks no further', () => {
    const { messages, conversation } = play(protocol_list, [
      ...Array.from({ length: 16 }, () => piece(TO_SERVER, '\x00\x01 no protocol at all')),
      piece(TO_SERVER, GET),
    ]);
    expect(conversation.state).toBe('given_up');
    expect(messages).toEqual([]);
  });

  it('turns the roles round once when the content says so', () => {
    let flips = 0;
    const { messages, conversation } = play(
      protocol_list,
      [piece(TO_CLIENT, GET), piece(TO_CLIENT, OK), piece(TO_SERVER, GET)],
      {},
      { on_flip: () => flips++ },
    );
    expect(flips).toBe(1);
    expect(messages.map((m) => m.type)).toEqual([0, 1, 0]);
    expect(conversation.counters.not_mine).toBe(0);
  });

  it('looks at the newest event alone when what was left over before it is of no use', () => {
    const { messages } = play(protocol_list, [piece(TO_SERVER, '\x09\0\0'), piece(TO_SERVER, GET)]);
    expect(messages.map((m) => m.request_resource)).toEqual(['/a']);
  });

  it('dismisses a guess that contradicts known roles', () => {
    expect(play(protocol_list, [piece(TO_CLIENT, GET)]).conversation.state).toBe('unclaimed');
  });
});

describe('encryption', () => {
  const hello = piece(TO_SERVER, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03');
  /** Reads one event and lets go. */
  const reader: Protocol = {
    card: { ...http_card, name: 'reader', encrypts: true },
    infer: (bytes, start) => (bytes[start] === 0x16 ? { score: 3, says: 'request' } : NO_GUESS),
    open: (_options, before) => ({
      parse(stream, _direction, emit) {
        emit({ type: MESSAGE_TYPE.session, request_type: `${before?.name} ${stream.end - stream.pos}` });
        stream.advance(stream.end - stream.pos);
        return 'encrypted';
      },
    }),
  };
  const agrees: Protocol = {
    ...letters(2, 'agrees'),
    open: () => ({
      parse(stream) {
        stream.advance(1);
        return 'encrypted';
      },
    }),
  };

  it('is recognised by a hello, whether or not somebody reads it', () => {
    expect(play([letters(1, 'a')], [hello]).conversation.state).toBe('encrypted');
    const { messages, conversation } = play([letters(1, 'a'), reader], [hello, hello]);
    expect(messages.map((m) => m.request_type)).toEqual(['undefined 11']);
    expect(conversation.state).toBe('encrypted');
  });

  it('is encrypted all the same where the hello contradicts the known roles', () => {
    const wrong = { ...hello, direction: TO_CLIENT } as const;
    expect(play([reader], [wrong]).conversation.state).toBe('encrypted');
    let flips = 0;
    expect(play([reader], [wrong], {}, { on_flip: () => flips++ }).messages).toHaveLength(1);
    expect(flips).toBe(1);
  });

  it('is handed over where another protocol agreed to it, in the same event or later', () => {
    const whole = piece(TO_SERVER, 'q\x16\x03\x01');
    expect(play([agrees], [whole]).conversation.state).toBe('encrypted');
    for (const pieces of [[whole], [piece(TO_SERVER, 'q'), piece(TO_CLIENT, '\x16\x03\x01')]]) {
      const { messages, conversation } = play([agrees, reader], pieces);
      expect(messages.map((m) => m.request_type)).toContain('reader 3');
      expect(conversation.state).toBe('encrypted');
    }
  });

  it('is recognised by two encrypted records in the middle of a connection', () => {
    const record = piece(TO_CLIENT, '\x17\x03\x03\x00\x05abcde');
    expect(play(protocol_list, [record], {}, { from_start: false }).conversation.state).toBe('unclaimed');
    expect(play(protocol_list, [record, record], {}, { from_start: false }).conversation.state).toBe('encrypted');
  });
});

describe('losses', () => {
  it('counts a boundary lost in a hole and goes on at the next event', () => {
    let lost = 0;
    const cut = { ...piece(TO_SERVER, 'q'), true_length: 5 };
    const pieces = [piece(TO_SERVER, 'q'), cut, piece(TO_SERVER, 'q')];
    const { messages, conversation } = play([letters(2, 'a')], pieces, {}, { on_lost: () => lost++ });
    expect(messages).toHaveLength(3);
    expect([conversation.counters.boundary_lost, lost]).toEqual([1, 1]);
  });

  it('passes over a gap of known length inside of a body, and is lost in any other', () => {
    const origin = { moment_ns: 1, tcp_seq: 1, cap_seq: 1, pid: 1, tid: 1 };
    const { messages, conversation } = play(
      [PROTOCOLS.http1],
      [piece(TO_SERVER, GET), piece(TO_CLIENT, OK.replace('0', '0').replace('Length: 0', 'Length: 1000'))],
    );
    conversation.gap(TO_CLIENT, 1000);
    expect(conversation.counters.boundary_lost).toBe(0);
    conversation.gap(TO_CLIENT, 7);
    expect(conversation.counters.boundary_lost).toBe(1);
    conversation.gap(TO_SERVER);
    expect(conversation.counters.boundary_lost).toBe(2);
    const bytes = Buffer.from(GET);
    conversation.data(TO_SERVER, bytes, 0, bytes.length, bytes.length, origin);
    expect(messages).toHaveLength(3);
  });

  it('bounds what it buffers', () => {
    const head = 'GET / HTTP/1.1\r\n';
    const pieces = [
      piece(TO_SERVER, head),
      ...Array.from({ length: 10 }, () => piece(TO_SERVER, 'A: b\r\n'.repeat(30))),
    ];
    const limits = { buffer_bytes: 1000 };
    const { messages, conversation } = play([PROTOCOLS.http1], [...pieces, piece(TO_SERVER, GET)], {}, { limits });
    expect(conversation.counters.overflow).toBeGreaterThan(0);
    expect(messages.at(-1)?.request_resource).toBe('/a');
  });

  it('counts one strike an event, wherever in it the parser tries', () => {
    const { conversation } = play([letters(2, 'a')], [piece(TO_SERVER, 'q'), piece(TO_SERVER, 'xyz')]);
    expect(conversation.counters.not_mine).toBe(1);
  });

  it('takes what looks like a message for one when the other side has spoken since a longer one began', () => {
    const cut = GET.replace('Host: h', 'Content-Length: 5000');
    const told = (...pieces: Parameters<typeof piece>[]) =>
      play([PROTOCOLS.http1], [piece(TO_SERVER, cut), ...pieces.map((p) => piece(...p))]).messages.length;
    expect(told([TO_SERVER, GET])).toBe(1);
    expect(told([TO_SERVER, GET], [TO_SERVER, GET])).toBe(2);
    expect(told([TO_CLIENT, OK], [TO_SERVER, GET])).toBe(3);
  });

  it('tells the parser when messages are lost, and when', () => {
    const told: string[] = [];
    const watched = letters(2, 'a');
    const open: Protocol['open'] = (options) => ({
      parse: watched.open(options).parse,
      lost: (direction) => told.push(`lost ${direction}`),
    });
    const { conversation } = play(
      [{ ...watched, open }],
      [piece(TO_SERVER, 'q')],
      {},
      { on_message: () => told.push('message') },
    );
    conversation.gap(TO_CLIENT);
    conversation.gap(TO_SERVER, 3);
    expect(told).toEqual(['message', `lost ${TO_CLIENT}`, `lost ${TO_SERVER}`]);
  });

  it('forgets strikes after a run of good messages', () => {
    const good = Array.from({ length: 8 }, () => piece(TO_SERVER, 'q'));
    const bad = [piece(TO_SERVER, 'x'), piece(TO_SERVER, 'x')];
    const { conversation } = play([letters(2, 'a')], [...good, ...bad, ...good, ...bad, ...good, ...bad]);
    expect(conversation.state).toBe('claimed');
    expect(conversation.counters.not_mine).toBe(6);
  });
});

describe('datagrams', () => {
  it('end without a word: nothing of theirs is left over', () => {
    const query = Buffer.from('12340100000100000000000003777777076578616d706c6503636f6d0000010001', 'hex');
    const setup = { transport: 'udp', server_port: 53 } as const;
    const { messages, conversation } = play(protocol_list, [{ direction: TO_SERVER, bytes: query }], {}, setup);
    conversation.end(TO_SERVER);
    conversation.end(TO_CLIENT);
    expect(messages).toHaveLength(1);
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  });
});

describe('bytes that the reader threw away', () => {
  const POST = 'POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n';
  const asked = (...steps: (string | number)[]) => {
    const { messages, conversation } = play([PROTOCOLS.http1], [piece(TO_SERVER, GET)]);
    for (const [i, step] of steps.entries()) {
      if (typeof step === 'number') {
        conversation.discard(TO_SERVER, step);
        continue;
      }
      const { bytes } = piece(TO_SERVER, step);
      const origin = { moment_ns: 2000 + i, tcp_seq: 0, cap_seq: 2 + i, pid: 1, tid: 1 };
      conversation.data(TO_SERVER, bytes, 0, bytes.length, bytes.length, origin);
    }
    conversation.end(TO_SERVER);
    return [messages.map((m) => m.request_resource).join(' '), conversation.counters.boundary_lost];
  };

  it('are no loss when it reads no more', () => {
    expect(asked(17)).toEqual(['/a', 0]);
    expect(asked(17, 20)).toEqual(['/a', 0]);
    expect(asked(POST, 60, 50)).toEqual(['/a /b', 0]);
  });

  it('are one when it does', () => {
    expect(asked(17, GET)).toEqual(['/a /a', 1]);
    expect(asked(POST, 150, GET)).toEqual(['/a /b /a', 1]);
  });

  it('may be what is passed over anyway', () => {
    expect(asked(POST, 100, GET)).toEqual(['/a /b /a', 0]);
    expect(asked(POST, 40, 'x'.repeat(60), GET)).toEqual(['/a /b /a', 0]);
    expect(asked(POST, 'x'.repeat(10), 60, 30, GET)).toEqual(['/a /b /a', 0]);
  });
});
