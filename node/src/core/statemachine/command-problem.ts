// SPDX-License-Identifier: Apache-2.0
import { fitsUtf8 } from '@shortlink/common/bytes.ts';
import { limits } from '@shortlink/common/limits.ts';
import { codesProblem } from './code-list.ts';
import type { Command, Dedup, KvOperation } from './commands.ts';
import { lifecycleProblem } from './lifecycle-command-problem.ts';
import { linkCountProblem, newLinkRowsProblem } from './new-link-rows.ts';
import { isStateHash } from './state-hash.ts';

export const dedupKeyBytes = 16;
export const fingerprintBytes = 8;

/** ASCII letters, digits, - _ . and, inside, / (which separates the steps of a path in the redirect's URL). */
const codePattern = /^[\w.-](?:[\w./-]*[\w.-])?$/;

export function isLinkCode(text: string): boolean {
  return text.length <= limits.codeMaxBytes && codePattern.test(text);
}

/** Why the state machine must not be given this command; undefined when it may. The first problem only. */
export function commandProblem(command: Command): string | undefined {
  const rows = command.type === 'createLinks' ? newLinkRowsProblem(command.rows, command.count) : undefined;
  return rows ?? loggedCommandProblem(command);
}

/**
 * The same of a command in the log, whose proposer has read the rows of new links. Apply reads them anyway, and three replicas
 * that read them twice are the dearest check of all.
 */
export function loggedCommandProblem(command: Command): string | undefined {
  switch (command.type) {
    case 'createLink':
      return (
        dedupProblem(command.dedup) ??
        createdCodeProblem(command.code, command.generated, command.codeLength) ??
        textProblem('url', command.url, limits.urlMaxBytes) ??
        textProblem('creatorId', command.creatorId, limits.creatorIdMaxBytes) ??
        numberProblem('expiresAtMs', command.expiresAtMs)
      );
    case 'createLinks':
      return (
        dedupProblem(command.dedup) ??
        codeLengthProblem(command.codeLength) ??
        linkCountProblem(command.count) ??
        (command.codes === undefined ? undefined : codesProblem(command.codes, command.codeLength, command.count)) ??
        numberProblem('coldVersion', command.coldVersion)
      );
    case 'updateLink':
      return (
        dedupProblem(command.dedup) ??
        codeProblem(command.code) ??
        (command.url === undefined ? undefined : textProblem('url', command.url, limits.urlMaxBytes)) ??
        numberProblem('expiresAtMs', command.expiresAtMs ?? undefined) ??
        numberProblem('ifRevision', command.ifRevision)
      );
    case 'deleteLink':
      return (
        dedupProblem(command.dedup) ?? codeProblem(command.code) ?? numberProblem('ifRevision', command.ifRevision)
      );
    case 'collectExpired':
      return (
        codeProblem(command.code) ??
        numberProblem('revision', command.revision) ??
        numberProblem('expiresAtMs', command.expiresAtMs)
      );
    case 'kvPut':
    case 'kvDelete':
      return dedupProblem(command.dedup) ?? operationProblem(command);
    case 'kvBatch':
      return dedupProblem(command.dedup) ?? operationsProblem(command.operations);
    case 'stateHashCheck':
      return (
        numberProblem('index', command.index) ??
        (isStateHash(command.hash) ? undefined : 'hash is not 16 hexadecimal digits')
      );
    default:
      return lifecycleProblem(command);
  }
}

function dedupProblem(dedup: Dedup): string | undefined {
  if (dedup.key.length !== dedupKeyBytes) return `dedup.key has ${dedup.key.length} bytes`;
  if (dedup.fingerprint.length !== fingerprintBytes) return `dedup.fingerprint has ${dedup.fingerprint.length} bytes`;
  return undefined;
}

function createdCodeProblem(code: string | undefined, generated: boolean, codeLength: number): string | undefined {
  if (code !== undefined) return codeProblem(code);
  if (!generated) return 'code is missing and not to be generated';
  return codeLengthProblem(codeLength);
}

function codeLengthProblem(codeLength: number): string | undefined {
  const inRange = codeLength >= limits.generatedCodeMinLength && codeLength <= limits.generatedCodeMaxLength;
  return inRange && Number.isInteger(codeLength) ? undefined : `codeLength is ${codeLength}`;
}

function codeProblem(code: string): string | undefined {
  return isLinkCode(code) ? undefined : 'code is not a link code';
}

function textProblem(field: string, text: string, maxBytes: number): string | undefined {
  return text.length > 0 && fitsUtf8(text, maxBytes) ? undefined : `${field} has not 1 to ${maxBytes} bytes`;
}

function numberProblem(field: string, value: number | undefined): string | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return undefined;
  return `${field} is ${value}`;
}

function operationsProblem(operations: readonly KvOperation[]): string | undefined {
  if (operations.length === 0 || operations.length > limits.kvBatchMaxOperations) {
    return `${operations.length} operations`;
  }
  for (const operation of operations) {
    const problem = operationProblem(operation);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

interface Operation {
  readonly key: Uint8Array;
  readonly value?: Uint8Array | undefined;
  readonly ifRevision: number | undefined;
}

function operationProblem(operation: Operation): string | undefined {
  const { key, value } = operation;
  if (key.length === 0 || key.length > limits.kvKeyMaxBytes) return `key has ${key.length} bytes`;
  if (value !== undefined && value.length > limits.kvValueMaxBytes) return `value has ${value.length} bytes`;
  return numberProblem('ifRevision', operation.ifRevision);
}
