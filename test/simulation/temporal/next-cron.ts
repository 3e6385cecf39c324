import { dayMs, minuteMs } from '../durations.ts'

/** A time later than that is not looked for: what waits for it looks again. */
const looksAheadMs = 2 * dayMs

const words: readonly string[][] = [
  [],
  [],
  [],
  ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
]
const highest = [59, 23, 31, 12, 7]

/**
 * Returns the next minute at which a cron expression starts a run, as Temporal reads it: each of the five fields must match, in the local
 * time of the zone; "5/10" means from 5 on. Looks at one minute after the other, and shares no code with the connector.
 *
 * @returns null if there is none within two days
 */
export function nextCronMs(cron: string, timeZone: string, afterMs: number): number | null {
  const fields = cron.split(' ').map((field, index) => setOf(field, index))
  // Sunday has two numbers.
  if (fields[4]?.has(7) === true) fields[4].add(0)
  const local = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    minute: 'numeric',
    hour: 'numeric',
    day: 'numeric',
    month: 'numeric',
    weekday: 'short',
  })
  const firstMs = (Math.floor(afterMs / minuteMs) + 1) * minuteMs
  for (let atMs = firstMs; atMs <= afterMs + looksAheadMs; atMs += minuteMs) {
    // No zone is ahead of UTC by a part of a quarter of an hour.
    const minute = new Date(atMs).getUTCMinutes() % 15
    if (![0, 15, 30, 45].some((quarter) => fields[0]?.has(quarter + minute))) continue
    if (matches(fields, local.formatToParts(atMs))) return atMs
  }
  return null
}

function matches(fields: readonly Set<number>[], parts: Intl.DateTimeFormatPart[]): boolean {
  const value = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? ''
  const weekday = words[4]?.indexOf(value('weekday').toLowerCase()) ?? -1
  const values = [value('minute'), value('hour'), value('day'), value('month'), weekday].map(Number)
  return values.every((number, index) => fields[index]?.has(number) === true)
}

function setOf(field: string, index: number): Set<number> {
  const numbers = new Set<number>()
  const numberOf = (text: string) => {
    const word = words[index]?.indexOf(text.toLowerCase()) ?? -1
    return word >= 0 ? word : Number(text)
  }
  const most = highest[index] ?? 0
  for (const item of field.split(',')) {
    const [range = '', step] = item.split('/')
    const [from = '', to] = range.split('-')
    const first = range === '*' ? 0 : numberOf(from)
    const isOpen = range === '*' || (to === undefined && step !== undefined)
    const last = isOpen ? most : numberOf(to ?? from)
    // Days and months have no 0, and steps count from 1.
    const start = range === '*' && (index === 2 || index === 3) ? 1 : first
    for (let number = start; number <= last; number += Number(step ?? 1)) numbers.add(number)
  }
  return numbers
}
