// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { encodeCommand } from '../../core/statemachine/command-codec.ts';
import type { Command, CommandResult } from '../../core/statemachine/commands.ts';
import { concatBytes, fromUtf8 } from '@shortlink/common/bytes.ts';
import { decodeReadResult, encodeReadOp } from '../../core/statemachine/read-codec.ts';
import type { ReadOp, ReadResult } from '../../core/statemachine/reads.ts';
import { decodeResult } from '../../core/statemachine/result-codec.ts';
import type { Engine } from '../engine.ts';
import { decodeList, encodeList } from '../machines/shard-payload.ts';
import { TestCluster } from './test-cluster.ts';
import type { EngineConfig } from '../engine-config.ts';

let dedup = 0;

export function create(code: string, url: string): Command {
  dedup++;
  const key = Uint8Array.from({ length: 16 }, (_, i) => (i < 4 ? (dedup >>> (8 * i)) & 0xff : i));
  return {
    type: 'createLink',
    dedup: { key, fingerprint: new Uint8Array(8) },
    code,
    generated: false,
    codeLength: 8,
    url,
    creatorId: 'me',
    expiresAtMs: undefined,
    reuseDeadCodes: false,
  };
}

/** What lets time pass until something has happened. */
export type Mover = Pick<TestCluster, 'until'>;

export async function write(cluster: Mover, engine: Engine, command: Command): Promise<CommandResult> {
  let outcome: CommandResult | undefined;
  let problem: string | undefined;
  engine.submit(
    { kind: 'write', shard: 1, payload: encodeList([command], encodeCommand), timeoutMs: 20_000 },
    (status, payload) => {
      if (status === 'ok') outcome = decodeList(payload, decodeResult)[0];
      else problem = `${status}: ${fromUtf8(payload)}`;
    },
  );
  await cluster.until('a write', () => outcome !== undefined || problem !== undefined);
  if (outcome === undefined) throw new Error(problem);
  return outcome;
}

export async function read(cluster: TestCluster, engine: Engine, code: string): Promise<ReadResult> {
  return readOne(cluster, engine, { type: 'link', code });
}

export async function readOne(cluster: Mover, engine: Engine, operation: ReadOp): Promise<ReadResult> {
  const [result] = await readMany(cluster, engine, [operation]);
  return defined(result, 'result');
}

/** All in one request. */
export async function readMany(cluster: Mover, engine: Engine, operations: readonly ReadOp[]): Promise<ReadResult[]> {
  let outcome: ReadResult[] | undefined;
  let problem: string | undefined;
  const payload = concatBytes(Uint8Array.of(0), encodeList(operations, encodeReadOp));
  engine.submit({ kind: 'read', shard: 1, payload, timeoutMs: 20_000 }, (status, answer) => {
    if (status === 'ok') outcome = decodeList(answer, decodeReadResult);
    else problem = `${status}: ${fromUtf8(answer)}`;
  });
  await cluster.until('a read', () => outcome !== undefined || problem !== undefined);
  if (outcome === undefined) throw new Error(problem);
  return outcome;
}

export async function formedCluster(nodes: number, overrides: Partial<EngineConfig> = {}): Promise<TestCluster> {
  const cluster = new TestCluster(nodes, overrides);
  await cluster.until('formation', () => cluster.engines.every((engine) => engine.health().writable));
  return cluster;
}

export function engineAt(cluster: TestCluster, i: number): Engine {
  const engine = cluster.engines[i];
  if (engine === undefined) throw new Error(`no engine ${i}`);
  return engine;
}
