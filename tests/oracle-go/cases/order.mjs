// Two faults at a time: which one the server names (spec-apiserver.md 5.2, 5.3 and section 6).
import { ask, claims, config, keySet, nowSeconds, token } from './token.mjs';
import { publicKey } from './keys.mjs';

// Each fault bends the claims, the token's options, the key set or the configuration. The document's order from 1.36
// on is this list's order; the recording shows whether that is so.
const faults = {
  issuer: { claims: { iss: 'https://other.example.com' } },
  'bad-signature-part': { edit: (parts) => [...parts.slice(0, 2), '*' + parts[2].slice(1)].join('.') },
  'duplicate-header': { header: '{"alg":"RS256","kid":"k1","kid":"k1"}' },
  algorithm: { header: '{"alg":"none"}' },
  'bad-key-set': { jwks: keySet(publicKey('k1'), publicKey('x25519')) },
  'wrong-key': { key: 'foreign' },
  'typed-claim': { claims: { nonce: 5 } },
  'claim-source': { claims: { _claim_names: { a: 'b' } } },
  audience: { claims: { aud: 'other' } },
  expired: { claims: { exp: nowSeconds - 10 } },
  'not-yet': { claims: { nbf: nowSeconds + 1000 } },
  username: { claims: { sub: undefined } },
  groups: { claims: { g: 5 } },
  uid: { claims: { id: 5 } },
  extra: { claims: { e: undefined } },
  rule: { claims: { r: 'other' } },
  'claim-rule': { claims: { v: 'other' } },
  'user-rule': { claims: { g: ['forbidden'] } },
};

const healthy = { g: ['dev'], id: 'i', e: 'e', r: 'r', v: 'v' };

const settings = (several) => config((jwt) => {
  if (several) Object.assign(jwt.issuer, { audiences: ['my-client', 'second'], audienceMatchPolicy: 'MatchAny' });
  Object.assign(jwt.claimMappings, {
    groups: { claim: 'g', prefix: '' },
    uid: { claim: 'id' },
    extra: [{ key: 'example.com/e', valueExpression: 'claims.e' }],
  });
  jwt.claimValidationRules = [{ claim: 'r', requiredValue: 'r' }, { expression: 'claims.v == "v"', message: 'v must be v' }];
  jwt.userValidationRules = [{ expression: '!("forbidden" in user.groups)', message: 'forbidden group' }];
});

const both = (one, other) => ({
  claims: { ...one.claims, ...other.claims },
  ...Object.fromEntries(['edit', 'header', 'jwks', 'key'].map((member) => [member, one[member] ?? other[member]])),
});

export default function () {
  const settingsOf = { single: settings(false), several: settings(true) };
  const names = Object.keys(faults);
  for (const [audiences, configuration] of Object.entries(settingsOf)) {
    names.forEach((name, i) => {
      for (const other of names.slice(i)) {
        if (faults[name].header && faults[other].header && name !== other) continue; // one header cannot be both
        const { claims: changed, jwks, ...options } = both(faults[name], faults[other]);
        ask(`order/${audiences}/${name}+${other}`, { config: configuration, jwks, token: token(claims({ ...healthy, ...changed }), options) });
      }
    });
  }
}
