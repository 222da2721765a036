// SPDX-License-Identifier: Apache-2.0
import { limits } from '@shortlink/common/limits.ts';
import type { OptionTable } from '@shortlink/common/options.ts';
import { checkNodeName } from './addresses.ts';

const minuteMs = 60_000;

/** Rows of the table of options: who the node is, and where. */
export const nodeOptions = {
  'node.name': {
    kind: 'string',
    required: true,
    check: checkNodeName,
    help: 'Name of the node, unique in the cluster. The identity of a node is minted once and kept in data.dir; the name is for people.',
  },
  'node.zone': {
    kind: 'string',
    default: '',
    help: 'Failure zone of the node; replicas of a shard are spread over zones.',
  },
  'node.zoneFile': {
    kind: 'string',
    path: true,
    default: '',
    help: 'File that holds the zone, or will hold it soon, as under Kubernetes where a pod learns its zone once it has a place. It wins over node.zone, and is read again when it changes.',
  },
  'node.zoneWaitMs': {
    kind: 'durationMs',
    default: 30_000,
    min: 0,
    max: 10 * minuteMs,
    help: 'How long a node that the cluster knows no zone of waits for node.zoneFile to hold one. Then it goes on without a zone, and takes it up when it comes.',
  },
  'node.fenceFile': {
    kind: 'string',
    path: true,
    default: '',
    help: 'File that holds true while the node must not run, for a look at its volume: a running node ends in order, and a started one waits. It is read again when it changes.',
  },
  'node.weight': {
    kind: 'int',
    default: 100,
    min: 1,
    max: limits.nodeMaxWeight,
    unit: '%',
    help: 'Capacity of the node for chunks, in percent of a usual node.',
  },
} as const satisfies OptionTable;
