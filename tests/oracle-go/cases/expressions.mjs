// CEL expressions in mappings and rules (spec-apiserver.md 6.1 to 6.8).
import { ask, config, nowSeconds, withClaims, withText } from './token.mjs';
import { configRefused, ok, refused } from './says.mjs';

const username = (text) => config((jwt) => { jwt.claimMappings.username = { expression: text }; });
const groups = (text) => config((jwt) => { jwt.claimMappings.groups = { expression: text }; });
const uid = (text) => config((jwt) => { jwt.claimMappings.uid = { expression: text }; });
const extra = (...texts) => config((jwt) => { jwt.claimMappings.extra = texts.map((valueExpression, i) => ({ key: `example.com/k${i}`, valueExpression })); });
const claimRules = (...list) => config((jwt) => { jwt.claimValidationRules = list.map(([expression, message]) => ({ expression, message })); });
const userRules = (...list) => config((jwt) => {
  Object.assign(jwt.claimMappings, { groups: { claim: 'g', prefix: '' }, extra: [{ key: 'a.b/c', valueExpression: '["x","y"]' }] });
  jwt.userValidationRules = list.map(([expression, message]) => ({ expression, message }));
});

const rich = withClaims({
  email: 'jane@example.com', email_verified: true, name: 'Jane Doe', n: 5, f: 1.5, t: true, nil: null, e: '', g: ['dev', 'ops', ''], roles: 'a,b',
  o: { a: 'x', 'b.c': 'y', deep: { list: [1, 'two', null, [3]] } }, big: 9007199254740993, 'x-y': 'dash', 'p/q': 'slash', 'u__v': 'under', namespace: 'ns', a__dot__b: 'literal', 'a.b': 'dot', mixed: ['a', 1], nested: [['a'], ['b']],
  realm_access: { roles: ['r1', 'r2'] }, tid: '7f1d', preferred_username: 'jane@corp', groups_text: 'dev',
});

export default function () {
  usernames();
  groupLists();
  others();
  rules();
  compile();
  values();
}

function each(kind, build, list) {
  for (const [text, answer] of list) ask(`${kind}/${text}`, { config: build(text), token: rich }, answer);
}

