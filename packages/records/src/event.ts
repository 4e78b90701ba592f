// event.event: changes of resources and events of Kubernetes.
import { events } from './event-columns.ts';

export const EVENT = events('event', 720, 12, []);
