// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '../../config/options.ts';
import { configOrThrow, readConfigFile } from '../node-config.ts';
import type { Io } from '@shortlink/common/cli/io.ts';
import {
  basePortOf,
  devAddresses,
  devDefaultBasePort,
  devObjectStoreFolder,
  indexOfFolder,
  renderDevConfig,
  sharesObjects,
  type GivenOptions,
} from './layout.ts';

export interface DevNode {
  readonly index: number;
  readonly name: string;
  readonly folder: string;
  readonly configFile: string;
  readonly config: Config;
}

/** The nodes whose folders exist in `data`, in the order of their numbers. */
export function existingNodes(data: string, io: Io): DevNode[] {
  if (!existsSync(data)) return [];
  return readdirSync(data)
    .flatMap((name) => indexOfFolder(name) ?? [])
    .filter((index) => existsSync(configFileOf(data, index)))
    .toSorted((a, b) => a - b)
    .map((index) => loadNode(data, index, io));
}

export interface NodesToCreate {
  readonly data: string;
  /** Numbers of the new nodes. */
  readonly indexes: readonly number[];
  /** Undefined: as the existing nodes have it. */
  readonly basePort: number | undefined;
  readonly settings: GivenOptions;
}

/** A node whose folder is not there yet. */
export interface PlannedNode extends DevNode {
  /** Of its configuration file. */
  readonly text: string;
}

/** Writes the folders of new nodes: the founders of a cluster where there is none, else nodes that join it. */
export function createNodes(existing: readonly DevNode[], plan: NodesToCreate, io: Io): DevNode[] {
  const planned = planNodes(existing, plan, io);
  for (const node of planned) writeNode(node);
  return planned;
}

/** A second `dev` on the same folder must not replace what the first one wrote. */
export function writeNode({ folder, configFile, text }: PlannedNode): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(configFile, text, { flag: 'wx' });
}

/** What `createNodes` would write. */
export function planNodes(existing: readonly DevNode[], plan: NodesToCreate, io: Io): PlannedNode[] {
  const basePort = plan.basePort ?? inferredBasePort(existing) ?? devDefaultBasePort;
  const founders = plan.indexes.map((index) => `node${index}=${devAddresses(basePort, index).peer}`);
  const members = existing.map((node) => node.config.peer.advertise);
  const objectStore = objectStoreOf(existing[0], plan.data);
  return plan.indexes.map((index) => {
    const text = renderDevConfig({
      index,
      basePort,
      initialNodes: existing.length === 0 ? founders : [],
      join: members,
      objectStore,
      settings: plan.settings,
    });
    const configFile = configFileOf(plan.data, index);
    const file = { name: configFile, folder: resolve(folderOf(plan.data, index)), text };
    return { ...nodeOf(plan.data, index, configOrThrow({ argv: [], env: io.env, file }, io)), text };
  });
}

function inferredBasePort(existing: readonly DevNode[]): number | undefined {
  const first = existing[0];
  return first === undefined ? undefined : basePortOf(first.config.redirect.address, first.index);
}

/** The store of the nodes that are there; for the first ones a folder that can be moved with theirs. */
function objectStoreOf(existing: DevNode | undefined, data: string): GivenOptions {
  if (existing === undefined || sharesObjects(existing.config.objectStore.url, data)) {
    return new Map([['objectStore.url', `file:../${devObjectStoreFolder}`]]);
  }
  const given = Object.entries(existing.config.objectStore).filter(([, value]) => value !== '' && value !== 'auto');
  return new Map(given.map(([name, value]) => [`objectStore.${name}`, value]));
}

function loadNode(data: string, index: number, io: Io): DevNode {
  const file = readConfigFile(configFileOf(data, index));
  return nodeOf(data, index, configOrThrow({ argv: [], env: io.env, file }, io));
}

function nodeOf(data: string, index: number, config: Config): DevNode {
  const configFile = configFileOf(data, index);
  return { index, name: config.node.name, folder: folderOf(data, index), configFile, config };
}

function folderOf(data: string, index: number): string {
  return join(data, `node${index}`);
}

function configFileOf(data: string, index: number): string {
  return join(folderOf(data, index), 'config.yaml');
}
