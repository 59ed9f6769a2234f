import { writeFileSync } from 'node:fs';
import { envExample } from './env.ts';

writeFileSync(new URL('../.env.example', import.meta.url), envExample());
