// Tokens: the issuer peek, JWS parsing, algorithm, signature and the typed claims (spec-apiserver.md section 5).
import { constants, privateEncrypt } from 'node:crypto';
import { ask, base64url, claims, config, flags, issuer, keySet, now, nowSeconds, signature, token, withClaims, withText } from './token.mjs';
import { notMine, ok, refused, unverified } from './says.mjs';
import { keys, publicKey } from './keys.mjs';
import { widened } from './section8.mjs';

const badSignature = unverified('failed to verify signature: failed to verify id token signature');
const malformed = (text) => unverified('oidc: malformed jwt: ' + text);
const badClaims = (text) => unverified('oidc: failed to unmarshal claims: ' + text);
const expired = (text = '…') => unverified(`oidc: token is expired (Token Expiry: ${text})`);
const parseFloat = (text) => badClaims(`strconv.ParseFloat: parsing "${text}": …`);

export default function () {
  peek();
  compact();
  headers();
  algorithms();
  typedClaims();
  numbers();
  audiences();
  times();
  distributed();
}

function peek() {
  const one = (name, text, answer, options) => ask(`peek/${name}`, { token: options === undefined ? text : token(text, options) }, answer);
  const payload = (name, text, answer) => one(name, text, answer, {});
  const rest = `"aud":"my-client","exp":${nowSeconds + 3600},"sub":"jane"`;
  one('empty', '', notMine);
  one('garbage', 'hello', notMine);
  one('dots', '..', notMine);
  one('uuid', '7f1d2f9e-2b0c-4a37-9b6e-0c9a8a1f4c11', notMine);
  one('brace', '{a.b.c', notMine);
  one('space-brace', ' \t{a.b.c', notMine);
  one('leading-space', ' ' + token(), undefined);
  one('trailing-newline', token() + '\n', undefined);
  one('quoted', `"${token()}"`, undefined);
  one('bearer', 'Bearer ' + token(), undefined);
  one('newline-in-payload', token(claims(), { edit: ([h, p, s]) => `${h}.${p.slice(0, 8)}\r\n${p.slice(8)}.${s}` }), ok('jane'));
  one('space-in-payload', token(claims(), { edit: ([h, p, s]) => `${h}.${p.slice(0, 8)} ${p.slice(8)}.${s}` }), notMine);
  one('nbsp-in-signature', token(claims(), { edit: ([h, p, s]) => `${h}.${p}.${s.slice(0, 8)}\u00a0${s.slice(8)}` }), undefined);
  one('zero-width-in-signature', token(claims(), { edit: ([h, p, s]) => `${h}.${p}.${s.slice(0, 8)}\u200b${s.slice(8)}` }), undefined);
  one('standard-alphabet', token(withStandard(), { edit: ([h, p, s]) => `${h}.${p.replaceAll('-', '+').replaceAll('_', '/')}.${s}` }), undefined);
  one('trailing-bits', token(claims({ sub: 'jane!' }), { edit: ([h, p, s]) => `${h}.${bent(p)}.${s}` }), undefined);
  payload('null', 'null', notMine);
  payload('list', '[]', notMine);
  payload('text', '"x"', notMine);
  payload('not-json', 'hello', notMine);
  payload('empty-payload', '', notMine);
  payload('bom', '\ufeff' + JSON.stringify(claims()), notMine);
  payload('trailing-space', JSON.stringify(claims()) + ' \n', ok('jane'));
  payload('trailing-text', JSON.stringify(claims()) + 'x', notMine);
  payload('trailing-comma', JSON.stringify(claims()).slice(0, -1) + ',}', notMine);
  payload('control', `{"iss":"${issuer}",${rest},"x":"a\u0001b"}`, notMine);
  payload('single-quotes', "{'iss':'x'}", notMine);
  payload('comment', `{"iss":"${issuer}",/* */${rest}}`, notMine);
  payload('iss-number', `{"iss":5,${rest}}`, notMine);
  payload('iss-absent', `{${rest}}`, notMine);
  payload('iss-then-null', `{"iss":"${issuer}","iss":null,${rest}}`, undefined);
  payload('iss-null-first', `{"iss":null,"iss":"${issuer}",${rest}}`, undefined);
  payload('iss-number-first', `{"iss":5,"iss":"${issuer}",${rest}}`, undefined);
  payload('iss-escaped', `{"iss":"https:\\/\\/issuer.\\u0065xample.com",${rest}}`, ok('jane'));
  payload('iss-key-escaped', `{"\\u0069ss":"${issuer}",${rest}}`, ok('jane'));
  payload('iss-upper-last', `{"iss":"${issuer}","ISS":"https://evil",${rest}}`, notMine);
  payload('iss-long-s-last', `{"iss":"https://evil","is\u017f":"${issuer}",${rest}}`, undefined);
  payload('iss-kelvin', `{"iss":"${issuer}",${rest},"\u212aid":"x"}`, ok('jane'));
  payload('iss-space', `{"iss":"${issuer} ",${rest}}`, notMine);
  payload('iss-case', `{"iss":"https://ISSUER.example.com",${rest}}`, notMine);
  payload('deep-9999', `{"iss":"${issuer}",${rest},"x":${'['.repeat(9998)}${']'.repeat(9998)}}`, undefined);
  payload('deep-10000', `{"iss":"${issuer}",${rest},"x":${'['.repeat(9999)}${']'.repeat(9999)}}`, undefined);
  payload('deep-10001', `{"iss":"${issuer}",${rest},"x":${'['.repeat(10000)}${']'.repeat(10000)}}`, undefined);
  payload('surrogate', `{"iss":"${issuer}",${rest.replace('jane', 'ja\\ud800ne')}}`, ok('ja\ufffdne'));
  payload('surrogate-pair', `{"iss":"${issuer}",${rest.replace('jane', '\\ud83d\\ude00')}}`, ok('\u{1f600}'));
  payload('surrogate-then-text', `{"iss":"${issuer}",${rest.replace('jane', '\\ud83dx')}}`, undefined);
  payload('bad-escape', `{"iss":"${issuer}",${rest},"x":"\\q"}`, notMine);
  payload('invalid-utf8', Buffer.concat([Buffer.from(`{"iss":"${issuer}","x":"`), Buffer.from([0xff, 0xfe, 0xc3]), Buffer.from(`",${rest}}`)]), ok('jane'));
  payload('invalid-utf8-name', Buffer.concat([Buffer.from(`{"iss":"${issuer}","aud":"my-client","exp":${nowSeconds + 60},"sub":"j`), Buffer.from([0xe2, 0x82]), Buffer.from('x"}')]), undefined);
  payload('number-leading-zero', `{"iss":"${issuer}",${rest},"x":01}`, notMine);
  payload('number-plus', `{"iss":"${issuer}",${rest},"x":+1}`, notMine);
  payload('number-huge', `{"iss":"${issuer}",${rest},"x":1e999}`, ok('jane'));
  const google = config((jwt) => { jwt.issuer.url = 'https://accounts.google.com'; });
  ask('peek/google-https', { config: google, token: withClaims({ iss: 'https://accounts.google.com' }) }, ok('jane'));
  ask('peek/google-slash', { config: google, token: withClaims({ iss: 'accounts.google.com/' }) }, notMine);
  ask('peek/google-flags', { flags: ['--oidc-issuer-url=https://accounts.google.com', '--oidc-client-id=my-client'], token: withClaims({ iss: 'accounts.google.com' }) }, ok('https://accounts.google.com#jane'));
}

