// SPDX-License-Identifier: Apache-2.0
import { assert, defined } from '@shortlink/common/assert.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { Revision } from '@shortlink/common/ids.ts';
import type { Command, CommandResult, Link } from '../core/statemachine/commands.ts';
import { createLinks } from './create-links.ts';
import { newCreateMany } from './create-many.ts';
import type { CreateMany } from './create-many.ts';
import type { CreateOutcome } from './create-proposals.ts';
import type { MutationOptions, QueryOptions, ServiceDependencies } from './dependencies.ts';
import { requestKey, rowDedup, writeOptionalNumber, writeOptionalText } from './idempotency.ts';
import { checkExpiry, checkRevision, checkUrl, knownCode } from './link-input.ts';
import type { LinkPolicy, NewLink } from './link-input.ts';
import { listLinks } from './list-links.ts';
import type { LinkPage, ListQuery } from './list-links.ts';
import { currentMap, shardOfCode, shardOfCommand } from './placement.ts';
import { failureOf, gone, notFound } from './results.ts';

export interface LinkChanges {
  readonly url?: string | undefined;
  /** Null takes the expiry away; undefined leaves it. */
  readonly expiresAtMs?: number | null | undefined;
  readonly disabled?: boolean | undefined;
  readonly ifRevision?: Revision | undefined;
}

/** Links as users see them, whatever the wire. Failures are ServiceErrors. */
export interface LinksService {
  create(link: NewLink, options: MutationOptions): Promise<Link>;
  /** One outcome per row, in the order of the rows; rows that fail do not stop the others. */
  createBatch(links: readonly NewLink[], options: MutationOptions): Promise<readonly CreateOutcome[]>;
  readonly createMany: CreateMany;
  get(code: string, options: QueryOptions): Promise<Link>;
  update(code: string, changes: LinkChanges, options: MutationOptions): Promise<Link>;
  /** The revision of the deletion. */
  delete(code: string, options: MutationOptions & { readonly ifRevision?: Revision | undefined }): Promise<Revision>;
  list(query: ListQuery, options: QueryOptions): Promise<LinkPage>;
}

export function newLinksService(dependencies: ServiceDependencies, policy: LinkPolicy): LinksService {
  const { shards } = dependencies;
  const context = { ...dependencies, policy };
  return {
    create: async (link, options) => {
      const [outcome] = await createLinks(context, [link], options);
      assert(outcome !== undefined, 'a row has an outcome');
      if (!outcome.ok) throw outcome.error;
      return outcome.link;
    },
    createBatch: async (links, options) => {
      if (links.length === 0 || links.length > limits.batchMaxLinks) {
        const message = `a batch has 1 to ${limits.batchMaxLinks} links, not ${links.length}`;
        throw new ServiceError('invalid', message, { field: 'links' });
      }
      return createLinks(context, links, options);
    },
    createMany: newCreateMany(dependencies, policy),
    get: async (code, options) => {
      const shard = shardOfCode(currentMap(shards), knownCode(code));
      const [result] = await shards.read(shard, [{ type: 'link', code }], options);
      if (result?.kind === 'link') return result.link;
      throw result?.kind === 'gone' ? gone(result.reason) : notFound();
    },
    update: async (code, changes, options) => {
      const result = await mutate(
        dependencies,
        updateCommand(dependencies, policy, { code, changes, options }),
        options,
      );
      return result.kind === 'link' ? result.link : fail(result);
    },
    delete: async (code, options) => {
      const result = await mutate(dependencies, deleteCommand(dependencies, code, options), options);
      return result.kind === 'deleted' ? result.revision : fail(result);
    },
    list: (query, options) => listLinks(dependencies, query, options),
  };
}

function fail(result: CommandResult): never {
  throw failureOf(result);
}

async function mutate(
  { shards }: ServiceDependencies,
  command: Command,
  options: MutationOptions,
): Promise<CommandResult> {
  const shard = shardOfCommand(currentMap(shards), command);
  const results = await shards.write(shard, [command], { timeoutMs: options.timeoutMs });
  return defined(results[0], 'result of a command');
}

interface Update {
  readonly code: string;
  readonly changes: LinkChanges;
  readonly options: MutationOptions;
}

function updateCommand(dependencies: ServiceDependencies, policy: LinkPolicy, { code, changes, options }: Update) {
  const { expiresAtMs, disabled, ifRevision } = changes;
  if (changes.url === undefined && expiresAtMs === undefined && disabled === undefined) {
    throw new ServiceError('invalid', 'nothing to change: give url, expiresAt or disabled');
  }
  knownCode(code);
  checkRevision(ifRevision);
  const url = changes.url === undefined ? undefined : checkUrl(changes.url, policy);
  if (expiresAtMs !== null && expiresAtMs !== undefined) checkExpiry(expiresAtMs, dependencies.clock.nowMs());
  const canonical = new ByteWriter().text('updateLink').text(code);
  writeOptionalText(canonical, url).uint8(expiresAtMs === null ? 1 : 0);
  writeOptionalNumber(canonical, expiresAtMs ?? undefined).uint8(disabled === undefined ? 2 : Number(disabled));
  writeOptionalNumber(canonical, ifRevision);
  const key = requestKey(options.idempotencyKey, dependencies.random);
  const dedup = rowDedup(dependencies.sha256, key, 0, canonical.finish());
  return { type: 'updateLink', dedup, code, url, expiresAtMs, disabled, ifRevision } as const;
}

function deleteCommand(
  dependencies: ServiceDependencies,
  code: string,
  options: MutationOptions & { readonly ifRevision?: Revision | undefined },
) {
  const { ifRevision } = options;
  knownCode(code);
  checkRevision(ifRevision);
  const canonical = writeOptionalNumber(new ByteWriter().text('deleteLink').text(code), ifRevision);
  const key = requestKey(options.idempotencyKey, dependencies.random);
  const dedup = rowDedup(dependencies.sha256, key, 0, canonical.finish());
  return { type: 'deleteLink', dedup, code, ifRevision } as const;
}
