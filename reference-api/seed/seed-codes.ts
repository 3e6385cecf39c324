import type { Random } from '../random.ts'
import { integerBetween, pick, randomUuid } from '../random.ts'
import type { NewQrCode } from '../store/qr-codes.ts'
import { dayMs } from '../timestamps.ts'

const campaigns = [
  { name: 'Spring menu, table', path: 'menu', slug: 'spring-menu', medium: 'table-tent' },
  { name: 'Shop window poster', path: 'new-arrivals', slug: 'window', medium: 'poster' },
  { name: 'Product box', path: 'register', slug: 'warranty', medium: 'packaging' },
  { name: 'Trade fair badge', path: 'contact', slug: 'trade-fair', medium: 'badge' },
  { name: 'Tram stop advert', path: 'offers', slug: 'city-lights', medium: 'out-of-home' },
  { name: 'Invoice footer', path: 'pay', slug: 'invoices', medium: 'letter' },
  { name: 'Event ticket', path: 'programme', slug: 'autumn-fest', medium: 'ticket' },
  { name: 'Instruction leaflet', path: 'how-to', slug: 'onboarding', medium: 'leaflet' },
  { name: 'Business card', path: 'team', slug: 'cards', medium: 'card' },
  { name: 'Museum label', path: 'audio-guide', slug: 'permanent-collection', medium: 'label' },
] as const

const hosts = ['www.example.com', 'shop.example.com', 'go.example.net', 'www.example.org']
const colors = ['#0F172A', '#1D4ED8', '#047857', '#B91C1C', '#6D28D9', '#000000']
const shapes = ['square', 'rounded', 'dots']
const frames = ['none', 'scan-me-bottom', 'scan-me-top']

const slugAlphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const slugLength = 7

/** Makes the `index`-th code of a seeded account, created before `before`. */
export function seedCode(random: Random, accountId: string, index: number, before: number): NewQrCode {
  const campaign = pick(random, campaigns)
  const number = String(index + 1).padStart(3, '0')
  const createdAt = before - integerBetween(random, 1, 300 * dayMs)
  const query = new URLSearchParams({
    utm_source: 'qr',
    utm_medium: campaign.medium,
    utm_campaign: campaign.slug,
    utm_content: `code-${number}`,
  })
  return {
    id: randomUuid(random),
    account_id: accountId,
    slug: randomSlug(random),
    name: `${campaign.name} ${number}`,
    type: 'url',
    destination_url: `https://${pick(random, hosts)}/${campaign.path}?${query.toString()}`,
    render_customizations: JSON.stringify({
      dot_color: pick(random, colors),
      dot_shape: pick(random, shapes),
      background: '#FFFFFF',
      logo_url: null,
      frame: pick(random, frames),
    }),
    created_at: createdAt,
    updated_at: integerBetween(random, createdAt, before),
  }
}

/** The last part of a short URL. */
export function randomSlug(random: Random): string {
  const draw = () => slugAlphabet[integerBetween(random, 0, slugAlphabet.length - 1)]
  return Array.from({ length: slugLength }, draw).join('')
}
