// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { shortlink } from './program.ts';

export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Whom the command may ask. */
export interface Addressed {
  readonly nodes: readonly { readonly api: string }[];
}

/** Runs a command as users do, with the nodes of the cluster to ask. */
export async function cli(cluster: Addressed, ...args: readonly string[]): Promise<Ran> {
  const env = { ...process.env, SHORTLINK_API: cluster.nodes.map((node) => node.api).join(',') };
  return new Promise((resolve) => {
    execFile(shortlink, [...args], { env }, (error, out, err) => {
      const exitCode = error === null ? 0 : Number(error.code);
      resolve({ exitCode, out: out.trimEnd(), err: err.trimEnd() });
    });
  });
}