const withStandard = () => claims({ x: '???>>>~~~' });
const bent = (part) => part.slice(0, -1) + String.fromCharCode(part.charCodeAt(part.length - 1) + 1);

function compact() {
  const one = (name, edit, answer, payload = claims()) => ask(`jws/${name}`, { token: token(payload, { edit }) }, answer);
  one('signature-empty', ([h, p]) => `${h}.${p}.`, badSignature);
  one('signature-short', ([h, p, s]) => `${h}.${p}.${s.slice(0, 100)}`, badSignature);
  one('signature-odd', ([h, p, s]) => `${h}.${p}.${s.slice(0, 101)}`, undefined);
  one('signature-standard', ([h, p, s]) => `${h}.${p}.${s.slice(0, 20)}+/${s.slice(22)}`, undefined);
  one('signature-star', ([h, p, s]) => `${h}.${p}.${s.slice(0, 20)}*${s.slice(21)}`, malformed('illegal base64 data at input byte 20'));
  one('signature-bit', ([h, p, s]) => `${h}.${p}.${s.slice(0, 20)}${s[20] === 'A' ? 'B' : 'A'}${s.slice(21)}`, badSignature);
  one('signature-removed-by-google', ([h, p]) => `${h}.${p}.SIGNATURE_REMOVED_BY_GOOGLE`, badSignature);
  one('header-padded', ([h, p, s]) => `${h}${'='.repeat((4 - (h.length % 4)) % 4 || 1)}.${p}.${s}`, undefined);
  one('header-empty', ([, p, s]) => `.${p}.${s}`, undefined);
  one('header-star', ([h, p, s]) => `*${h.slice(1)}.${p}.${s}`, malformed('illegal base64 data at input byte 0'));
  one('header-space', ([h, p, s]) => `${h.slice(0, 3)} ${h.slice(3)}.${p}.${s}`, ok('jane'));
  one('header-other', ([, p, s]) => `${base64url('{"alg":"RS256"}')}.${p}.${s}`, badSignature);
  one('payload-other', ([h, , s]) => `${h}.${base64url(JSON.stringify(claims({ sub: 'eve' })))}.${s}`, badSignature);
  one('payload-tail-newline', ([h, p, s]) => `${h}.${p}\n.${s}`, undefined);
}

