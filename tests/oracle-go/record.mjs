#!/usr/bin/env node
// Asks the oracle of one release every question of cases/ and keeps the answers.
//
// usage: record.mjs VERSION [NAME]      writes recorded/NAME-VERSION.jsonl (default: every group of questions)
//        record.mjs VERSION --check     asks the recorded questions again and compares the answers
//
// Each line of a recording is the question as the oracle (and `oidc-doctor replay --lines`) reads it, with the answer
// added as `answer`. Where the document says something else than the authenticator, that is printed; the recording
// has the authenticator's word.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asked } from './cases/token.mjs';
import { difference } from './cases/says.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const [version, choice] = process.argv.slice(2);
if (!version) throw new Error('usage: record.mjs VERSION [NAME | --check]');
const oracle = execFileSync(join(here, 'build.sh'), [version], { stdio: ['ignore', 'pipe', 'inherit'] }).toString().trim();

/** The oracle's answers to `lines`, in order. */
function answers(lines, ...options) {
  if (lines.length === 0) return [];
  const input = lines.map((line) => JSON.stringify(line) + '\n').join('');
  const run = spawnSync(oracle, options, { input, maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`${oracle}: status ${run.status}: ${run.stderr}`);
  const all = run.stdout.toString().trim().split('\n').map((line) => JSON.parse(line));
  if (all.length !== lines.length) throw new Error(`${lines.length} questions, ${all.length} answers`);
  return all.map(({ id, ...answer }) => answer);
}

const groups = ['section8', 'configuration', 'tokens', 'keys', 'mapping', 'expressions', 'order'];

function check() {
  let [same, other] = [0, 0];
  for (const group of groups) {
    const file = join(here, 'recorded', `${group}-${version}.jsonl`);
    if (!existsSync(file)) continue;
    const recorded = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    answers(recorded.map(({ answer, ...line }) => line)).forEach((answer, i) => {
      const { errors, ...known } = recorded[i].answer;
      const fits = JSON.stringify(answer) === JSON.stringify(known) || errors?.includes(answer.error);
      fits ? same++ : other++;
      if (!fits) console.log(`${recorded[i].id}: recorded ${JSON.stringify(known)}, now ${JSON.stringify(answer)}`);
    });
  }
  console.log(`${same} passed, ${other} failed`);
  process.exitCode = other ? 1 : 0;
}

async function record(group) {
  asked.length = 0;
  (await import(`./cases/${group}.mjs`)).default();
  const lines = asked.map(({ line }) => ({ ...line, version: version.split('.').slice(0, 2).join('.') }));
  const given = answers(lines, '-repeat=3');
  const many = answers(lines.filter((_, i) => asked[i].unordered), '-repeat=200');
  asked.forEach(({ unordered }, i) => { if (unordered) given[i] = many.shift(); });
  const outcomes = {};
  asked.forEach(({ line, expect }, i) => {
    outcomes[given[i].outcome] = (outcomes[given[i].outcome] ?? 0) + 1;
    const differs = difference(expect, given[i]);
    if (differs) console.log(`${line.id}: the document differs in ${differs}\n  document: ${JSON.stringify(expect)}\n  program:  ${JSON.stringify(given[i])}`);
  });
  const text = lines.map((line, i) => JSON.stringify({ ...line, answer: given[i] }) + '\n').join('');
  mkdirSync(join(here, 'recorded'), { recursive: true });
  writeFileSync(join(here, 'recorded', `${group}-${version}.jsonl`), text);
  console.log(`${group} on ${version}: ${lines.length} questions, ${JSON.stringify(outcomes)}`);
}

if (choice === '--check') check();
else for (const group of choice ? [choice] : groups) await record(group);
