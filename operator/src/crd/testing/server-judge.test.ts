// SPDX-License-Identifier: Apache-2.0
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KubeError, type ApplyOptions, type KubeApi, type KubeObject } from '../../ports/kube-api.ts';
import { caseProblem, readRuleCases, type RuleCase } from './rule-cases.ts';
import { serverJudge } from './server-judge.ts';

const root = dirname(dirname(dirname(dirname(import.meta.dirname))));

/** Remembers calls, and answers those that only ask with `answer`. */
class ScriptedServer {
  readonly calls: string[] = [];
  readonly #answer: KubeError | undefined;

  constructor(answer: KubeError | undefined) {
    this.#answer = answer;
  }

  apply(_resource: unknown, object: KubeObject, { dryRun }: ApplyOptions): Promise<KubeObject> {
    this.calls.push(`${dryRun === true ? 'dry run' : 'apply'} ${object.metadata.namespace}/${object.metadata.name}`);
    return dryRun === true && this.#answer !== undefined ? Promise.reject(this.#answer) : Promise.resolve(object);
  }

  delete(_resource: unknown, { namespace, name }: { namespace?: string | undefined; name: string }): Promise<boolean> {
    this.calls.push(`delete ${namespace}/${name}`);
    return Promise.resolve(true);
  }
}

function firstCase(is: (one: RuleCase) => boolean): RuleCase {
  const found = readRuleCases(root).find(is);
  if (found === undefined) throw new Error('there is no such case');
  return found;
}

const created = firstCase((one) => !one.isAccepted && one.before === undefined);
const changed = firstCase((one) => !one.isAccepted && one.before !== undefined);

async function ask(one: RuleCase, answer?: KubeError): Promise<{ problem: string | undefined; calls: string[] }> {
  const server = new ScriptedServer(answer);
  const judge = serverJudge(server as Partial<KubeApi> as KubeApi, 'rules', new AbortController().signal);
  return { problem: await caseProblem(one, judge), calls: server.calls };
}

function invalid(message: string): KubeError {
  return new KubeError(`ShortLinkCluster "links" is invalid: spec: Invalid value: ${message}`, {
    status: 422,
    reason: 'Invalid',
  });
}

describe('the judge by a real server', () => {
  test('asks for an object by a dry run only', async () => {
    const { problem, calls } = await ask(created, invalid(created.message));
    expect(problem).toBeUndefined();
    expect(calls).toEqual(['dry run rules/links']);
  });

  test('puts the object there that is changed, and takes it away', async () => {
    const { problem, calls } = await ask(changed, invalid(changed.message));
    expect(problem).toBeUndefined();
    expect(calls).toEqual(['apply rules/links', 'dry run rules/links', 'delete rules/links']);
  });

  test('sees that a server accepts, or rejects for another reason', async () => {
    expect((await ask(created)).problem).toContain('is accepted');
    expect((await ask(created, invalid('something else'))).problem).toContain('another reason');
  });

  test('takes other failures for no verdict', async () => {
    const forbidden = new KubeError('no', { status: 403, reason: 'Forbidden' });
    await expect(ask(created, forbidden)).rejects.toThrow(forbidden);
  });
});