function headers() {
  const one = (name, header, answer, more = {}) => ask(`header/${name}`, { token: token(claims(), { header, ...more }) }, answer);
  const text = (name, raw, answer) => one(name, raw, answer);
  text('list', '[]', malformed('json: cannot unmarshal array into Go value of type jose.rawHeader'));
  text('text', '"x"', malformed('json: cannot unmarshal string into Go value of type jose.rawHeader'));
  text('number', '5', undefined);
  text('null', 'null', unverified('oidc: id token signed with unsupported algorithm, expected … got ""'));
  text('object', '{}', unverified('oidc: id token signed with unsupported algorithm, expected … got ""'));
  text('cut', '{"alg":"RS256"', undefined);
  text('comma', '{"alg":"RS256",}', undefined);
  text('not-json', 'alg=RS256', undefined);
  text('trailing', '{"alg":"RS256","kid":"k1"} x', undefined);
  text('bom', '\ufeff{"alg":"RS256","kid":"k1"}', undefined);
  text('duplicate-deep', '{"alg":"RS256","kid":"k1","x":{"a":1,"a":2}}', undefined);
  text('duplicate-unknown', '{"alg":"RS256","kid":"k1","x":1,"x":2}', undefined);
  text('upper-alg', '{"ALG":"RS256","kid":"k1"}', unverified('oidc: id token signed with unsupported algorithm, expected … got ""'));
  text('upper-beside', '{"ALG":"none","alg":"RS256","kid":"k1"}', ok('jane'));
  text('deep', `{"alg":"RS256","kid":"k1","x":${'['.repeat(9999)}${']'.repeat(9999)}}`, undefined);
  text('deeper', `{"alg":"RS256","kid":"k1","x":${'['.repeat(10001)}${']'.repeat(10001)}}`, undefined);
  for (const [name, value] of Object.entries({ number: 5, list: [], object: {}, bool: true, null: null })) {
    one(`alg-${name}`, { alg: value }, undefined);
    one(`kid-${name}`, { kid: value }, undefined);
    one(`nonce-${name}`, { nonce: value }, undefined);
    one(`typ-${name}`, { typ: value }, ok('jane'));
    one(`cty-${name}`, { cty: value }, undefined);
    one(`jku-${name}`, { jku: value }, undefined);
    one(`jwk-${name}`, { jwk: value }, undefined);
    one(`x5c-${name}`, { x5c: value }, undefined);
    one(`x5t-${name}`, { x5t: value }, undefined);
    one(`x5u-${name}`, { x5u: value }, undefined);
    one(`crit-${name}`, { crit: value }, undefined);
    one(`b64-${name}`, { b64: value }, undefined);
    one(`enc-${name}`, { enc: value }, undefined);
    one(`zip-${name}`, { zip: value }, undefined);
  }
  one('kid-empty', { kid: '' }, ok('jane'));
  one('kid-case', { kid: 'K1' }, badSignature);
  one('kid-unknown', { kid: 'k9' }, badSignature);
  one('crit-empty', { crit: [] }, ok('jane'));
  one('crit-b64', { crit: ['b64'] }, undefined);
  one('crit-two', { crit: ['b64', 'exp'] }, badSignature);
  one('crit-list-number', { crit: [5] }, undefined);
  one('crit-text', { crit: 'b64' }, badSignature);
  one('b64-true', { b64: true }, ok('jane'));
  one('b64-false-plain-signature', { b64: false }, badSignature);
  one('b64-false-without-crit', { b64: false }, ok('jane'), { sign: (h, p) => signature(`${h}.${Buffer.from(p, 'base64url')}`) });
  one('b64-text', { b64: 'false' }, undefined);
  one('jwk-foreign', { jwk: publicKey('foreign') }, ok('jane'));
  one('jwk-own-key', { jwk: publicKey('foreign') }, badSignature, { key: 'foreign' });
  one('jwk-private', { jwk: { kid: 'x', ...keys.foreign } }, malformed('go-jose/go-jose: invalid embedded jwk, must be public key'));
  one('jwk-oct', { jwk: { kty: 'oct', k: 'AAAA' } }, undefined);
  one('jwk-unknown', { jwk: { kty: 'foo' } }, undefined);
  one('jwk-broken', { jwk: { kty: 'RSA', n: '*', e: 'AQAB' } }, undefined);
  one('x5c-garbage', { x5c: ['AAAA'] }, undefined);
  one('x5c-not-base64', { x5c: ['*'] }, undefined);
  one('x5c-list-number', { x5c: [5] }, undefined);
  one('x5c-empty', { x5c: [] }, undefined);
  one('exp-in-header', { exp: 1, iss: 'x' }, ok('jane'));
}

