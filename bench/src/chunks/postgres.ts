// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Link } from '../../../node/src/core/statemachine/commands.ts';
import { findProgram, programVersion, waitUntilReady, type Processes } from '../processes.ts';

/** What the same links take in a table with the two indexes that the API needs. Bytes a link. */
export interface PostgresSizes {
  readonly version: string;
  readonly table: number;
  readonly primaryKey: number;
  readonly creatorIndex: number;
}

const readyLimitMs = 60_000;
const socketPort = '5432';
/** Where Debian keeps the servers of every version. */
const debianFolder = '/usr/lib/postgresql';

const schema = `
  CREATE TABLE links (
    code text COLLATE "C" NOT NULL, url text NOT NULL, creator_id text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, expires_at timestamptz,
    create_revision bigint NOT NULL, revision bigint NOT NULL, disabled boolean NOT NULL
  );`;
/** After the rows, so that the indexes are as dense as they can be. */
const indexes = `
  ALTER TABLE links ADD PRIMARY KEY (code);
  CREATE INDEX links_by_creator ON links (creator_id, create_revision);
  VACUUM (FREEZE, ANALYZE) links;`;
const sizes = `SELECT pg_table_size('links'), pg_relation_size('links_pkey'), pg_relation_size('links_by_creator');`;

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly psql: string;
}

/** Undefined, with a note, where there is no PostgreSQL or no user that may run it. */
export async function postgresSizes(
  links: readonly Link[],
  processes: Processes,
  note: (text: string) => void,
): Promise<PostgresSizes | undefined> {
  const binaries = findBinaries();
  if (binaries === undefined) {
    note(`there is no PostgreSQL in PATH or ${debianFolder}: its sizes are not shown`);
    return undefined;
  }
  const user = findUser();
  if (user === undefined) {
    note('PostgreSQL does not run as root, and there is no user postgres: its sizes are not shown');
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'shortlink-bench-postgres-'));
  try {
    if (user.name !== undefined) chownSync(folder, user.uid, user.gid);
    return await measure(links, { binaries, folder, as: user.name, processes });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Instance {
  readonly binaries: Binaries;
  readonly folder: string;
  /** Undefined: the user of this process. */
  readonly as: string | undefined;
  readonly processes: Processes;
}

async function measure(links: readonly Link[], instance: Instance): Promise<PostgresSizes> {
  const { binaries, folder, processes } = instance;
  const data = join(folder, 'data');
  const init = commandOf(instance, binaries.initdb, [
    '-D',
    data,
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  ]);
  execFileSync(init.command, init.args, { cwd: folder, stdio: 'ignore' });
  const settings = {
    listen_addresses: '',
    unix_socket_directories: folder,
    port: socketPort,
    fsync: 'off',
    max_wal_size: '4GB',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = {
    ...commandOf(instance, binaries.postgres, ['-D', data, ...flags]),
    logFile: join(tmpdir(), `shortlink-bench-postgres-${process.pid}.log`),
  };
  const child = processes.start(server);
  try {
    const ready = async (): Promise<boolean> => Promise.resolve(answers(instance));
    await waitUntilReady(child, server, { limitMs: readyLimitMs, ready });
    query(instance, schema);
    await copy(instance, links);
    query(instance, indexes);
    const [table = 0, primaryKey = 0, creatorIndex = 0] = query(instance, sizes).trim().split('|').map(Number);
    const count = links.length;
    const version = programVersion(binaries.postgres, '--version');
    return { version, table: table / count, primaryKey: primaryKey / count, creatorIndex: creatorIndex / count };
  } finally {
    await processes.stop([child]);
    rmSync(server.logFile, { force: true });
  }
}

function psqlArgs({ folder }: Instance, more: readonly string[]): string[] {
  return ['-X', '-q', '-t', '-A', '-v', 'ON_ERROR_STOP=1', '-h', folder, '-p', socketPort, '-d', 'postgres', ...more];
}

function query(instance: Instance, sql: string): string {
  const { command, args } = commandOf(instance, instance.binaries.psql, psqlArgs(instance, ['-f', '-']));
  return execFileSync(command, args, { cwd: instance.folder, input: sql, encoding: 'utf8' });
}

function answers(instance: Instance): boolean {
  const { command, args } = commandOf(instance, instance.binaries.psql, psqlArgs(instance, ['-c', 'SELECT 1']));
  try {
    execFileSync(command, args, { cwd: instance.folder, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function copy(instance: Instance, links: readonly Link[]): Promise<void> {
  const psql = commandOf(instance, instance.binaries.psql, psqlArgs(instance, ['-c', 'COPY links FROM STDIN']));
  const child = spawn(psql.command, psql.args, { cwd: instance.folder, stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  for (let i = 0; i < links.length; i += 10_000) {
    const lines = links
      .slice(i, i + 10_000)
      .map(lineOf)
      .join('');
    if (!child.stdin.write(lines)) await once(child.stdin, 'drain');
  }
  child.stdin.end();
  await finished(child.stdin);
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`psql ended with ${code} while it copied links`);
}

/** A line of COPY's text format. */
function lineOf(link: Link): string {
  const { code, url, creatorId, createdAtMs, updatedAtMs, expiresAtMs, createRevision, revision, disabled } = link;
  const texts = [code, url, creatorId].map((text) => text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t'));
  const times = [createdAtMs, updatedAtMs].map((ms) => new Date(ms).toISOString());
  const expiresAt = expiresAtMs === undefined ? '\\N' : new Date(expiresAtMs).toISOString();
  return `${[...texts, ...times, expiresAt, createRevision, revision, disabled ? 't' : 'f'].join('\t')}\n`;
}

function commandOf({ as }: Instance, program: string, args: readonly string[]) {
  return as === undefined
    ? { command: program, args }
    : { command: 'runuser', args: ['-u', as, '--', program, ...args] };
}

function findBinaries(): Binaries | undefined {
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder).sort((a, b) => Number(b) - Number(a)) : [];
  const find = (name: string): string | undefined =>
    findProgram(name) ??
    versions.map((version) => join(debianFolder, version, 'bin', name)).find((path) => existsSync(path));
  const [initdb, postgres, psql] = ['initdb', 'postgres', 'psql'].map(find);
  return initdb === undefined || postgres === undefined || psql === undefined ? undefined : { initdb, postgres, psql };
}

interface User {
  /** Undefined: that of this process, which is not root. */
  readonly name: string | undefined;
  readonly uid: number;
  readonly gid: number;
}

function findUser(): User | undefined {
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0) return { name: undefined, uid, gid: process.getgid?.() ?? 0 };
  const idOf = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: 'pipe' }));
  try {
    return findProgram('runuser') === undefined ? undefined : { name: 'postgres', uid: idOf('-u'), gid: idOf('-g') };
  } catch {
    return undefined;
  }
}
