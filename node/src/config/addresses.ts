// SPDX-License-Identifier: Apache-2.0
import { isWildcard, parseHostPort } from '@shortlink/common/host-port.ts';

export interface NamedAddress {
  readonly name: string;
  /** host:port of the node's peer listener. */
  readonly address: string;
}

/** Reads `name=host:port`; undefined when it is something else. */
export function parseNamedAddress(text: string): NamedAddress | undefined {
  const at = text.indexOf('=');
  const name = text.slice(0, Math.max(at, 0));
  const address = text.slice(at + 1);
  return isNodeName(name) && isReachable(address) ? { name, address } : undefined;
}

/** DNS-like, since names become pod names, folders and labels. */
export function isNodeName(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/.test(text);
}

function isReachable(text: string): boolean {
  const address = parseHostPort(text);
  return address !== undefined && address.port > 0 && !isWildcard(address.host);
}

export function checkListenAddress(text: string): string | undefined {
  return parseHostPort(text) === undefined ? 'not host:port' : undefined;
}

export function checkReachableAddress(text: string): string | undefined {
  return isReachable(text) ? undefined : 'not host:port that others can connect to';
}

export function checkNamedAddress(text: string): string | undefined {
  return parseNamedAddress(text) === undefined ? 'not name=host:port that others can connect to' : undefined;
}

export function checkNodeName(text: string): string | undefined {
  return isNodeName(text) ? undefined : 'not 1 to 63 of a-z, 0-9, . and -, with a letter or digit at both ends';
}
