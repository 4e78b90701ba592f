// What the page says of protocols, by stored id; all from their cards.
import { card_by_id, card_list } from '@sonde/protocols/cards';

export const card_of = card_by_id;

export const protocol_name = (id: number): string =>
  id === 0 ? 'unknown' : (card_by_id(id)?.display_name ?? `protocol ${id}`);

/** Calls of this number are how peers agreed to encrypt: they say nothing of what is called, so they count as none. */
export const HANDSHAKES = card_list.find((card) => card.encrypts === true)?.id ?? 0;

export const protocol_choices = card_list.map((card) => ({ id: card.id, name: card.display_name }));
