import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { loginMain, messageMain } from '../report/live/action-main.ts'
import { links } from '../report/live/links.ts'
import { liveScript } from '../report/live/live-script.ts'
import { servedPage } from '../report/live/served-page.ts'
import { style } from '../report/style.ts'
import type { PageResponse } from './page-contract.ts'

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Allows only the page's own style and script, and no address but its own. */
const contentPolicy = [
  "default-src 'none'",
  `style-src ${hashOf(style)}`,
  `script-src ${hashOf(liveScript)}`,
  "connect-src 'self'",
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const securityHeaders = {
  'content-security-policy': contentPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // A form of the page sends its origin; other sites do not learn that it was open.
  'referrer-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
}

export function send(
  response: ServerResponse,
  { status, contentType, body, fileName }: PageResponse,
  isHead: boolean,
  more: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...securityHeaders,
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    ...(fileName !== undefined && { 'content-disposition': `attachment; filename="${fileName}"` }),
    ...more,
  })
  response.end(isHead ? undefined : body)
}

/** The response to a form: the browser loads the page again, so that a reload sends nothing twice. */
export function redirect(
  response: ServerResponse,
  path: string,
  more: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(303, { ...securityHeaders, location: path, 'content-length': 0, ...more })
  response.end()
}

export function messagePage(status: number, title: string, text: string): PageResponse {
  const main = messageMain(title, text, { href: links.overview, text: 'Go to the start' })
  return plainPage(status, title, main)
}

/** @param path where to continue */
export function loginPage(path: string, isWrong: boolean): PageResponse {
  return plainPage(401, 'Sign in', loginMain(path, isWrong))
}

function plainPage(
  status: number,
  title: string,
  main: Parameters<typeof servedPage>[0]['main'],
): PageResponse {
  const standing = { connector: null, tab: null, hasOverview: false, days: null }
  return {
    status,
    contentType: 'text/html; charset=utf-8',
    body: servedPage({ title, standing, main, notice: null, isLive: false }),
  }
}
