/**
 * Measures the planning of an account with many codes, as every check does it: once with an empty rule book,
 * and again a minute later with the computed rules. Each size runs in its own process, so that its peak memory
 * is its own: Node, the codes and the plan together.
 *
 * node bench/plan.ts
 */
import { dayMs, hourMs } from '../src/model/durations.ts'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { dayShapeOf } from '../src/budget/day-shape.ts'
import { plan } from '../src/budget/plan.ts'
import type { PlanInput, PlannedCode } from '../src/budget/planned-code.ts'
import { RuleBook } from '../src/budget/price/rule-book.ts'
import { peakRssMb } from '../test/support/processes/peak-rss.ts'
import { randomFrom } from '../test/support/random-from.ts'

/** As for 250 codes on the Pro plan with 20,000 scans. */
const perCode = { scansPerMonth: 80, callsPerMonth: 20 }
const sizes = [1_000, 10_000, 100_000]

interface Times {
  ms_first: number
  ms_next: number
}

/** Codes by Zipf's law: a tenth have waiting scans, a hundredth have a target, and a fiftieth have a priority. */
function codesOf(count: number, nowMs: number): PlannedCode[] {
  const random = randomFrom(1)
  let shares = 0
  for (let rank = 1; rank <= count; rank++) shares += 1 / rank
  const first = (perCode.scansPerMonth * count) / 720 / shares
  return Array.from({ length: count }, (_, index) => {
    const asOfMs = nowMs - Math.floor(random() * 6 * hourMs)
    return {
      id: `qr_${(index + 0x10000000).toString(16)}`,
      ratePerHour: first / (index + 1),
      asOfMs,
      pending: random() < 0.1 ? 1 + Math.floor(random() * 20) : 0,
      isHistory: false,
      history: null,
      gap: null,
      emptyAtMs: asOfMs - Math.floor(random() * 12 * hourMs),
      priority: random() < 0.02 ? 5 : 1,
      targetMs: random() < 0.01 ? dayMs : null,
      scansSinceAnalytics: Math.floor(random() * 30),
    }
  })
}

function planTwice(count: number): Times {
  const nowMs = Date.parse('2026-11-10T12:00:00Z')
  const periodEndsMs = Date.parse('2026-12-01T00:00:00Z')
  const callsLeft = Math.floor((perCode.callsPerMonth * count * (periodEndsMs - nowMs)) / (30 * dayMs))
  const input: PlanInput = {
    nowMs,
    periodEndsMs,
    codes: codesOf(count, nowMs),
    lastPriceStep: undefined,
    callsLeft,
    callsNow: callsLeft,
    historyCallsLeft: 0,
    fixedCallsPerHour: 0.1,
    list: { pages: Math.ceil(count / 100), isSorted: true, tells: true, listedAtMs: nowMs - hourMs / 4 },
  }
  const book = new RuleBook(dayShapeOf(Array.from({ length: 24 }, (_, hour) => (hour < 7 ? 100 : 900))))
  const startedAt = performance.now()
  const { priceStep } = plan(input, book)
  const firstAt = performance.now()
  plan({ ...input, nowMs: nowMs + 60_000, lastPriceStep: priceStep }, book)
  return { ms_first: Math.round(firstAt - startedAt), ms_next: Math.round(performance.now() - firstAt) }
}

async function measure(codes: number) {
  const child = spawn(process.execPath, [import.meta.filename, String(codes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const peak = peakRssMb(child)
  const { most_rss_kb, ...times } = JSON.parse(await text(child.stdout)) as Times & { most_rss_kb: number }
  // Sampling from outside may have missed the last moment.
  return { codes, ...times, peak_rss_mb: Math.max(await peak, Math.round(most_rss_kb / 1024)) }
}

const [size] = process.argv.slice(2)
if (size === undefined) {
  const results = []
  for (const codes of sizes) results.push(await measure(codes))
  console.log(JSON.stringify({ results }))
} else {
  const times = planTwice(Number(size))
  console.log(JSON.stringify({ ...times, most_rss_kb: process.resourceUsage().maxRSS }))
}
