// The lab's kubeconfigs.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pluginArguments } from './kubelogin.mjs';

function write(lab, name, users, context) {
  const config = {
    apiVersion: 'v1', kind: 'Config', 'current-context': context,
    clusters: [{ name: 'lab', cluster: { server: lab.server, 'certificate-authority': join(lab.folder, 'pki', 'ca.crt') } }],
    users: Object.entries(users).map(([user, members]) => ({ name: user, user: members })),
    contexts: Object.keys(users).map((user) => ({ name: user, context: { cluster: 'lab', user } })),
  };
  writeFileSync(join(lab.folder, name), JSON.stringify(config, null, 2) + '\n', { mode: 0o600 }); // JSON is YAML
}

/** admin.kubeconfig: a client certificate of system:masters. */
export function adminKubeconfig(lab) {
  const file = (name) => join(lab.folder, 'pki', name);
  write(lab, 'admin.kubeconfig', { admin: { 'client-certificate': file('admin.crt'), 'client-key': file('admin.key') } }, 'admin');
}

/**
 * user.kubeconfig: the context `oidc` with kubelogin as its plugin, asking for the scopes given, and the context
 * `token` with the token itself; the latter is the current one as soon as there has been a login.
 */
export function userKubeconfig(lab, { token, scopes = [] } = {}) {
  const plugin = {
    apiVersion: 'client.authentication.k8s.io/v1', command: 'kubectl', interactiveMode: 'IfAvailable', provideClusterInfo: false,
    args: ['oidc-login', 'get-token', ...pluginArguments(lab, scopes)],
  };
  write(lab, 'user.kubeconfig', { oidc: { exec: plugin }, ...(token && { token: { token } }) }, token ? 'token' : 'oidc');
}
