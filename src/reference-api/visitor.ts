import Bowser from 'bowser'
import type { IncomingHttpHeaders } from 'node:http'
import { isbot } from 'isbot'
import type { Client } from './store/scans.ts'

const maxReferrerLength = 500
const maxUserAgentLength = 1000

/** What a visitor's request tells of the device. Nothing in it names the visitor. */
export function describeClient(headers: IncomingHttpHeaders): Client {
  const userAgent = (headers['user-agent'] ?? '').slice(0, maxUserAgentLength)
  const { os, browser, platform } = userAgent === '' ? unknown : Bowser.parse(userAgent)
  return {
    device_type: isbot(userAgent) ? 'bot' : toDeviceType(platform.type),
    os: knownOrNull(os.name),
    browser: knownOrNull(browser.name),
    language: firstLanguage(headers['accept-language']),
    referrer: toReferrer(headers.referer),
  }
}

/** Whether a browser only looks ahead, and nobody has opened anything. */
export function isPrefetch(headers: IncomingHttpHeaders): boolean {
  return [headers['sec-purpose'], headers['purpose'], headers['x-moz']].some((purpose) =>
    /prefetch/i.test(String(purpose)),
  )
}

/** The library says '' for what it does not know. */
function knownOrNull(name: string | undefined): string | null {
  return name === undefined || name === '' ? null : name
}

const unknown: { os: { name?: string }; browser: { name?: string }; platform: { type?: string } } = {
  os: {},
  browser: {},
  platform: {},
}

function toDeviceType(type: string | undefined): Client['device_type'] {
  switch (type) {
    case 'mobile':
    case 'tablet':
    case 'desktop':
    case 'bot':
      return type
    default:
      return 'other'
  }
}

function firstLanguage(header: string | undefined): string | null {
  const tag = header?.split(/[,;]/, 1)[0]?.trim() ?? ''
  return /^[a-z]{1,8}(-[a-z0-9]{1,8}){0,3}$/i.test(tag) ? tag : null
}

/** Without its query, which may hold what is nobody's business. */
function toReferrer(header: string | undefined): string | null {
  const url = header === undefined ? null : URL.parse(header)
  if (url === null || !/^https?:$/.test(url.protocol)) return null
  return `${url.origin}${url.pathname}`.slice(0, maxReferrerLength)
}
