// Messages on their way: in order, one batch at a time, until the server has them or refuses them.
import { backoff, bound, cut, LARGEST_BATCH, LONGEST_SILENCE, silence, size } from './batch';
import { attempt, guarded, warn } from './safe';
import type { Settings } from './settings';
import { shelf } from './storage';

const FULL = 20;
const DELAY = 1000;
const SOON = 100;
/** After so many failures in a row a page no longer tries by itself. */
const PATIENCE = 10;
const TIMEOUT = 30_000;

interface Kept {
  until: number;
  texts: string[];
}

export function outbox({ endpoint, writeKey }: Settings, mayKeep: () => boolean) {
  const local = shelf('localStorage');
  const name = `rondom_queue_${writeKey}`;

  let waiting: string[] = [];
  let underWay: string[] = [];
  /** The last message after a withdrawal, which may still be told. */
  let farewell = '';
  let failures = 0;
  let silentUntil = 0;
  let timer: number | undefined;

  /** What pages that are gone, or other tabs, left behind. The server knows what it has seen. */
  const kept = (): Kept => {
    const { until, texts } = attempt(() => JSON.parse(local.get(name) ?? '{}')) ?? {};
    return { until: Number(until) || 0, texts: Array.isArray(texts) ? texts.map(String) : [] };
  };
  const keep = (texts: string[]) => {
    if (texts.length) local.set(name, JSON.stringify({ until: silentUntil, texts }));
    else local.remove(name);
  };
  /** Only what could not be delivered at once is ever written. */
  const save = () => {
    if (mayKeep() && waiting.length) keep(bound([...new Set([...kept().texts, ...waiting])]));
  };
  const without = (texts: string[], gone: string[]) => texts.filter((text) => !gone.includes(text));
  const done = (batch: string[]) => {
    waiting = without(waiting, batch);
    const before = kept().texts;
    if (before.length) keep(without(before, batch));
  };

  const sendLater = (delay: number) => {
    timer ??= setTimeout(guarded(send), delay);
  };

  /** Nothing, once the server has answered for good; else for how long it asks us to be silent. */
  async function post(batch: string[], leaving: boolean): Promise<number | undefined> {
    // Text: a request that browsers send to another origin without asking first.
    const body = `{"batch":[${batch.join()}],"sentAt":"${new Date().toISOString()}","writeKey":${JSON.stringify(writeKey)}}`;
    try {
      const answer = await fetch(`${endpoint}/v1/batch`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body,
        // Others may have used up what browsers let outlive a page; the next attempt does without.
        keepalive: leaving || !failures,
        credentials: 'omit',
        // The address as it is, secrets and all, is in no header.
        referrerPolicy: 'origin',
        signal: AbortSignal.timeout?.(TIMEOUT),
      });
      // Until it is read the request counts as under way, and there is no room for the next.
      await answer.text();
      const { ok, status } = answer;
      if (ok) return undefined;
      if (status < 500 && status !== 408 && status !== 429) {
        warn(`refused with status ${status}`, batch);
        return undefined;
      }
      return silence(answer.headers.get('retry-after'), Date.now());
    } catch {
      return 0;
    }
  }

  /** Sends what waits. A page that is left cannot wait for the batch under way, and uses the room beside it. */
  async function send(leaving = false): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (!mayKeep()) waiting = waiting.filter((text) => text === farewell);
    const silent = silentUntil - Date.now();
    if (silent > 0) return waiting.length ? sendLater(silent) : undefined;
    if (underWay.length && !leaving) return;
    const batch = cut(without(waiting, underWay), LARGEST_BATCH - size(underWay));
    if (!batch.length) return;

    underWay = [...underWay, ...batch];
    const asked = await post(batch, leaving);
    underWay = without(underWay, batch);
    if (asked === undefined) {
      failures = 0;
      done(batch);
      // What came meanwhile has its own time, unless that is over.
      return timer === undefined ? send() : undefined;
    }
    failures += 1;
    silentUntil = Date.now() + asked;
    save();
    clearTimeout(timer);
    timer = undefined;
    if (failures < PATIENCE) sendLater(Math.max(asked, backoff(failures, Math.random())));
  }

  return {
    send,
    add(text: string, soon: boolean) {
      waiting = bound([...waiting, text]);
      // While the server is in trouble, nothing new hurries it.
      if (failures) return sendLater(DELAY);
      if (waiting.length >= FULL) return void send();
      if (soon) clearTimeout(timer), (timer = undefined);
      sendLater(soon ? SOON : DELAY);
    },
    /** Takes up what earlier pages left. */
    resume() {
      const { until, texts } = kept();
      if (!texts.length) return;
      silentUntil = Math.min(until, Date.now() + LONGEST_SILENCE);
      waiting = texts;
      sendLater(SOON);
    },
    leave() {
      void send(true);
      save();
    },
    /** The network is back. */
    retry() {
      failures = 0;
      void send();
    },
    /** Forgets everything but a last message, if there is one. */
    clear(last: string) {
      local.remove(name);
      farewell = last;
      waiting = last ? [last] : [];
      void send();
    },
  };
}
