// Configurations: flags (spec-apiserver.md section 2) and files (section 3), good and bad.
import { readFileSync } from 'node:fs';
import { ask, config, flags, issuer, token, whole, withClaims } from './token.mjs';
import { configRefused, ok, refused, unverified } from './says.mjs';

const invalid = (text) => configRefused('invalid authentication configuration: ' + text);
const loading = (text) => configRefused('failed to load authentication configuration from file "FILE": ' + text);
const together = configRefused('oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set');
const certificate = readFileSync(new URL('./ca.pem', import.meta.url), 'utf8');

const email = withClaims({ email: 'jane@example.com' });
const grouped = withClaims({ g: ['dev', 'ops'] });

export default function () {
  goodFlags();
  badFlags();
  requiredClaimFlags();
  loadingFiles();
  issuers();
  claimRules();
  mappings();
  extras();
  emailRule();
  others();
  severalIssuers();
}

function goodFlags() {
  const good = (name, more, user, given = token()) => ask(`flags/${name}`, { flags: flags(...more), token: given }, user);
  good('plain', [], ok(`${issuer}#jane`));
  good('prefix-minus', ['--oidc-username-prefix=-'], ok('jane'));
  good('prefix-empty', ['--oidc-username-prefix='], ok(`${issuer}#jane`));
  good('prefix-text', ['--oidc-username-prefix=oidc:'], ok('oidc:jane'));
  good('prefix-two-minus', ['--oidc-username-prefix=--'], ok('--jane'));
  good('email', ['--oidc-username-claim=email'], ok('jane@example.com'), email);
  good('email-upper', ['--oidc-username-claim=Email'], ok(`${issuer}#J`), withClaims({ Email: 'J' }));
  good('email-prefix', ['--oidc-username-claim=email', '--oidc-username-prefix=o:'], ok('o:jane@example.com'), email);
  good('claim-two-words', ['--oidc-username-claim', 'email'], ok('jane@example.com'), email);
  good('claim-twice', ['--oidc-username-claim=email', '--oidc-username-claim=sub', '--oidc-username-prefix=-'], ok('jane'), email);
  good('underscores', ['--oidc_username_prefix=-'], ok('jane'));
  good('groups', ['--oidc-groups-claim=g'], ok(`${issuer}#jane`, { groups: ['dev', 'ops'] }), grouped);
  good('groups-prefix', ['--oidc-groups-claim=g', '--oidc-groups-prefix=o:'], ok(`${issuer}#jane`, { groups: ['o:dev', 'o:ops'] }), grouped);
  good('groups-prefix-minus', ['--oidc-groups-claim=g', '--oidc-groups-prefix=-'], ok(`${issuer}#jane`, { groups: ['-dev', '-ops'] }), grouped);
  good('groups-prefix-alone', ['--oidc-groups-prefix=o:'], ok(`${issuer}#jane`, { groups: [] }), grouped);
  good('algs', ['--oidc-signing-algs=PS256'], ok(`${issuer}#jane`), token(undefined, { alg: 'PS256' }));
  good('algs-two', ['--oidc-signing-algs=ES256,PS256'], ok(`${issuer}#jane`), token(undefined, { alg: 'PS256' }));
  good('algs-repeated', ['--oidc-signing-algs=ES256', '--oidc-signing-algs=RS512'], ok(`${issuer}#jane`), token(undefined, { alg: 'RS512' }));
  good('algs-replace-default', ['--oidc-signing-algs=ES256,RS512'], unverified('oidc: id token signed with unsupported algorithm, expected ["ES256" "RS512"] got "RS256"'));
  good('algs-empty', ['--oidc-signing-algs='], ok(`${issuer}#jane`));
  good('algs-empty-other', ['--oidc-signing-algs='], unverified('oidc: id token signed with unsupported algorithm, expected ["RS256"] got "RS384"'), token(undefined, { alg: 'RS384' }));
  good('jti', [], ok(`${issuer}#jane`, { extra: { 'authentication.kubernetes.io/credential-id': ['JTI=1'] } }), withClaims({ jti: '1' }));
  ask('flags/client-comma', { flags: [`--oidc-issuer-url=${issuer}`, '--oidc-client-id=a,b'], token: withClaims({ aud: 'a,b' }) }, ok(`${issuer}#jane`));
  ask('flags/client-comma-one', { flags: [`--oidc-issuer-url=${issuer}`, '--oidc-client-id=a,b'], token: withClaims({ aud: 'a' }) }, unverified('oidc: expected audience "a,b" got ["a"]'));
  ask('flags/none', { flags: [] }, { outcome: 'not-mine' });
  const url = (name, text, user) => ask(`flags/url-${name}`, { flags: [`--oidc-issuer-url=${text}`, '--oidc-client-id=my-client', '--oidc-username-prefix=-'], token: withClaims({ iss: text }) }, user);
  url('upper', 'HTTPS://a.b', ok('jane'));
  url('no-host', 'https://', ok('jane'));
  url('bare-question', 'https://a.b?', ok('jane'));
  url('bare-hash', 'https://a.b#', ok('jane'));
  url('port', 'https://a.b:8443/x/', ok('jane'));
  url('unicode', 'https://bücher.example/ü', undefined);
  url('http', 'http://a.b', invalid('jwt[0].issuer.url: Invalid value: "http://a.b": URL scheme must be https'));
  url('no-scheme', 'a.b', undefined);
  url('user', 'https://u:p@a.b', undefined);
  url('query', 'https://a.b?x=1', undefined);
  url('fragment', 'https://a.b#x', undefined);
  url('everything', 'http://u:p@a.b?x=1#y', undefined);
  url('bad-escape', 'https://a.b/%zz', undefined);
  url('bad-port', 'https://a.b:port', undefined);
  url('space', 'https://a b', undefined);
  url('space-in-path', 'https://a.b/c d', undefined);
  url('control', 'https://a.b/\u007f', undefined);
  url('leading-space', ' https://a.b', undefined);
  url('colon-first', '://a.b', undefined);
  url('ipv6', 'https://[::1]:8443', undefined);
  url('ipv6-open', 'https://[::1', undefined);
  url('ipv6-zone', 'https://[fe80::1%25en0]/', undefined);
  url('host-escape', 'https://a%41.b', undefined);
  url('opaque', 'https:a.b', undefined);
  url('quote', 'http://a"b\\c', undefined);
}

