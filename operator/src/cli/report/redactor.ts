// SPDX-License-Identifier: Apache-2.0
import { isFields, type Fields } from '../../crd/schema.ts';
import { isSecretName, removed, withoutAssignments, withoutForms } from './patterns.ts';

/** A shorter one stands in every other word. */
const minSecretLength = 4;
/** Of a key in several lines: what else stands in such lines is shorter. */
const minLineLength = 16;
const appliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Takes secrets out: the values of Secrets that are known, in every form in which they are usually written; what looks like one;
 * and everything in places that are made for them. Rather too much than too little.
 */
export class Redactor {
  /** Longest first, so that no rest of one is left behind by another. */
  readonly #known: readonly string[];

  constructor(secrets: readonly string[]) {
    const all = new Set(secrets.flatMap(spellings));
    this.#known = [...all].filter((one) => one.length >= minSecretLength).sort((a, b) => b.length - a.length);
  }

  /** Of a text that somebody wrote: logs, messages, files. */
  text(text: string): string {
    // Whole values go first, or half of one might be left behind.
    return withoutAssignments(this.rendered(text));
  }

  /** Of what was made of redacted objects: the last look. */
  rendered(text: string): string {
    return withoutForms(this.#known.reduce((left, secret) => left.replaceAll(secret, removed), text));
  }

  /** Of an object of Kubernetes, or a part of one. */
  object(value: unknown): unknown {
    return this.#part(value, '');
  }

  #part(value: unknown, name: string): unknown {
    if (typeof value === 'string') return isSecretName(name) ? removed : this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.#part(item, name));
    if (!isFields(value)) return value;
    if (value['kind'] === 'Secret') return this.#secret(value);
    return Object.fromEntries(
      Object.entries(value)
        .filter(([field]) => field !== 'managedFields' && field !== appliedAnnotation)
        .map(([field, part]) => [field, field === 'env' ? this.#variables(part) : this.#part(part, field)]),
    );
  }

  /** Values of variables are nobody's business; where they come from is. */
  #variables(variables: unknown): unknown {
    if (!Array.isArray(variables)) return this.#part(variables, 'env');
    return variables.map((one: unknown) =>
      isFields(one) && 'value' in one ? { ...one, value: removed } : this.#part(one, ''),
    );
  }

  #secret({ apiVersion, kind, metadata, type, data }: Fields): Fields {
    const { name, namespace } = isFields(metadata) ? metadata : {};
    return { apiVersion, kind, metadata: { name, namespace }, type, keys: isFields(data) ? Object.keys(data) : [] };
  }
}

/** A secret as it may stand in a log, an URL, a JSON text or another Secret. */
function spellings(secret: string): string[] {
  const trimmed = secret.trim();
  const lines = trimmed.split('\n').filter((line) => line.length >= minLineLength && !line.startsWith('-----'));
  return [...new Set([secret, trimmed, ...lines])].flatMap((one) => [
    one,
    Buffer.from(one, 'utf8').toString('base64'),
    Buffer.from(one, 'utf8').toString('base64url'),
    Buffer.from(one, 'utf8').toString('hex'),
    encodeURIComponent(one),
    JSON.stringify(one).slice(1, -1),
  ]);
}
