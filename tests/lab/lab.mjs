// The lab's commands; `up`, `login`, `review` and `down` beside this file call them. README.md says what they do.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeCertificates } from './certificates.mjs';
import { writeCache } from './kubelogin.mjs';
import { adminKubeconfig, userKubeconfig } from './kubeconfig.mjs';
import { claimsOf, logIn } from './login.mjs';
import { freePorts, request, start, stopAll, until } from './processes.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** The lab's folder: $LAB_DIR, which must be there for every command but `up`. */
function labFolder() {
  if (!process.env.LAB_DIR) throw new Error('LAB_DIR is not set: it names the folder of the lab, as `up` printed it');
  return resolve(process.env.LAB_DIR);
}

function readLab(folder) {
  if (!existsSync(join(folder, 'lab.json'))) throw new Error(`${folder}: no lab runs here`);
  return JSON.parse(readFileSync(join(folder, 'lab.json'), 'utf8'));
}

/** Starts etcd, the provider and kube-apiserver, and comes back when a token would be judged. */
async function up(words) {
  const { values } = parseArgs({
    args: words,
    options: {
      version: { type: 'string', default: '1.37.2' },
      'apiserver-flag': { type: 'string', multiple: true },
      'authentication-config': { type: 'string' },
      'conform-id-token-claims': { type: 'boolean', default: false },
      'id-token-seconds': { type: 'string', default: '3600' },
    },
  });
  const folder = resolve(process.env.LAB_DIR ?? mkdtempSync(join(tmpdir(), 'oidc-doctor-lab-')));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (existsSync(join(folder, 'lab.json'))) throw new Error(`${folder}: there is a lab already; end it with down`);
  const programs = execFileSync(join(here, 'build'), [values.version], { stdio: ['ignore', 'pipe', 'inherit'] }).toString().trim();
  const [etcd, peer, provider, apiserver] = await freePorts(4);
  const lab = {
    folder, programs, version: values.version,
    etcd: `http://127.0.0.1:${etcd}`, peer: `http://127.0.0.1:${peer}`,
    issuer: `https://localhost:${provider}`, server: `https://127.0.0.1:${apiserver}`,
    client: 'kubernetes', kubectl: join(folder, 'bin', 'kubectl'), kubeloginCache: join(folder, 'kubelogin-cache'),
  };
  makeCertificates(folder);
  writeFileSync(join(folder, 'lab.json'), JSON.stringify(lab, null, 2));
  writeFileSync(join(folder, 'provider.json'), JSON.stringify({
    issuer: lab.issuer, client: lab.client, port: provider,
    conformIdTokenClaims: values['conform-id-token-claims'], idTokenSeconds: Number(values['id-token-seconds']),
  }));
  writeKubectl(lab);
  adminKubeconfig(lab);
  userKubeconfig(lab);
  try {
    await startAll(lab, apiserver, ownFlags(lab, values));
  } catch (error) {
    await stopAll(folder);
    throw error;
  }
  console.log(JSON.stringify({ LAB_DIR: folder, issuer: lab.issuer, server: lab.server, kubectl: lab.kubectl,
    admin: join(folder, 'admin.kubeconfig'), user: join(folder, 'user.kubeconfig') }, null, 2));
}

/** bin/kubectl: the lab's kubectl, which leaves the caller's own ~/.kube alone. */
function writeKubectl(lab) {
  mkdirSync(dirname(lab.kubectl), { recursive: true });
  const lines = ['#!/bin/sh', `export KUBECACHEDIR='${join(lab.folder, 'kube-cache')}'`, `exec '${join(lab.programs, 'kubectl')}' "$@"`, ''];
  writeFileSync(lab.kubectl, lines.join('\n'), { mode: 0o755 });
}

/** The flags given in place of the lab's OIDC flags, if any; `{issuer}` and `{ca}` stand for the lab's own. */
function ownFlags(lab, values) {
  const ca = join(lab.folder, 'pki', 'ca.crt');
  const flags = values['apiserver-flag']?.map((flag) => flag.replaceAll('{issuer}', lab.issuer).replaceAll('{ca}', ca));
  if (!values['authentication-config']) return flags;
  const text = readFileSync(values['authentication-config'], 'utf8');
  const pem = JSON.stringify(readFileSync(ca, 'utf8')).slice(1, -1); // for a JSON string or a YAML one in double quotes
  const file = join(lab.folder, 'authentication.yaml');
  writeFileSync(file, text.replaceAll('{issuer}', lab.issuer).replaceAll('{ca}', pem));
  return [`--authentication-config=${file}`, ...(flags ?? [])];
}

