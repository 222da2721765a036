// SPDX-License-Identifier: Apache-2.0

/** What stands where something was taken out. */
export const removed = '[removed]';

/** Names of fields whose values are secret, unless they only say where the secret is. */
const secretName =
  /passw(?:or)?d|passphrase|secret|token|credential|authorization|signature|(?:api|access|private)[-_.]?key/i;
const onlyNames =
  /(?:ref|refs|name|names|file|folder|path|mode|policy|kind|type|id|digest|hash|age|ms|count|scope)s?$/i;
/** Ends in `id`, and is one half of a pair of keys. */
const accessKeyId = /access[-_.]?key[-_.]?id$/i;

export function isSecretName(name: string): boolean {
  return secretName.test(name) && (!onlyNames.test(name) || accessKeyId.test(name));
}

/** What is secret wherever it stands, by its form. */
const forms: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, removed],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${removed}`],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, removed],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, removed],
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]+@/gi, `$1${removed}@`],
];

/** `name=value`, `name: value`, `"name":"value"`, and the same within a text that is quoted once more. */
const assignment = /([\w.-]+)(\\*["']?\s*[:=]\s*\\*["']?)([^\s"'\\,;&{}[\]]+)/g;

export function withoutForms(text: string): string {
  return forms.reduce((left, [pattern, by]) => left.replaceAll(pattern, by), text);
}

export function withoutAssignments(text: string): string {
  return text.replaceAll(assignment, (whole, name: string, between: string) =>
    isSecretName(name) ? `${name}${between}${removed}` : whole,
  );
}
