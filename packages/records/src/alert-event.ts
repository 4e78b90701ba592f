// event.alert_event: alerts, one row each time that their state is told.
import { alerts } from './alert-columns.ts';

export const ALERT_EVENT = alerts('alert_event', 24);
