import Bowser from 'bowser'
import type { IncomingHttpHeaders } from 'node:http'
import { isbot } from 'isbot'
import type { Client } from '../store/scans.ts'

const maxReferrerLength = 500
const maxUserAgentLength = 1000
const maxLanguagesLength = 1000

/** What a visitor's request tells of the device. Nothing in it names the visitor. */
export function describeClient(headers: IncomingHttpHeaders): Client {
  const userAgent = (headers['user-agent'] ?? '').slice(0, maxUserAgentLength)
  const { os, browser, platform } = userAgent === '' ? unknown : Bowser.parse(userAgent)
  return {
    device_type: isbot(userAgent) ? 'bot' : toDeviceType(platform.type, os.name),
    os: knownOrNull(systems, os.name),
    browser: knownOrNull(browsers, browser.name),
    language: firstLanguage(headers['accept-language']),
    referrer: toReferrer(headers.referer),
  }
}

/** Whether a browser only looks ahead, and nobody has opened anything. */
export function isPrefetch(headers: IncomingHttpHeaders): boolean {
  return prefetchHeaders.some((name) => /prefetch|prerender|preview/i.test(String(headers[name])))
}

// The first is the standard's (Fetch); the others are what browsers sent before it.
const prefetchHeaders = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz']

const systems = new Set(Object.values(Bowser.OS_MAP))
const browsers = new Set(Object.values(Bowser.BROWSER_MAP))

/** For what it does not know, the library says '' or repeats a part of the user agent, which may be anything. */
function knownOrNull(known: ReadonlySet<string>, name = ''): string | null {
  return known.has(name) ? name : null
}

const unknown: { os: { name?: string }; browser: { name?: string }; platform: { type?: string } } = {
  os: {},
  browser: {},
  platform: {},
}

function toDeviceType(type: string | undefined, system: string | undefined): Client['device_type'] {
  switch (type) {
    case 'mobile':
    case 'tablet':
    case 'desktop':
    case 'bot':
      return type
    default:
      // The library knows that system, but not what it runs on.
      return system === Bowser.OS_MAP['ChromeOS'] ? 'desktop' : 'other'
  }
}

/** The tag that the visitor likes best; of those liked equally, the first. */
function firstLanguage(header: string | undefined): string | null {
  const liked = (header ?? '').slice(0, maxLanguagesLength).split(',').map(toLanguage)
  const best = liked.reduce((best, each) => (each.weight > best.weight ? each : best), { tag: '', weight: 0 })
  return best.tag === '' ? null : best.tag
}

/** Reads `de-CH;q=0.8`; what is no language weighs nothing. */
function toLanguage(text: string): { tag: string; weight: number } {
  const [tag = '', ...parameters] = text.split(';').map((part) => part.trim())
  const given = parameters.find((parameter) => parameter.startsWith('q='))
  const weight = given === undefined ? 1 : Number(given.slice(2))
  const isLanguage = /^[a-z]{1,8}(-[a-z0-9]{1,8}){0,3}$/i.test(tag) && weight > 0 && weight <= 1
  return { tag, weight: isLanguage ? weight : 0 }
}

/** Without its query, which may hold what is nobody's business. */
function toReferrer(header: string | undefined): string | null {
  const url = header === undefined ? null : URL.parse(header)
  if (url === null || !/^https?:$/.test(url.protocol)) return null
  return `${url.origin}${url.pathname}`.slice(0, maxReferrerLength)
}
