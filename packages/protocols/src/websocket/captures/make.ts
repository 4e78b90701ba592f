// Makes chat.json anew: `npx tsx make.ts`, or with any runner of TypeScript.
import { save } from '../../testing/record.ts';
import { record_chat } from '../testing/chat.ts';

const { recording } = await record_chat(false, 1000);
save(new URL('chat.json', import.meta.url), recording);
