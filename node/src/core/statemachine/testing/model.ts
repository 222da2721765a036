// SPDX-License-Identifier: Apache-2.0
import { fromUtf8, toHex } from '@shortlink/common/bytes.ts';
import type {
  Command,
  CommandResult,
  CreateLink,
  CreateLinks,
  LifecycleCommand,
  Link,
  LinkNotCreated,
  UpdateLink,
} from '../commands.ts';
import { NewLinkReader } from '../new-link-rows.ts';
import type { NewLinkFields } from '../new-link-rows.ts';

interface ModelKey {
  readonly value: string;
  readonly createRevision: number;
  readonly revision: number;
  readonly version: number;
}

type ModelLink = Link | 'deleted' | 'expired';
type Mutation = Extract<Command, { readonly dedup: unknown }>;

/**
 * What links and keys mean, in plain maps and without generations, rows or windows: idempotency keys are remembered for ever,
 * so histories that are compared with it must end within one window.
 */
export class Model {
  readonly links = new Map<string, ModelLink>();
  readonly keys = new Map<string, ModelKey>();
  readonly #answers = new Map<string, { readonly fingerprint: string; readonly result: CommandResult }>();
  revision = 0;
  timeMs = 0;

  apply(command: Exclude<Command, LifecycleCommand>, timeMs: number): CommandResult {
    this.timeMs = Math.max(this.timeMs, timeMs);
    if (command.type === 'stateHashCheck') return { kind: 'stateHash', verdict: 'unknown' };
    if (command.type === 'collectExpired') {
      const link = this.links.get(command.code);
      const due = typeof link === 'object' && this.link(command.code) === 'expired';
      if (!due || link.revision !== command.revision || link.expiresAtMs !== command.expiresAtMs) {
        return { kind: 'nothing' };
      }
      this.revision += 1;
      this.links.set(command.code, 'expired');
      return { kind: 'collected' };
    }
    const name = toHex(command.dedup.key);
    const fingerprint = toHex(command.dedup.fingerprint);
    const answer = this.#answers.get(name);
    if (answer !== undefined) {
      return answer.fingerprint === fingerprint ? answer.result : { kind: 'idempotencyMismatch' };
    }
    const result = this.#mutate(command);
    if (result.kind !== 'redraw') this.#answers.set(name, { fingerprint, result });
    return result;
  }

  /** What a reader sees of a code. */
  link(code: string): ModelLink | undefined {
    const link = this.links.get(code);
    const over = typeof link === 'object' && link.expiresAtMs !== undefined && link.expiresAtMs <= this.timeMs;
    return over ? 'expired' : link;
  }

  #mutate(command: Mutation): CommandResult {
    switch (command.type) {
      case 'createLink':
        return this.#create(command);
      case 'createLinks':
        return this.#createTogether(command);
      case 'updateLink':
      case 'deleteLink': {
        const link = this.link(command.code);
        if (link === undefined) return { kind: 'notFound' };
        if (typeof link === 'string') return { kind: 'gone', reason: link };
        if ((command.ifRevision ?? link.revision) !== link.revision) {
          return { kind: 'revisionMismatch', actual: link.revision };
        }
        this.revision += 1;
        if (command.type === 'updateLink') return this.#update(link, command);
        this.links.set(command.code, 'deleted');
        return { kind: 'deleted', revision: this.revision };
      }
      case 'kvPut':
      case 'kvDelete':
        return this.#single(
          toHex(command.key),
          command.ifRevision,
          command.type === 'kvPut' ? command.value : undefined,
        );
      case 'kvBatch': {
        const failed = command.operations.findIndex(({ key, ifRevision }) => !this.#holds(toHex(key), ifRevision));
        const actual = this.keys.get(toHex(command.operations[failed]?.key ?? new Uint8Array(0)))?.revision ?? 0;
        if (failed >= 0) return { kind: 'kvBatchMismatch', operation: failed, actual };
        const changes = command.operations.some(({ key, value }) => value !== undefined || this.keys.has(toHex(key)));
        if (changes) this.revision += 1;
        for (const { key, value } of command.operations) this.#set(toHex(key), value);
        return { kind: 'kvBatch', revision: this.revision };
      }
    }
  }

  #create(command: CreateLink): CommandResult {
    const code = command.code ?? '';
    const there = this.link(code);
    const dead = typeof there === 'string';
    if (there !== undefined && !(dead && command.reuseDeadCodes)) {
      return command.generated ? { kind: 'redraw' } : { kind: 'taken', dead };
    }
    return { kind: 'link', link: this.#put(code, command) };
  }

  #createTogether({ codes = new Uint8Array(0), codeLength, count, rows }: CreateLinks): CommandResult {
    const notCreated: LinkNotCreated[] = [];
    const firstRevision = this.revision + 1;
    const links = new NewLinkReader(rows);
    for (let row = 0; row < count; row++) {
      const { url, creatorId, expiresAtMs } = links.next();
      const code = fromUtf8(codes.subarray(row * codeLength, (row + 1) * codeLength));
      if (code.startsWith('\0')) {
        notCreated.push({ row, reason: 'exhausted' });
      } else if (this.link(code) !== undefined) {
        notCreated.push({ row, reason: 'redraw' });
      } else {
        this.#put(code, { url: fromUtf8(url), creatorId: fromUtf8(creatorId), expiresAtMs });
      }
    }
    return {
      kind: 'linksCreated',
      created: { codes, codeLength, createdAtMs: this.timeMs, firstRevision, notCreated },
    };
  }

  #put(code: string, { url, creatorId, expiresAtMs }: NewLinkFields): Link {
    this.revision += 1;
    const { revision, timeMs } = this;
    const times = { createdAtMs: timeMs, updatedAtMs: timeMs, expiresAtMs };
    const link: Link = { code, url, creatorId, ...times, disabled: false, createRevision: revision, revision };
    this.links.set(code, link);
    return link;
  }

  #update(before: Link, { code, url, expiresAtMs, disabled }: UpdateLink): CommandResult {
    const link: Link = {
      ...before,
      url: url ?? before.url,
      expiresAtMs: expiresAtMs === null ? undefined : (expiresAtMs ?? before.expiresAtMs),
      disabled: disabled ?? before.disabled,
      updatedAtMs: this.timeMs,
      revision: this.revision,
    };
    this.links.set(code, link);
    return { kind: 'link', link };
  }

  #single(key: string, ifRevision: number | undefined, value: Uint8Array | undefined): CommandResult {
    const before = this.keys.get(key);
    if (!this.#holds(key, ifRevision)) return { kind: 'revisionMismatch', actual: before?.revision ?? 0 };
    if (value !== undefined || before !== undefined) this.revision += 1;
    this.#set(key, value);
    return { kind: 'kv', revision: this.revision, existed: before !== undefined };
  }

  #holds(key: string, ifRevision: number | undefined): boolean {
    return ifRevision === undefined || ifRevision === (this.keys.get(key)?.revision ?? 0);
  }

  #set(key: string, value: Uint8Array | undefined): void {
    const before = this.keys.get(key);
    if (value === undefined) {
      this.keys.delete(key);
      return;
    }
    const createRevision = before?.createRevision ?? this.revision;
    const version = (before?.version ?? 0) + 1;
    this.keys.set(key, { value: toHex(value), createRevision, revision: this.revision, version });
  }
}
