interface Field {
  name: string
  min: number
  max: number
  /** Names that may replace numbers, from `min` on. */
  words: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

const fields: readonly Field[] = [
  { name: 'minute', min: 0, max: 59, words: [] },
  { name: 'hour', min: 0, max: 23, words: [] },
  { name: 'day of the month', min: 1, max: 31, words: [] },
  { name: 'month', min: 1, max: 12, words: months },
  { name: 'day of the week', min: 0, max: 7, words: days },
]

/**
 * Returns what is wrong with a cron expression, or null. It has five fields, each with what Temporal accepts.
 *
 * @see https://docs.temporal.io/schedule
 */
export function mistakeInCron(text: string): string | null {
  const parts = text.trim().split(/\s+/)
  if (parts.length !== fields.length) return `it has ${parts.length} of them`
  const wrong = fields.findIndex((field, index) => !isField(parts[index] ?? '', field))
  const field = fields[wrong]
  if (field === undefined) return null
  const words = field.words.length === 0 ? '' : `, or ${field.words[0] ?? ''} to ${field.words.at(-1) ?? ''}`
  return `the ${field.name} is from ${field.min} to ${field.max}${words}: not ${parts[wrong] ?? ''}`
}

function isField(text: string, field: Field): boolean {
  return text.split(',').every((item) => {
    const [range = '', step, ...more] = item.split('/')
    if (more.length > 0 || (step !== undefined && !/^[1-9]\d{0,3}$/.test(step))) return false
    if (range === '*') return true
    const [from, to, ...others] = range.split('-').map((value) => numberOf(value, field))
    return others.length === 0 && from !== null && to !== null && (to === undefined || (from ?? 0) <= to)
  })
}

function numberOf(text: string, { min, max, words }: Field): number | null {
  const word = words.indexOf(text.toLowerCase())
  if (word < 0 && !/^\d{1,2}$/.test(text)) return null
  const number = word >= 0 ? min + word : Number(text)
  return number >= min && number <= max ? number : null
}
