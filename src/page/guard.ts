import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** What is known of a request before its body is read. */
export interface Asked {
  method: string
  headers: IncomingHttpHeaders
}

export interface Refusal {
  status: 403 | 405 | 421
  text: string
}

/** Names that lead to this machine alone, with any port: it may be forwarded. */
const ownNames = /^(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d{1,5})?$/

/**
 * Why a request is not served: it comes from another site's page, or through a name that somebody else chose (DNS rebinding).
 *
 * @param isOpen without a token, so that only the address keeps others out
 * @see https://developer.mozilla.org/en-US/docs/Web/Security/Practical_implementation_guides/CSRF_prevention
 */
export function whyRefused({ method, headers }: Asked, isOpen: boolean): Refusal | null {
  const host = headers.host ?? ''
  // Behind a token, a name of somebody else's leads nowhere: the browser has no cookie for it.
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

/** A link to the page is fine; a script, an image or a frame of another site is not. */
function isUsedByOtherSite({ 'sec-fetch-site': site, 'sec-fetch-mode': mode }: IncomingHttpHeaders): boolean {
  return (site === 'cross-site' || site === 'same-site') && mode !== 'navigate'
}

/** Every browser names the origin of a form that it posts; where it tells of the site too, both must be ours. */
function isSentFromHere({ origin, 'sec-fetch-site': site }: IncomingHttpHeaders, host: string): boolean {
  if (site !== undefined && site !== 'same-origin') return false
  if (origin === undefined || !URL.canParse(origin)) return false
  return new URL(origin).host === host.toLowerCase()
}

/** Secrets of one start of the worker: what was given out before is worth nothing. */
export class PageSecrets {
  readonly #secret = randomBytes(32)
  /** Stands in each form. */
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

  /** The value of the cookie of somebody who has given the token: it does not tell the token. */
  get session(): string {
    return this.#sign(`session ${this.#token ?? ''}`)
  }

  isSession(given: string | null): boolean {
    return given !== null && this.#isSame(given, this.session)
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('base64url')
  }

  /** Takes as long for any two texts. */
  #isSame(a: string, b: string): boolean {
    return timingSafeEqual(Buffer.from(this.#sign(a)), Buffer.from(this.#sign(b)))
  }
}

/** A cookie's value; null where it was not sent. */
export function cookieOf({ cookie = '' }: IncomingHttpHeaders, name: string): string | null {
  for (const pair of cookie.split(';')) {
    const [key, value] = pair.trim().split('=', 2)
    if (key === name) return value ?? null
  }
  return null
}
