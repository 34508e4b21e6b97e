// A login as a browser would do it: authorization code with PKCE through the provider's own pages.
import { createHash, randomBytes } from 'node:crypto';
import { request } from './processes.mjs';

const redirect = 'http://localhost:8000';
const form = (members) => new URLSearchParams(members).toString();

/** The claims in a token, unverified. */
export const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

/** Logs `user` in and returns the token endpoint's answer. */
export async function logIn({ issuer, client, scopes, user, ca }) {
  const discovery = JSON.parse((await request(`${issuer}/.well-known/openid-configuration`, { ca })).body);
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(8).toString('hex');
  const query = form({
    response_type: 'code', client_id: client, redirect_uri: redirect, scope: ['openid', ...scopes].join(' '), state,
    nonce: randomBytes(8).toString('hex'), code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    ...(scopes.includes('offline_access') && { prompt: 'consent' }), // no refresh token without asking the user
  });
  const back = await followPages(`${discovery.authorization_endpoint}?${query}`, user, ca);
  if (back.get('state') !== state || !back.has('code')) throw new Error(`the provider refused: ${back}`);
  const body = form({ grant_type: 'authorization_code', code: back.get('code'), client_id: client, redirect_uri: redirect, code_verifier: verifier });
  const answer = await request(discovery.token_endpoint, { ca, method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
  if (answer.status !== 200) throw new Error(`the token endpoint answered ${answer.status}: ${answer.body}`);
  return JSON.parse(answer.body);
}

/** Follows redirects and fills in forms until the provider sends the browser back; the query of that address. */
async function followPages(first, user, ca) {
  const cookies = new Map();
  let next = { url: first };
  for (let page = 0; page < 20; page++) {
    const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
    if (next.body) headers['content-type'] = 'application/x-www-form-urlencoded';
    const answer = await request(next.url, { ca, headers, method: next.body ? 'POST' : 'GET', body: next.body });
    for (const cookie of answer.headers['set-cookie'] ?? []) {
      const [pair] = cookie.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    if (answer.headers.location) {
      const url = new URL(answer.headers.location, next.url);
      if (url.href.startsWith(redirect)) return url.searchParams;
      next = { url: url.href };
      continue;
    }
    const prompt = answer.body.match(/name="prompt" value="(\w+)"/)?.[1];
    const action = answer.body.match(/<form[^>]* action="([^"]+)"/)?.[1];
    if (!prompt || !action) throw new Error(`a page that is not understood (${answer.status} at ${next.url}): ${answer.body.slice(0, 300)}`);
    next = { url: new URL(action, next.url).href, body: form(prompt === 'login' ? { prompt, login: user, password: 'any' } : { prompt }) };
  }
  throw new Error('the provider never sent the browser back');
}
