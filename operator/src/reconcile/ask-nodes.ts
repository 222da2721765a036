// SPDX-License-Identifier: Apache-2.0
import { ports } from '../desired/names.ts';
import type { NodeReport, StoreApi } from '../ports/store-api.ts';
import { StoreError } from '../ports/store-api.ts';
import type { PodObject } from './kube-views.ts';

export interface Answer {
  readonly pod: string;
  readonly address: string;
  readonly report: NodeReport;
}

/** What each pod that runs says, ready or not; those that do not answer are left out. */
export async function askNodes(store: StoreApi, pods: readonly PodObject[], signal: AbortSignal): Promise<Answer[]> {
  const answers = await Promise.all(
    pods.map(async (pod): Promise<Answer[]> => {
      const address = nodeAddress(pod);
      if (address === undefined) return [];
      try {
        return [{ pod: pod.metadata.name, address, report: await store.report(address, signal) }];
      } catch (error) {
        if (error instanceof StoreError) return [];
        throw error;
      }
    }),
  );
  return answers.flat();
}

/** What nodes say that they wait for, by the names of their pods. */
export function waitsOf(answers: readonly Answer[]): ReadonlyMap<string, string> {
  const waiting = answers.filter(({ report }) => report.waitingFor !== '');
  return new Map(waiting.map(({ pod, report }) => [pod, report.waitingFor]));
}

/** Of its admin service; undefined while it does not run. */
export function nodeAddress({ metadata, status }: PodObject): string | undefined {
  if (status?.podIP === undefined || status.phase !== 'Running' || metadata.deletionTimestamp !== undefined)
    return undefined;
  const host = status.podIP.includes(':') ? `[${status.podIP}]` : status.podIP;
  return `${host}:${ports.grpc}`;
}
