import type { Random } from '../random.ts'
import { weightedPicker } from '../random.ts'
import type { Client, Place } from '../store/scans.ts'

type Device = Pick<Client, 'device_type' | 'os' | 'browser'>

const devices: [Device, number][] = [
  [{ device_type: 'mobile', os: 'iOS', browser: 'Safari' }, 430],
  [{ device_type: 'mobile', os: 'Android', browser: 'Chrome' }, 300],
  [{ device_type: 'mobile', os: 'Android', browser: 'Samsung Internet for Android' }, 70],
  [{ device_type: 'mobile', os: 'iOS', browser: 'Chrome' }, 40],
  [{ device_type: 'mobile', os: 'Android', browser: 'Firefox' }, 20],
  [{ device_type: 'tablet', os: 'iOS', browser: 'Safari' }, 30],
  [{ device_type: 'tablet', os: 'Android', browser: 'Chrome' }, 15],
  [{ device_type: 'desktop', os: 'Windows', browser: 'Chrome' }, 35],
  [{ device_type: 'desktop', os: 'Windows', browser: 'Microsoft Edge' }, 20],
  [{ device_type: 'desktop', os: 'macOS', browser: 'Safari' }, 15],
  [{ device_type: 'desktop', os: 'Linux', browser: 'Firefox' }, 5],
  [{ device_type: 'bot', os: null, browser: 'Googlebot' }, 12],
  [{ device_type: 'other', os: null, browser: null }, 8],
]

const referrers: [string | null, number][] = [
  [null, 880],
  ['https://www.instagram.com/', 40],
  ['https://l.facebook.com/', 30],
  ['https://www.google.com/', 30],
  ['https://www.linkedin.com/', 12],
  ['https://t.co/', 8],
]

type Origin = Place & { languages: [string | null, number][] }

function origin(
  country: string,
  region: string,
  city: string,
  ...languages: [string | null, number][]
): Origin {
  return { country, region, city, languages }
}

const origins: [Origin, number][] = [
  [origin('DE', 'Berlin', 'Berlin', ['de-DE', 8], ['en-US', 2], ['tr-TR', 1]), 160],
  [origin('DE', 'Hamburg', 'Hamburg', ['de-DE', 9], ['en-GB', 1]), 80],
  [origin('DE', 'Bavaria', 'Munich', ['de-DE', 8], ['en-US', 2]), 90],
  [origin('DE', 'North Rhine-Westphalia', 'Cologne', ['de-DE', 9], ['en-US', 1]), 70],
  [origin('AT', 'Vienna', 'Vienna', ['de-AT', 9], ['en-US', 1]), 60],
  [origin('CH', 'Zurich', 'Zürich', ['de-CH', 8], ['fr-CH', 1], ['en-US', 1]), 50],
  [origin('FR', 'Île-de-France', 'Paris', ['fr-FR', 9], ['en-US', 1]), 80],
  [origin('FR', 'Auvergne-Rhône-Alpes', 'Lyon', ['fr-FR', 9], ['en-US', 1]), 30],
  [origin('GB', 'England', 'London', ['en-GB', 9], ['pl-PL', 1]), 110],
  [origin('GB', 'Scotland', 'Edinburgh', ['en-GB', 1]), 25],
  [origin('NL', 'North Holland', 'Amsterdam', ['nl-NL', 7], ['en-US', 3]), 50],
  [origin('ES', 'Community of Madrid', 'Madrid', ['es-ES', 9], ['en-US', 1]), 45],
  [origin('IT', 'Lombardy', 'Milan', ['it-IT', 9], ['en-US', 1]), 45],
  [origin('PL', 'Masovian', 'Warsaw', ['pl-PL', 9], ['en-US', 1]), 40],
  [origin('SE', 'Stockholm', 'Stockholm', ['sv-SE', 8], ['en-US', 2]), 25],
  [origin('US', 'New York', 'New York', ['en-US', 9], ['es-US', 1]), 90],
  [origin('US', 'California', 'San Francisco', ['en-US', 9], ['zh-CN', 1]), 50],
  [origin('US', 'Texas', 'Austin', ['en-US', 8], ['es-US', 2]), 30],
  [origin('CA', 'Ontario', 'Toronto', ['en-CA', 8], ['fr-CA', 2]), 30],
  [origin('BR', 'São Paulo', 'São Paulo', ['pt-BR', 1]), 30],
  [origin('JP', 'Tokyo', 'Tokyo', ['ja-JP', 1]), 25],
  [{ country: null, region: null, city: null, languages: [[null, 1]] }, 15],
]

/** Draws who opens a code: a device, a language that fits the place, and where the visitor came from. */
export function visitorPicker(random: Random): () => { client: Client; place: Place } {
  const drawDevice = weightedPicker(random, devices)
  const drawReferrer = weightedPicker(random, referrers)
  const drawOrigin = weightedPicker(
    random,
    origins.map(([{ languages, ...place }, weight]) => [
      { place, draw: weightedPicker(random, languages) },
      weight,
    ]),
  )
  return () => {
    const { place, draw } = drawOrigin()
    return { client: { ...drawDevice(), language: draw(), referrer: drawReferrer() }, place }
  }
}
