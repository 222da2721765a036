// SPDX-License-Identifier: Apache-2.0
import { decodeResult, encodeResult } from '../../src/core/statemachine/result-codec.ts';
import type { CommandResult } from '../../src/core/statemachine/commands.ts';
import type { ChunkWorkPorts } from '../../src/engine/chunks/open-chunk-work.ts';
import { decodeList, encodeList } from '../../src/engine/machines/shard-payload.ts';
import type { Row } from '../../src/ports/kv-engine.ts';
import { ObjectStoreError } from '../../src/ports/object-store.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { changedEngine } from '../changed-engine.ts';
import { commandsOf, withCommands } from './request-commands.ts';
import { changedFiles, changedReader, changedStore } from './changed-store.ts';
import type { Mutant } from './mutant.ts';

/** Somebody else does something to the name now: taken for one's own success. */
function conflictIsSuccess(store: ObjectStore): ObjectStore {
  return changedStore(store, {
    put: async (name, body, options) => {
      try {
        return await store.put(name, body, options);
      } catch (error) {
        if (error instanceof ObjectStoreError && error.kind === 'conflict') return 'created';
        throw error;
      }
    },
  });
}

/** Announces twice, because the first answer was lost, and takes LATE for the success of another exporter. */
function deletesOwnExport(ports: ChunkWorkPorts): ChunkWorkPorts {
  const { engine } = ports;
  return {
    ...ports,
    engine: changedEngine(engine, {
      submit: (request, answer) => {
        if (!commandsOf(request).some(({ type }) => type === 'exported')) return engine.submit(request, answer);
        engine.submit(request, () =>
          engine.submit(request, (status, payload) =>
            answer(
              status,
              status === 'ok' ? encodeList(decodeList(payload, decodeResult).map(lost), encodeResult) : payload,
            ),
          ),
        );
      },
    }),
  };
}

function lost(result: CommandResult): CommandResult {
  return result.kind === 'lifecycle' && result.verdict === 'late' ? { ...result, verdict: 'otherObject' } : result;
}

/** Says what it has written, whatever it reads again. */
function trustsThePut(ports: ChunkWorkPorts): ChunkWorkPorts {
  const { engine } = ports;
  const digests = new Map<string, string>();
  return {
    ...ports,
    engine: changedEngine(engine, {
      submit: (request, answer) => {
        const commands = commandsOf(request);
        if (commands.length === 0) return engine.submit(request, answer);
        const changed = commands.map((command) => {
          if (command.type === 'exported') digests.set(command.object.name, command.object.contentDigest);
          return command.type === 'readback' ? { ...command, digest: digests.get(command.object) } : command;
        });
        engine.submit(withCommands(request, changed), answer);
      },
    }),
  };
}

const wrongEvery = 5;

/** Every so many chunks lie there with another byte than was sent. */
function storesWrongBytes(store: ObjectStore): ObjectStore {
  let puts = 0;
  return changedStore(store, {
    put: async (name, body, options) => {
      if (!name.includes('/chunks/') || ++puts % wrongEvery !== 0) return store.put(name, body, options);
      const wrong = body.slice();
      wrong[0] = (wrong[0] ?? 0) ^ 1;
      return store.put(name, wrong, { timeoutMs: options.timeoutMs });
    },
  });
}

/** Reads of sealed rows end too early, on every replica, so that all agree. */
function missesTheLastRow({ reader, ...ports }: ChunkWorkPorts): ChunkWorkPorts {
  const withoutLast = (rows: Row[]): Row[] => (rows.length > 1 ? rows.slice(0, -1) : rows);
  return {
    ...ports,
    reader: changedReader(reader, {
      cursor: (column, range) => {
        const cursor = reader.cursor(column, range);
        return {
          next: (limit) => withoutLast(cursor.next(limit)),
          seek: (key) => cursor.seek(key),
          close: () => cursor.close(),
        };
      },
    }),
  };
}

/** Every attempt of a node to make an object has the same name. */
function namesAgain({ random, ...ports }: ChunkWorkPorts): ChunkWorkPorts {
  return { ...ports, random: { bytes: (length) => new Uint8Array(length), int: (bound) => random.int(bound) } };
}

/** A copy counts from the moment in which its download begins. */
function countsCopiesEarly({ files, ...ports }: ChunkWorkPorts): ChunkWorkPorts {
  const begun = new Set<string>();
  return {
    ...ports,
    files: changedFiles(files, {
      create: async (name) => {
        begun.add(name);
        return files.create(name);
      },
      list: async () => {
        const whole = await files.list();
        const names = new Set(whole.map(({ name }) => name));
        return [...whole, ...[...begun].filter((name) => !names.has(name)).map((name) => ({ name, sizeBytes: 0 }))];
      },
    }),
  };
}

export const exportMutants: readonly Mutant[] = [
  {
    name: 'a conflict is taken for success',
    knownFrom: 'opendal #6741, arrow-rs-object-store #852: 409 mapped to "exists"',
    seeds: 8,
    caughtBy: ['referenced objects exist'],
    mutation: { objectStore: conflictIsSuccess },
  },
  {
    name: 'own success is taken for somebody else’s',
    knownFrom: 'storage.md §3.2: 412 on a retry after a time-out; Redpanda #8560: uploads at a transfer of leadership',
    seeds: 4,
    caughtBy: ['referenced objects stay'],
    mutation: { chunkPorts: deletesOwnExport },
  },
  {
    name: 'trusts what it has put',
    knownFrom: 'NATS #7549, storage.md §3.2: bytes that were stored wrong are only noticed by reading them again',
    seeds: 12,
    // Whoever copies the object notices, and refuses to hold it: then nothing retires any more.
    caughtBy: ['rows survive', 'liveness'],
    mutation: { chunkPorts: trustsThePut, objectStore: storesWrongBytes },
  },
  {
    name: 'exports lack rows',
    knownFrom: 'Quickwit #1987: lost splits; Bufstream 0.1.0 (Jepsen): acknowledged writes lost in healthy clusters',
    seeds: 4,
    caughtBy: ['rows survive'],
    mutation: { chunkPorts: missesTheLastRow },
  },
  {
    name: 'names are used again',
    knownFrom: 'Neon RFC-025: a new generation in every key, never overwrite; SlateDB RFC-0026',
    seeds: 16,
    caughtBy: ['one object a generation', 'referenced objects stay', 'garbage ages'],
    mutation: { chunkPorts: namesAgain },
  },
  {
    name: 'copies count before they are whole',
    knownFrom: 'Kafka KIP-405: COPY_STARTED is not COPY_FINISHED',
    seeds: 8,
    caughtBy: ['promised copies'],
    mutation: { chunkPorts: countsCopiesEarly },
  },
];
