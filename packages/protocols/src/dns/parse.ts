import { NO_GUESS, type Protocol } from '../protocol.ts';
import { card } from './card.ts';

export const protocol: Protocol = {
  card,
  infer: () => NO_GUESS,
  open: () => ({
    parse: (stream) => {
      stream.advance(stream.end - stream.pos);
      return 'more';
    },
  }),
};