function algorithms() {
  const all = config();
  const one = (name, given, list, answer, how = {}) => ask(`alg/${name}`, { config: all, token: given, jwks: keySet(...list), ...how }, answer);
  for (const alg of ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']) {
    one(alg, token(claims(), { alg }), [publicKey('k1')], ok('jane'));
    one(`${alg}-as-other`, token(claims(), { alg, header: { alg: alg[0] === 'R' ? 'PS256' : 'RS256' } }), [publicKey('k1')], badSignature);
  }
  for (const [alg, key, width] of [['ES256', 'p256', 32], ['ES384', 'p384', 48], ['ES512', 'p521', 66]]) {
    one(alg, token(claims(), { alg, key, kid: key }), [publicKey(key)], ok('jane'));
    one(`${alg}-der`, token(claims(), { alg, key, kid: key, sign: () => Buffer.from('3045022100', 'hex') }), [publicKey(key)], badSignature);
    one(`${alg}-long`, token(claims(), { alg, key, kid: key, sign: (h, p) => Buffer.concat([signature(`${h}.${p}`, { alg, key }), Buffer.alloc(1)]) }), [publicKey(key)], badSignature);
    one(`${alg}-zero`, token(claims(), { alg, key, kid: key, sign: () => Buffer.alloc(2 * width) }), [publicKey(key)], badSignature);
    one(`${alg}-rsa-key`, token(claims(), { header: { alg } }), [publicKey('k1')], badSignature);
    one(`RS256-by-${key}`, token(claims(), { key: 'k1', kid: key }), [publicKey(key)], badSignature);
  }
  for (const [alg, width] of [['ES384', 48], ['ES512', 66]]) {
    one(`${alg}-p256-widened`, token(claims(), { alg, key: 'p256', kid: 'p256', sign: (h, p) => widened(signature(`${h}.${p}`, { alg, key: 'p256' }), width) }), [publicKey('p256')], ok('jane'));
    one(`${alg}-p256-narrow`, token(claims(), { alg, key: 'p256', kid: 'p256' }), [publicKey('p256')], badSignature);
  }
  one('ES256-p384', token(claims(), { alg: 'ES256', key: 'p384', kid: 'p384' }), [publicKey('p384')], undefined);
  for (const salt of [0, 1, 11, 32, 64, 222]) one(`PS256-salt-${salt}`, token(claims(), { alg: 'PS256', salt }), [publicKey('k1')], ok('jane'));
  one('rsa-1024', token(claims(), { key: 'rsa1024', kid: 'rsa1024' }), [publicKey('rsa1024')], ok('jane'));
  one('rsa-1016', token(claims(), { key: 'rsa1016', kid: 'rsa1016' }), [publicKey('rsa1016')], badSignature);
  one('rsa-e3', token(claims(), { key: 'rsaE3', kid: 'rsaE3' }), [publicKey('rsaE3')], ok('jane'));
  one('raw-rsa', token(claims(), { sign: (h, p) => privateEncrypt({ key: { ...keys.k1 }, format: 'jwk', padding: constants.RSA_PKCS1_PADDING }, Buffer.from('hello')) }), [publicKey('k1')], badSignature);
  one('eddsa', token(claims(), { header: { alg: 'EdDSA', kid: 'ed25519' } }), [publicKey('ed25519')], undefined);
  one('hs256-with-public-key', token(claims(), { header: { alg: 'HS256' } }), [publicKey('k1')], undefined);
  for (const alg of ['RS1', 'ES256K', 'RSA-OAEP', 'RS256 ', ' RS256', 'None', '']) one(`unknown-${JSON.stringify(alg)}`, token(claims(), { header: { alg } }), [publicKey('k1')], undefined);
  one('quoted', token(claims(), { header: { alg: 'a"b\\c\n\u00e9\u200b\u{1f600}' } }), [publicKey('k1')], undefined);
  for (const alg of ['RS256', 'ES256', 'PS512', 'none']) ask(`alg/flags-${alg}`, { flags: flags('--oidc-signing-algs=RS512,RS384', '--oidc-username-prefix=-'), token: token(claims(), { header: { alg } }) }, unverified(`oidc: id token signed with unsupported algorithm, expected ["RS512" "RS384"] got "${alg}"`));
}

