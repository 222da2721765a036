// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { readCommand, writeCommand } from './command-codec.ts';
import { commandProblem, loggedCommandProblem } from './command-problem.ts';
import type { Command } from './commands.ts';
import { expectVersion } from './wire-fields.ts';

/** What the leader writes into a log entry of a shard. */
export interface EntryContent {
  /** The leader's clock; apply takes the maximum with the shard's time. */
  readonly timeMs: number;
  /** How long this shard promises to remember idempotency keys from now on. */
  readonly idempotencyWindowMs: number;
  readonly commands: readonly Command[];
}

const formatVersion = 2;

/**
 * Every command must have passed `prepareCommands`: what is in the log and cannot be applied stops all replicas,
 * so it must stop the one proposer first.
 */
export function encodeEntry(content: EntryContent): Uint8Array {
  assert(content.idempotencyWindowMs > 0, 'the idempotency window is not positive');
  const writer = new ByteWriter().uint8(formatVersion);
  writer.varint(content.timeMs).varint(content.idempotencyWindowMs).varint(content.commands.length);
  for (const command of content.commands) {
    const problem = commandProblem(command);
    assert(problem === undefined, `command ${command.type} must not enter the log: ${problem ?? ''}`);
    assert(hasCodes(command), `${command.type} without a code must not enter the log`);
    writeCommand(writer, command);
  }
  // The log keeps entries in memory for long.
  return writer.finishApart();
}

function hasCodes(command: Command): boolean {
  if (command.type === 'createLink') return command.code !== undefined;
  return command.type !== 'createLinks' || command.codes !== undefined;
}

/** The rows of new links are read by whoever applies or archives them. @throws DecodeError */
export function decodeEntry(bytes: Uint8Array): EntryContent {
  const reader = new ByteReader(bytes);
  expectVersion(reader, formatVersion, 'entry');
  const timeMs = reader.varint();
  const idempotencyWindowMs = reader.varint();
  if (idempotencyWindowMs === 0) throw new DecodeError('the idempotency window is 0');
  const count = reader.varint();
  const commands: Command[] = [];
  for (let i = 0; i < count; i++) commands.push(readCommand(reader, loggedCommandProblem));
  reader.end();
  return { timeMs, idempotencyWindowMs, commands };
}
