// SPDX-License-Identifier: Apache-2.0
import { run } from '../kubectl/run.ts';

export async function docker(...args: readonly string[]): Promise<string> {
  return (await run('docker', args, { limitMs: 300_000 })).trim();
}

/** Undefined when there is no such object, or Docker cannot say. */
export async function inspect(kind: 'image' | 'container', name: string, format: string): Promise<string | undefined> {
  try {
    return await docker(kind, 'inspect', '--format', format, name);
  } catch {
    return undefined;
  }
}
