// Where int128/kubelogin 1.36 keeps its tokens, so that a lab's login is found by the plugin without another one.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The arguments of `get-token` in the lab's kubeconfig. */
export const pluginArguments = (lab, scopes) => [
  `--oidc-issuer-url=${lab.issuer}`, `--oidc-client-id=${lab.client}`,
  ...scopes.map((scope) => `--oidc-extra-scope=${scope}`),
  `--certificate-authority=${join(lab.folder, 'pki', 'ca.crt')}`, `--token-cache-dir=${lab.kubeloginCache}`,
];

// Go's gob encoding, as far as the cache key needs it (spec-client.md 5.6.4).
const unsigned = (n) => {
  if (n < 128) return [n];
  const bytes = [];
  for (let rest = n; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [256 - bytes.length, ...bytes];
};
const signed = (n) => unsigned(n >= 0 ? 2 * n : 2 * (-n - 1) + 1);
const text = (value) => { const bytes = [...Buffer.from(value)]; return [...unsigned(bytes.length), ...bytes]; };
const list = (values) => [...unsigned(values.length), ...values.flatMap(text)];
const message = (payload) => [...unsigned(payload.length), ...payload];
const common = (name, id) => [1, ...text(name), 1, ...signed(id), 0];

function structType(id, name, fields) {
  const body = fields.flatMap(([field, type]) => [1, ...text(field), 1, ...signed(type), 0]);
  return message([...signed(-id), 3, 1, ...common(name, id), 1, ...unsigned(fields.length), ...body, 0, 0]);
}

/** The fields that are not empty, by index, as a gob struct. */
function struct(fields) {
  let [previous, bytes] = [-1, []];
  for (const [index, value] of fields) {
    bytes.push(...unsigned(index - previous), ...value);
    previous = index;
  }
  return [...bytes, 0];
}

/** The cache file's name for an issuer, a client, scopes and a CA file, everything else being left at its default. */
export function cacheFileName({ issuer, client, scopes = [], caFile }) {
  const [key, provider, strings, map, config, string, int, bool] = [64, 65, 66, 67, 68, 6, 2, 1];
  const types = [
    structType(key, 'Key', [['Provider', provider], ['TLSClientConfig', config], ['Username', string], ['AuthRequestExtraParams', map]]),
    structType(provider, 'Provider', [['IssuerURL', string], ['ClientID', string], ['ClientSecret', string], ['ExtraScopes', strings],
      ['RedirectURL', string], ['PKCEMethod', int], ['UseAccessToken', bool], ['RequestHeaders', map]]),
    message([...signed(-strings), 2, 1, ...common('[]string', strings), 1, ...signed(string), 0, 0]),
    message([...signed(-map), 4, 1, ...common('map[string]string', map), 1, ...signed(string), 1, ...signed(string), 0, 0]),
    structType(config, 'Config', [['CACertFilename', strings], ['CACertData', strings], ['SkipTLSVerify', bool], ['Renegotiation', int]]),
  ];
  const providerValue = struct([[0, text(issuer)], [1, text(client)], ...(scopes.length ? [[3, list(scopes)]] : [])]);
  const configValue = struct(caFile ? [[0, list([caFile])]] : []);
  const value = message([...signed(key), ...struct([[0, providerValue], [1, configValue]])]);
  return createHash('sha256').update(Buffer.from([...types.flat(), ...value])).digest('hex');
}

/** Writes the tokens as the plugin would have, and returns the file's path. */
export function writeCache(lab, scopes, { id_token, refresh_token }) {
  mkdirSync(lab.kubeloginCache, { recursive: true, mode: 0o700 });
  const name = cacheFileName({ issuer: lab.issuer, client: lab.client, scopes, caFile: join(lab.folder, 'pki', 'ca.crt') });
  const file = join(lab.kubeloginCache, name);
  writeFileSync(file, JSON.stringify({ id_token, refresh_token }), { mode: 0o600 });
  return file;
}
