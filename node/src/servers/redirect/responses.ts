// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../ports/clock.ts';

export type RedirectStatus = 301 | 302 | 303 | 307 | 308;
export type PageStatus = 400 | 404 | 405 | 408 | 410 | 413 | 414 | 431 | 503 | 505;

const redirectReasons: Readonly<Record<RedirectStatus, string>> = {
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
};

const pages: Readonly<
  Record<PageStatus, { readonly reason: string; readonly text: string; readonly fields?: string }>
> = {
  400: { reason: 'Bad Request', text: 'This request cannot be read.' },
  404: { reason: 'Not Found', text: 'There is no link here.' },
  405: { reason: 'Method Not Allowed', text: 'Links can only be followed.', fields: 'Allow: GET, HEAD\r\n' },
  408: { reason: 'Request Timeout', text: 'The request did not arrive in time.' },
  410: { reason: 'Gone', text: 'This link has been removed or has expired.' },
  413: { reason: 'Content Too Large', text: 'A request for a link has no body.' },
  414: { reason: 'URI Too Long', text: 'This address is too long.' },
  431: { reason: 'Request Header Fields Too Large', text: 'The header fields of this request are too large.' },
  503: { reason: 'Service Unavailable', text: 'Please try again in a moment.', fields: 'Retry-After: 1\r\n' },
  505: { reason: 'HTTP Version Not Supported', text: 'This server speaks HTTP/1.1.' },
};

export interface ResponseOptions {
  readonly status: RedirectStatus;
  /** 0: no-store. */
  readonly maxAgeSeconds: number;
  readonly clock: Clock;
}

const closeField = 'Connection: close\r\n';
/** What may stand in a Location without ending it: the serialisation of a WHATWG URL is within this. */
const printableAscii = /^[!-~]+$/;

/** Whole answers as Latin-1 text; everything that does not depend on the link is prepared. */
export class Responses {
  readonly #options: ResponseOptions;
  readonly #redirectStart: string;
  readonly #pages = new Map<PageStatus, { readonly start: string; readonly end: string; readonly body: string }>();
  #second = -1;
  #dateField = '';
  /** Everything after the URL of a redirect with the full max-age. */
  #redirectEnd = '';

  constructor(options: ResponseOptions) {
    this.#options = options;
    this.#redirectStart = `HTTP/1.1 ${options.status} ${redirectReasons[options.status]}\r\nLocation: `;
    for (const status of [400, 404, 405, 408, 410, 413, 414, 431, 503, 505] as const)
      this.#pages.set(status, pageParts(status));
  }

  /** A redirect that no cache keeps beyond the expiry; undefined when the URL must not stand in a header. */
  redirect(url: string, expiresAtMs: number | undefined, close: boolean): string | undefined {
    if (!printableAscii.test(url)) return undefined;
    const nowMs = this.#tick();
    const { maxAgeSeconds } = this.#options;
    const secondsLeft = expiresAtMs === undefined ? maxAgeSeconds : Math.floor((expiresAtMs - nowMs) / 1000);
    const end = secondsLeft >= maxAgeSeconds ? this.#redirectEnd : redirectEnd(secondsLeft, this.#dateField);
    return `${this.#redirectStart}${url}${end}${close ? closeField : ''}\r\n`;
  }

  /** A small page. Not cached: the code may be given to a link at any time. */
  page(status: PageStatus, { isHead, close }: { readonly isHead: boolean; readonly close: boolean }): string {
    this.#tick();
    const page = this.#pages.get(status);
    if (page === undefined) return '';
    return `${page.start}${this.#dateField}${close ? closeField : ''}${page.end}${isHead ? '' : page.body}`;
  }

  #tick(): number {
    const nowMs = this.#options.clock.nowMs();
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#dateField = `Date: ${new Date(second * 1000).toUTCString()}\r\n`;
      this.#redirectEnd = redirectEnd(this.#options.maxAgeSeconds, this.#dateField);
    }
    return nowMs;
  }
}

function redirectEnd(maxAgeSeconds: number, dateField: string): string {
  const cache = maxAgeSeconds > 0 ? `private, max-age=${maxAgeSeconds}` : 'private, no-store';
  return `\r\nCache-Control: ${cache}\r\nX-Robots-Tag: noindex\r\nContent-Length: 0\r\n${dateField}`;
}

function pageParts(status: PageStatus) {
  const { reason, text, fields = '' } = pages[status];
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${reason}</title><h1>${status} ${reason}</h1><p>${text}</p></html>\n`;
  const start =
    `HTTP/1.1 ${status} ${reason}\r\n${fields}Content-Type: text/html; charset=utf-8\r\nContent-Length: ${body.length}\r\n` +
    `Cache-Control: no-store\r\nX-Robots-Tag: noindex\r\nX-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'\r\n`;
  return { start, end: '\r\n', body };
}
