// The lab's identity provider: oidc-provider over TLS, with a client for kubectl and a few people.
//
// usage: provider.mjs LAB-FOLDER PROGRAMS-FOLDER
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, programs] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(createRequire(join(programs, 'package.json')).resolve('oidc-provider')));
const settings = JSON.parse(readFileSync(join(folder, 'provider.json'), 'utf8'));

/** Who can log in; any password does. */
const people = {
  jane: { email: 'jane@example.com', email_verified: true, name: 'Jane Doe', groups: ['dev', 'ops'] },
  bob: { email: 'bob@example.com', email_verified: false, name: 'Bob', groups: ['dev'] },
  carol: { name: 'Carol without an address', groups: [] },
  dave: { email: 'dave@example.com', email_verified: true, name: 'Dave', groups: 'dev' },
};

const key = { ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), kid: 'lab-1', use: 'sig', alg: 'RS256' };

const provider = new Provider(settings.issuer, {
  clients: [{
    client_id: settings.client, token_endpoint_auth_method: 'none', application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
    redirect_uris: ['http://localhost:8000', 'http://localhost:18000'], // kubelogin's
  }],
  jwks: { keys: [key] },
  cookies: { keys: ['lab'] },
  scopes: ['openid', 'offline_access', 'email', 'profile', 'groups'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
  // false puts the claims of the scopes into the ID token; true, the default, leaves them to the userinfo endpoint.
  conformIdTokenClaims: settings.conformIdTokenClaims,
  features: { devInteractions: { enabled: true } },
  pkce: { required: () => true },
  ttl: { IdToken: settings.idTokenSeconds, AccessToken: 3600, RefreshToken: 86400, Session: 86400, Grant: 86400, Interaction: 600 },
  findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
});

const pki = (name) => readFileSync(join(folder, 'pki', name));
createServer({ key: pki('server.key'), cert: pki('server.crt') }, provider.callback()).listen(settings.port, 'localhost');