function usernames() {
  const fails = (text, error) => refused(`oidc: error evaluating username claim expression: expression '${text}' resulted in error: ${error}`);
  const notText = refused('oidc: error evaluating username claim expression: username claim expression must return a string');
  each('cel-username', username, [
    ['claims.sub', ok('jane')],
    ['"oidc:" + claims.sub', ok('oidc:jane')],
    ['claims.missing', fails('claims.missing', 'no such key: missing')],
    ['claims["missing"]', fails('claims["missing"]', 'no such key: missing')],
    ['claims.n', notText],
    ['claims.t', notText],
    ['claims.nil', notText],
    ['claims.g', notText],
    ['claims.o', notText],
    ['claims', notText],
    ['claims.?sub', notText],
    ['claims.e', refused('oidc: empty username via CEL expression is not allowed')],
    ['""', refused('oidc: empty username via CEL expression is not allowed')],
    ['"constant"', ok('constant')],
    ['claims.?missing.orValue("none")', ok('none')],
    ['claims[?"sub"].orValue("none")', ok('jane')],
    ['has(claims.missing) ? "y" : "n"', ok('n')],
    ['has(claims.sub) ? "y" : "n"', ok('y')],
    ['has(claims.nil) ? "y" : "n"', undefined],
    ['has(claims.missing.deeper) ? "y" : "n"', undefined],
    ['claims.n.x', undefined],
    ['claims.sub.x', undefined],
    ['claims.nil.x', undefined],
    ['claims.o.a', ok('x')],
    ['claims.o.missing', fails('claims.o.missing', 'no such key: missing')],
    ['claims.o["b.c"]', ok('y')],
    ['claims.o.b__dot__c', ok('y')],
    ['claims.x__dash__y', ok('dash')],
    ['claims.p__slash__q', ok('slash')],
    ['claims.u__underscores__v', ok('under')],
    ['claims.u__v', undefined],
    ['claims["u__v"]', undefined],
    ['claims["x-y"]', ok('dash')],
    ['claims.namespace', ok('ns')],
    ['claims.__namespace__', ok('ns')],
    ['claims.a__dot__b', ok('dot')],
    ['claims["a.b"]', ok('dot')],
    ['claims.`a.b`', ok('dot')],
    ['string(claims.n)', ok('5')],
    ['string(claims.f)', ok('1.5')],
    ['string(claims.big)', undefined],
    ['string(claims.exp)', undefined],
    ['string(int(claims.exp))', ok(`${nowSeconds + 3600}`)],
    ['string(claims.t)', ok('true')],
    ['string(claims.nil)', undefined],
    ['string(claims.g)', undefined],
    ['claims.n % 2 == 0 ? "even" : "odd"', undefined],
    ['claims.n == 5 ? "five" : "other"', ok('five')],
    ['claims.n > 4 ? "more" : "less"', ok('more')],
    ['claims.n + 1.0 == 6.0 ? "y" : "n"', undefined],
    ['claims.n + 1 == 6 ? "y" : "n"', undefined],
    ['"a" in claims.o ? "y" : "n"', ok('y')],
    ['"sub" in claims ? "y" : "n"', fails('"sub" in claims ? "y" : "n"', 'no such overload')],
    ['size(claims) > 0 ? "y" : "n"', undefined],
    ['string(size(claims.o))', ok('3')],
    ['string(size(claims.g))', ok('3')],
    ['type(claims) == map ? "y" : "n"', ok('n')],
    ['claims.email.split("@")[0]', undefined],
    ['claims["email"].split("@")[0]', ok('jane')],
    ['claims.preferred_username.split("@")[0]', ok('jane')],
    ['claims.name.lowerAscii().replace(" ", ".")', ok('jane.doe')],
    ['claims.name.upperAscii()', ok('JANE DOE')],
    ['claims.name.substring(0, 4)', ok('Jane')],
    ['claims.name.substring(4, 100)', undefined],
    ['claims.name.charAt(1)', ok('a')],
    ['claims.name.indexOf("Doe") == 5 ? "y" : "n"', ok('y')],
    ['claims.name.matches("^J.*e$") ? "y" : "n"', ok('y')],
    ['claims.name.matches(claims.sub) ? "y" : "n"', ok('n')],
    ['claims.name.matches("(" + claims.sub) ? "y" : "n"', undefined],
    ['claims.name.find("[A-Z]o.")', ok('Doe')],
    ['claims.name.startsWith("Jane") ? "y" : "n"', ok('y')],
    ['claims.name.trim()', ok('Jane Doe')],
    ['claims.g.join(",")', undefined],
    ['dyn(claims.g).join(",")', undefined],
    ['claims.g[0]', ok('dev')],
    ['claims.g[9]', undefined],
    ['claims.g[-1]', undefined],
    ['claims.g[claims.n]', undefined],
    ['claims.o.deep.list[1]', ok('two')],
    ['string(claims.o.deep.list[0])', ok('1')],
    ['claims.missing == "x" || true ? "y" : "n"', ok('y')],
    ['true || claims.missing == "x" ? "y" : "n"', ok('y')],
    ['claims.missing == "x" && false ? "y" : "n"', ok('n')],
    ['claims.n && true ? "y" : "n"', undefined],
    ['1 / 0 == 1 ? "y" : "n"', undefined],
    ['string(9223372036854775807 + 1)', undefined],
    ['[1, 2, 3].map(x, string(x)).join("-")', ok('1-2-3')],
    ['[3, 1, 2].sort().map(x, string(x)).join("-")', undefined],
    ['["a", "b"].exists(x, x == "b") ? "y" : "n"', ok('y')],
    ['isIP("1.2.3.4") ? "y" : "n"', ok('y')],
    ['url("https://a.b/c").getHost()', ok('a.b')],
    ['quantity("1k").isGreaterThan(quantity("1")) ? "y" : "n"', undefined],
    ['semver("1.2.3").major() == 1 ? "y" : "n"', ok('y')],
    ['format.dns1123Label().validate("a").hasValue() ? "bad" : "good"', undefined],
    ['sets.contains(["a", "b"], ["a"]) ? "y" : "n"', ok('y')],
    ['timestamp("2026-01-01T00:00:00Z").getFullYear() == 2026 ? "y" : "n"', ok('y')],
    ['"%s-%d".format([claims.sub, 5])', undefined],
    ['b"bytes" == b"bytes" ? "y" : "n"', ok('y')],
    ["'single'", ok('single')],
    ['"""triple"""', ok('triple')],
    ['r"raw\\n"', ok('raw\\n')],
    ['"esc\\u00fc\\n"', ok('escü\n')],
    ['"a" + claims.nil', undefined],
    ['claims.sub + claims.n', undefined],
    ['[1,2,3].includes(2) ? "y" : "n"', undefined],
  ]);
}

