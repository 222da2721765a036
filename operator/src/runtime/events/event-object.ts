// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, Resource } from '../../ports/kube-api.ts';
import { microTime } from '../leader/lease.ts';

export const events: Resource = {
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
};

// Limits of the API server's validation; that of the note counts bytes.
const noteMaxBytes = 1024;
const wordMaxLength = 128;
// 253 characters of a name, less a dot and the random part.
const nameMaxLength = 230;

/** Something that people should know of an object. */
export interface EventInput {
  /** What it is about. */
  readonly regarding: KubeObject;
  readonly type: 'Normal' | 'Warning';
  /** Why, as one CamelCase word for machines. */
  readonly reason: string;
  /** What was done or tried, as one CamelCase word. */
  readonly action: string;
  /** A sentence for people; what is beyond 1024 bytes is cut off. */
  readonly note: string;
}

/** Events that say the same, counted. */
export interface EventSeries {
  readonly input: EventInput;
  /** Part of the name. */
  readonly suffix: string;
  readonly firstWallMs: number;
  readonly lastWallMs: number;
  readonly count: number;
}

export interface Reporter {
  /** Such as `shortlink.dev/operator`. */
  readonly controller: string;
  /** Of the process. */
  readonly instance: string;
}

export function eventObject(series: EventSeries, reporter: Reporter): KubeObject {
  const { input, suffix, firstWallMs, lastWallMs, count } = series;
  const { apiVersion, kind, metadata } = input.regarding;
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion: events.apiVersion,
    kind: events.kind,
    // Objects of the cluster have their events in `default`.
    metadata: { name: `${name.slice(0, nameMaxLength)}.${suffix}`, namespace: namespace ?? 'default' },
    ...{
      eventTime: microTime(firstWallMs),
      reportingController: reporter.controller,
      reportingInstance: reporter.instance.slice(0, wordMaxLength),
      action: input.action.slice(0, wordMaxLength),
      reason: input.reason.slice(0, wordMaxLength),
      regarding: { apiVersion, kind, name, namespace, uid, resourceVersion },
      note: firstBytes(input.note, noteMaxBytes),
      type: input.type,
      // A series begins with the second event.
      ...(count > 1 ? { series: { count, lastObservedTime: microTime(lastWallMs) } } : {}),
    },
  };
}

/** As many whole characters as fit into `maxBytes` of UTF-8, with a sign that something is missing. */
function firstBytes(text: string, maxBytes: number): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= maxBytes) return text;
  const ellipsis = '…';
  const room = maxBytes - new TextEncoder().encode(ellipsis).length;
  // `stream` leaves a character that is cut in two out.
  return new TextDecoder().decode(bytes.subarray(0, room), { stream: true }) + ellipsis;
}
