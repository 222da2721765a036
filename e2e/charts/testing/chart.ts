// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { root } from '../../harness/program.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface Manifest extends Json {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

const run = promisify(execFile);
const maxOutputBytes = 32 * 2 ** 20;

/** A chart as Helm renders it, without Kubernetes. */
export class Chart {
  readonly folder: string;
  readonly #helm: string;
  readonly #release: string;

  constructor(helm: string, name: string, release: string) {
    this.#helm = helm;
    this.#release = release;
    this.folder = join(root, 'charts', name);
  }

  async lint(values: Json): Promise<string> {
    return this.#with(values, (file) => ['lint', '--strict', this.folder, '--values', file]);
  }

  /** @throws Error with what Helm says when values are refused. */
  async render(values: Json = {}): Promise<readonly Manifest[]> {
    const text = await this.#with(values, (file) => {
      return ['template', this.#release, this.folder, '--namespace', 'shortlink-system', '--values', file];
    });
    const documents = parseAllDocuments(text);
    if (!Array.isArray(documents)) return [];
    return documents.map((one) => one.toJS() as Manifest | null).filter((one) => one !== null);
  }

  /** What is printed after an installation. */
  async notes(values: Json = {}): Promise<string> {
    const text = await this.#with(values, (file) => {
      const place = ['--namespace', 'shortlink-system', '--dry-run=client'];
      return ['install', this.#release, this.folder, ...place, '--values', file];
    });
    return text.slice(text.indexOf('\nNOTES:\n'));
  }

  valuesFile(): string {
    return readFileSync(join(this.folder, 'values.yaml'), 'utf8');
  }

  schema(): Json {
    return parse(readFileSync(join(this.folder, 'values.schema.json'), 'utf8')) as Json;
  }

  async #with(values: Json, args: (file: string) => readonly string[]): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'shortlink-chart-'));
    try {
      const file = join(folder, 'values.yaml');
      // Helm reads YAML 1.1, in which `yes` is no text.
      writeFileSync(file, stringify(values, { version: '1.1' }));
      // No cluster is asked, whatever this user has configured.
      const env = { ...process.env, KUBECONFIG: join(folder, 'none'), HELM_CACHE_HOME: join(folder, 'cache') };
      const { stdout } = await run(this.#helm, args(file), { env, maxBuffer: maxOutputBytes });
      return stdout;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

/**
 * In an order and a form that do not depend on the version of Helm, and without what other files say: the specification of
 * the definition, the operator's rights, the programs of tests.
 */
export function canonical(manifests: readonly Manifest[]): string {
  const key = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.namespace ?? ''} ${metadata.name}`;
  const sorted = manifests.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  const texts = sorted.map((one) => stringify(one, withoutCopies, { sortMapEntries: true, lineWidth: 0 }));
  return texts.join('---\n');
}

function withoutCopies(key: unknown, value: unknown): unknown {
  if (key === 'rules' && Array.isArray(value)) return value.length > 1 ? 'several' : value;
  if (typeof value !== 'object' || value === null) return value;
  if ('kind' in value && value.kind === 'CustomResourceDefinition') return { ...value, spec: 'as in crds' };
  if ('name' in value && value.name === 'RIGHTS') return { ...value, value: 'as in the roles' };
  if ('name' in value && value.name === 'check') return { ...value, args: 'files/check.mjs' };
  return value;
}