function badFlags() {
  const bad = (name, list, error) => ask(`flags/${name}`, { flags: list }, error);
  bad('issuer-alone', [`--oidc-issuer-url=${issuer}`], together);
  bad('client-alone', ['--oidc-client-id=x'], together);
  bad('groups-alone', ['--oidc-groups-claim=g'], together);
  bad('groups-empty-alone', ['--oidc-groups-claim='], together);
  bad('client-empty', [`--oidc-issuer-url=${issuer}`, '--oidc-client-id='], together);
  bad('algs-default-alone', ['--oidc-signing-algs=RS256'], together);
  bad('claim-empty', flags('--oidc-username-claim='), invalid('jwt[0].claimMappings.username: Required value: claim or expression is required'));
  bad('alg-unknown', flags('--oidc-signing-algs=HS256'), configRefused('oidc: unsupported signing alg: "HS256"'));
  bad('alg-space', flags('--oidc-signing-algs=RS256, ES256'), configRefused('oidc: unsupported signing alg: " ES256"'));
  bad('alg-lower', flags('--oidc-signing-algs=rs256'), configRefused('oidc: unsupported signing alg: "rs256"'));
  bad('alg-quote', flags('--oidc-signing-algs="RS256"'), undefined);
  bad('alg-quote-bad', flags('--oidc-signing-algs=a"b'), undefined);
  bad('alg-trailing-comma', flags('--oidc-signing-algs=RS256,'), undefined);
  bad('unknown', flags('--oidc-foo=1'), undefined);
  bad('unknown-short', flags('-x'), undefined);
  bad('no-value', flags('--oidc-username-claim'), undefined);
  bad('positional', flags('extra', 'more'), undefined);
  bad('single-dash', ['-oidc-issuer-url=x'], undefined);
  bad('ca-missing', flags('--oidc-ca-file=/nonexistent/ca.crt'), configRefused('open /nonexistent/ca.crt: no such file or directory'));
  // The document says "without certificates" is refused; a file of no bytes is as if no file were named.
  bad('ca-empty', flags('--oidc-ca-file=/dev/null'), ok(`${issuer}#jane`));
  bad('own-issuer', flags(`--service-account-issuer=${issuer}`), configRefused(`issuer.url: Invalid value: "${issuer}": URL must not overlap with disallowed issuers: [${issuer}]`));
  bad('own-issuers', flags('--service-account-issuer=https://b', `--service-account-issuer=${issuer}`), configRefused(`issuer.url: Invalid value: "${issuer}": URL must not overlap with disallowed issuers: […]`));
  ask('flags/with-file', { flags: flags(), config: config() }, configRefused('authentication-config file and oidc-* flags are mutually exclusive'));
  ask('flags/one-with-file', { flags: ['--oidc-username-claim=sub'], config: config() }, undefined);
  ask('flags/anonymous-with-file', { flags: ['--anonymous-auth=true'], config: whole({ anonymous: { enabled: true } }) }, configRefused('anonymous: Forbidden: --anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file'));
  ask('flags/anonymous-beside-file', { flags: ['--anonymous-auth=true'], config: config() }, ok('jane'));
  bad('anonymous-bad', flags('--anonymous-auth=perhaps'), undefined);
}

