// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stringify } from 'yaml';
import { nestValues, type OptionProblem } from '@shortlink/common/options.ts';
import { parseOption, type OptionSpec, type OptionValue } from '@shortlink/common/option-values.ts';
import { formatHostPort, isWildcard, parseHostPort } from '@shortlink/common/host-port.ts';
import { options } from '../../config/options.ts';

export const devHost = '127.0.0.1';
export const devDefaultBasePort = 7400;
/** Ports of one kind of listener lie within a hundred. */
export const devMaxNodes = 100;

/** Where node `index` (from 0, as pods of a StatefulSet are counted) of a base port listens. */
export function devAddresses(basePort: number, index: number) {
  const at = (offset: number): string => `${devHost}:${basePort + offset + index}`;
  return { redirect: at(0), api: at(100), grpc: at(200), peer: at(300), ops: at(400) } as const;
}

/** The base port that puts node `index` where its redirect listener is. */
export function basePortOf(redirectAddress: string, index: number): number | undefined {
  const port = parseHostPort(redirectAddress)?.port;
  return port === undefined || port - index < 1 ? undefined : port - index;
}

/** The number in `node<i>`; undefined for other folders. */
export function indexOfFolder(name: string): number | undefined {
  const match = /^node(0|[1-9]\d?)$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

export type GivenOptions = ReadonlyMap<string, OptionValue>;

/** Reads `option=value` pairs. */
export function parseSettings(pairs: readonly string[]): { given: GivenOptions; problems: readonly OptionProblem[] } {
  const given = new Map<string, OptionValue>();
  const problems: OptionProblem[] = [];
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, Math.max(at, 0)).trim();
    const spec = Object.entries<OptionSpec>(options).find(([option]) => option === name)?.[1];
    const parsed =
      spec === undefined
        ? { problem: 'is not option=value with a known option' }
        : parseOption(spec, pair.slice(at + 1));
    if ('value' in parsed) given.set(name, parsed.value);
    else problems.push({ option: `--set ${pair}`, source: undefined, message: parsed.problem });
  }
  return { given, problems };
}

export interface NewNode {
  readonly index: number;
  readonly basePort: number;
  /** `name=host:port` of all founders when the node is one of them, else empty. */
  readonly initialNodes: readonly string[];
  /** Peer addresses of members when the node joins, else empty. */
  readonly join: readonly string[];
  /** Options objectStore.*, as the other nodes have them. */
  readonly objectStore: GivenOptions;
  /** What the user set; wins over the layout. */
  readonly settings: GivenOptions;
}

/** Beside the folders of the nodes, which share it. */
export const devObjectStoreFolder = 'objects';

/** Whether a URL is that of the folder which the nodes below `data` share. */
export function sharesObjects(url: string, data: string): boolean {
  return url === pathToFileURL(resolve(data, devObjectStoreFolder)).href;
}

/** The text of a node's config.yaml. The file lies in the data folder, so that the folder can be moved as one. */
export function renderDevConfig(node: NewNode): string {
  const addresses = devAddresses(node.basePort, node.index);
  const values = new Map<string, OptionValue>([
    ['node.name', `node${node.index}`],
    ['data.dir', '.'],
    ...Object.entries(addresses).map(([name, address]) => [`${name}.address`, address] as const),
    ['shutdown.lameDuckMs', 0],
    ...node.objectStore,
  ]);
  if (node.initialNodes.length > 0) values.set('cluster.initialNodes', node.initialNodes);
  if (node.join.length > 0) values.set('cluster.join', node.join);
  for (const [name, value] of node.settings) values.set(name, value);
  return renderConfig(values);
}

/** Options by dotted name as YAML. */
export function renderConfig(values: GivenOptions): string {
  return `# Options: docs/reference/configuration.md\n${stringify(nestValues(Object.fromEntries(values)))}`;
}

/** An address that this machine can connect to, for one to listen on. */
export function connectable(address: string): string {
  const parsed = parseHostPort(address);
  if (parsed === undefined) return address;
  return isWildcard(parsed.host) ? formatHostPort({ host: devHost, port: parsed.port }) : address;
}
