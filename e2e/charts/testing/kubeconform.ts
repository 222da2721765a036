// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { programs, type Program } from '../../harness/helm.ts';
import type { Json } from './chart.ts';

const run = promisify(execFile);
const buildLimitMs = 10 * 60_000;
const version = 'v0.7.0';
/** Its sources hold the OpenAPI document that the API server of this version serves. */
const kubernetesVersion = 'v1.34.4';

export interface Conformer {
  readonly path: string;
  /** Of Kubernetes, by name: `io.k8s.api.apps.v1.Deployment`. */
  readonly definitions: Readonly<Record<string, Json>>;
}

/** kubeconform and what it judges by, built and fetched with Go, once. */
export async function findConformer(): Promise<Conformer | Extract<Program, { readonly missing: string }>> {
  try {
    const path = join(programs, 'bin', 'kubeconform');
    if (!existsSync(path)) {
      mkdirSync(join(programs, 'bin'), { recursive: true });
      const env = { ...process.env, GOBIN: join(programs, 'bin'), GOFLAGS: '' };
      await run('go', ['install', `github.com/yannh/kubeconform/cmd/kubeconform@${version}`], {
        env,
        timeout: buildLimitMs,
      });
    }
    const module = ['mod', 'download', '-json', `k8s.io/kubernetes@${kubernetesVersion}`];
    const { stdout } = await run('go', module, { cwd: programs, timeout: buildLimitMs });
    const { Dir } = JSON.parse(stdout) as { readonly Dir: string };
    const text = readFileSync(join(Dir, 'api', 'openapi-spec', 'swagger.json'), 'utf8');
    return { path, ...(JSON.parse(text) as Pick<Conformer, 'definitions'>) };
  } catch (error) {
    return { missing: `kubeconform could not be built, or its schemas not be fetched: ${String(error)}` };
  }
}
