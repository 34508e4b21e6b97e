// What the document says an answer is, and whether an answer is that.

export const ok = (username, rest = {}) => ({ outcome: 'accepted', user: { username, ...rest } });
export const notMine = { outcome: 'not-mine' };

/** A refusal; `…` in the text stands for anything. */
export const refused = (error) => ({ outcome: 'refused', error });
export const unverified = (error) => refused('oidc: verify token: ' + error);
export const configRefused = (error) => ({ outcome: 'config-refused', error });

const pattern = (text) =>
  new RegExp('^' + text.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^]*') + '$');

/** The difference between what the document says and the answer, or nothing. */
export function difference(expect, answer) {
  if (!expect) return undefined;
  if (expect.outcome !== answer.outcome) return 'outcome';
  if (expect.error !== undefined && !pattern(expect.error).test(answer.error ?? '')) return 'error';
  for (const [member, value] of Object.entries(expect.user ?? {})) {
    if (JSON.stringify(answer.user?.[member]) !== JSON.stringify(value)) return member;
  }
  return undefined;
}
