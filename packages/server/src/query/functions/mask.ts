import { invalid } from '../error.ts';
import { argument, constant } from './arguments.ts';
import { address_parts } from '../tags/address.ts';
import type { QueryFunction } from './function.ts';

const IPV4_BITS = 32;
const IPV6_BITS = 128;

export const mask: QueryFunction = {
  name: 'mask',
  kind: 'tag',
  usage: 'ip, bits',
  arity: [2, 2],
  meaning: 'First address of the block of so many bits that the address is in; IPv4 addresses take at most 32',
  example: 'mask(ip_0, 24)',
  translate(call, scope) {
    const tag = scope.tag(argument(call, 0));
    if (tag.kind !== 'ip' || !tag.translated) throw invalid(`mask: \`${tag.name}\` is no address`, call.args[0]!.at);
    const bits = Math.trunc(constant(call.args[1], 0, IPV6_BITS, 'the number of bits', call));
    const first = (range: string) => `toString(tupleElement(${range}, 1))`;
    return scope.tag_value({
      ...tag,
      kind: 'text',
      value: (columns) => {
        const { is_ipv4, ip4, ip6 } = address_parts(columns);
        return `if(${is_ipv4}, ${first(`IPv4CIDRToRange(${ip4}, ${Math.min(bits, IPV4_BITS)})`)}, ${first(`IPv6CIDRToRange(${ip6}, ${bits})`)})`;
      },
    });
  },
};