async function startAll(lab, port, given) {
  const pki = (name) => join(lab.folder, 'pki', name);
  const ca = readFileSync(pki('ca.crt'));
  const etcd = start(lab.folder, 'etcd', join(lab.programs, 'etcd'), [
    `--data-dir=${join(lab.folder, 'etcd')}`, '--name=lab', '--unsafe-no-fsync',
    `--listen-client-urls=${lab.etcd}`, `--advertise-client-urls=${lab.etcd}`,
    `--listen-peer-urls=${lab.peer}`, `--initial-advertise-peer-urls=${lab.peer}`, `--initial-cluster=lab=${lab.peer}`,
  ]);
  const provider = start(lab.folder, 'provider', process.execPath, [join(here, 'provider.mjs'), lab.folder, lab.programs]);
  // kube-apiserver asks the provider at once and then every 10 s: it starts when the provider is there.
  await until('etcd', etcd, async () => (await request(`${lab.etcd}/health`)).status === 200);
  await until('the provider', provider, async () => (await request(`${lab.issuer}/.well-known/openid-configuration`, { ca })).status === 200);
  const oidc = given ?? [
    `--oidc-issuer-url=${lab.issuer}`, `--oidc-client-id=${lab.client}`, `--oidc-ca-file=${pki('ca.crt')}`,
    '--oidc-username-claim=email', '--oidc-groups-claim=groups',
  ];
  const apiserver = start(lab.folder, 'kube-apiserver', join(lab.programs, 'kube-apiserver'), [
    `--etcd-servers=${lab.etcd}`, '--bind-address=127.0.0.1', `--secure-port=${port}`, `--cert-dir=${lab.folder}`,
    `--tls-cert-file=${pki('server.crt')}`, `--tls-private-key-file=${pki('server.key')}`, `--client-ca-file=${pki('ca.crt')}`,
    '--service-account-issuer=https://kubernetes.default.svc', `--service-account-key-file=${pki('accounts.key')}`,
    `--service-account-signing-key-file=${pki('accounts.key')}`, '--service-cluster-ip-range=10.96.0.0/16',
    '--authorization-mode=RBAC', '--endpoint-reconciler-type=none', '-v=2', ...oidc,
  ]);
  const admin = { ca, cert: readFileSync(pki('admin.crt')), key: readFileSync(pki('admin.key')) };
  await until('kube-apiserver', apiserver, async () => (await request(`${lab.server}/readyz`, admin)).status === 200);
  await until("kube-apiserver's authenticator", apiserver, () => judges(lab, admin));
}

/** Whether the authenticator has met its provider: /readyz does not tell, a TokenReview of any token of it does. */
async function judges(lab, admin) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const answer = await tokenReview(lab, admin, `${part({ alg: 'RS256' })}.${part({ iss: lab.issuer })}.`);
  return answer.status === 201 && !answer.body.includes('authenticator not initialized');
}

function tokenReview(lab, admin, token) {
  const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } });
  const headers = { 'content-type': 'application/json' };
  return request(`${lab.server}/apis/authentication.k8s.io/v1/tokenreviews`, { ...admin, method: 'POST', headers, body });
}

/** Logs a user in through the provider's pages and keeps the tokens where kubectl, or its plugin, would look. */
async function login(words) {
  const { values, positionals } = parseArgs({
    args: words, allowPositionals: true,
    options: { as: { type: 'string', default: 'jane' } },
  });
  const folder = labFolder();
  const lab = readLab(folder);
  const scopes = positionals.flatMap((word) => word.split(/[ ,]+/)).filter((word) => word && word !== 'openid');
  const ca = readFileSync(join(folder, 'pki', 'ca.crt'));
  const tokens = await logIn({ issuer: lab.issuer, client: lab.client, scopes, user: values.as, ca });
  userKubeconfig(lab, { token: tokens.id_token, scopes });
  const cache = writeCache(lab, scopes, tokens);
  console.log(JSON.stringify({ claims: claimsOf(tokens.id_token), refreshToken: Boolean(tokens.refresh_token),
    kubeconfig: join(folder, 'user.kubeconfig'), kubeloginCache: cache }, null, 2));
}

/** Asks kube-apiserver, as its administrator, what it thinks of the token of the last login. */
async function review() {
  const folder = labFolder();
  const lab = readLab(folder);
  const pki = (name) => readFileSync(join(folder, 'pki', name));
  const config = JSON.parse(readFileSync(join(folder, 'user.kubeconfig'), 'utf8'));
  const token = config.users.find((user) => user.name === 'token')?.user.token;
  if (!token) throw new Error('nobody has logged in yet');
  const answer = await tokenReview(lab, { ca: pki('ca.crt'), cert: pki('admin.crt'), key: pki('admin.key') }, token);
  console.log(JSON.stringify(JSON.parse(answer.body).status, null, 2));
}

/** Ends what `up` started. The folder stays, for its logs. */
const down = async () => stopAll(labFolder());

const commands = { up, login, review, down };
const [name, ...words] = process.argv.slice(2);
try {
  await commands[name](words);
} catch (error) {
  console.error(`lab: ${error.message}`);
  process.exitCode = 1;
}
