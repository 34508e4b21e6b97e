#!/usr/bin/env node
// Asks the oracle of one release every question of cases/ and keeps the answers.
//
// usage: record.mjs VERSION [NAME]      writes recorded/NAME-VERSION.jsonl (default: every group of questions)
//        record.mjs VERSION --check     asks the recorded questions again and compares the answers
//        record.mjs VERSION --changes BASE   asks the questions recorded for BASE; keeps those that VERSION answers
//                                            differently in recorded/changes-VERSION.jsonl
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
const [version, choice, base] = process.argv.slice(2);
if (!version) throw new Error('usage: record.mjs VERSION [NAME | --check | --changes BASE]');
const minor = (release) => release.split('.').slice(0, 2).join('.');
const oracle = execFileSync(join(here, 'build.sh'), [version], { stdio: ['ignore', 'pipe', 'inherit'] }).toString().trim();

/** The oracle's answers to `lines`, in order. */
function answers(lines, ...options) {
  if (lines.length === 0) return [];
  const run = spawnSync(oracle, options, { input: jsonLines(lines), maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`${oracle}: status ${run.status}: ${run.stderr}`);
  const all = run.stdout.toString().trim().split('\n').map((line) => JSON.parse(line));
  if (all.length !== lines.length) throw new Error(`${lines.length} questions, ${all.length} answers`);
  return all.map(({ id, ...answer }) => answer);
}

const groups = ['section8', 'configuration', 'tokens', 'keysets', 'mapping', 'expressions', 'order'];

/** The lines recorded for a group and a release, if there are any. */
function recordedLines(group, release) {
  const file = join(here, 'recorded', `${group}-${release}.jsonl`);
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line)) : [];
}

const jsonLines = (list) => list.map((line) => JSON.stringify(line) + '\n').join('');

/** Whether an answer is the recorded one, or one of those that the server gives in no order. */
const isRecorded = (answer, { errors, ...known }) =>
  JSON.stringify(answer) === JSON.stringify(known) || Boolean(errors?.includes(answer.error));

/** The line with a configuration of the newest version that the release knows: v1 came with 1.34. */
function inReach(line) {
  if (Number(version.split('.')[1]) >= 34) return line;
  return JSON.parse(JSON.stringify(line).replace(/(apiserver\.config\.k8s\.io\/v1)(?![a-z0-9])/g, '$1beta1'));
}

function changes() {
  const lines = groups.flatMap((group) => recordedLines(group, base));
  const questions = lines.map(({ answer, ...line }) => ({ ...inReach(line), version: minor(version) }));
  const kept = [];
  answers(questions).forEach((answer, i) => {
    if (!isRecorded(answer, lines[i].answer)) kept.push({ ...questions[i], answer });
  });
  writeFileSync(join(here, 'recorded', `changes-${version}.jsonl`), jsonLines(kept));
  console.log(`${version}: ${kept.length} of ${lines.length} answers differ from ${base}`);
}

function check() {
  let [same, other] = [0, 0];
  for (const group of [...groups, 'changes']) {
    const recorded = recordedLines(group, version);
    answers(recorded.map(({ answer, ...line }) => line)).forEach((answer, i) => {
      const fits = isRecorded(answer, recorded[i].answer);
      fits ? same++ : other++;
      if (!fits) console.log(`${recorded[i].id}: recorded ${JSON.stringify(recorded[i].answer)}, now ${JSON.stringify(answer)}`);
    });
  }
  console.log(`${same} passed, ${other} failed`);
  process.exitCode = other ? 1 : 0;
}

async function record(group) {
  asked.length = 0;
  (await import(`./cases/${group}.mjs`)).default();
  const lines = asked.map(({ line }) => ({ ...line, version: minor(version) }));
  const given = answers(lines, '-repeat=3');
  const many = answers(lines.filter((_, i) => asked[i].unordered), '-repeat=200');
  asked.forEach(({ unordered }, i) => { if (unordered) given[i] = many.shift(); });
  const outcomes = {};
  asked.forEach(({ line, expect }, i) => {
    outcomes[given[i].outcome] = (outcomes[given[i].outcome] ?? 0) + 1;
    const differs = difference(expect, given[i]);
    if (differs) console.log(`${line.id}: the document differs in ${differs}\n  document: ${JSON.stringify(expect)}\n  program:  ${JSON.stringify(given[i])}`);
  });
  const text = jsonLines(lines.map((line, i) => ({ ...line, answer: given[i] })));
  mkdirSync(join(here, 'recorded'), { recursive: true });
  writeFileSync(join(here, 'recorded', `${group}-${version}.jsonl`), text);
  console.log(`${group} on ${version}: ${lines.length} questions, ${JSON.stringify(outcomes)}`);
}

if (choice === '--check') check();
else if (choice === '--changes') changes();
else for (const group of choice ? [choice] : groups) await record(group);
