import { readFileSync } from 'node:fs'
import { InvalidArgumentError, Option } from 'commander'
import { parseDuration } from './parse-duration.ts'
import { withholdable, type Withholdable } from '../context.ts'
import { parseFaultRates } from '../http/faults.ts'
import { isKey } from '../account/keys.ts'
import { plans } from '../plans.ts'
import { seedDefaults } from '../seed/seed.ts'

export interface SeedFlags {
  codes: number
  scans: number
  days: number
  seed: number
  plan: (typeof plans)[number]
  keyFile?: string
}

/** The options for filling an empty store. */
export function seedOptions(): Option[] {
  return [
    new Option('--codes <n>', 'QR codes of a new account')
      .argParser(wholeNumber(0))
      .default(seedDefaults.codes),
    new Option('--scans <n>', 'scans of a new account').argParser(wholeNumber(0)).default(seedDefaults.scans),
    new Option('--days <n>', 'days before now over which the scans are spread')
      .argParser(wholeNumber(1))
      .default(seedDefaults.days),
    new Option('--seed <n>', 'the same number makes the same account')
      .argParser(wholeNumber(0))
      .default(seedDefaults.seed),
    new Option('--plan <plan>', 'plan of a new account').choices(plans).default(seedDefaults.plan),
    new Option(
      '--key-file <file>',
      'a file with the key to use, instead of a generated one (or REFERENCE_API_KEY)',
    ),
  ]
}

export function storeOption(): Option {
  return new Option('--store <file>', 'the file that stores everything').makeOptionMandatory()
}

export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value
    throw new InvalidArgumentError(`It must be a whole number, ${least} or more.`)
  }
}

export function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === null) {
    throw new InvalidArgumentError('It must be a duration like 3d, -2h, 90s, 1500ms or P1DT12H.')
  }
  return ms
}

export function faultRates(text: string) {
  const rates = parseFaultRates(text)
  if (rates === null) {
    throw new InvalidArgumentError(
      'It must look like 429=0.01,500=0.02,reset=0.01,slow=0.01,cut=0.01, with a sum up to 1.',
    )
  }
  return rates
}

export function headerName(text: string): string {
  if (/^[\w-]+$/.test(text)) return text
  throw new InvalidArgumentError('It must be the name of a header, like CF-IPCountry.')
}

/** Adds the parts that one argument names, possibly several with commas, to the earlier ones. */
export function partsLeftOut(text: string, before: Withholdable[]): Withholdable[] {
  const names = text.split(',').map((name) => name.trim())
  return [...before, ...names.filter((name) => name !== '').map(toPart)]
}

function toPart(name: string): Withholdable {
  const part = withholdable.find((known) => known === name)
  if (part !== undefined) return part
  throw new InvalidArgumentError(`"${name}" is not one of the parts. Allowed are ${withholdable.join(', ')}.`)
}

/**
 * Returns the key from a file or the environment, never from the command line, which every user of the machine
 * can read. Undefined if none is given.
 */
export function givenKey({ keyFile }: Pick<SeedFlags, 'keyFile'>): string | undefined {
  const text = keyFile === undefined ? process.env['REFERENCE_API_KEY'] : readFileSync(keyFile, 'utf8').trim()
  if (text === undefined || text === '') return undefined
  if (isKey(text)) return text
  const place = keyFile === undefined ? 'REFERENCE_API_KEY' : `--key-file ${keyFile}`
  throw new Error(`${place} contains no key: "qrs_" and 64 lowercase hex digits`)
}
