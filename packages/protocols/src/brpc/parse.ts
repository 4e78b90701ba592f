// bRPC's own protocol, baidu_std (brpc, docs/en/baidu_std.md).
import { u32be } from '../bytes.ts';
import { FrameParser } from '../framing/parser.ts';
import type { ParseOptions, Protocol } from '../protocol.ts';
import { card } from './card.ts';
import { infer } from './infer.ts';
import { read } from './messages.ts';
import { HEADER_BYTES, message_size } from './meta.ts';

/** Meta data are waited for up to this; what is longer is not looked at. */
const META_BYTES_MAX = 16_384;

function open(options: ParseOptions): FrameParser {
  return new FrameParser({
    size: message_size,
    wanted: META_BYTES_MAX,
    needs: (bytes, at) => HEADER_BYTES + u32be(bytes, at + 8),
    read: (bytes, at, end, _length, direction) => read(bytes, at, end, direction, options),
  });
}

export const protocol: Protocol = { card, infer, open };
