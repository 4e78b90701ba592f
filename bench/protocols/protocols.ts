// What reading traffic costs: each parser by itself, then the replay of a large capture beside tshark.
import { measure_parsers } from './parsers.ts';
import { compare_replay } from './replay.ts';

measure_parsers();
await compare_replay();
