// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface WrkPlan {
  readonly command: string;
  readonly script: string;
  /** A file with one code a line. */
  readonly codes: string;
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface WrkResult {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requests: number;
  /** Answers that are neither 2xx nor 3xx, and errors of sockets. */
  readonly failures: number;
}

/**
 * Requests are built before the run: while it measures, wrk only takes the next one. Connections share one cursor, so
 * that every code is asked for before one is asked for again.
 */
export const wrkScript = `-- SPDX-License-Identifier: Apache-2.0
local requests = {}
local at = 0

function init(args)
  for code in io.lines(args[1]) do
    requests[#requests + 1] = "GET /" .. code .. " HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n"
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
`;

const run = promisify(execFile);
const graceMs = 30_000;

/** One wrk with one thread: a second one would take the servers' core. */
export async function runWrk(plan: WrkPlan): Promise<WrkResult> {
  const args = ['-t1', `-c${plan.connections}`, `-d${plan.seconds}s`, '--latency', '-s', plan.script, plan.url];
  const { stdout } = await run(plan.command, [...args, '--', plan.codes], {
    timeout: plan.seconds * 1000 + graceMs,
  });
  return parseWrk(stdout);
}

/** Reads wrk's report. @throws Error when a figure is missing. */
export function parseWrk(report: string): WrkResult {
  const requests = Number(field(report, /(\d+) requests in /));
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(report)?.slice(1) ?? [];
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(report)?.[1] ?? '0';
  return {
    requestsPerSecond: Number(field(report, /Requests\/sec:\s+([\d.]+)/)),
    p50Ms: milliseconds(field(report, /^\s*50%\s+(\S+)/m)),
    p99Ms: milliseconds(field(report, /^\s*99%\s+(\S+)/m)),
    requests,
    failures: [...sockets, refused].reduce((sum, count) => sum + Number(count), 0),
  };
}

function field(report: string, pattern: RegExp): string {
  const found = pattern.exec(report)?.[1];
  if (found === undefined) throw new Error(`wrk's report lacks ${pattern.source}:\n${report}`);
  return found;
}

const unitsMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

function milliseconds(text: string): number {
  const [, number, unit] = /^([\d.]+)(us|ms|s|m)$/.exec(text) ?? [];
  const scale = unitsMs[unit ?? ''];
  if (scale === undefined) throw new Error(`${text} is no time of wrk`);
  return Number(number) * scale;
}
