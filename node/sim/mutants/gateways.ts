// SPDX-License-Identifier: Apache-2.0
import { metaShardId } from '@shortlink/common/ids.ts';
import { decodeCommand, encodeCommand } from '../../src/core/statemachine/command-codec.ts';
import type { Command } from '../../src/core/statemachine/commands.ts';
import type { BarrierOutcome, EngineApi } from '../../src/engine/engine-api.ts';
import { LinkVersions } from '../../src/engine/link-versions.ts';
import { ShardMachine } from '../../src/engine/machines/shard-machine.ts';
import { decodeList, encodeList } from '../../src/engine/machines/shard-payload.ts';
import type { SimProcess } from '../sim-process.ts';
import type { Mutant } from './mutant.ts';
import { changedEngine } from '../changed-engine.ts';

/** Linearizable reads that ask nobody whether this replica is still up to date. */
function readAtOnce({ engine }: SimProcess): EngineApi {
  return changedEngine(engine, {
    barrier: (shard, _timeoutMs, answer: (outcome: BarrierOutcome) => void) => {
      const machine = engine.host.replicasByShard.get(shard)?.machine;
      if (!(machine instanceof ShardMachine) || machine.appliedIndex === 0) return answer({ kind: 'elsewhere' });
      answer({ kind: 'view', view: machine.view(engine.router.readNowMs()) });
    },
  });
}

/** A gateway that mints another key for each attempt, so that an attempt that was applied unseen is applied again. */
function newKeyForEachAttempt({ engine }: SimProcess): EngineApi {
  let attempts = 0;
  const rekeyed = (payload: Uint8Array): Uint8Array => {
    const commands = decodeList(payload, decodeCommand).map((command): Command => {
      if (command.type !== 'createLinks') return command;
      const key = command.dedup.key.slice();
      // Not the bytes that route it.
      new DataView(key.buffer).setUint32(12, ++attempts);
      return { ...command, dedup: { ...command.dedup, key } };
    });
    return encodeList(commands, encodeCommand);
  };
  return changedEngine(engine, {
    submit: (request, answer) => {
      const isData = request.kind === 'write' && request.shard !== metaShardId;
      engine.submit(isData ? { ...request, payload: rekeyed(request.payload) } : request, answer);
    },
  });
}

export const gatewayMutants: readonly Mutant[] = [
  {
    name: 'reads at once',
    knownFrom: 'etcd #20418: linearizable reads of a leader that is none any more',
    seeds: 12,
    caughtBy: ['linearizability'],
    mutation: { engineFor: readAtOnce },
  },
  {
    name: 'tells no cache of changes',
    knownFrom: 'design §6: caches hear of a change before anybody is answered',
    seeds: 12,
    caughtBy: ['linearizability'],
    // The engine raises versions that no cache looks at.
    mutation: { linkVersionsFor: () => new LinkVersions() },
  },
  {
    name: 'new key for each attempt',
    knownFrom: 'design §3: a retry must be known as one',
    seeds: 24,
    caughtBy: ['batches'],
    mutation: { engineFor: newKeyForEachAttempt },
  },
];
