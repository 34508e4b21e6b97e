// The test keys: made once, kept in keys.json beside this file, so that a recording can be made again with the same
// tokens wherever the signature is deterministic. They sign nothing but test tokens.
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const file = new URL('./keys.json', import.meta.url);

const kinds = {
  k1: ['rsa', { modulusLength: 2048 }],
  foreign: ['rsa', { modulusLength: 2048 }],
  rsa1024: ['rsa', { modulusLength: 1024 }],
  rsa1016: ['rsa', { modulusLength: 1016 }],
  rsaE3: ['rsa', { modulusLength: 2048, publicExponent: 3 }],
  p256: ['ec', { namedCurve: 'P-256' }],
  p384: ['ec', { namedCurve: 'P-384' }],
  p521: ['ec', { namedCurve: 'P-521' }],
  k256: ['ec', { namedCurve: 'secp256k1' }],
  ed25519: ['ed25519', {}],
  x25519: ['x25519', {}],
};

function made() {
  const keys = {};
  for (const [name, [kind, options]] of Object.entries(kinds)) {
    keys[name] = generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' });
  }
  return keys;
}

if (!existsSync(file)) writeFileSync(file, JSON.stringify(made(), null, 1) + '\n');

/** Private JWKs by name. */
export const keys = JSON.parse(readFileSync(file, 'utf8'));

/** The public part of a key, with further members on top. */
export function publicKey(name, members = { kid: name }) {
  const { kty, n, e, crv, x, y } = keys[name];
  return JSON.parse(JSON.stringify({ kty, ...members, n, e, crv, x, y }));
}
