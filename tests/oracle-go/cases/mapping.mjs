// Claim mapping (spec-apiserver.md section 6, claims only).
import { ask, claims, config, flags, token, withClaims, withText } from './token.mjs';
import { ok, refused } from './says.mjs';

const values = {
  absent: undefined, null: null, empty: '', text: 'v', space: ' v ', number: 5, fraction: 1.5, true: true, false: false, 'list-empty': [], list: ['a', 'b'],
  'list-null': [null], 'list-empty-text': [''], 'list-number': [1], 'list-mixed': ['a', 1], 'list-list': [['a']], 'list-object': [{}], object: {}, 'object-full': { a: 'b' }, unicode: 'ü\u0000\n"\u{1f600}',
};
const kinds = { number: 'number', fraction: 'number', true: 'bool', false: 'bool' };
const kindOf = (name) => kinds[name] ?? (name.startsWith('list') ? 'array' : name.startsWith('object') ? 'object' : undefined);

export default function () {
  for (const [name, value] of Object.entries(values)) {
    const bad = kindOf(name) && `json: cannot unmarshal ${kindOf(name)} into Go value of type string`;
    const given = withClaims({ c: value });
    const map = (member, change, answer) => ask(`${member}/${name}`, { config: config((jwt) => Object.assign(jwt.claimMappings, change) && undefined), token: given }, answer);
    const plain = value ?? '';
    map('username', { username: { claim: 'c', prefix: 'p:' } }, bad || name === 'absent' ? refused(`oidc: parse username claims "c": ${bad || 'claim not present'}`) : ok('p:' + plain));
    map('uid', { uid: { claim: 'c' } }, bad || name === 'absent' ? refused(`oidc: parse uid claim "c": ${bad || 'claim not present'}`) : ok('jane', { uid: plain }));
    map('groups', { groups: { claim: 'c', prefix: 'p:' } }, undefined);
    map('groups-bare', { groups: { claim: 'c', prefix: '' } }, undefined);
    ask(`rule-value/${name}`, { config: config((jwt) => { jwt.claimValidationRules = [{ claim: 'c', requiredValue: 'v' }]; }), token: given }, undefined);
    ask(`email_verified/${name}`, { config: config((jwt) => { jwt.claimMappings.username = { claim: 'email', prefix: '' }; }), token: withClaims({ email: 'j@x.y', email_verified: value }) }, undefined);
    ask(`email/${name}`, { flags: flags('--oidc-username-claim=email'), token: withClaims({ email: value, email_verified: true }) }, undefined);
    ask(`jti/${name}`, { token: withClaims({ jti: value }) }, undefined);
  }
  names();
  sequence();
}

function names() {
  const one = (name, claim, text, answer) => ask(`name/${name}`, { config: config((jwt) => { jwt.claimMappings.username.claim = claim; }), token: withText(text) }, answer);
  one('case', 'Sub', '"x":1', refused('oidc: parse username claims "Sub": claim not present'));
  one('dotted', 'a.b', '"a":{"b":"x"}', refused('oidc: parse username claims "a.b": claim not present'));
  one('dotted-literal', 'a.b', '"a.b":"x"', ok('x'));
  one('url', 'https://x.y/name', '"https://x.y/name":"x"', ok('x'));
  one('quote', 'a"b\\c', '"x":1', undefined);
  one('quote-present', 'a"b', '"a\\"b":"x"', ok('x'));
  one('unicode', 'ü', '"\\u00fc":"x"', ok('x'));
  one('long-s', '\u017fub', '"x":1', undefined);
  one('space', ' ', '"x":1', undefined);
  one('email-upper-verified', 'email', '"email":"a@b","Email_Verified":false', ok('a@b'));
  one('email-verified-twice', 'email', '"email":"a@b","email_verified":false,"email_verified":true', ok('a@b'));
  one('email-no-at', 'email', '"email":"root"', ok('root'));
  one('duplicate', 'x', '"x":1,"x":"y"', ok('y'));
  one('duplicate-null', 'x', '"x":"y","x":null', ok(''));
  one('iss', 'iss', '"x":1', ok('https://issuer.example.com'));
  one('aud', 'aud', '"x":1', ok('my-client'));
  one('exp', 'exp', '"x":1', undefined);
  one('upn', 'upn', '"x":1', undefined);
  one('surrogate', 'x', '"x":"\\udc00a"', undefined);
  one('escapes', 'x', '"x":"\\b\\f\\n\\r\\t\\/\\\\\\""', undefined);
  one('html', 'x', '"x":"<b>&\\u003c"', undefined);
  one('sub-upper-token', 'sub', '"SUB":"x"', undefined);
  one('very-long', 'x', `"x":"${'x'.repeat(5000)}"`, undefined);
  const groups = (name, text, answer, prefix = '') => ask(`name/groups-${name}`, { config: config((jwt) => { jwt.claimMappings.groups = { claim: 'g', prefix }; }), token: withText(text) }, answer);
  groups('duplicates', '"g":["a","a","b"]', ok('jane', { groups: ['a', 'a', 'b'] }));
  groups('masters', '"g":["system:masters"]', ok('jane', { groups: ['system:masters'] }));
  groups('slash', '"g":["/dev"]', ok('jane', { groups: ['/dev'] }));
  groups('nulls', '"g":[null,"a",""]', ok('jane', { groups: ['p:', 'p:a', 'p:'] }), 'p:');
  groups('case', '"G":["a"]', ok('jane', { groups: [] }));
  groups('many', `"g":[${Array.from({ length: 300 }, (_, i) => `"g${i}"`)}]`, undefined);
  groups('overage', '"hasgroups":true,"_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"https://graph.example.com"}}', ok('jane', { groups: [] }));
}

function sequence() {
  // Everything fails at once; then one fault fewer at a time.
  const faults = [
    ['username', { u: 'jane' }], ['groups', { g: ['a'] }], ['uid', { i: 'x' }], ['rule', { r: 'v' }],
  ];
  const all = config((jwt) => {
    jwt.claimMappings = { username: { claim: 'u', prefix: '' }, groups: { claim: 'g', prefix: '' }, uid: { claim: 'i' } };
    jwt.claimValidationRules = [{ claim: 'r', requiredValue: 'v' }];
  });
  for (let subset = 0; subset < 16; subset++) {
    const healed = Object.assign({ u: 5, g: 5, i: 5, r: 5 }, ...faults.filter((_, i) => subset & (1 << i)).map(([, change]) => change));
    const first = faults.find((_, i) => !(subset & (1 << i)))?.[0];
    const expect = { username: refused('oidc: parse username claims "u": …'), groups: refused('oidc: parse groups claim "g": …'), uid: refused('oidc: parse uid claim "i": …'), rule: refused('oidc: parse claim r: …') }[first];
    ask(`sequence/${subset}`, { config: all, token: token(claims(healed)) }, expect ?? ok('jane', { groups: ['a'], uid: 'x' }));
  }
  const two = config((jwt) => { jwt.claimValidationRules = [{ claim: 'a', requiredValue: '1' }, { claim: 'b', requiredValue: '2' }, { claim: 'c', requiredValue: '3' }]; });
  ask('sequence/rules-all-fail', { config: two, token: withClaims({ a: 'x', b: 5 }), unordered: true }, undefined);
  ask('sequence/rules-last-fails', { config: two, token: withClaims({ a: '1', b: '2' }) }, refused('oidc: required claim c not present in ID token'));
}
