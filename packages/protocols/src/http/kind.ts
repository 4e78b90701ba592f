// Calls that HTTP carries, told by the content type of their requests and responses.
import { card as grpc } from '../grpc/card.ts';
import { card as triple } from '../triple/card.ts';

/** Id of the card that the rows of a content type carry; 0 = the parser's own. */
export function kind_of_type(content_type: string | undefined): number {
  if (content_type?.startsWith('application/triple')) return triple.id;
  return content_type?.startsWith('application/grpc') ? grpc.id : 0;
}
