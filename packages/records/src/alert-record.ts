// event.alert_record: every evaluation of a rule that crossed its bound.
import { alerts } from './alert-columns.ts';

export const ALERT_RECORD = alerts('alert_record', 12);
