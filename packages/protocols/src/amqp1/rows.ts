// Rows of this protocol, made the same way.
import { type Message, MESSAGE_TYPE, new_message, STATUS } from '../protocol.ts';
import { type AmqpError, status_of_condition, text_of } from './errors.ts';

const VERSION = '1.0';

export function request(name: string, id: number): Message {
  return named(new_message(MESSAGE_TYPE.request), name, id);
}

export function response(name: string, id: number): Message {
  return named(new_message(MESSAGE_TYPE.response, STATUS.ok), name, id);
}

/** What a side says of its own accord. */
export function notice(name: string): Message {
  const message = named(new_message(MESSAGE_TYPE.session), name);
  message.one_way = true;
  return message;
}

function named(message: Message, name: string, id?: number): Message {
  message.request_type = name;
  if (id !== undefined) message.request_id = id;
  message.version = VERSION;
  return message;
}

export function fail(message: Message, error: AmqpError): void {
  message.response_status = status_of_condition(error.condition);
  message.response_exception = text_of(error);
}

export function add_attribute(message: Message, name: string, value: string | undefined): void {
  if (value === undefined || value === '') return;
  message.attribute_names ??= [];
  message.attribute_values ??= [];
  message.attribute_names.push(name);
  message.attribute_values.push(value);
}

/** The node that a message or link is about. */
export function put_address(message: Message, address: string | undefined): void {
  if (address === undefined || address === '') return;
  message.request_resource = address;
  message.endpoint = address;
}
