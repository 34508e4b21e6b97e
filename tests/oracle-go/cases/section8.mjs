// The rows of spec-apiserver.md section 8 that the authenticator alone can answer, with what the document says.
// Left out: rows about HTTP, caches, discovery, certificates, TokenReview and RBAC (46-49, 58, 71-75, 77-80), which
// need the whole server.
import { ask, base64url, claims, config, flags, keySet, nowSeconds, signature, token, whole, withClaims, withText } from './token.mjs';
import { configRefused, notMine, ok, refused, unverified } from './says.mjs';
import { publicKey } from './keys.mjs';

const nineAlgs = '["ES256" "ES384" "ES512" "PS256" "PS384" "PS512" "RS256" "RS384" "RS512"]';
const badSignature = unverified('failed to verify signature: failed to verify id token signature');
const expired = unverified('oidc: token is expired (Token Expiry: …)');
const badClaims = (text) => unverified('oidc: failed to unmarshal claims: ' + text);
const parseFloat = 'strconv.ParseFloat: parsing "": invalid syntax';
const badKeys = (text) =>
  unverified('failed to verify signature: fetching keys oidc: failed to decode keys: got Content-Type = application/json, but could not unmarshal as JSON: ' + text);

const groups = config((jwt) => { jwt.claimMappings.groups = { claim: 'g', prefix: 'o:' }; });
const username = (expression) => config((jwt) => { jwt.claimMappings.username = { expression }; });
const groupsBy = (expression) => config((jwt) => { jwt.claimMappings.groups = { expression }; });
const email = config((jwt) => { jwt.claimMappings.username = { claim: 'email', prefix: '' }; });
const rules = (...list) => config((jwt) => { jwt.claimValidationRules = list; });
const many = config((jwt) => {
  jwt.issuer.audiences = ['z', 'my-client', 'b'];
  jwt.issuer.audienceMatchPolicy = 'MatchAny';
});