function typedClaims() {
  const values = { text: 'x', number: 5, fraction: 1.5, bool: true, list: ['x'], 'empty-list': [], object: { a: 'b' }, null: null, 'list-of-lists': [['x']], 'list-of-objects': [{}] };
  for (const member of ['sub', 'nonce', 'at_hash', 'aud', 'exp', 'iat', 'nbf', '_claim_names', '_claim_sources', 'iss', 'azp', 'jti', 'email_verified', 'c_hash', 'auth_time']) {
    for (const [name, value] of Object.entries(values)) {
      ask(`typed/${member}-${name}`, { config: config((jwt) => { jwt.claimMappings.username.claim = 'name'; }), token: withClaims({ name: 'jane', [member]: value }) }, undefined);
    }
  }
  const two = (name, text, answer) => ask(`typed/${name}`, { token: withText(text) }, answer);
  two('two-bad', '"nonce":5,"at_hash":6', badClaims('json: cannot unmarshal number into Go struct field idToken.nonce of type string'));
  two('two-bad-reversed', '"at_hash":6,"nonce":5', undefined);
  two('bad-then-good', '"nonce":5,"nonce":"x"', undefined);
  two('bad-number-and-text', '"nonce":5,"exp":"abc"', undefined);
  two('bad-text-and-number', '"exp":"abc","nonce":5', undefined);
  two('upper-nonce', '"NONCE":5', undefined);
  two('sub-upper-bad', '"SUB":5', undefined);
  two('sub-twice', '"sub":"eve"', ok('eve'));
  two('sub-upper', '"SUB":"eve"', ok('jane'));
  two('sub-null-after', '"sub":null', undefined);
  two('aud-upper', '"AUD":"other"', undefined);
  two('aud-text-then-list', '"aud":["x"]', undefined);
  two('claim-names-null-value', '"_claim_names":{"a":null},"_claim_sources":{}', undefined);
  two('claim-names-empty', '"_claim_names":{"a":""},"_claim_sources":{"":{}}', unverified('oidc: failed to obtain source from claim name'));
  two('claim-sources-text', '"_claim_sources":{"a":"b"}', undefined);
  two('claim-sources-endpoint', '"_claim_sources":{"a":{"endpoint":5}}', undefined);
  two('claim-sources-token', '"_claim_sources":{"a":{"access_token":5}}', undefined);
  two('claim-sources-null', '"_claim_sources":{"a":null}', ok('jane'));
  two('claim-names-ok', '"_claim_names":{"a":"s"},"_claim_sources":{"s":{"endpoint":"https://e"}}', ok('jane'));
  two('claim-names-other-source', '"_claim_names":{"a":"s"},"_claim_sources":{"t":{}}', unverified('oidc: source does not exist'));
  two('claim-names-upper', '"_CLAIM_NAMES":{"a":"s"}', undefined);
}

