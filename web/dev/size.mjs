// Prints the gzipped size of the built page's scripts and fails above the budget.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET_KB = 120;
const folder = new URL('../../src/zhida/api/page/assets/', import.meta.url);
const bytes = readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .reduce((sum, name) => sum + gzipSync(readFileSync(new URL(name, folder))).length, 0);
const kb = bytes / 1000;
console.log(`scripts: ${kb.toFixed(1)} kB gzipped (budget ${BUDGET_KB} kB)`);
process.exit(kb > BUDGET_KB ? 1 : 0);
