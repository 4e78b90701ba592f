// profile_location_str: a row's stack as text, outermost function first, made of the dictionaries of stacks and frames.
import { FRAME_PREFIX } from '@sonde/records';
import type { TagFamily } from './tag.ts';

const STACKS = 'profile.stack_dict';
const FRAMES = 'profile.frame_dict';
const of_frame = (field: string): string => `dictGet('${FRAMES}', '${field}', frame)`;
const prefixed = Object.entries(FRAME_PREFIX).filter(([, prefix]) => prefix !== '');
const PREFIX = `multiIf(${prefixed.map(([type, prefix]) => `${of_frame('frame_type')} = '${type}', '${prefix}'`).join(', ')}, '')`;

export const profile: TagFamily = {
  tags: (definition) =>
    definition.columns.some((c) => c.name === 'stack_id')
      ? [
          {
            name: 'profile_location_str',
            kind: 'text',
            meaning: 'Functions of the stack, outermost first, joined by ;',
            category: 'Profile Info',
            unit: '',
            columns: ['stack_id'],
            value: ([stack]) =>
              `arrayStringConcat(arrayMap(frame -> concat(${PREFIX}, ${of_frame('name')}), dictGet('${STACKS}', 'frame_ids', ${stack})), ';')`,
            translated: true,
          },
        ]
      : [],
};