function groupLists() {
  const bad = refused('oidc: error evaluating group claim expression: expression must return a string or a list of strings');
  const list = (...names) => ok('jane', { groups: names });
  each('cel-groups', groups, [
    ['claims.g', list('dev', 'ops')],
    ['claims.groups_text', list('dev')],
    ['claims.e', list()],
    ['claims.nil', list()],
    ['claims.n', bad],
    ['claims.o', bad],
    ['claims.?g', bad],
    ['claims.?g.orValue([])', undefined],
    ['claims.?missing.orValue([])', list()],
    ['claims.missing', refused("oidc: error evaluating group claim expression: expression 'claims.missing' resulted in error: no such key: missing")],
    ['claims.mixed', bad],
    ['claims.nested', bad],
    ['claims.realm_access.roles', list('r1', 'r2')],
    ['claims.roles.split(",")', bad],
    ['claims.roles.split(",") + claims.roles.split(",")', undefined],
    ['claims.roles.split(",").map(x, x)', list('a', 'b')],
    ['[] + claims.roles.split(",")', bad],
    ['["a", "b"]', list('a', 'b')],
    ['["a", ""]', list('a')],
    ['[]', list()],
    ['null', undefined],
    ['"x"', list('x')],
    ['true', bad],
    ['dyn(claims.g).map(x, "oidc:" + x)', list('oidc:dev', 'oidc:ops', 'oidc:')],
    ['dyn(claims.g).filter(x, x != "ops")', list('dev')],
    ['claims.g.filter(x, x != "ops")', undefined],
    ['claims.g + ["extra"]', undefined],
    ['[claims.sub]', undefined],
    ['[string(claims.sub), "x"]', list('jane', 'x')],
    ['"a,b".findAll("[a-z]")', undefined],
    ['has(claims.g) ? claims.g : []', undefined],
    ['claims.roles.contains("a") ? ["admins"] : []', list('admins')],
  ]);
}

function others() {
  const list = (extra) => ok('jane', { extra });
  each('cel-uid', uid, [
    ['claims.tid', ok('jane', { uid: '7f1d' })],
    ['claims.e', ok('jane', { uid: '' })],
    ['claims.n', refused('oidc: error evaluating uid claim expression: uid claim expression must return a string')],
    ['claims.missing', refused("oidc: error evaluating uid claim expression: expression 'claims.missing' resulted in error: no such key: missing")],
  ]);
  each('cel-extra', extra, [
    ['claims.tid', list({ 'example.com/k0': ['7f1d'] })],
    ['claims.g', list({ 'example.com/k0': ['dev', 'ops'] })],
    ['claims.e', list({})],
    ['claims.nil', list({})],
    ['claims.n', refused('oidc: error evaluating extra claim expression: claims.n: expression must return a string or a list of strings')],
    ['claims.missing', refused("expression 'claims.missing' resulted in error: no such key: missing")],
    ['claims.roles.split(",")', undefined],
    ['[]', list({})],
    ['string(claims.t)', list({ 'example.com/k0': ['true'] })],
  ]);
  ask('cel-extra-two/type-then-missing', { config: extra('claims.n', 'claims.missing'), token: rich }, refused("expression 'claims.missing' resulted in error: no such key: missing"));
  ask('cel-extra-two/both-missing', { config: extra('claims.m1', 'claims.m2'), token: rich }, undefined);
  ask('cel-extra-two/good', { config: extra('claims.sub', 'claims.g'), token: rich }, list({ 'example.com/k0': ['jane'], 'example.com/k1': ['dev', 'ops'] }));
  ask('cel-extra-two/jti', { config: extra('claims.sub'), token: withClaims({ jti: 'x' }) }, list({ 'authentication.kubernetes.io/credential-id': ['JTI=x'], 'example.com/k0': ['jane'] }));
}

