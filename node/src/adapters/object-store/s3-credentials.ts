// SPDX-License-Identifier: Apache-2.0
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ObjectStoreError } from '../../ports/object-store.ts';
import { readTogether, versionOf } from '../system/steady-files.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** For the SDK: when it asks again. */
  readonly expiration: Date;
}

/** The SDK asks for new credentials five minutes before the old ones end: to be asked before every request, tell it now. */
const alwaysAsk = new Date(0);

/** Keys of the file, and, in capitals, files of the folder. */
const names = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'] as const;

/**
 * Reads a file of credentials as the AWS command line has it (of several sections [default] counts), or a folder with one
 * file a value, as Kubernetes mounts a Secret. It is looked at before every request and read when it has changed, so that
 * keys can be replaced while the process runs.
 */
export class CredentialsFile {
  readonly #path: string;
  #version = '';
  #credentials: S3Credentials | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws ObjectStoreError of kind `denied`; the message holds nothing of the file. */
  read(): S3Credentials {
    try {
      const isFolder = statSync(this.#path).isDirectory();
      const paths = isFolder ? names.map((name) => join(this.#path, name.toUpperCase())) : [this.#path];
      if (this.#credentials === undefined || versionOf(paths) !== this.#version) {
        const { version, contents } = readTogether(paths);
        const texts = contents.map((bytes) => bytes?.toString('utf8'));
        this.#credentials = this.#parse(isFolder ? folderValues(texts) : defaultSection(texts[0] ?? ''), isFolder);
        this.#version = version;
      }
      return this.#credentials;
    } catch (error) {
      if (error instanceof ObjectStoreError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ObjectStoreError('denied', `the credentials cannot be read: ${reason}`, { cause: error });
    }
  }

  #parse(values: ReadonlyMap<string, string>, isFolder: boolean): S3Credentials {
    const [accessKeyId, secretAccessKey, sessionToken] = names.map((name) => values.get(name));
    if (accessKeyId === undefined || secretAccessKey === undefined) {
      const wanted = isFolder
        ? 'the files AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
        : 'aws_access_key_id = … and aws_secret_access_key = …, bare or below [default]';
      throw new ObjectStoreError('denied', `${this.#path} does not hold ${wanted}`);
    }
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      expiration: alwaysAsk,
    };
  }
}

/** Whoever makes a Secret out of a file often takes its last line break along. */
function folderValues(texts: readonly (string | undefined)[]): Map<string, string> {
  return new Map(
    names.flatMap((name, i) => {
      const text = texts[i]?.trim() ?? '';
      return text === '' ? [] : [[name, text] as const];
    }),
  );
}

/** `key = value` lines before any section and in [default]. */
function defaultSection(text: string): Map<string, string> {
  const values = new Map<string, string>();
  let isDefault = true;
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    const section = /^\[(.*)\]$/.exec(line)?.[1];
    if (section !== undefined) isDefault = section.trim() === 'default';
    const at = line.indexOf('=');
    if (!isDefault || at < 1 || line.startsWith('#') || line.startsWith(';')) continue;
    values.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim());
  }
  return values;
}
