import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** What is known about a request before its body is read. */
export interface Asked {
  method: string
  headers: IncomingHttpHeaders
}

export interface Refusal {
  status: 403 | 405 | 421
  text: string
}

/** Names of this machine only, with any port, because the port may be forwarded. */
const ownNames = /^(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d{1,5})?$/

/**
 * Returns why a request is refused: it comes from another site's page, or uses a host name that somebody else
 * chose (DNS rebinding).
 *
 * @param isOpen whether there is no token, so that only the address keeps others out
 * @see https://developer.mozilla.org/en-US/docs/Web/Security/Practical_implementation_guides/CSRF_prevention
 */
export function whyRefused({ method, headers }: Asked, isOpen: boolean): Refusal | null {
  const host = headers.host ?? ''
  // With a token, another host name is harmless: the browser has no cookie for it.
  if (isOpen && !ownNames.test(host)) {
    return {
      status: 421,
      text: 'Open this page at 127.0.0.1 or localhost: it does not answer to other names.',
    }
  }
  switch (method) {
    case 'GET':
    case 'HEAD':
      return isUsedByOtherSite(headers)
        ? { status: 403, text: 'Another site may link to this page, not use it.' }
        : null
    case 'POST':
      return isSentFromHere(headers, host)
        ? null
        : { status: 403, text: 'Only this page itself can do that. Open it and try again.' }
    default:
      return { status: 405, text: 'This page knows GET and POST.' }
  }
}

/** Another site may link to the page, but may not use it as a script, an image or a frame. */
function isUsedByOtherSite({ 'sec-fetch-site': site, 'sec-fetch-mode': mode }: IncomingHttpHeaders): boolean {
  return (site === 'cross-site' || site === 'same-site') && mode !== 'navigate'
}

/** Every browser sends the origin of a form. If it also sends the site, both must be ours. */
function isSentFromHere({ origin, 'sec-fetch-site': site }: IncomingHttpHeaders, host: string): boolean {
  if (site !== undefined && site !== 'same-origin') return false
  if (origin === undefined || !URL.canParse(origin)) return false
  return new URL(origin).host === host.toLowerCase()
}

/** The secrets of one start of the worker: those of an earlier start are invalid. */
export class PageSecrets {
  readonly #secret = randomBytes(32)
  /** Part of each form. */
  readonly formToken = this.#sign('form')
  readonly #token: string | null

  constructor(token: string | null) {
    this.#token = token
  }

  get hasToken(): boolean {
    return this.#token !== null
  }

  isFormToken(given: string | null): boolean {
    return given !== null && this.#isSame(given, this.formToken)
  }

  isToken(given: string | null): boolean {
    return given !== null && this.#token !== null && this.#isSame(given, this.#token)
  }

  /** The value of the cookie of a reader who has entered the token. It does not reveal the token. */
  get session(): string {
    return this.#sign(`session ${this.#token ?? ''}`)
  }

  isSession(given: string | null): boolean {
    return given !== null && this.#isSame(given, this.session)
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('base64url')
  }

  /** Takes the same time for any two texts. */
  #isSame(a: string, b: string): boolean {
    return timingSafeEqual(Buffer.from(this.#sign(a)), Buffer.from(this.#sign(b)))
  }
}

/** Returns a cookie's value; null if it was not sent. */
export function cookieOf({ cookie = '' }: IncomingHttpHeaders, name: string): string | null {
  for (const pair of cookie.split(';')) {
    const [key, value] = pair.trim().split('=', 2)
    if (key === name) return value ?? null
  }
  return null
}
