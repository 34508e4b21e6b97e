#!/usr/bin/env node
// The story that started oidc-doctor, played on the lab, and the oracle's word on each of its tokens.
//
// usage: story.mjs [VERSION]        starts a lab of its own and ends it; prints what it saw and `N passed, N failed`
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from './processes.mjs';

const version = process.argv[2] ?? '1.37.2';
const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'oidc-doctor-story-'));
const env = { ...process.env, LAB_DIR: folder };
const counted = { passed: 0, failed: 0 };

function run(program, ...words) {
  const { status, stdout, stderr } = spawnSync(program, words, { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

function lab(command, ...words) {
  const done = run(join(here, command), ...words);
  if (done.status !== 0) throw new Error(`${command}: ${done.stderr}`);
  return done.stdout && JSON.parse(done.stdout);
}

function expect(what, seen, wanted) {
  const fits = seen.includes(wanted);
  fits ? counted.passed++ : counted.failed++;
  console.log(`${fits ? 'ok    ' : 'FAILED'} ${what}${fits ? '' : `\n  wanted ${wanted}\n  saw    ${seen}`}`);
}

const kubectl = (user, ...words) => {
  const { stdout, stderr } = run(join(folder, 'bin', 'kubectl'), `--kubeconfig=${join(folder, `${user}.kubeconfig`)}`, ...words);
  return stdout + stderr;
};

/** What the oracle says about the last login's token, in the words of a TokenReview. */
async function oracle(issuer) {
  const ca = readFileSync(join(folder, 'pki', 'ca.crt'));
  const discovery = JSON.parse((await request(`${issuer}/.well-known/openid-configuration`, { ca })).body);
  const jwks = (await request(discovery.jwks_uri, { ca })).body;
  const { users } = JSON.parse(readFileSync(join(folder, 'user.kubeconfig'), 'utf8'));
  const flags = [`--oidc-issuer-url=${issuer}`, '--oidc-client-id=kubernetes', '--oidc-username-claim=email', '--oidc-groups-claim=groups'];
  const line = { token: users.find(({ name }) => name === 'token').user.token, flags, jwks };
  const binary = execFileSync(join(here, '..', 'oracle-go', 'build.sh'), [version], { encoding: 'utf8' }).trim();
  const answer = JSON.parse(execFileSync(binary, { input: JSON.stringify(line) + '\n', encoding: 'utf8' }));
  if (answer.outcome !== 'accepted') return JSON.stringify({ error: `[invalid bearer token, ${answer.error}]` });
  const { username, groups } = answer.user;
  return JSON.stringify({ username, groups: [...groups, 'system:authenticated'] });
}

const reviewed = ({ error, user }) => JSON.stringify(error ? { error } : { username: user.username, groups: user.groups });

async function login(issuer, who, scopes) {
  lab('login', `--as=${who}`, ...scopes);
  expect(`the oracle and the server agree on ${who} with ${scopes}`, reviewed(lab('review')), await oracle(issuer));
}

async function story() {
  const { issuer } = lab('up', `--version=${version}`);
  await login(issuer, 'jane', ['openid']);
  expect('without email, kubectl says', kubectl('user', 'auth', 'whoami'), 'error: You must be logged in to the server (Unauthorized)');
  expect('without email, and before discovery, kubectl says', kubectl('user', 'get', 'nodes'), 'error: You must be logged in to the server (the server has asked for the client to provide credentials)');
  expect('a TokenReview says', lab('review').error, '[invalid bearer token, oidc: parse username claims "email": claim not present]');
  expect('the log says', readFileSync(join(folder, 'kube-apiserver.log'), 'utf8'), String.raw`"Unable to authenticate the request" err="[invalid bearer token, oidc: parse username claims \"email\": claim not present]"`);
  await login(issuer, 'jane', ['openid', 'email', 'groups']);
  expect('with email, kubectl says', kubectl('user', 'get', 'nodes'), 'Error from server (Forbidden): nodes is forbidden: User "jane@example.com" cannot list resource "nodes" in API group "" at the cluster scope');
  kubectl('admin', 'create', 'clusterrole', 'node-reader', '--verb=get,list', '--resource=nodes');
  kubectl('admin', 'create', 'clusterrolebinding', 'dev', '--clusterrole=node-reader', '--group=dev');
  // The authorizer hears of a binding a moment after it is stored.
  let seen;
  for (let asked = 0; asked < 50 && !seen?.includes('No resources'); asked++) seen = kubectl('user', 'get', 'nodes');
  expect('with a binding of her group', seen, 'No resources found');
  await login(issuer, 'bob', ['email']);
  await login(issuer, 'carol', ['email', 'groups']);
  await login(issuer, 'dave', ['email', 'groups']);
}

try {
  await story();
} finally {
  run(join(here, 'down'));
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${counted.passed} passed, ${counted.failed} failed`);
process.exitCode = counted.failed ? 1 : 0;