function rules() {
  const one = (name, build, list, answer) => ask(`cel-rule/${name}`, { config: build(...list), token: rich }, answer);
  const claim = (rest) => refused('oidc: error evaluating claim validation expression: ' + rest);
  const user = (rest) => refused('oidc: error evaluating user info validation rule: ' + rest);
  one('true', claimRules, [['claims.sub == "jane"', 'm']], ok('jane'));
  one('false', claimRules, [['claims.sub == "eve"', 'must be eve']], claim(`validation expression 'claims.sub == "eve"' failed: must be eve`));
  one('false-no-message', claimRules, [['claims.sub == "eve"']], claim(`validation expression 'claims.sub == "eve"' failed: `));
  one('first-false', claimRules, [['false', 'one'], ['1 == 2', 'two']], claim("validation expression 'false' failed: one"));
  one('error-wins', claimRules, [['false', 'one'], ['claims.missing == 1', 'two']], claim("expression 'claims.missing == 1' resulted in error: no such key: missing"));
  one('error-first', claimRules, [['claims.m1 == 1', 'one'], ['claims.m2 == 1', 'two']], claim("expression 'claims.m1 == 1' resulted in error: no such key: m1"));
  one('hd', claimRules, [['claims.?hd.orValue("") == "example.com"', 'wrong domain']], claim(`validation expression 'claims.?hd.orValue("") == "example.com"' failed: wrong domain`));
  one('lifetime', claimRules, [['claims.exp - claims.iat <= 86400', 'too long']], claim("expression 'claims.exp - claims.iat <= 86400' resulted in error: no such key: iat"));
  one('number', claimRules, [['claims.n <= 5', 'm']], ok('jane'));
  one('multi-line', claimRules, [['claims.sub ==\n  "eve"', 'm']], undefined);
  one('user-true', userRules, [['user.username == "jane"', 'm']], ok('jane'));
  one('user-prefix', userRules, [['!user.username.startsWith("system:")', 'reserved']], ok('jane'));
  one('user-false', userRules, [['user.groups.all(g, g.startsWith("oidc:"))', 'groups need the prefix']], user(`validation expression 'user.groups.all(g, g.startsWith("oidc:"))' failed: groups need the prefix`));
  one('user-groups', userRules, [['"dev" in user.groups', 'm']], ok('jane'));
  one('user-size', userRules, [['size(user.groups) == 3', 'm']], ok('jane'));
  one('user-uid', userRules, [['user.uid == ""', 'm']], ok('jane'));
  one('user-has', userRules, [['has(user.uid)', 'm']], ok('jane'));
  one('user-extra', userRules, [['user.extra["a.b/c"] == ["x", "y"]', 'm']], ok('jane'));
  one('user-extra-missing', userRules, [['user.extra["nope"] == ["x"]', 'm']], undefined);
  one('user-extra-in', userRules, [['"a.b/c" in user.extra', 'm']], ok('jane'));
  one('user-error', userRules, [['user.groups[9] == "x"', 'm']], undefined);
  one('user-authenticated', userRules, [['"system:authenticated" in user.groups', 'm']], user(`validation expression '"system:authenticated" in user.groups' failed: m`));
}

