// Tokens, configurations and lines: the base case of spec-apiserver.md section 8 and the ways to bend it.
import { constants, createPrivateKey, sign } from 'node:crypto';
import { keys, publicKey } from './keys.mjs';

export const issuer = 'https://issuer.example.com';
export const now = '2026-11-24T09:00:00Z';
export const nowSeconds = Date.parse(now) / 1000;

export const base64url = (data) => Buffer.from(data).toString('base64url');

const hash = (alg) => 'sha' + alg.slice(2);

/** The signature over `input`, as the algorithm says; `salt` is the length of a PSS salt. */
export function signature(input, { key = 'k1', alg = 'RS256', salt } = {}) {
  const secret = createPrivateKey({ key: keys[key], format: 'jwk' });
  const data = Buffer.from(input);
  if (alg.startsWith('PS')) {
    const saltLength = salt ?? constants.RSA_PSS_SALTLEN_DIGEST;
    return sign(hash(alg), data, { key: secret, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
  }
  if (alg.startsWith('ES')) return sign(hash(alg), data, { key: secret, dsaEncoding: 'ieee-p1363' });
  return sign(hash(alg), data, secret);
}

/** The claims of the base token, with changes; a value of `undefined` removes a claim. */
export function claims(changes = {}) {
  return { iss: issuer, aud: 'my-client', exp: nowSeconds + 3600, sub: 'jane', ...changes };
}

/**
 * A token. `payload` and `header` are objects or the raw text of the part; `key`, `alg`, `salt` say how it is signed
 * (`alg` also goes into the header unless `header` has its own), `edit` bends the finished token's parts.
 */
export function token(payload = claims(), options = {}) {
  const { header, key = 'k1', alg = 'RS256', salt, edit, sign: signed } = options;
  const kid = 'kid' in options ? options.kid : 'k1'; // an undefined one is left out
  const head = typeof header === 'string' ? header : JSON.stringify({ alg, kid, ...header });
  const body = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload);
  const parts = [base64url(head), base64url(body)];
  const seal = signed ?? ((one, two) => signature(`${one}.${two}`, { key, alg, salt }));
  parts.push(base64url(seal(...parts)));
  return edit ? edit(parts) : parts.join('.');
}

/** The base token with changed claims. */
export const withClaims = (changes, options) => token(claims(changes), options);

/** The base token whose payload text is the base one with `text` put before its end (a comma is added). */
export const withText = (text, options) => token(JSON.stringify(claims()).slice(0, -1) + ',' + text + '}', options);

export const keySet = (...list) => ({ keys: list.length ? list : [publicKey('k1')] });

/** The base configuration; `bend` may change its only `jwt` entry in place, or return what replaces it. */
export function config(bend = () => {}) {
  const entry = {
    issuer: { url: issuer, audiences: ['my-client'] },
    claimMappings: { username: { claim: 'sub', prefix: '' } },
  };
  return whole({ jwt: [bend(entry) ?? entry] });
}

/** A whole configuration file. */
export const whole = (members) => ({
  apiVersion: 'apiserver.config.k8s.io/v1',
  kind: 'AuthenticationConfiguration',
  ...members,
});

/** The flags of the base case. */
export const flags = (...more) => [`--oidc-issuer-url=${issuer}`, '--oidc-client-id=my-client', ...more];

const seen = new Set();

/** Everything asked so far: `{ line, expect }`. */
export const asked = [];

/** Adds a question. `expect` is what the document says, see `says.mjs`; leave it out where it says nothing. */
export function ask(id, question = {}, expect) {
  if (seen.has(id)) throw new Error(`two questions are called ${id}`);
  seen.add(id);
  const line = { id, token: question.token ?? token() };
  if (question.flags) line.flags = question.flags;
  if (question.config !== undefined || !question.flags) line.authenticationConfig = question.config ?? config();
  line.jwks = question.jwks ?? keySet();
  line.now = question.now ?? now;
  line.version = question.version;
  asked.push({ line: JSON.parse(JSON.stringify(line)), expect, unordered: question.unordered });
}
