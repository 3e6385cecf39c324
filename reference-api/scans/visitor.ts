import Bowser from 'bowser'
import type { IncomingHttpHeaders } from 'node:http'
import { isbot } from 'isbot'
import type { Client } from '../store/scans.ts'

const maxReferrerLength = 500
const maxUserAgentLength = 1000
const maxLanguagesLength = 1000

/** Describes the device of a visitor's request. Nothing in it identifies the visitor. */
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

/** Whether a browser only prefetches, so that nobody has opened anything. */
export function isPrefetch(headers: IncomingHttpHeaders): boolean {
  return prefetchHeaders.some((name) => /prefetch|prerender|preview/i.test(String(headers[name])))
}

// The first is the standard's (Fetch); browsers sent the others before it.
const prefetchHeaders = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz']

const systems = new Set(Object.values(Bowser.OS_MAP))
const browsers = new Set(Object.values(Bowser.BROWSER_MAP))

/** For unknown values, the library returns '' or a part of the user agent, which may be anything. */
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
      // The library knows that system, but not the device.
      return system === Bowser.OS_MAP['ChromeOS'] ? 'desktop' : 'other'
  }
}

/** Returns the language that the visitor prefers most; the first one of several. */
function firstLanguage(header: string | undefined): string | null {
  const liked = (header ?? '').slice(0, maxLanguagesLength).split(',').map(toLanguage)
  const best = liked.reduce((best, each) => (each.weight > best.weight ? each : best), { tag: '', weight: 0 })
  return best.tag === '' ? null : best.tag
}

/** Parses `de-CH;q=0.8`; a text that is not a language has the weight 0. */
function toLanguage(text: string): { tag: string; weight: number } {
  const [tag = '', ...parameters] = text.split(';').map((part) => part.trim())
  const given = parameters.find((parameter) => parameter.startsWith('q='))
  const weight = given === undefined ? 1 : Number(given.slice(2))
  const isLanguage = /^[a-z]{1,8}(-[a-z0-9]{1,8}){0,3}$/i.test(tag) && weight > 0 && weight <= 1
  return { tag, weight: isLanguage ? weight : 0 }
}

/** Without its query, which may contain private data. */
function toReferrer(header: string | undefined): string | null {
  const url = header === undefined ? null : URL.parse(header)
  if (url === null || !/^https?:$/.test(url.protocol)) return null
  return `${url.origin}${url.pathname}`.slice(0, maxReferrerLength)
}
