// SPDX-License-Identifier: Apache-2.0
import { readFileSync, statSync } from 'node:fs';
import { ObjectStoreError } from '../../ports/object-store.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** For the SDK: when it asks again. */
  readonly expiration: Date;
}

/** The SDK asks for new credentials five minutes before the old ones end: to be asked before every request, tell it now. */
const alwaysAsk = new Date(0);

/**
 * Reads a file of credentials as the AWS command line has it; of several sections [default] counts. It is looked at before
 * every request and read when it has changed, so that keys can be replaced while the process runs.
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
      const { ino, size, mtimeMs } = statSync(this.#path);
      const version = `${ino} ${size} ${mtimeMs}`;
      if (this.#credentials === undefined || version !== this.#version) {
        this.#credentials = this.#parse(readFileSync(this.#path, 'utf8'));
        this.#version = version;
      }
      return this.#credentials;
    } catch (error) {
      if (error instanceof ObjectStoreError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ObjectStoreError('denied', `the credentials cannot be read: ${reason}`, { cause: error });
    }
  }

  #parse(text: string): S3Credentials {
    const values = defaultSection(text);
    const accessKeyId = values.get('aws_access_key_id');
    const secretAccessKey = values.get('aws_secret_access_key');
    const sessionToken = values.get('aws_session_token');
    if (accessKeyId === undefined || secretAccessKey === undefined) {
      const wanted = 'aws_access_key_id = … and aws_secret_access_key = …, bare or below [default]';
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