function compile() {
  const bad = (name, build, text) => ask(`cel-compile/${name}`, { config: build(text), token: rich }, configRefused('invalid authentication configuration: jwt[0].…: Invalid value: …'));
  bad('undeclared', username, 'foo');
  bad('undeclared-user', username, 'user.username');
  bad('undeclared-function', username, 'claims.sub.frobnicate()');
  bad('macro-on-any', groups, 'claims.g.map(x, x)');
  bad('mixed-list', groups, '["a", claims.sub]');
  bad('mixed-literals', groups, '["a", 1]');
  bad('int-double', username, '1 == 1.0 ? "a" : "b"');
  bad('int-text', username, '1 == "1" ? "a" : "b"');
  bad('unclosed', username, 'claims.sub + (');
  bad('unclosed-text', username, '"abc');
  bad('two-lines', username, 'claims.sub +\n  foo +\n  bar');
  bad('keyword', username, 'claims.in');
  bad('keyword-while', username, 'while');
  bad('single-equals', username, 'claims.sub = "x"');
  bad('javascript', username, 'claims.sub === "x"');
  bad('jsonpath', username, '$.claims.sub');
  bad('template', username, '{{ claims.sub }}');
  bad('word-or', (text) => claimRules([text, 'm']), 'claims.a == 1 or claims.b == 2');
  bad('bad-pattern', username, 'claims.sub.matches("(") ? "a" : "b"');
  bad('unicode', username, 'claims.ü');
  bad('unicode-before', username, '"ü" + foo');
  bad('comment', username, 'claims.sub // x\n + foo');
  bad('wrong-arguments', username, 'claims.sub.replace("a")');
  bad('not-bool', (text) => claimRules([text, 'm']), 'claims.sub');
  bad('not-bool-user', (text) => userRules([text, 'm']), 'user.groups');
  bad('unknown-user-field', (text) => userRules([text, 'm']), 'user.name == "x"');
  bad('user-type', (text) => userRules([text, 'm']), 'user.groups == "x"');
  bad('math', username, 'string(math.greatest(1, 2))');
  bad('base64', username, 'base64.encode(b"x")');
  bad('bind', username, 'cel.bind(x, "a", x)');
  bad('authorizer', (text) => claimRules([text, 'm']), 'authorizer.path("/x").check("get").allowed()');
  bad('deep', username, '('.repeat(300) + 'claims.sub' + ')'.repeat(300));
}

function values() {
  // Values that only the raw text can carry.
  const one = (name, text, expression, answer) => ask(`cel-value/${name}`, { config: username(expression), token: withText(text) }, answer);
  one('big', '"v":12345678901234567890', 'string(claims.v)', ok('1.2345678901234567e+19'));
  one('negative-zero', '"v":-0', 'string(claims.v)', undefined);
  one('small', '"v":1e-7', 'string(claims.v)', undefined);
  one('million', '"v":1000000', 'string(claims.v)', undefined);
  one('twenty-one', '"v":100000000000000000000', 'string(claims.v)', undefined);
  one('one-fraction', '"v":1.0', 'string(claims.v)', undefined);
  one('out-of-range', '"v":1e400', 'string(claims.v)', undefined);
  one('duplicate', '"v":"a","v":"b"', 'claims.v', ok('b'));
  one('duplicate-nested', '"v":{"a":"1","a":"2"}', 'claims.v.a', ok('2'));
  one('surrogate', '"v":"\\ud800"', 'claims.v', ok('\ufffd'));
  one('null-in-map', '"v":{"a":null}', 'claims.v.a == null ? "null" : "not"', ok('null'));
  one('map-equal', '"v":{"a":1}', 'claims.v == {"a": 1.0} ? "y" : "n"', undefined);
  one('map-equal-int', '"v":{"a":1}', 'claims.v == {"a": 1} ? "y" : "n"', undefined);
  one('list-equal', '"v":[1,"a"]', 'claims.v == [1, "a"] ? "y" : "n"', undefined);
  one('nested-escape', '"v":{"a__b__c":"x"}', 'claims.v.a__b__c', undefined);
  one('type', '"v":1', 'type(claims.v) == double ? "double" : "other"', ok('double'));
  one('issuer', '"v":1', 'claims.iss + "#" + claims.sub', ok('https://issuer.example.com#jane'));
  one('sub-upper', '"SUB":"x"', 'claims.SUB', ok('x'));
  one('cost', `"v":[${Array(200).fill('"x"')}]`, 'dyn(claims.v).all(a, dyn(claims.v).all(b, dyn(claims.v).all(c, a + b + c != ""))) ? "y" : "n"', undefined);
}
