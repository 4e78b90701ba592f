// What a line or a node stands for: a service, or all services with the same value of a tag.
import { useMemo, useState } from 'react';
import { type Option, ranked } from '../model/completion.ts';
import { usePage } from '../state/use-page.tsx';
import { Combobox } from '../widgets/combobox.tsx';
import { CALLS, useTags } from './filter-bar.tsx';

const OFFERS_MAX = 50;
const GROUPABLE = new Set(['string', 'resource', 'ip', 'map']);
const SERVICES: Option = { value: '', text: 'service', detail: 'What the page shows by itself' };

export function GroupBy() {
  const { state, set } = usePage();
  const [text, set_text] = useState('');
  const [used, set_used] = useState(false);
  const { tags, loading, error } = useTags(CALLS, text, used);
  const all = useMemo(() => {
    const both = new Map<string, Option>();
    for (const tag of tags)
      if (tag.of_ends !== undefined && GROUPABLE.has(tag.type) && !both.has(tag.of_ends))
        both.set(tag.of_ends, {
          value: tag.of_ends,
          text: tag.of_ends,
          detail: tag.meaning.replace(/ of the (?:client|server) end$/, ''),
        });
    return [SERVICES, ...both.values()];
  }, [tags]);
  const offers = useMemo(() => ranked(all, text, OFFERS_MAX), [all, text]);
  const group = (group_by: string): void => {
    set_text('');
    set({ group_by, selection: {}, neighbours: false, endpoint: undefined });
  };
  return (
    <Combobox
      label="Group by"
      placeholder={state.group_by === '' ? 'service' : state.group_by}
      text={text}
      offers={offers}
      loading={loading}
      problem={error?.message}
      test_id="group-input"
      before={<span className="quiet small">by</span>}
      onText={set_text}
      onTake={(offer) => offer && group(offer.value)}
      onBack={() => state.group_by !== '' && group('')}
      onFocus={() => set_used(true)}
    />
  );
}