function requiredClaimFlags() {
  const one = (name, list, answer, given = token(), unordered) =>
    ask(`required/${name}`, { flags: flags('--oidc-username-prefix=-', ...list.map((pair) => `--oidc-required-claim=${pair}`)), token: given, unordered }, answer);
  const c = (value) => withClaims({ c: value });
  one('equal', ['c=d'], ok('jane'), c('d'));
  one('commas-stay', ['c=d=e,f=g'], ok('jane'), c('d=e,f=g'));
  one('trimmed', [' c = d '], ok('jane'), c('d'));
  one('twice-last', ['c=x', 'c=d'], ok('jane'), c('d'));
  one('twice-first', ['c=d', 'c=x'], refused('oidc: required claim c value does not match. Got = d, want = x'), c('d'));
  one('malformed', ['c'], configRefused('invalid argument "c" for "--oidc-required-claim" flag: malformed pair, expect string=string'));
  one('malformed-quote', ['a"b'], configRefused('invalid argument "a\\"b" for "--oidc-required-claim" flag: malformed pair, expect string=string'));
  one('key-empty', ['=x'], invalid('jwt[0].claimValidationRules[0]: Required value: claim or expression is required'));
  one('value-empty-absent', ['c='], refused('oidc: required claim c not present in ID token'));
  one('value-empty-empty', ['c='], ok('jane'), c(''));
  one('value-empty-null', ['c='], ok('jane'), c(null));
  one('value-empty-text', ['c='], refused('oidc: required claim c value does not match. Got = d, want = '), c('d'));
  one('number', ['c=5'], refused('oidc: parse claim c: json: cannot unmarshal number into Go value of type string'), c(5));
  one('bool', ['c=true'], refused('oidc: parse claim c: json: cannot unmarshal bool into Go value of type string'), c(true));
  one('object', ['c=d'], refused('oidc: parse claim c: json: cannot unmarshal object into Go value of type string'), c({}));
  one('two-fail', ['a=1', 'b=2'], undefined, token(), true);
  one('two-one-fails', ['c=d', 'b=2'], refused('oidc: required claim b not present in ID token'), c('d'));
  one('aud-text', ['aud=my-client'], ok('jane'));
  one('aud-list', ['aud=my-client'], refused('oidc: parse claim aud: json: cannot unmarshal array into Go value of type string'), withClaims({ aud: ['my-client'] }));
}

