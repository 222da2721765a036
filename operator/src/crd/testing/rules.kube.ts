// SPDX-License-Identifier: Apache-2.0
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectTestKube } from '../../../testing/connect-test-kube.ts';
import { namespacesOf } from '../../../testing/kinds/infrastructure.ts';
import { caseProblem, readRuleCases } from './rule-cases.ts';
import { serverJudge } from './server-judge.ts';

const root = dirname(dirname(dirname(dirname(import.meta.dirname))));
const { api, close } = connectTestKube();
const { signal } = new AbortController();
const namespace = `rules-${Date.now().toString(36)}`;
const judge = serverJudge(api, namespace, signal);

beforeAll(async () => {
  await api.create(namespacesOf, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, signal);
});

afterAll(async () => {
  await api.delete(namespacesOf, { namespace: undefined, name: namespace }, { propagation: 'Background' }, signal);
  close();
});

describe('the rules of the CustomResourceDefinition, on the cluster of KUBECONFIG', () => {
  test.each(readRuleCases(root))('$isAccepted $name', async (one) => {
    expect(await caseProblem(one, judge)).toBeUndefined();
  });
});