function numbers() {
  const values = ['0', '-1', '-0', '1', '1.5', '1e10', '1E10', '1.0e+10', '1e-5', '1e18', '1e19', '-1e19', '1e308', '1e309', '-1e400', '9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809', '9223371974719179007', '9223371974719179008', '9223371974719179006', '253402300799', '253402300800', '18446744073709551616', '99999999999999999999999', '0.9999999999999999', '1795510800', '1795510800.0', '1795510800.5', '1795510799.999999', '17955108001e-1', '"1795510801"', '"1795510801.5"', '"1e12"', '"-5"', '""', '" 1795510801"', '"1795510801 "', '"+1795510801"', '"0x7fffffff"', '"01795510801"', '"1795510801."', '".5"', '"1_000"', '"NaN"', '"Infinity"', '"1e400"', '"null"', '"true"', '"1,5"', '"１"'];
  for (const member of ['exp', 'iat', 'nbf']) for (const value of values) ask(`number/${member}=${value}`, { token: withText(`"${member}":${value}`) }, undefined);
}

function audiences() {
  const one = (name, configured, aud, answer) => ask(`aud/${name}`, { config: config((jwt) => { jwt.issuer.audiences = configured; if (configured.length > 1) jwt.issuer.audienceMatchPolicy = 'MatchAny'; }), token: withClaims({ aud }) }, answer);
  one('absent', ['my-client'], undefined, unverified('oidc: expected audience "my-client" got []'));
  one('empty', ['my-client'], '', unverified('oidc: expected audience "my-client" got [""]'));
  one('space', ['my-client'], 'my-client ', unverified('oidc: expected audience "my-client" got ["my-client "]'));
  one('prefix', ['my-client'], 'my-client2', undefined);
  one('list-null', ['my-client'], [null], undefined);
  one('list-many', ['my-client'], ['a', 'b', 'c'], unverified('oidc: expected audience "my-client" got ["a" "b" "c"]'));
  one('list-twice', ['my-client'], ['my-client', 'my-client'], ok('jane'));
  one('quote', ['my-client'], 'a"b\\c\u0007\u00e9\u200b\ufffd\u{1f600}\u00ad', undefined);
  one('control', ['my-client'], '\u0000\u001f\u007f\u0085\u2028', undefined);
  one('configured-quote', ['a"b'], 'x', undefined);
  one('configured-unicode', ['ü'], 'u\u0308', undefined);
  one('url-slash', ['https://api/'], 'https://api', undefined);
  one('many-sorted', ['z', 'B', 'a', 'ä'], 'q', unverified('oidc: expected audience in ["B" "a" "z" "ä"] got ["q"]'));
  one('many-null', ['a', 'b'], null, unverified('oidc: expected audience in ["a" "b"] got [""]'));
  one('many-empty', ['a', 'b'], [], unverified('oidc: expected audience in ["a" "b"] got []'));
  one('many-match-last', ['a', 'b'], ['x', 'b'], ok('jane'));
}

