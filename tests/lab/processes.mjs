// Processes of the lab: free ports, starting, asking for readiness, ending.
import { spawn } from 'node:child_process';
import { openSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** So long may a program take until it answers; a cold, busy machine is slow. */
const patience = 180_000;

/** As many free ports of the loopback address, all different. */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => net.createServer());
  await Promise.all(servers.map((server) => new Promise((done) => server.listen(0, '127.0.0.1', done))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** One HTTP request; `{ status, headers, body }`. `ca`, `cert` and `key` as node's tls has them. */
export function request(url, { method = 'GET', headers = {}, body, ...tls } = {}) {
  return new Promise((done, failed) => {
    const client = url.startsWith('https:') ? https : http;
    const call = client.request(url, { method, headers, timeout: 5000, ...tls }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', failed);
      response.on('end', () => done({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    call.on('timeout', () => call.destroy(new Error('no answer within 5 s')));
    call.on('error', failed);
    call.end(body);
  });
}

/** Starts a program that outlives this one; its output goes to NAME.log, its id to NAME.pid. */
export function start(folder, name, program, words) {
  const log = openSync(join(folder, `${name}.log`), 'a', 0o600);
  const child = spawn(program, words, { cwd: folder, detached: true, stdio: ['ignore', log, log] });
  child.unref();
  writeFileSync(join(folder, `${name}.pid`), JSON.stringify({ id: child.pid, program }));
  return { child, log: join(folder, `${name}.log`) };
}

/** Asks until the answer is yes; a program that ended, or time that ran out, is an error with the log's tail. */
export async function until(what, { child, log }, asks) {
  const end = Date.now() + patience;
  for (;;) {
    if (await asks().catch(() => false)) return;
    const tail = () => readFileSync(log, 'utf8').split('\n').slice(-15).join('\n');
    if (child.exitCode !== null) throw new Error(`${what} ended with ${child.exitCode}:\n${tail()}`);
    if (Date.now() > end) throw new Error(`${what} was not ready after ${patience / 1000} s:\n${tail()}`);
    await pause(50);
  }
}

/** Ends the lab's processes: kube-apiserver before etcd, without which it would linger. */
export async function stopAll(folder) {
  for (const name of ['kube-apiserver', 'provider', 'etcd']) await stop(folder, name);
  rmSync(join(folder, 'lab.json'), { force: true });
}

async function stop(folder, name) {
  const file = join(folder, `${name}.pid`);
  let process_;
  try {
    process_ = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return; // never started
  }
  const { id, program } = process_;
  for (const [signal, milliseconds] of [['SIGTERM', 2000], ['SIGKILL', 5000]]) {
    if (!runs(id, program)) break;
    process.kill(id, signal);
    const end = Date.now() + milliseconds;
    while (runs(id, program) && Date.now() < end) await pause(50);
  }
  rmSync(file);
}

/** Whether the process is still the one that was started, and not another that got its id. */
function runs(id, program) {
  try {
    return readlinkSync(`/proc/${id}/exe`).replace(/ \(deleted\)$/, '') === program || readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0')[0] === program;
  } catch {
    return false;
  }
}