export default function () {
  ask('s8/01', {}, ok('jane', { groups: [] }));
  ask('s8/02', { token: withClaims({ exp: nowSeconds - 1 }) }, unverified('oidc: token is expired (Token Expiry: 2026-11-24 08:59:59 +0000 UTC)'));
  ask('s8/03', { token: withClaims({ exp: undefined }) }, unverified('oidc: token is expired (Token Expiry: 0001-01-01 00:00:00 +0000 UTC)'));
  ask('s8/04', { token: withClaims({ exp: `${nowSeconds + 100}` }) }, ok('jane'));
  ask('s8/05a', { token: withText(`"exp":${nowSeconds + 100}.9`) }, ok('jane'));
  ask('s8/05b', { token: withClaims({ exp: `${nowSeconds + 100}.5` }) }, ok('jane'));
  ask('s8/06', { token: withText('"exp":9223372036854775807') }, unverified('oidc: token is expired (Token Expiry: 292277026596-…)'));
  ask('s8/07', { token: withText('"exp":9223371974719179007') }, ok('jane'));
  ask('s8/07-plus-1', { token: withText('"exp":9223371974719179008') }, unverified('oidc: token is expired (Token Expiry: …292277024627…)'));
  ask('s8/08', { token: withClaims({ exp: null }) }, badClaims(parseFloat));
  ask('s8/09', { token: withClaims({ exp: 'abc' }) }, badClaims('json: invalid number literal, trying to unmarshal "\\"abc\\"" into Number'));
  ask('s8/10a', { token: token(`{"iss":"https://issuer.example.com","aud":"my-client","sub":"jane","exp":1,"EXP":${nowSeconds + 100}}`) }, ok('jane'));
  ask('s8/10b', { token: token(`{"iss":"https://issuer.example.com","aud":"my-client","sub":"jane","EXP":${nowSeconds + 100},"exp":1}`) }, expired);
  ask('s8/11a', { token: withClaims({ nbf: nowSeconds + 50 }) }, ok('jane'));
  ask('s8/11b', { token: withClaims({ nbf: nowSeconds + 70 }) }, unverified('oidc: current time 2026-11-24 09:00:00 +0000 UTC before the nbf (not before) time: 2026-11-24 09:01:10 +0000 UTC'));
  ask('s8/12a', { token: withClaims({ nbf: null }) }, ok('jane'));
  ask('s8/12b', { token: withClaims({ iat: null }) }, badClaims(parseFloat));
  ask('s8/13', { token: withClaims({ iat: nowSeconds + 1e9 }) }, ok('jane'));
  ask('s8/14a', { token: withClaims({ nonce: 5 }) }, badClaims('json: cannot unmarshal number into Go struct field idToken.nonce of type string'));
  ask('s8/14b', { token: withClaims({ at_hash: 5 }) }, badClaims('json: cannot unmarshal number into Go struct field idToken.at_hash of type string'));
  const oid = config((jwt) => { jwt.claimMappings.username.claim = 'oid'; });
  ask('s8/15', { config: oid, token: withClaims({ sub: 5, oid: 'x' }) }, badClaims('json: cannot unmarshal number into Go struct field idToken.sub of type string'));
  ask('s8/16a', { token: withClaims({ aud: ['a', 'my-client'] }) }, ok('jane'));
  ask('s8/16b', { token: withClaims({ aud: ['my-client', null] }) }, ok('jane'));
  ask('s8/17a', { token: withClaims({ aud: 'MY-CLIENT' }) }, unverified('oidc: expected audience "my-client" got ["MY-CLIENT"]'));
  ask('s8/17b', { token: withClaims({ aud: null }) }, unverified('oidc: expected audience "my-client" got [""]'));
  ask('s8/17c', { token: withClaims({ aud: [] }) }, unverified('oidc: expected audience "my-client" got []'));
  ask('s8/18', { token: withClaims({ aud: ['my-client', 5] }) }, badClaims('json: cannot unmarshal number into Go struct field idToken.aud of type string'));
  ask('s8/19', { config: many, token: withClaims({ aud: ['q', 'r'] }) }, unverified('oidc: expected audience in ["b" "my-client" "z"] got ["q" "r"]'));
  ask('s8/20', { config: many, token: withClaims({ aud: ['q', 'r'], exp: nowSeconds - 5 }) }, expired);
  ask('s8/21', { token: withClaims({ aud: 'other', exp: nowSeconds - 5 }, { key: 'foreign' }) }, badSignature);
  ask('s8/22', { token: withClaims({ iss: 'https://issuer.example.com/' }) }, notMine);
  ask('s8/23', { token: withText('"iss":"https://evil.example.com"') }, notMine);
  ask('s8/24a', { token: withClaims({ iss: undefined, ISS: 'https://issuer.example.com' }) }, ok('jane'));
  ask('s8/24b', { token: withClaims({ iss: undefined, 'iſs': 'https://issuer.example.com' }) }, ok('jane'));
  const google = config((jwt) => { jwt.issuer.url = 'https://accounts.google.com'; });
  ask('s8/25', { config: google, token: withClaims({ iss: 'accounts.google.com' }) }, ok('jane'));
  ask('s8/26', { token: token(claims({ sub: 'janes' }), { edit: ([h, p, s]) => `${h}.${p}${'='.repeat(4 - (p.length % 4 || 3))}.${s}` }) }, notMine);
  ask('s8/27', { token: token(claims(), { edit: ([h, p, s]) => `${h}.${p}.${s}==` }) }, unverified('oidc: malformed jwt: illegal base64 data at input byte 342'));
  ask('s8/28', { token: token(claims(), { edit: ([h, p, s]) => `${h}.${p}.${s.slice(0, -1)}${nextInClass(s.at(-1))}` }) }, ok('jane'));
  ask('s8/29a', { token: token(claims(), { edit: ([h, p, s]) => `${h.slice(0, 5)}\t${h.slice(5)}.${p}.${s}` }) }, ok('jane'));
  ask('s8/29b', { token: token(claims(), { edit: ([h, p, s]) => `${h}.${p.slice(0, 5)}\t${p.slice(5)}.${s}` }) }, notMine);
  const asJson = (parts) => JSON.stringify({ payload: parts[1], protected: parts[0], signature: parts[2] });
  ask('s8/30-json', { token: token(claims(), { edit: asJson }) }, notMine);
  ask('s8/30-2-parts', { token: token(claims(), { edit: ([h, p]) => `${h}.${p}` }) }, notMine);
  ask('s8/30-4-parts', { token: token(claims(), { edit: (parts) => [...parts, 'x'].join('.') }) }, notMine);
  ask('s8/30-jwe', { token: token(claims(), { edit: (parts) => [...parts, 'x', 'y'].join('.') }) }, notMine);
  const badAlg = (alg) => unverified(`oidc: id token signed with unsupported algorithm, expected ${nineAlgs} got "${alg}"`);
  for (const alg of ['none', 'HS256', 'EdDSA', 'rs256']) ask(`s8/31-${alg}`, { token: token(claims(), { header: { alg } }) }, badAlg(alg));
  ask('s8/31-missing', { token: token(claims(), { header: '{"kid":"k1"}' }) }, badAlg(''));
  ask('s8/32', { flags: flags(), token: token(claims(), { alg: 'PS256' }) }, unverified('oidc: id token signed with unsupported algorithm, expected ["RS256"] got "PS256"'));
  ask('s8/33', { token: token(claims(), { alg: 'PS256', salt: 11 }) }, ok('jane'));
  ask('s8/34', {
    // Two halves of 48 bytes for a curve of 32: each half is padded on the left.
    token: token(claims(), { kid: 'p256', alg: 'ES384', key: 'p256', sign: (h, p) => widened(signature(`${h}.${p}`, { key: 'p256', alg: 'ES384' }), 48) }),
    jwks: keySet(publicKey('p256')),
  }, ok('jane'));
  ask('s8/35', { token: token(claims(), { header: '{"alg":"RS256","alg":"RS256","kid":"k1"}' }) }, unverified("oidc: malformed jwt: json: duplicate key 'alg' in object"));
  ask('s8/36', { token: token(claims(), { kid: 5 }) }, unverified('oidc: malformed jwt: failed to unmarshal key ID: json: cannot unmarshal number into Go value of type string: "5"'));
  ask('s8/37', { token: token(claims(), { kid: undefined }) }, ok('jane'));
  ask('s8/38', { jwks: keySet(publicKey('k1', {})) }, badSignature);
  ask('s8/39', { jwks: keySet(publicKey('foreign', { kid: 'k1' }), publicKey('k1')) }, ok('jane'));
  ask('s8/40', { token: token(claims(), { header: { crit: ['exp'] } }) }, badSignature);
  ask('s8/41', { token: token(claims(), { header: { b64: false, crit: ['b64'] }, sign: (h, p) => signature(`${h}.${Buffer.from(p, 'base64url')}`) }) }, ok('jane'));
  ask('s8/42', { token: token(claims(), { header: { typ: 5, more: { a: [1] }, jwk: publicKey('foreign') } }) }, ok('jane'));
  ask('s8/43a', { jwks: keySet(publicKey('k1', { kid: 'k1', use: 'enc' })) }, ok('jane'));
  ask('s8/43b', { jwks: keySet(publicKey('k1', { kid: 'k1', alg: 'ES256' })) }, ok('jane'));
  ask('s8/44', { jwks: keySet(publicKey('k1'), publicKey('x25519')) }, badKeys("go-jose/go-jose: unknown curve X25519' …"));
  ask('s8/45', { jwks: keySet(publicKey('k1'), publicKey('foreign', { kid: 'f', x5u: 'https://a.b/c' })) }, badKeys('json: cannot unmarshal string into Go value of type url.URL …'));
  const mail = (verified) => ({ config: email, token: withClaims({ email: 'jane@example.com', email_verified: verified }) });
  ask('s8/50-text', mail('true'), refused("oidc: parse 'email_verified' claim: json: cannot unmarshal string into Go value of type bool"));
  ask('s8/50-null', mail(null), refused('oidc: email not verified'));
  ask('s8/50-absent', mail(undefined), ok('jane@example.com'));
  ask('s8/51-empty', { token: withClaims({ sub: '' }) }, ok(''));
  ask('s8/51-null', { token: withClaims({ sub: null }) }, ok(''));
  ask('s8/52-text', { config: groups, token: withClaims({ g: 'a,b' }) }, ok('jane', { groups: ['o:a,b'] }));
  ask('s8/52-null-in-list', { config: groups, token: withClaims({ g: [null] }) }, ok('jane', { groups: ['o:'] }));
  ask('s8/52-mixed', { config: groups, token: withClaims({ g: ['a', 1] }) }, refused('oidc: parse groups claim "g": json: cannot unmarshal array into Go value of type string'));
  ask('s8/52-object', { config: groups, token: withClaims({ g: {} }) }, refused('oidc: parse groups claim "g": json: cannot unmarshal object into Go value of type string'));
  const uid = config((jwt) => { jwt.claimMappings.uid = { claim: 'id' }; });
  ask('s8/53', { config: uid }, refused('oidc: parse uid claim "id": claim not present'));
  const hd = rules({ claim: 'hd', requiredValue: 'example.com' });
  ask('s8/54-null', { config: hd, token: withClaims({ hd: null }) }, refused('oidc: required claim hd value does not match. Got = , want = example.com'));
  ask('s8/54-list', { config: hd, token: withClaims({ hd: ['example.com'] }) }, refused('oidc: parse claim hd: json: cannot unmarshal array into Go value of type string'));
  ask('s8/54-case', { config: hd, token: withClaims({ hd: 'Example.com' }) }, refused('oidc: required claim hd value does not match. Got = Example.com, want = example.com'));
  ask('s8/55a', { token: withClaims({ jti: 'abc' }) }, ok('jane', { extra: { 'authentication.kubernetes.io/credential-id': ['JTI=abc'] } }));
  ask('s8/55b', { token: withClaims({ jti: 5 }) }, ok('jane', { extra: {} }));
  ask('s8/55c', { token: withClaims({ jti: '' }) }, ok('jane', { extra: {} }));
  ask('s8/56', { token: withClaims({ _claim_names: { x: 'y' } }) }, unverified('oidc: source does not exist'));
  ask('s8/57', { config: groups, token: withClaims({ _claim_names: {} }) }, refused('oidc: could not expand distributed claims: oidc: no claim sources'));
  ask('s8/59', { config: username('"foo" in claims ? "y" : "n"') }, refused(`oidc: error evaluating username claim expression: expression '"foo" in claims ? "y" : "n"' resulted in error: no such overload`));
  ask('s8/60', { config: groupsBy('claims.roles.split(",")'), token: withClaims({ roles: 'a,b' }) }, refused('oidc: error evaluating group claim expression: expression must return a string or a list of strings'));
  ask('s8/61', { config: groupsBy('claims.g.map(x, "p:"+x)') }, configRefused(`invalid authentication configuration: jwt[0].claimMappings.groups.expression: Invalid value: "claims.g.map(x, \\"p:\\"+x)": compilation failed: ERROR: <input>:1:7: expression of type 'any' cannot be range of a comprehension (must be list, map, or dynamic)…`));
  ask('s8/62a', { config: username('string(claims.n)'), token: withText('"n":12345678901234567890') }, ok('1.2345678901234567e+19'));
  ask('s8/62b', { config: username('string(claims.exp)') }, ok('1.7955144e+09'));
  ask('s8/63', { config: username('claims["a__dot__b"]'), token: withClaims({ 'a.b': 'dot', a__dot__b: 'lit' }) }, ok('dot'));
  ask('s8/64', { config: username('claims["email"]'), token: withClaims({ email: 'jane@example.com' }) }, ok('jane@example.com'));
  ask('s8/65', { config: rules({ expression: 'claims.a == "x"', message: 'a must be x' }, { expression: 'claims.b == "x"', message: 'b' }), token: withClaims({ a: 'y' }) }, refused(`oidc: error evaluating claim validation expression: expression 'claims.b == "x"' resulted in error: no such key: b`));
  ask('s8/66', { config: rules({ expression: 'claims.email_verified', message: 'm' }) }, configRefused('invalid authentication configuration: jwt[0].claimValidationRules[0].expression: Invalid value: "claims.email_verified": must evaluate to bool'));
  const extra = config((jwt) => { jwt.claimMappings.extra = [{ key: 'example.com/a', valueExpression: 'claims.a' }]; });
  ask('s8/67', { config: extra }, refused("expression 'claims.a' resulted in error: no such key: a"));
  const authenticated = config((jwt) => { jwt.userValidationRules = [{ expression: '"system:authenticated" in user.groups', message: 'not in' }]; });
  ask('s8/68', { config: authenticated }, refused(`oidc: error evaluating user info validation rule: validation expression '"system:authenticated" in user.groups' failed: not in`));
  const bare = config((jwt) => { jwt.claimMappings.groups = { claim: 'g', prefix: '' }; });
  ask('s8/69', { config: bare, token: withClaims({ g: ['system:masters'] }) }, ok('jane', { groups: ['system:masters'] }));
  ask('s8/70', { token: withClaims({ sub: 'system:anonymous' }) }, ok('system:anonymous', { groups: [] }));
  const yaml = (audience, more = '') => `apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- issuer:\n    url: https://issuer.example.com\n    audiences: [${audience}]\n  claimMappings:\n    username: {claim: sub, prefix: ""}\n${more}`;
  const loading = (rest) => configRefused('failed to load authentication configuration from file "FILE": ' + rest);
  ask('s8/76-yaml', { config: yaml('my-client') }, ok('jane'));
  ask('s8/76-second-document', { config: yaml('my-client', '---\nnonsense: true\n') }, ok('jane'));
  ask('s8/76-bool', { config: yaml('y') }, loading('…json: cannot unmarshal bool into Go struct field Issuer.jwt.issuer.audiences of type string'));
  ask('s8/76-duplicate', { config: yaml('my-client', 'jwt: []\n') }, loading('strict decoding error: yaml: unmarshal errors:\n  line 9: key "jwt" already set in map'));
  ask('s8/76-unknown', { config: whole({ jwt: [], foo: 1 }) }, loading('strict decoding error: unknown field "foo"'));
}

/** Another character of the base64url alphabet that differs only in the bits beyond the last byte. */
function nextInClass(last) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(last) ^ 1];
}

/** An r‖s signature with each half padded on the left to `width` bytes. */
export function widened(seal, width) {
  const half = seal.length / 2;
  const wide = (part) => Buffer.concat([Buffer.alloc(width - half), part]);
  return Buffer.concat([wide(seal.subarray(0, half)), wide(seal.subarray(half))]);
}