function times() {
  const at = (name, members, answer, moment = now) => {
    ask(`time/${name}`, { token: withClaims(members), now: moment }, answer);
  };
  at('exp-now', { exp: nowSeconds }, ok('jane'));
  at('exp-before', { exp: nowSeconds - 1 }, expired('2026-11-24 08:59:59 +0000 UTC'));
  at('exp-year-1', { exp: -62135596800 }, expired('0001-01-01 00:00:00 +0000 UTC'));
  at('exp-year-0', { exp: -62135596801 }, expired('0000-12-31 23:59:59 +0000 UTC'));
  at('exp-negative-year', { exp: -99999999999 }, undefined);
  at('exp-milliseconds', { exp: (nowSeconds + 60) * 1000 }, ok('jane'));
  at('exp-zero', { exp: 0 }, expired('1970-01-01 00:00:00 +0000 UTC'));
  at('exp-leap', { exp: Date.UTC(2024, 1, 29) / 1000 }, expired('2024-02-29 00:00:00 +0000 UTC'));
  at('exp-2000', { exp: 951868800 }, undefined);
  at('nbf-now', { nbf: nowSeconds }, ok('jane'));
  at('nbf-60', { nbf: nowSeconds + 60 }, ok('jane'));
  at('nbf-61', { nbf: nowSeconds + 61 }, unverified('oidc: current time 2026-11-24 09:00:00 +0000 UTC before the nbf (not before) time: 2026-11-24 09:01:01 +0000 UTC'));
  at('nbf-far', { nbf: 99999999999999 }, undefined);
  at('nbf-huge', { nbf: 9e18 }, undefined);
  at('nbf-zero', { nbf: 0 }, ok('jane'));
  at('nbf-fraction', { nbf: nowSeconds + 60.9 }, ok('jane'));
  at('exp-and-nbf', { exp: nowSeconds - 5, nbf: nowSeconds + 500 }, expired());
  at('iat-future', { iat: nowSeconds + 1e6 }, ok('jane'));
  at('fraction-after', { exp: nowSeconds }, expired('2026-11-24 09:00:00 +0000 UTC'), '2026-11-24T09:00:00.000000001Z');
  at('fraction-nbf', { nbf: nowSeconds + 61 }, undefined, '2026-11-24T09:00:00.5Z');
  at('fraction-nbf-ok', { nbf: nowSeconds + 61 }, ok('jane'), '2026-11-24T09:00:01Z');
  at('fraction-nbf-milli', { nbf: nowSeconds + 70 }, undefined, '2026-11-24T09:00:00.120Z');
  at('now-offset', { exp: nowSeconds - 1 }, undefined, '2026-11-24T10:00:00+01:00');
}

function distributed() {
  const groups = (jwt) => { jwt.claimMappings.groups = { claim: 'g', prefix: '' }; };
  const one = (name, members, answer) => ask(`distributed/${name}`, { config: config(groups), token: withClaims(members) }, answer);
  const expand = (text) => refused('oidc: could not expand distributed claims: ' + text);
  one('plain', { g: ['a'], _claim_names: { g: 's' }, _claim_sources: { s: { endpoint: 'https://e' } } }, ok('jane', { groups: ['a'] }));
  one('names-null', { _claim_names: null }, expand('oidc: no claim sources'));
  one('names-empty', { _claim_names: {} }, expand('oidc: no claim sources'));
  one('names-empty-sources', { _claim_names: {}, _claim_sources: {} }, ok('jane', { groups: [] }));
  one('names-null-sources-null', { _claim_names: null, _claim_sources: null }, undefined);
  one('other-claim', { _claim_names: { x: 's' }, _claim_sources: { s: { endpoint: 'https://e' } } }, ok('jane', { groups: [] }));
  one('aggregated', { _claim_names: { g: 's' }, _claim_sources: { s: { JWT: 'a.b.c' } } }, ok('jane', { groups: [] }));
  one('aggregated-number', { _claim_names: { g: 's' }, _claim_sources: { s: { JWT: 5 } } }, undefined);
  one('group-null', { g: null, _claim_names: { g: 's' } }, undefined);
  one('sources-alone', { _claim_sources: { s: {} } }, ok('jane', { groups: [] }));
  one('aggregated-bad-elsewhere', { _claim_names: {}, _claim_sources: { s: { JWT: 5 } } }, undefined);
  const duplicate = (name, text, answer) => ask(`distributed/${name}`, { config: config(groups), token: withText(text) }, answer);
  duplicate('names-upper-only', '"_CLAIM_NAMES":{"g":"s"},"_claim_sources":{"s":{"endpoint":"https://e"}}', undefined);
  duplicate('sources-upper-only', '"_claim_names":{"g":"s"},"_CLAIM_SOURCES":{"s":{"endpoint":"https://e"}}', undefined);
  duplicate('names-merged', '"_claim_names":{"x":"s"},"_claim_names":{"y":"s"},"_claim_sources":{"s":{}}', undefined);
  ask('distributed/expression', { config: config((jwt) => { jwt.claimMappings.groups = { expression: 'has(claims.g) ? claims.g : "none"' }; }), token: withClaims({ _claim_names: { g: 's' }, _claim_sources: { s: { endpoint: 'https://e' } } }) }, ok('jane', { groups: ['none'] }));
}
