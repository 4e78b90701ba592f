// What the protocols are, without any parser: all that server and page need. One line a protocol.
import { card as dns } from './dns/card.ts';
import { card as http1 } from './http1/card.ts';
import type { Card } from './protocol.ts';
import { card as mysql } from './mysql/card.ts';
import { card as postgresql } from './postgresql/card.ts';
import { card as redis } from './redis/card.ts';

export type { Card } from './protocol.ts';

export const CARDS = {
  http1,
  dns,
  mysql,
  postgresql,
  redis,
} as const satisfies Record<string, Card>;

export type ProtocolName = keyof typeof CARDS;

export const card_list: readonly Card[] = Object.values(CARDS);

const by_id = new Map(card_list.map((card) => [card.id, card]));

/** Card by `l7_protocol`. */
export function card_by_id(id: number): Card | undefined {
  return by_id.get(id);
}
