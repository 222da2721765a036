// SPDX-License-Identifier: Apache-2.0
import { fitsUtf8 } from '@shortlink/common/bytes.ts';
import { limits } from '@shortlink/common/limits.ts';

export interface DestinationPolicy {
  /** Schemes without the colon, in lower case. */
  readonly schemes: ReadonlySet<string>;
  /** `host` or `host:port` of the cluster itself; a link to them would run in circles. */
  readonly ownHosts: ReadonlySet<string>;
}

export type Destination =
  | { readonly ok: true; readonly url: string }
  /** `reason` ends the sentence "the URL …". */
  | { readonly ok: false; readonly reason: string };

/** C0, DEL and C1: parsers drop or encode them silently, so that what a person reads is not where the link leads. */
const controlCharacter = /\p{Cc}/u;

/**
 * Where a link may lead, as browsers read it: the WHATWG parser decides what the text means, and its serialisation
 * (ASCII: Punycode host, percent-encoded path) is what is stored, so that every client goes to the same place.
 */
export function parseDestination(input: string, policy: DestinationPolicy): Destination {
  const tooLong = `is longer than ${limits.urlMaxBytes} bytes`;
  if (!fitsUtf8(input, limits.urlMaxBytes)) return refused(tooLong);
  if (controlCharacter.test(input)) return refused('contains a control character');
  const parsed = URL.parse(input);
  if (parsed === null) return refused('is not an absolute URL');
  const scheme = parsed.protocol.slice(0, -1);
  if (!policy.schemes.has(scheme))
    return refused(`has the scheme ${scheme}, allowed: ${[...policy.schemes].join(', ')}`);
  if (parsed.username !== '' || parsed.password !== '') return refused('contains a user name or password');
  if (isOwnHost(parsed, policy.ownHosts)) return refused(`leads to this service itself (${parsed.host})`);
  const url = parsed.href;
  return fitsUtf8(url, limits.urlMaxBytes) ? { ok: true, url } : refused(`${tooLong} once it is encoded`);
}

/** `go.example.com.` is the same host as `go.example.com`. */
function isOwnHost(url: URL, ownHosts: ReadonlySet<string>): boolean {
  if (ownHosts.size === 0) return false;
  const hostname = url.hostname.replace(/\.$/, '');
  const port = url.port === '' ? defaultPort(url.protocol) : url.port;
  return ownHosts.has(hostname) || (port !== undefined && ownHosts.has(`${hostname}:${port}`));
}

function defaultPort(protocol: string): string | undefined {
  if (protocol === 'http:') return '80';
  return protocol === 'https:' ? '443' : undefined;
}

/** Configured hosts in the form that the parser gives them: lower case, Punycode, no dot at the end. */
export function ownHostSet(hosts: readonly string[]): ReadonlySet<string> {
  return new Set(hosts.map(canonicalHost));
}

function canonicalHost(text: string): string {
  const port = /:(\d+)$/.exec(text)?.[1];
  const name = port === undefined ? text : text.slice(0, -port.length - 1);
  const hostname = (URL.parse(`http://${name}/`)?.hostname ?? name.toLowerCase()).replace(/\.$/, '');
  return port === undefined ? hostname : `${hostname}:${port}`;
}

function refused(reason: string): Destination {
  return { ok: false, reason };
}