function loadingFiles() {
  const file = (name, text, answer) => ask(`file/${name}`, { config: text }, answer);
  const yaml = (more, head = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n') => head + more;
  const entry = 'jwt:\n- issuer:\n    url: https://issuer.example.com\n    audiences: [my-client]\n  claimMappings:\n    username:\n      claim: sub\n      prefix: ""\n';
  file('empty', '', loading('empty config data'));
  file('newline', '\n', undefined);
  file('comment', '# nothing\n', undefined);
  file('null', 'null', undefined);
  file('list', '[]', undefined);
  file('scalar', 'hello', undefined);
  file('number', '5', undefined);
  file('no-kind', whole({ kind: undefined, jwt: [] }), loading("Object 'Kind' is missing in '…'"));
  file('no-version', whole({ apiVersion: undefined, jwt: [] }), loading("Object 'apiVersion' is missing in '…'"));
  file('kind-unknown', whole({ kind: 'Authentication' }), undefined);
  file('version-unknown', whole({ apiVersion: 'apiserver.config.k8s.io/v2' }), loading('no kind "AuthenticationConfiguration" is registered for version "apiserver.config.k8s.io/v2" in scheme "…"'));
  file('group-unknown', whole({ apiVersion: 'v1' }), undefined);
  file('version-slashes', whole({ apiVersion: 'a/b/c' }), undefined);
  file('kind-other', { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', resources: [] }, undefined);
  file('kind-egress', { apiVersion: 'apiserver.k8s.io/v1beta1', kind: 'EgressSelectorConfiguration' }, undefined);
  file('v1alpha1', { ...config(), apiVersion: 'apiserver.config.k8s.io/v1alpha1' }, ok('jane'));
  file('v1beta1', { ...config(), apiVersion: 'apiserver.config.k8s.io/v1beta1' }, ok('jane'));
  file('no-jwt', whole({}), { outcome: 'not-mine' });
  file('jwt-null', whole({ jwt: null }), { outcome: 'not-mine' });
  file('jwt-empty', whole({ jwt: [] }), { outcome: 'not-mine' });
  file('unknown-in-jwt', config((jwt) => { jwt.foo = 1; }), loading('strict decoding error: unknown field "jwt[0].foo"'));
  // The document says "sorted": that is so in YAML, whose conversion sorts; JSON keeps the file's order.
  file('unknown-two', whole({ zoo: 1, bar: 2 }), loading('strict decoding error: unknown field "zoo", unknown field "bar"'));
  file('unknown-two-yaml', yaml('zoo: 1\nbar: 2\n'), loading('strict decoding error: unknown field "bar", unknown field "zoo"'));
  file('unknown-case', whole({ JWT: [] }), loading('strict decoding error: unknown field "JWT"'));
  file('unknown-deep', config((jwt) => { jwt.claimMappings.username.regex = 'x'; }), loading('strict decoding error: unknown field "jwt[0].claimMappings.username.regex"'));
  file('unknown-many', config((jwt) => { Object.assign(jwt, { a: 1, b: 2 }); jwt.issuer.c = 3; }), undefined);
  file('duplicate-json', '{"apiVersion":"apiserver.config.k8s.io/v1","kind":"AuthenticationConfiguration","jwt":[],"jwt":[]}', loading('strict decoding error: duplicate field "jwt"'));
  file('duplicate-json-deep', JSON.stringify(config()).replace('"audiences"', '"url":"x","audiences"'), undefined);
  file('duplicate-yaml-deep', yaml(entry.replace('    audiences', '    url: https://x\n    audiences')), loading('strict decoding error: yaml: unmarshal errors:\n  line 6: key "url" already set in map'));
  file('duplicate-and-unknown', yaml(entry + 'jwt: []\nfoo: 1\n'), undefined);
  file('type-jwt', whole({ jwt: {} }), undefined);
  file('type-jwt-text', whole({ jwt: 'x' }), undefined);
  file('type-entry', whole({ jwt: ['x'] }), undefined);
  file('type-url', config((jwt) => { jwt.issuer.url = 5; }), undefined);
  file('type-audiences', config((jwt) => { jwt.issuer.audiences = 'my-client'; }), undefined);
  file('type-prefix', config((jwt) => { jwt.claimMappings.username.prefix = false; }), undefined);
  file('type-groups', config((jwt) => { jwt.claimMappings.groups = 'groups'; }), undefined);
  file('type-extra', config((jwt) => { jwt.claimMappings.extra = {}; }), undefined);
  file('type-kind', whole({ kind: 5 }), undefined);
  file('type-anonymous', whole({ anonymous: true }), undefined);
  file('json-trailing', JSON.stringify(config()) + '\n---\nnonsense: true\n', undefined);
  file('json-cut', JSON.stringify(config()).slice(0, -2), undefined);
  file('json-comma', JSON.stringify(config()).slice(0, -1) + ',}', undefined);
  file('json-leading-space', '  \n' + JSON.stringify(config()), ok('jane'));
  file('yaml', yaml(entry), ok('jane'));
  file('yaml-start', '---\n' + yaml(entry), ok('jane'));
  file('yaml-start-twice', '---\n---\n' + yaml(entry), undefined);
  file('yaml-comment-start', '# a\n---\n# b\n' + yaml(entry), undefined);
  file('yaml-end', yaml(entry) + '...\n', undefined);
  file('yaml-second', yaml(entry) + '---\nfoo: 1\n', ok('jane'));
  file('yaml-second-bad', yaml(entry) + '---\n}{\n', ok('jane'));
  file('yaml-crlf', yaml(entry).replaceAll('\n', '\r\n'), ok('jane'));
  file('yaml-bom', '\ufeff' + yaml(entry), undefined);
  file('yaml-tab', yaml('jwt:\n\t- issuer: {}\n'), undefined);
  file('yaml-indent', yaml('jwt:\n- issuer:\n    url: https://a\n   audiences: [x]\n'), undefined);
  file('yaml-colon', yaml('jwt: a: b\n'), undefined);
  file('yaml-unclosed', yaml('jwt: [a\n'), undefined);
  file('yaml-unclosed-quote', yaml('jwt: "a\n'), undefined);
  file('yaml-anchor', yaml(entry.replace('[my-client]', '&a [my-client]')), ok('jane'));
  file('yaml-alias', yaml('jwt:\n- issuer: {url: &u "https://issuer.example.com", audiences: [my-client]}\n  claimMappings: {username: {claim: sub, prefix: *u}}\n'), ok(`${issuer}jane`));
  file('yaml-alias-unknown', yaml('jwt: *nowhere\n'), undefined);
  file('yaml-merge', yaml('jwt:\n- issuer: {url: "https://issuer.example.com", audiences: [my-client]}\n  claimMappings: {username: &b {claim: sub, prefix: ""}, groups: {<<: *b, claim: g}}\n'), undefined);
  file('yaml-block-text', yaml(entry.replace('prefix: ""', 'prefix: |-\n        oidc:')), ok('oidc:jane'));
  file('yaml-single-quotes', yaml(entry.replace('""', "'it''s:'")), ok("it's:jane"));
  file('yaml-escape', yaml(entry.replace('""', '"\\u00fc\\t:"')), undefined);
  file('yaml-tag', yaml(entry.replace('my-client', '!!str 5')), undefined);
  file('yaml-prefix-tilde', yaml(entry.replace('""', '~')), undefined);
  for (const word of ['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'True', 'Y', 'OFF', 'null', '~', '5', '0x10', '1_000', '1e3', '.5', '.inf', '012', '0o12', '1:30', '2026-11-24', 'yEs', "'y'", '"no"', '<<', '=', '!x', '@x', '`x', '%x', '-', '*']) {
    file(`yaml-audience-${word}`, yaml(entry.replace('my-client', word)), undefined);
  }
  file('yaml-prefix-oidc-colon', yaml(entry.replace('""', 'oidc:')), undefined);
  file('yaml-prefix-hash', yaml(entry.replace('""', 'a#b')), undefined);
  file('yaml-prefix-comment', yaml(entry.replace('""', 'a #b')), undefined);
  file('yaml-flow', '{apiVersion: apiserver.config.k8s.io/v1, kind: AuthenticationConfiguration, jwt: []}', undefined);
  file('yaml-key-number', yaml('5: x\n'), undefined);
  file('yaml-key-bool', yaml('y: x\n'), undefined);
}

function issuers() {
  const one = (name, change, answer, given = token()) =>
    ask(`issuer/${name}`, { config: config((jwt) => { Object.assign(jwt.issuer, change); }), token: given }, answer);
  const at = 'jwt[0].issuer.';
  one('url-empty', { url: '' }, invalid(at + 'url: Required value'));
  one('url-missing', { url: undefined }, invalid(at + 'url: Required value'));
  one('url-http', { url: 'http://a.b' }, invalid(at + 'url: Invalid value: "http://a.b": URL scheme must be https'));
  one('url-user', { url: 'https://u@a.b' }, invalid(at + 'url: Invalid value: "https://u@a.b": URL must not contain a username or password'));
  one('url-query', { url: 'https://a.b?q' }, invalid(at + 'url: Invalid value: "https://a.b?q": URL must not contain a query'));
  one('url-fragment', { url: 'https://a.b#f' }, invalid(at + 'url: Invalid value: "https://a.b#f": URL must not contain a fragment'));
  one('url-all', { url: 'http://u@a.b?q#f' }, undefined);
  one('url-bad', { url: 'https://a.b/%zz' }, undefined);
  one('discovery', { discoveryURL: 'https://inside.example.com/.well-known/openid-configuration' }, ok('jane'));
  one('discovery-same', { discoveryURL: issuer }, invalid(`${at}discoveryURL: Invalid value: "${issuer}": discoveryURL must be different from URL`));
  one('discovery-same-slashes', { discoveryURL: issuer + '//' }, invalid(`${at}discoveryURL: Invalid value: "${issuer}//": discoveryURL must be different from URL`));
  one('discovery-http', { discoveryURL: 'http://a.b' }, undefined);
  one('discovery-query', { discoveryURL: 'https://a.b?q#f' }, undefined);
  one('discovery-empty', { discoveryURL: '' }, ok('jane'));
  one('audiences-none', { audiences: [] }, invalid(`${at}audiences: Required value: at least one ${at}audiences is required`));
  one('audiences-null', { audiences: null }, invalid(`${at}audiences: Required value: at least one ${at}audiences is required`));
  one('audiences-empty', { audiences: [''] }, invalid(at + 'audiences[0]: Required value'));
  one('audiences-null-element', { audiences: [null] }, undefined);
  one('audiences-twice', { audiences: ['a', 'a'], audienceMatchPolicy: 'MatchAny' }, invalid(at + 'audiences[1]: Duplicate value: "a"'));
  one('audiences-empty-twice', { audiences: ['', ''] }, undefined);
  one('policy-missing', { audiences: ['a', 'b'] }, invalid(at + 'audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences'));
  one('policy-other', { audiences: ['a', 'b'], audienceMatchPolicy: 'MatchAll' }, invalid(at + 'audienceMatchPolicy: Invalid value: "MatchAll": audienceMatchPolicy must be MatchAny for multiple audiences'));
  one('policy-single-other', { audienceMatchPolicy: 'x' }, invalid(at + 'audienceMatchPolicy: Invalid value: "x": audienceMatchPolicy must be empty or MatchAny for single audience'));
  one('policy-single', { audienceMatchPolicy: 'MatchAny' }, ok('jane'));
  one('policy-lower', { audienceMatchPolicy: 'matchAny' }, undefined);
  one('policy-single-wrong-audience', { audienceMatchPolicy: 'MatchAny' }, unverified('oidc: expected audience "my-client" got ["x"]'), withClaims({ aud: 'x' }));
  one('two-audiences', { audiences: ['a', 'my-client'], audienceMatchPolicy: 'MatchAny' }, ok('jane'));
  one('two-audiences-none', { audiences: ['a', 'my-client'], audienceMatchPolicy: 'MatchAny' }, unverified('oidc: expected audience in ["a" "my-client"] got []'), withClaims({ aud: undefined }));
  one('ca', { certificateAuthority: certificate }, ok('jane'));
  one('ca-garbage', { certificateAuthority: 'hello' }, invalid(at + 'certificateAuthority: Invalid value: "<omitted>": data does not contain any valid RSA or ECDSA certificates'));
  one('ca-spaces', { certificateAuthority: ' ' }, undefined);
  one('ca-empty', { certificateAuthority: '' }, ok('jane'));
  one('ca-key', { certificateAuthority: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n' }, undefined);
  one('ca-broken', { certificateAuthority: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }, undefined);
  one('ca-empty-block', { certificateAuthority: '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n' }, undefined);
  one('ca-cut', { certificateAuthority: certificate.slice(0, -30) }, undefined);
  one('ca-headers', { certificateAuthority: certificate.replace('-----\n', '-----\nA: b\n\n') }, undefined);
  one('ca-good-then-broken', { certificateAuthority: certificate + '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }, undefined);
  one('egress', { egressSelectorType: 'cluster' }, configRefused('oidc: egress lookup required with egress selector type "cluster"'));
  one('egress-control', { egressSelectorType: 'controlplane' }, configRefused('oidc: egress lookup required with egress selector type "controlplane"'));
  one('egress-other', { egressSelectorType: 'master' }, invalid(at + 'egressSelectorType: Invalid value: "master": egress selector must be either controlplane or cluster'));
}

function claimRules() {
  const one = (name, list, answer, given = token()) =>
    ask(`rule/${name}`, { config: config((jwt) => { jwt.claimValidationRules = list; }), token: given }, answer);
  const at = 'jwt[0].claimValidationRules';
  one('both', [{ claim: 'a', expression: 'true' }], invalid(`${at}[0]: Invalid value: "a": claim and expression can't both be set`));
  one('neither', [{}], invalid(`${at}[0]: Required value: claim or expression is required`));
  one('claim-message', [{ claim: 'a', message: 'm' }], invalid(`${at}[0].message: Invalid value: "m": may not be specified when claim is set`));
  one('claim-twice', [{ claim: 'a' }, { claim: 'a' }], invalid(`${at}[1].claim: Duplicate value: "a"`));
  one('value-with-expression', [{ expression: 'true', requiredValue: 'v' }], invalid(`${at}[0].requiredValue: Invalid value: "v": may not be specified when expression is set`));
  one('expression-twice', [{ expression: 'true' }, { expression: 'true' }], invalid(`${at}[1].expression: Duplicate value: "true"`));
  one('expression-not-bool', [{ expression: '"x"' }], invalid(`${at}[0].expression: Invalid value: "\\"x\\"": must evaluate to bool`));
  one('expression-bad', [{ expression: 'claims.' }], undefined);
  one('claim-alone-absent', [{ claim: 'a' }], refused('oidc: required claim a not present in ID token'));
  one('claim-alone-empty', [{ claim: 'a' }], ok('jane'), withClaims({ a: '' }));
  one('claim-alone-text', [{ claim: 'a' }], refused('oidc: required claim a value does not match. Got = x, want = '), withClaims({ a: 'x' }));
  one('claim-case', [{ claim: 'HD', requiredValue: 'x' }], refused('oidc: required claim HD not present in ID token'), withClaims({ hd: 'x' }));
  one('null', [null], undefined);
  one('null-list', null, ok('jane'));
  one('many-faults', [{}, { claim: 'a', expression: 'x', message: 'm' }, { expression: '1', requiredValue: 'r' }], undefined);
}

function mappings() {
  const one = (name, change, answer, given = token()) =>
    ask(`mapping/${name}`, { config: config((jwt) => { Object.assign(jwt.claimMappings, change); }), token: given }, answer);
  const at = 'jwt[0].claimMappings.';
  for (const member of ['username', 'groups']) {
    const is = (change) => ({ [member]: change });
    one(`${member}-both`, is({ claim: 'sub', expression: 'claims.sub', prefix: '' }), undefined);
    one(`${member}-both-no-prefix`, is({ claim: 'sub', expression: 'claims.sub' }), undefined);
    one(`${member}-neither`, is({}), undefined);
    one(`${member}-prefix-alone`, is({ prefix: 'x' }), undefined);
    one(`${member}-missing`, is(undefined), undefined);
    one(`${member}-null`, is(null), undefined);
    one(`${member}-no-prefix`, is({ claim: 'sub' }), invalid(`${at}${member}.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing`));
    one(`${member}-null-prefix`, is({ claim: 'sub', prefix: null }), undefined);
    one(`${member}-expression-prefix`, is({ expression: 'claims.sub', prefix: 'p' }), invalid(`${at}${member}.prefix: Invalid value: "p": may not be specified when expression is set`));
    one(`${member}-expression-empty-prefix`, is({ expression: 'claims.sub', prefix: '' }), invalid(`${at}${member}.prefix: Invalid value: "": may not be specified when expression is set`));
    one(`${member}-expression-bad`, is({ expression: 'claims' + '.sub +' }), undefined);
    one(`${member}-expression-space`, is({ expression: ' ' }), undefined);
  }
  one('username-both-text', { username: { claim: 'sub', expression: 'claims.sub', prefix: '' } }, undefined);
  one('uid-both', { uid: { claim: 'a', expression: 'claims.a' } }, invalid(`${at}uid: Invalid value: "": claim and expression can't both be set`));
  one('uid-prefix', { uid: { claim: 'a', prefix: 'x' } }, undefined);
  one('uid-neither', { uid: {} }, ok('jane', { uid: '' }));
  one('uid-bad', { uid: { expression: 'nope' } }, undefined);
  one('uid', { uid: { claim: 'sub' } }, ok('jane', { uid: 'jane' }));
  ask('mapping/none', { config: config((jwt) => { delete jwt.claimMappings; }) }, undefined);
  ask('mapping/all-faults', { config: config((jwt) => {
    jwt.issuer = { url: 'http://a?b', audiences: ['', 'x', 'x'], certificateAuthority: 'no', egressSelectorType: 'x' };
    jwt.claimValidationRules = [{}];
    jwt.claimMappings = { groups: { claim: 'g' }, extra: [{ key: 'K8s.io/x' }] };
    jwt.userValidationRules = [{}];
  }) }, undefined);
}

function extras() {
  const one = (name, list, answer, given = token()) =>
    ask(`extra/${name}`, { config: config((jwt) => { jwt.claimMappings.extra = list; }), token: given }, answer);
  const at = 'jwt[0].claimMappings.extra';
  const key = (name, text, answer) => one(name, [{ key: text, valueExpression: '"v"' }], answer);
  const domain = (text, value = text) => invalid(`${at}[0].key: Invalid value: ${JSON.stringify(value)}: must be a domain-prefixed path (such as "acme.io/foo")`);
  key('key-empty', '', invalid(`${at}[0].key: Required value`));
  key('key-plain', 'foo', domain('foo'));
  key('key-no-host', '/foo', domain('/foo'));
  key('key-no-path', 'a.b/', domain('a.b/'));
  key('key-host-bad', 'a_b/c', undefined);
  key('key-host-dots', 'a..b/c', undefined);
  key('key-upper', 'a.b/C', undefined);
  key('key-upper-host', 'A.b/c', undefined);
  key('key-path-bad', 'a.b/c d', undefined);
  key('key-path-unicode', 'a.b/ü', undefined);
  key('key-long-host', 'a'.repeat(254) + '/c', undefined);
  for (const good of ['localhost/a', 'a.b/c/d', 'a.b/%20', 'notk8s.io/a', 'a.b//c', "a.b/~!$&'()*+,;=:@"]) key(`key-${good}`, good, undefined);
  for (const reserved of ['k8s.io/a', 'x.k8s.io/a', 'kubernetes.io/a', 'authentication.kubernetes.io/credential-id']) {
    key(`key-${reserved}`, reserved, invalid(`${at}[0].key: Invalid value: "${reserved}": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use`));
  }
  one('key-twice', [{ key: 'a.b/c', valueExpression: '"1"' }, { key: 'a.b/c', valueExpression: '"2"' }], invalid(`${at}[1].key: Duplicate value: "a.b/c"`));
  one('value-empty', [{ key: 'a.b/c' }], invalid(`${at}[0].valueExpression: Required value`));
  one('value-bad', [{ key: 'a.b/c', valueExpression: '1 +' }], undefined);
  one('empty', [{}], undefined);
  one('null', [null], undefined);
}

function emailRule() {
  const one = (name, bend, answer) =>
    ask(`email-rule/${name}`, { config: config(bend), token: withClaims({ email: 'j@x.y', email_verified: true }) }, answer);
  const broken = (text) => invalid(`jwt[0].claimMappings.username.expression: Invalid value: ${JSON.stringify(text)}: claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression`);
  const username = (text) => (jwt) => { jwt.claimMappings.username = { expression: text }; };
  for (const text of ['claims.email', 'claims.?email.orValue("x")', 'has(claims.email) ? claims.email : "x"', '"p:" + claims.email', 'claims.email + string(claims["email_verified"])']) one(`broken ${text}`, username(text), broken(text));
  for (const text of ['claims["email"]', 'claims[?"email"].orValue("x")', 'claims.email_verified ? claims.email : "x"', 'claims.?email_verified.orValue(true) == true ? claims.email : "x"', 'has(claims.email_verified) ? claims.email : "x"', 'claims.sub', 'claims.emailAddress == "x" ? "a" : "b"']) one(`kept ${text}`, username(text), undefined);
  one('by-rule', (jwt) => { username('claims.email')(jwt); jwt.claimValidationRules = [{ expression: 'claims.email_verified == true' }]; }, ok('j@x.y'));
  one('by-rule-index', (jwt) => { username('claims.email')(jwt); jwt.claimValidationRules = [{ expression: 'claims["email_verified"] == true' }]; }, broken('claims.email'));
  one('by-extra', (jwt) => { username('claims.email')(jwt); jwt.claimMappings.extra = [{ key: 'a.b/c', valueExpression: 'string(claims.email_verified)' }]; }, ok('j@x.y'));
  one('by-claim-rule', (jwt) => { username('claims.email')(jwt); jwt.claimValidationRules = [{ claim: 'email_verified' }]; }, broken('claims.email'));
  one('by-groups', (jwt) => { username('claims.email')(jwt); jwt.claimMappings.groups = { expression: 'string(claims.email_verified)' }; }, broken('claims.email'));
  one('by-user-rule', (jwt) => { username('claims.email')(jwt); jwt.userValidationRules = [{ expression: 'user.username != "x"' }]; }, broken('claims.email'));
}

function others() {
  const user = (name, list, answer) => ask(`user-rule/${name}`, { config: config((jwt) => { jwt.userValidationRules = list; }) }, answer);
  const at = 'jwt[0].userValidationRules';
  user('empty', [{}], invalid(`${at}[0].expression: Required value`));
  user('twice', [{ expression: 'true' }, { expression: 'true' }], invalid(`${at}[1].expression: Duplicate value: "true"`));
  user('not-bool', [{ expression: 'user.username' }], invalid(`${at}[0].expression: Invalid value: "user.username": must evaluate to bool`));
  user('unknown-field', [{ expression: 'user.name == "x"' }], undefined);
  user('claims', [{ expression: 'claims.sub == "x"' }], undefined);
  user('message-only', [{ message: 'x' }], undefined);
  const anonymous = (name, members, answer) => ask(`anonymous/${name}`, { config: { ...config(), anonymous: members } }, answer);
  anonymous('empty', {}, ok('jane'));
  anonymous('null', null, ok('jane'));
  anonymous('enabled', { enabled: true }, ok('jane'));
  anonymous('conditions', { enabled: true, conditions: [{ path: '/livez' }] }, ok('jane'));
  anonymous('conditions-disabled', { enabled: false, conditions: [{ path: '/livez' }] }, invalid('anonymous.conditions: Invalid value: …: enabled should be set to true when conditions are defined'));
  anonymous('conditions-omitted', { conditions: [{ path: '/livez' }, { path: '/x' }] }, undefined);
  anonymous('conditions-empty', { enabled: false, conditions: [] }, undefined);
}

function severalIssuers() {
  const entry = (url, more = {}) => ({ issuer: { url, audiences: ['my-client'], ...more }, claimMappings: { username: { claim: 'sub', prefix: url + '|' } } });
  const many = (name, list, answer, given = token()) => ask(`several/${name}`, { config: whole({ jwt: list }), token: given }, answer);
  const other = 'https://other.example.com';
  many('first', [entry(issuer), entry(other)], ok(`${issuer}|jane`));
  many('second', [entry(issuer), entry(other)], ok(`${other}|jane`), withClaims({ iss: other }));
  many('neither', [entry(issuer), entry(other)], { outcome: 'not-mine' }, withClaims({ iss: 'https://third.example.com' }));
  many('refused', [entry(other), entry(issuer)], unverified('oidc: expected audience "my-client" got ["x"]'), withClaims({ aud: 'x' }));
  many('slash-differs', [entry(issuer), entry(issuer + '/')], ok(`${issuer}/|jane`), withClaims({ iss: issuer + '/' }));
  many('twice', [entry(issuer), entry(issuer)], invalid(`jwt[1].issuer.url: Duplicate value: "${issuer}"`));
  many('twice-bad', [entry('http://a'), entry('http://a')], undefined);
  many('thrice', [entry(issuer), entry(issuer), entry(issuer)], undefined);
  many('discovery-twice', [entry(issuer, { discoveryURL: 'https://d' }), entry(other, { discoveryURL: 'https://d' })], invalid('jwt[1].issuer.discoveryURL: Duplicate value: "https://d"'));
  many('second-bad', [entry(issuer), entry('')], invalid('jwt[1].issuer.url: Required value'));
  const crowd = (count) => Array.from({ length: count }, (_, i) => entry(`https://i${i}.example.com`));
  many('64', crowd(64), ok('https://i63.example.com|jane'), withClaims({ iss: 'https://i63.example.com' }));
  many('65', crowd(65), invalid('jwt: Too many: 65: must have at most 64 items'));
  many('65-bad', [...crowd(64), {}], invalid('jwt: Too many: 65: must have at most 64 items'));
}
